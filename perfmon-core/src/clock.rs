//! Time: the processor's counter through `quanta`, or a clock that a test moves by hand.
//!
//! The recorder works in *ticks* of that counter and turns them into nanoseconds where they are read or
//! bucketed: `nanos = ticks × factor ÷ 2^32`.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use quanta::Mock;

use crate::Error;

/// Ticks to nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    /// Nanoseconds in 2^32 ticks.
    factor: u64,
}

impl Scale {
    /// One tick is one nanosecond.
    pub(crate) const NANOS: Self = Self { factor: 1 << 32 };

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "u64 of nanoseconds are 584 years")]
    pub(crate) fn nanos(self, ticks: u64) -> u64 {
        ((u128::from(ticks) * u128::from(self.factor)) >> 32) as u64
    }

    /// The fewest ticks that are at least so many nanoseconds. Where a tick is shorter than a nanosecond, exactly so many.
    pub(crate) fn ticks(self, nanos: u64) -> u64 {
        let ticks = (u128::from(nanos) << 32).div_ceil(u128::from(self.factor));
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    /// The most ticks that are still at most so many nanoseconds.
    pub(crate) fn most_ticks(self, nanos: u64) -> u64 {
        nanos.checked_add(1).map_or(u64::MAX, |next| self.ticks(next) - 1)
    }
}

/// The clock of the process.
pub(crate) struct Clock {
    source: quanta::Clock,
    pub(crate) scale: Scale,
    /// A test moves it by hand.
    pub(crate) mocked: bool,
}

/// Whether the recorder has its clock.
static STARTED: AtomicBool = AtomicBool::new(false);
static MOCK: OnceLock<(quanta::Clock, MockClock)> = OnceLock::new();

impl Clock {
    /// The mock if one was installed, else the counter, which the first use in a process calibrates (10 to 200 ms).
    pub(crate) fn new() -> Self {
        STARTED.store(true, Ordering::Relaxed);
        let source = MOCK.get().map_or_else(quanta::Clock::new, |(clock, _)| clock.clone());
        let factor = source.delta_as_nanos(0, 1 << 32).max(1);
        Self { source, scale: Scale { factor }, mocked: MOCK.get().is_some() }
    }

    /// The counter now.
    #[inline(always)]
    pub(crate) fn ticks(&self) -> u64 {
        self.source.raw()
    }
}

/// A clock that stands still until it is told to move, for tests of code that is monitored.
///
/// It belongs to the whole process and must be installed before the first monitored call, so give a test that
/// uses it a process of its own (an integration test file, or `cargo nextest`).
///
/// ```
/// # use perfmon_core as perfmon;
/// use std::time::Duration;
///
/// let clock = perfmon::MockClock::install()?;
/// let before = clock.now();
/// clock.advance(Duration::from_millis(250));
/// assert_eq!(clock.now() - before, Duration::from_millis(250));
/// # Ok::<(), perfmon::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MockClock(Arc<Mock>);

impl MockClock {
    /// Makes the process use a mock clock. Installed twice, the first one is handed out again.
    ///
    /// # Errors
    /// When a monitored call was made before.
    pub fn install() -> Result<Self, Error> {
        if STARTED.load(Ordering::Relaxed) && MOCK.get().is_none() {
            return Err(Error::too_late(
                "failed to install the mock clock: calls were already timed with the real one; install it before the first monitored call",
            ));
        }
        let (_, mock) = MOCK.get_or_init(|| {
            let (clock, mock) = quanta::Clock::mock();
            // Not at zero, so that an uninitialised reading stands out.
            mock.increment(1_000_000_000);
            (clock, Self(mock))
        });
        Ok(mock.clone())
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.increment(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The time since an arbitrary start.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.0.value())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Scale;

    proptest! {
        /// Three billion ticks a second, and one: what is written as nanoseconds is read as the same.
        #[test]
        fn nanoseconds_survive_ticks(nanos in 0..1_u64 << 45, per_second in 1_000_000_000_u64..6_000_000_000) {
            let scale = Scale { factor: u64::try_from((1_000_000_000_u128 << 32) / u128::from(per_second)).expect("fits") };
            prop_assert_eq!(scale.nanos(scale.ticks(nanos)), nanos);
            let most = scale.most_ticks(nanos);
            prop_assert!(scale.nanos(most) <= nanos && scale.nanos(most + 1) > nanos);
        }
    }
}
