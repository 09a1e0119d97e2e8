//! What all parts of the pack have in common: state behind a lock, an interval, and the time between two readings.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use perfmon_core::collect::{BoxError, Collector, Samples};

/// Reads one part of the system.
pub(super) trait Read: Send {
    /// Hands over what there is. What this machine does not have is left out; what cannot be read is an error.
    fn read(&mut self, now: Instant, out: &mut Samples) -> Result<(), BoxError>;
}

/// A reader as a collector.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) interval: Duration,
    pub(super) reader: Mutex<Box<dyn Read>>,
}

impl Collector for Part {
    fn name(&self) -> &str {
        &self.name
    }

    fn interval(&self) -> Duration {
        self.interval
    }

    // The kernel's counters go by real time, also where a test moves perfmon's clock by hand.
    #[allow(clippy::disallowed_methods)]
    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner).read(Instant::now(), out)
    }
}

/// Two readings nearer together than this give rates that are mostly noise; it is sysinfo's bound for CPU usage too.
const APART: Duration = sysinfo::MINIMUM_CPU_UPDATE_INTERVAL;

/// The reading before, and what was made of the last two.
#[derive(Debug)]
pub(super) struct Between<T, R> {
    before: Option<(Instant, T)>,
    pub(super) rate: Option<R>,
}

impl<T, R> Default for Between<T, R> {
    fn default() -> Self {
        Self { before: None, rate: None }
    }
}

impl<T, R> Between<T, R> {
    /// Whether enough time has passed for another reading.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.before.as_ref().is_none_or(|(at, _)| now.saturating_duration_since(*at) >= APART)
    }

    /// Makes a rate of the reading before, this one, and the seconds between, unless they are too near together; then the last rate stays.
    pub(super) fn advance(&mut self, now: Instant, reading: T, rate: impl FnOnce(&T, &T, f64) -> R) {
        if self.is_due(now) {
            let between = self.before.as_ref().map(|(at, before)| (before, now.duration_since(*at).as_secs_f64()));
            self.rate = between.map(|(before, seconds)| rate(before, &reading, seconds));
            self.before = Some((now, reading));
        }
    }
}

/// A part of a whole, in per cent; `None` of nothing.
pub(super) fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64 * 100.0)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Between, percent};

    #[test]
    #[allow(clippy::disallowed_methods)]
    fn a_rate_needs_two_readings_apart() {
        let start = Instant::now();
        let mut bytes = Between::default();
        let rate = |before: &u64, now: &u64, seconds: f64| (now - before) as f64 / seconds;
        let mut at = |millis, reading| {
            bytes.advance(start + Duration::from_millis(millis), reading, rate);
            bytes.rate
        };
        assert_eq!(at(0, 100), None);
        assert_eq!(at(50, 200), None, "too soon");
        assert_eq!(at(1_000, 600), Some(500.0), "since the first");
        assert_eq!(at(1_100, 900), Some(500.0), "the last one stays");
        assert_eq!(at(3_000, 600), Some(0.0));
    }

    #[test]
    fn parts_of_a_whole() {
        assert_eq!((percent(1, 4), percent(0, 4), percent(0, 0)), (Some(25.0), Some(0.0), None));
    }
}
