//! The desk of the trading pack: kill switches, orders, market data, the broker.

mod bounds;
mod broker;
mod feed;
mod feed_algebra;
mod kill_switches;
mod orders;

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use perfmon::snapshot::{Snapshot, Value};

/// So many milliseconds after the opening of a session long ago.
fn at(milliseconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_000_000_000) + Duration::from_millis(milliseconds)
}

fn seconds(seconds: u64) -> SystemTime {
    at(1_000 * seconds)
}

/// A snapshot. Collectors are run by one of those who take snapshots at the same time, and the others see what was found before; so one at a time.
fn snapshot() -> Snapshot {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    perfmon::snapshot()
}

/// The value of the series of a metric that has these labels; its others are not asked for, and added up.
fn value(snapshot: &Snapshot, metric: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let metric = snapshot.metric(metric)?;
    let matches = |values: &[String]| {
        let of = |key: &str| metric.label_keys().iter().position(|known| known == key).map(|at| values[at].as_str());
        labels.iter().all(|(key, value)| of(key) == Some(*value))
    };
    let values = metric.series().iter().filter(|series| matches(series.values())).map(|series| match series.value() {
        Value::Counter(count) => *count as f64,
        Value::Gauge(value) => *value,
        other => panic!("{other:?} is no number"),
    });
    values.reduce(|a, b| a + b)
}
