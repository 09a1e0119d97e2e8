//! How much of the recent past is kept.

use std::{ops::RangeInclusive, time::Duration};

use crate::Error;

/// What a series takes at least: its place, some labels and its last value.
const SERIES: usize = 1 << 10;

/// How much of the recent past [`series`](crate::series()) remembers.
///
/// ```
/// # use perfmon_core as perfmon;
/// use std::time::Duration;
/// use perfmon::series::{Bounds, set_bounds};
///
/// let mut bounds = Bounds::default();
/// bounds.retention = Duration::from_secs(12 * 3600);
/// set_bounds(bounds)?;
/// # Ok::<(), perfmon::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bounds {
    /// For how long values are kept, a day by default: at most so long and two minutes, for less when memory is short.
    pub retention: Duration,
    /// How many series have a history, 4,096 by default; at most one for each KiB of the memory. Values of further ones are turned away until
    /// others have not been given for ten minutes.
    pub max_series: usize,
    /// The memory for all of them in bytes, 32 MiB by default. A series with a value every five seconds takes 72 KiB for a day, so that does for 450 of
    /// them; of more, each is kept for less than a day.
    pub memory_limit: usize,
}

impl Bounds {
    /// What [`retention`](Self::retention) may be: a minute to a leap year.
    pub const RETENTION: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(366 * 86_400);
    /// The least that [`memory_limit`](Self::memory_limit) may be: 1 MiB.
    pub const LEAST_MEMORY: usize = 1 << 20;

    pub(super) const DEFAULT: Self =
        Self { retention: Duration::from_secs(86_400), max_series: 4_096, memory_limit: 32 << 20 };

    /// Says what is out of range.
    ///
    /// # Errors
    /// When the retention is shorter than a minute or longer than a year, there may be no series, or the memory is less than 1 MiB.
    pub fn check(&self) -> Result<(), Error> {
        let Self { retention, max_series, memory_limit } = *self;
        if !Self::RETENTION.contains(&retention) {
            return Err(Error::invalid(format!(
                "a retention of {} s is out of range: write a minute at least, a year at most",
                retention.as_secs_f64()
            )));
        }
        if max_series == 0 {
            return Err(Error::invalid("no series could have a history: allow one at least"));
        }
        if memory_limit < Self::LEAST_MEMORY {
            return Err(Error::invalid(format!(
                "a memory limit of {memory_limit} bytes is too small: the history needs at least {} (1 MiB)",
                Self::LEAST_MEMORY
            )));
        }
        Ok(())
    }

    pub(super) fn retention_ms(&self) -> u64 {
        u64::try_from(self.retention.as_millis()).unwrap_or(u64::MAX)
    }

    /// As many series as may be, and as have room.
    pub(super) const fn series_limit(&self) -> usize {
        let room = self.memory_limit / SERIES;
        if room < self.max_series { room } else { self.max_series }
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}
