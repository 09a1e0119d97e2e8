//! What the tests with other programs share.
#![allow(dead_code, reason = "each test uses its part")]

pub(crate) mod built;
mod leash;
pub(crate) mod prometheus;

use std::time::{Duration, Instant};

pub(crate) use self::leash::Leashed;

/// Long enough for the slowest machine; a test waits for a condition, not for this.
pub(crate) const LONG: Duration = Duration::from_secs(90);

/// Asks until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    soon(|| ask().ok_or("nothing yet")).unwrap_or_else(|last| panic!("not within {LONG:?}: {what}: {last}"))
}

/// Tries until it works; the last mistake if it never does.
pub(crate) fn soon<T, E>(mut attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    #[expect(clippy::disallowed_methods, reason = "waits for other programs, whose time is real")]
    let begun = Instant::now();
    loop {
        match attempt() {
            Err(_) if begun.elapsed() < LONG => std::thread::sleep(Duration::from_millis(50)),
            outcome => return outcome,
        }
    }
}
