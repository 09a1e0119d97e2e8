//! Reading back in the process: the values of a metric, now and a while ago.

use std::time::Duration;

use crate::{
    collect::{Point, points_of},
    snapshot::{Value, snapshot},
};

/// The values of one metric for one set of labels.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricHistory {
    /// Label keys and values.
    pub labels: Vec<(String, String)>,
    /// Values, oldest first; the last is the one now.
    pub points: Vec<Point>,
}

/// How values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Aggregate {
    /// The arithmetic mean.
    Avg,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// All added up.
    Sum,
    /// The newest.
    Last,
    /// How many there are.
    Count,
}

/// The series of a custom metric: of a closure or collector the values of the last ten minutes (one a second at most, as
/// snapshots were taken), of a `counter!` or `gauge!` the value now. Empty when no metric has this name.
///
/// ```
/// perfmon_core::collect::observe("active_sessions", || 3.0);
/// let series = perfmon_core::series("active_sessions");
/// assert_eq!(series[0].points[0].value, 3.0);
/// ```
#[must_use]
pub fn series(name: &str) -> Vec<MetricHistory> {
    let snapshot = snapshot();
    let collected = points_of(name);
    if !collected.is_empty() {
        return collected.into_iter().map(|(labels, points)| MetricHistory { labels, points }).collect();
    }
    let Some(metric) = snapshot.metric(name) else { return Vec::new() };
    let values = metric.series().iter().filter_map(|series| {
        let value = match series.value() {
            Value::Counter(count) => *count as f64,
            Value::Gauge(value) => *value,
            Value::Histogram(_) => return None,
        };
        let labels = metric.label_keys().iter().cloned().zip(series.values().iter().cloned()).collect();
        Some(MetricHistory { labels, points: vec![Point { at: snapshot.taken_at(), value }] })
    });
    values.collect()
}

/// The values of a custom metric during the last while, over all its series, as one number. `None` without a value.
///
/// ```
/// # use std::time::Duration;
/// use perfmon_core::{Aggregate, aggregate};
/// perfmon_core::collect::observe("free_workers", || 4.0);
/// assert_eq!(aggregate("free_workers", Aggregate::Avg, Duration::from_secs(60)), Some(4.0));
/// ```
#[must_use]
pub fn aggregate(name: &str, how: Aggregate, last: Duration) -> Option<f64> {
    let mut points: Vec<Point> = series(name).into_iter().flat_map(|series| series.points).collect();
    points.sort_by_key(|point| point.at);
    let newest = points.last()?.at;
    let recent = points.iter().filter(|point| newest.duration_since(point.at).is_ok_and(|age| age <= last));
    let values: Vec<f64> = recent.map(|point| point.value).collect();
    let sum: f64 = values.iter().sum();
    match how {
        Aggregate::Avg => Some(sum / values.len() as f64),
        Aggregate::Min => values.iter().copied().reduce(f64::min),
        Aggregate::Max => values.iter().copied().reduce(f64::max),
        Aggregate::Sum => Some(sum),
        Aggregate::Last => values.last().copied(),
        Aggregate::Count => Some(values.len() as f64),
    }
}
