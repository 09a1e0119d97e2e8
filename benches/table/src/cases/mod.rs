//! The rows: one file for each library, all with the same body in functions that are never inlined.

mod autometrics;
mod fastrace;
mod hotpath;
mod measured;
mod metrics;
mod perfmon;
mod plain;
mod prometheus;
mod prometheus_client;
mod tracing;

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use perfmon_benches_harness::Group;

/// A name, and what sets the library up.
type Library = (&'static str, fn() -> Group);

/// The groups that run in this program's own workers, in the table's order.
pub(crate) const GROUPS: [Library; 10] = [
    ("plain", plain::group),
    ("perfmon", perfmon::group),
    ("hotpath", hotpath::group),
    ("fastrace", fastrace::group),
    ("tracing", tracing::group),
    ("metrics", metrics::group),
    ("prometheus-client", prometheus_client::group),
    ("prometheus", prometheus::group),
    ("measured", measured::group),
    ("autometrics", autometrics::group),
];

/// The rows of a library, set up.
pub(crate) fn group(name: &str) -> Option<Group> {
    GROUPS.iter().find(|(group, _)| *group == name).map(|(_, make)| make())
}

/// Values of a label, as they come in trading.
pub(crate) const SYMBOLS: [&str; 16] = [
    "AAPL", "MSFT", "GOOGL", "TSLA", "AMZN", "NVDA", "META", "NFLX", "INTC", "AMD", "IBM", "ORCL", "CRM", "ADBE",
    "PYPL", "UBER",
];

pub(crate) fn symbol(i: u64) -> &'static str {
    SYMBOLS[(i & 15) as usize]
}

/// Polls a future that is ready at once. Inlined, so that the future is made where it is polled: moving one that was just made stalls.
#[inline(always)]
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
