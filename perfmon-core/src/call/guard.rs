//! Calls that the user brackets: a value that counts when it is dropped.

use std::{mem, thread, time::Duration};

use super::{LabelSet, returned};
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

    /// Gives the call other label values, in the order of its site's keys: what is known only while it goes on, the status of a response or the tier of an
    /// account. It counts in the series that its labels name when it ends, and in that one alone: outcome, duration, slow calls. Until then it is in flight
    /// there, and no more where it was; where it began it stays among [the started](crate::snapshot::Stats::started). May be done again; without values it goes to the
    /// series without labels.
    ///
    /// Values beyond [the limit](crate::Setup::label_limit) make it a call of `other`. Nothing happens to a call that is not recorded, nor to one whose site has no
    /// labels. Of a sampled site it is chosen where a call begins whether it is timed, so rare values do not get timings of their own.
    ///
    /// Costs what a beginning does: two counts, no lock, nothing from the heap once the thread knows the series. Of values that are the same for many calls
    /// [`relabel_as`](Self::relabel_as) does not even read the text.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// # mod sites { pub use perfmon_core::{call::{announce, guard}, site::CallSite}; }
    /// use perfmon::site::Kind;
    /// use sites::CallSite;
    ///
    /// let site = sites::announce(CallSite::made(Kind::Latency, &["fetch"], module_path!()).labels(&["status"]));
    /// let mut fetch = sites::guard(site);
    /// fetch.relabel(&["404"]);
    /// fetch.finish(true);
    /// let snapshot = perfmon::snapshot();
    /// assert_eq!(snapshot.get("fetch").unwrap().with_labels(&["404"]).unwrap().errors(), 1);
    /// ```
    pub fn relabel(&mut self, values: &[&str]) {
        if self.flight.is_some() {
            self.flight.relabel(values);
        }
    }

    /// The same with label values that were looked up. Those of another site change nothing.
    pub fn relabel_as(&mut self, labels: LabelSet) {
        if self.flight.is_some() {
            self.flight.relabel_as(labels.series);
        }
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
