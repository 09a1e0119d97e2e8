//! The figures of a set of calls.

use perfmon_core::{Snapshot, snapshot::Stats};
use serde::Serialize;
use utoipa::ToSchema;

use crate::serve::number::nanos;

/// Counts and times of a set of calls. Times are nanoseconds, and `null` where there are no calls.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stats)]
pub(crate) struct StatsView {
    /// Calls that ended: the sum of the four outcomes.
    calls: u64,
    ok: u64,
    errors: u64,
    panics: u64,
    /// Futures dropped before they were done.
    cancelled: u64,
    in_flight: u64,
    /// Of all these calls, over the time they are of.
    calls_per_second: f64,
    /// Errors and panics among the calls, 0 to 1.
    error_rate: f64,
    /// All calls added up.
    total_ns: u64,
    /// Without calls inside calls of the same site.
    outermost_ns: u64,
    /// Of it, the time on a processor or in polls, where that is measured.
    busy_ns: u64,
    mean_ns: Option<u64>,
    min_ns: Option<u64>,
    p50_ns: Option<u64>,
    p90_ns: Option<u64>,
    p95_ns: Option<u64>,
    p99_ns: Option<u64>,
    p999_ns: Option<u64>,
    max_ns: Option<u64>,
}

impl StatsView {
    /// Of calls in the time of a snapshot or an interval.
    pub(crate) fn of(stats: &Stats, of: &Snapshot) -> Self {
        let known = |duration| (stats.calls() > 0).then(|| nanos(duration));
        let at = |percentile| known(stats.percentile(percentile));
        Self {
            calls: stats.calls(),
            ok: stats.ok(),
            errors: stats.errors(),
            panics: stats.panics(),
            cancelled: stats.cancelled(),
            in_flight: stats.in_flight(),
            calls_per_second: of.per_second(stats.calls()),
            error_rate: stats.error_rate(),
            total_ns: nanos(stats.total()),
            outermost_ns: nanos(stats.outermost()),
            busy_ns: nanos(stats.busy()),
            mean_ns: known(stats.mean()),
            min_ns: known(stats.min()),
            p50_ns: at(50.0),
            p90_ns: at(90.0),
            p95_ns: at(95.0),
            p99_ns: at(99.0),
            p999_ns: at(99.9),
            max_ns: known(stats.max()),
        }
    }
}
