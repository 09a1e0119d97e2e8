//! The trading pack.

mod contracts;
mod days;
mod flow;
mod metrics;
mod money;
mod odd;
mod positions;
mod properties;
mod reference;
mod statement;
mod statistics;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use perfmon::{
    Snapshot,
    trading::{Book, Builder},
};

const DAY: Duration = Duration::from_secs(86_400);

/// A builder with a name that nobody else has.
fn builder() -> Builder {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    Book::builder(format!("book_{}", NUMBER.fetch_add(1, Ordering::Relaxed)))
}

/// A book with a capital of 10,000.
fn book() -> Book {
    builder().capital(10_000.0).build().expect("a new name")
}

/// A snapshot. Collectors are run by one of those who take snapshots at the same time, and the others see what was found before; so one at a time.
fn snapshot() -> Snapshot {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    perfmon::snapshot()
}

/// Noon of a day, counted from 1 January 2024, a Monday.
fn noon(day: u32) -> SystemTime {
    UNIX_EPOCH + DAY * (19_723 + day) + DAY / 2
}

#[track_caller]
fn close(found: impl Into<Option<f64>>, expected: f64) {
    let found: f64 = found.into().expect("a value");
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1e-6), "{found} instead of {expected}");
}
