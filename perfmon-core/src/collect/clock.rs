//! The time by which collectors are due.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{
    history::Now,
    record::{Recorder, recorder},
};

/// The recorder's running time: it never goes back, and a mock clock moves it.
pub(super) fn running() -> Duration {
    // Without memory for a recorder there is no such clock.
    let fallback = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    recorder().map_or_else(fallback, Recorder::running_for)
}

/// Now, for the history.
pub(crate) fn now() -> Now {
    let at = running().as_millis();
    Now { at: u64::try_from(at).unwrap_or(u64::MAX), wall: recorder().map_or_else(SystemTime::now, Recorder::now) }
}
