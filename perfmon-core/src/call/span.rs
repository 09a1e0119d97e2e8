//! Calls that are entered and left again and again, on any thread: spans of `tracing`.

use std::thread;

use super::returned;
use crate::{
    record::{Flight, Outcome, is_enabled, undisturbed},
    site::{CallSite, REGISTRY, Registry},
};

/// Makes a site known that was made at run time, so that snapshots list it before its first call; it stays until the process ends. Its memory is not held
/// back as that of registered sites is.
#[allow(clippy::must_use_candidate)]
pub fn announce(site: CallSite) -> &'static CallSite {
    let site: &'static CallSite = Box::leak(Box::new(site));
    undisturbed(|| REGISTRY.adopt(&site.declaration));
    site
}

/// Whether a registered site of the same kind and name stands in the same file and module, so that this one would count its calls again.
#[must_use]
pub fn is_measured(site: &CallSite) -> bool {
    undisturbed(|| Registry::is_registered_beside(&site.declaration))
}

/// A call from when its span is first entered until it is closed. The time it is entered counts as busy. Dropped unfinished, it stays in flight.
#[derive(Debug)]
#[must_use]
pub struct SpanCall {
    flight: Flight,
    /// How often it is entered now: a span may be entered again before it is left, on several threads even.
    entered: u32,
    /// When it was last entered while it was not.
    from: u64,
    /// Whether the thread unwound already when it was last entered, and whether it did only when it was left.
    panicking: bool,
    panicked: bool,
}

impl SpanCall {
    /// The span is entered for the first time. `outermost` unless a call of the same site is around it.
    pub fn begin(site: &'static CallSite, outermost: bool) -> Self {
        let flight = if is_enabled() { Flight::begin_span(site, outermost) } else { Flight::NONE };
        Self { flight, entered: 1, from: flight.start(), panicking: thread::panicking(), panicked: false }
    }

    /// The same before its site is known: [`settle`](Self::settle) tells it, before the span is left.
    pub fn begin_unsettled() -> Self {
        let (from, panicking) = (Flight::tick(), thread::panicking());
        Self { flight: Flight::NONE, entered: 1, from, panicking, panicked: false }
    }

    /// Its site is this one, since it began.
    pub fn settle(&mut self, site: &'static CallSite, outermost: bool) {
        if is_enabled() {
            self.flight = Flight::begin_span_at(site, outermost, self.from);
        }
    }

    /// The span is entered again.
    pub fn enter(&mut self) {
        if self.entered == 0 {
            self.from = if self.flight.is_some() { Flight::tick() } else { 0 };
            self.panicking = thread::panicking();
        }
        self.entered += 1;
    }

    /// The span is left.
    pub fn exit(&mut self) {
        self.panicked |= thread::panicking() && !self.panicking;
        self.entered = self.entered.saturating_sub(1);
        if self.entered == 0 && self.flight.is_some() {
            self.flight.add_busy(self.from);
        }
    }

    /// The span is closed: a panic if it was left by one.
    pub fn finish(self, failed: bool) {
        if self.flight.is_some() {
            self.flight.end(if self.panicked { Outcome::Panic } else { returned(failed) });
        }
    }
}
