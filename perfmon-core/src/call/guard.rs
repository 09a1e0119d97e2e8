//! Calls that the user brackets: a value that counts when it is dropped.

use std::{mem, thread, time::Duration};

use super::returned;
use crate::{
    record::{Flight, Outcome, is_enabled},
    site::CallSite,
};

/// A call that lasts as long as this value, wherever it is moved to. Dropped, it counts as ok, or as a panic if the thread
/// has begun to unwind since.
#[derive(Debug)]
#[must_use = "a guard that is not kept ends at once: write `let _guard = …;`, not `let _ = …;`"]
pub struct Guard {
    flight: Flight,
    panicking: bool,
}

/// A call begins.
#[inline]
pub fn guard(site: &'static CallSite) -> Guard {
    guard_labels(site, &[])
}

/// A call with label values begins.
#[inline]
pub fn guard_labels(site: &'static CallSite, values: &[&str]) -> Guard {
    let flight = if is_enabled() { Flight::begin_guard(site, values) } else { Flight::NONE };
    Guard { flight, panicking: thread::panicking() }
}

/// A guard that measures nothing: what the guard macros make without the feature `on`.
#[inline(always)]
pub const fn off() -> Guard {
    Guard { flight: Flight::NONE, panicking: false }
}

impl Guard {
    /// How long the call has lasted so far, for telling it while it goes on. `None` when it is not recorded. Costs a reading of the clock.
    #[must_use]
    pub fn elapsed(&self) -> Option<Duration> {
        self.flight.elapsed()
    }

    /// Ends the call here, as failed or not.
    pub fn finish(self, failed: bool) {
        self.end(returned(failed));
        mem::forget(self);
    }

    /// Ends the call here as cancelled.
    pub fn cancel(self) {
        self.end(Outcome::Cancelled);
        mem::forget(self);
    }
}

impl Guard {
    #[inline]
    fn end(&self, outcome: Outcome) {
        if self.flight.is_some() {
            self.flight.end(outcome);
        }
    }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        let panicked = thread::panicking() && !self.panicking;
        self.end(if panicked { Outcome::Panic } else { Outcome::Ok });
    }
}
