//! What wraps one call: all that generated code uses, by way of the facade's `macro_support`.
//!
//! A synchronous call is entered and finished on one thread ([`enter`], [`Call::finish`]); a future may move
//! ([`async_enter`], [`polled`]); a [`Guard`] belongs to the user, who may move it too. Whatever is dropped unfinished is
//! counted as what that means: a panic, or a cancellation.

mod future;
mod guard;
mod label;
mod label_set;
mod probe;
mod served;
mod span;
mod stopwatch;
#[cfg(feature = "stream")]
mod stream;

use std::{mem, time::Duration};

#[cfg(feature = "stream")]
pub use self::stream::{Streamed, streamed, streamed_busy};
pub use self::{
    future::{
        AsyncCall, Measured, Polled, PolledBusy, async_enter, async_enter_labels, measured, measured_busy, polled,
        polled_busy,
    },
    guard::{Guard, guard, guard_labels, off},
    label::{Label, LabelBuf, display},
    label_set::LabelSet,
    probe::{Otherwise, Probe, classify},
    served::{Served, Uncounted, served_trace, unless_served, unless_served_labels},
    span::{SpanCall, announce, is_measured},
    stopwatch::Stopwatch,
};
use crate::{
    record::{self, Outcome, Ticket, is_enabled, running, undisturbed},
    site::{CallSite, REGISTRY, SeriesId},
};

/// A synchronous call under way. Dropped before it is finished, by unwinding, it counts as a panic.
#[derive(Debug)]
#[must_use]
pub struct Call(Ticket);

/// A synchronous call of a sampled site.
#[derive(Debug)]
#[must_use]
pub struct Sampled(Ticket);

/// A call begins.
#[inline(always)]
pub fn enter(site: &'static CallSite) -> Call {
    Call(if is_enabled() { Ticket::begin(site) } else { Ticket::NONE })
}

/// A call with label values begins.
#[inline(always)]
pub fn enter_labels(site: &'static CallSite, values: &[&str]) -> Call {
    Call(if is_enabled() { Ticket::begin_labelled(site, values) } else { Ticket::NONE })
}

/// A call of a sampled site begins.
#[inline(always)]
pub fn enter_sampled(site: &'static CallSite) -> Sampled {
    Sampled(if is_enabled() { Ticket::begin_sampled(site) } else { Ticket::NONE })
}

/// A call of a sampled site with label values begins.
#[inline(always)]
pub fn enter_labels_sampled(site: &'static CallSite, values: &[&str]) -> Sampled {
    Sampled(if is_enabled() { Ticket::begin_labelled_sampled(site, values) } else { Ticket::NONE })
}

#[inline(always)]
fn returned(failed: bool) -> Outcome {
    if failed { Outcome::Error } else { Outcome::Ok }
}

impl Call {
    /// The call returned.
    #[inline(always)]
    pub fn finish(self, failed: bool) {
        if self.0.is_some() {
            self.0.end(returned(failed));
        }
        mem::forget(self);
    }
}

impl Drop for Call {
    #[cold]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.0.end(Outcome::Panic);
        }
    }
}

impl Sampled {
    /// The call returned.
    #[inline(always)]
    pub fn finish(self, failed: bool) {
        if self.0.is_some() {
            self.0.end_sampled(returned(failed));
        }
        mem::forget(self);
    }
}

impl Drop for Sampled {
    #[cold]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.0.end_sampled(Outcome::Panic);
        }
    }
}

/// Calls a function body; `FnOnce` lets reborrows of `&mut` arguments out.
#[inline(always)]
pub fn call<R>(body: impl FnOnce() -> R) -> R {
    body()
}

/// A value of any type, for code that is compiled but never run: it tells the compiler a body's type.
///
/// # Panics
/// If it is run.
#[must_use]
pub fn never<T>() -> T {
    unreachable!("perfmon: code that only guides type inference was run")
}

/// Counts a call that took so long and ended well.
#[inline]
pub fn record(site: &'static CallSite, duration: Duration) {
    record_labels(site, &[], duration);
}

/// The same with label values.
#[inline]
pub fn record_labels(site: &'static CallSite, values: &[&str], duration: Duration) {
    if is_enabled() {
        record::record(site, values, duration);
    }
}

/// Whether a call of the site's kind and name, declared wherever, runs on this thread now: of a function with an attribute, until it returns; of an `async` one,
/// while it is polled. Guards, which may be moved, and calls for whose thread there was no memory are not seen; [`in_flight`] counts them.
#[must_use]
pub fn runs_here(site: &'static CallSite) -> bool {
    running().is_some_and(|recorder| recorder.runs_here(&series_like(site)))
}

/// Calls of the site's kind and name, declared wherever, that have begun on any thread and not ended. Costs a look at each thread's figures.
#[must_use]
pub fn in_flight(site: &'static CallSite) -> u64 {
    running().map_or(0, |recorder| recorder.in_flight(&series_like(site)))
}

fn series_like(site: &'static CallSite) -> Vec<SeriesId> {
    undisturbed(|| REGISTRY.family_of(&site.declaration).series())
}

/// The path of the function that an item named `here` is declared in.
#[must_use]
pub fn path_of<T>(_here: T) -> &'static str {
    let path = std::any::type_name::<T>();
    let path = path.strip_suffix("::here").unwrap_or(path);
    path.trim_end_matches("::{{closure}}")
}

/// A duration in a constant.
#[must_use]
pub const fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}
