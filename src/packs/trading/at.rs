//! When something happened.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A handle, and the time that what is told through it happened at. From its method `at`.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
///
/// let feed = perfmon::trading::Feed::builder("history").interval(Duration::from_secs(60)).replay().build();
/// feed.at(UNIX_EPOCH + Duration::from_secs(1_577_836_800)).tick("SPX");
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing is told before a method is called"]
pub struct AtTime<'a, T> {
    pub(super) told: &'a T,
    pub(super) time: SystemTime,
}

/// Nanoseconds that the time of something live may lie ahead of the machine's clock: clocks differ, but not by more.
pub(super) const AHEAD: i64 = 60_000_000_000;

/// All times before 1678.
pub(super) const OLDEST: i64 = -i64::MAX;

/// Nanoseconds since 1970, from 1678 to 2262; times outside become the nearest of these.
pub(super) fn nanos(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => length(since),
        Err(before) => -length(before.duration()),
    }
}

/// The nanoseconds of now.
pub(super) fn now() -> i64 {
    nanos(SystemTime::now())
}

/// A duration in nanoseconds, 292 years at most.
pub(super) fn length(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
