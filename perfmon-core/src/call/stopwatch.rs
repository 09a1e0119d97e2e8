//! Time by the recorder's clock.

use std::time::Duration;

use crate::record::{recorder, running};

/// Measures a piece of time by the clock that calls are measured by, which a test can move by hand ([`MockClock`](crate::MockClock)). Costs two readings of the
/// processor's counter. What is measured while there is no recorder, since the system gave it no memory, took no time.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Stopwatch(u64);

impl Stopwatch {
    /// Begins now, and starts the recorder, if nothing was recorded before.
    pub fn start() -> Self {
        Self(recorder().map_or(0, |recorder| recorder.clock.ticks()))
    }

    /// The time since.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        running().map_or(Duration::ZERO, |recorder| {
            Duration::from_nanos(recorder.clock.scale.nanos(recorder.clock.ticks().saturating_sub(self.0)))
        })
    }
}
