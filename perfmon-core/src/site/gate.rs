//! Which calls of a series are looked at one by one: a threshold that moves, and a rate that bounds what that costs.

use std::sync::atomic::{AtomicU64, Ordering};

use super::Family;
use crate::layout::Layout;

/// A series' threshold and rates.
#[derive(Debug)]
pub(crate) struct Gate {
    /// The highest latency bound the site promises, in nanoseconds; the largest number without one.
    bound: u64,
    /// Calls longer than this many nanoseconds are slow.
    threshold: AtomicU64,
    /// Of slow calls within the bound, and of those beyond it: the ones must not crowd out the others.
    within: Rate,
    beyond: Rate,
}

impl Gate {
    pub(crate) fn new(family: &Family) -> Self {
        let bound = family.latency_bounds().max().unwrap_or(u64::MAX);
        let threshold = AtomicU64::new(bound.min(Layout::MAX_VALUE));
        Self { bound, threshold, within: Rate::new(), beyond: Rate::new() }
    }

    /// Calls longer than this many nanoseconds are slow: the bound, or what it was lowered to.
    pub(crate) fn threshold(&self) -> u64 {
        self.threshold.load(Ordering::Relaxed)
    }

    /// Calls longer than so many nanoseconds are slow from now on, and those beyond the bound in any case.
    pub(crate) fn aim(&self, nanos: u64) {
        self.threshold.store(nanos.min(self.bound).min(Layout::MAX_VALUE), Ordering::Relaxed);
    }

    /// The bound that a call of so many nanoseconds is beyond.
    pub(crate) fn exceeded(&self, nanos: u64) -> Option<u64> {
        (nanos > self.bound).then_some(self.bound)
    }

    /// The rate at which calls of this duration are kept.
    pub(crate) fn rate(&self, nanos: u64) -> &Rate {
        if nanos > self.bound { &self.beyond } else { &self.within }
    }
}

/// Lets so many through in a time and counts the rest. Never waits and never tries twice: a thread that loses a race counts as turned away.
///
/// The generic cell rate algorithm (ITU-T I.371, annex A): one number, when the next one would be due at an even pace.
#[derive(Debug)]
pub(crate) struct Rate {
    due: AtomicU64,
    turned_away: AtomicU64,
}

impl Rate {
    pub(crate) const fn new() -> Self {
        Self { due: AtomicU64::new(0), turned_away: AtomicU64::new(0) }
    }

    /// Whether one more goes through at `now`, given one in `period` in the long run and `burst` of them at once (all times in nanoseconds).
    /// Tells how many were turned away since the last one that went through.
    pub(crate) fn admit(&self, now: u64, period: u64, burst: u64) -> Option<u64> {
        let known = self.due.load(Ordering::Relaxed);
        // So far ahead nothing is ever due, unless the clock went back.
        let impossible = known > now.saturating_add(burst.saturating_add(1).saturating_mul(period).saturating_mul(2));
        let due = if impossible { now } else { known };
        let early = due > now.saturating_add(burst.saturating_sub(1).saturating_mul(period));
        let next = due.max(now).saturating_add(period);
        if early || self.due.compare_exchange(known, next, Ordering::Relaxed, Ordering::Relaxed).is_err() {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        Some(self.turned_away.swap(0, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Rate;

    #[test]
    fn a_clock_that_went_back_turns_nobody_away_for_long() {
        let rate = Rate::new();
        for _ in 0..20 {
            rate.admit(1_000_000, 100, 10);
        }
        assert_eq!(rate.admit(5, 100, 10), Some(10));
    }

    proptest! {
        /// In any stretch of time at most the burst and one more for each period go through, and nobody is forgotten.
        #[test]
        fn a_rate_is_kept(steps in proptest::collection::vec(0_u64..300, 1..200), period in 1_u64..200, burst in 1_u64..12) {
            let rate = Rate::new();
            let (mut now, mut admitted, mut told) = (1_000, Vec::new(), 0);
            for step in &steps {
                now += step;
                if let Some(turned_away) = rate.admit(now, period, burst) {
                    admitted.push(now);
                    told += turned_away;
                }
            }
            for (first, from) in admitted.iter().enumerate() {
                for (last, to) in admitted.iter().enumerate().skip(first) {
                    prop_assert!(((last - first) as u64) < burst + (to - from).div_ceil(period));
                }
            }
            told += rate.admit(now + burst * period, period, burst).expect("after a pause there is room");
            prop_assert_eq!(admitted.len() as u64 + told, steps.len() as u64);
        }
    }
}
