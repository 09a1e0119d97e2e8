//! Reading back in the process: the values of a metric, now and a while ago.

use std::time::{Duration, SystemTime};

pub use crate::history::{Bounds, Footprint};
use crate::{
    Error, collect,
    history::{History, Item, Key, Kind, Labels, Now, Range, history},
    snapshot::{Metric, MetricKind, Snapshot, Value, snapshot},
};

/// The values of one metric for one set of labels.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct MetricHistory {
    /// Counter or gauge.
    pub kind: MetricKind,
    /// Label keys and values.
    pub labels: Vec<(String, String)>,
    /// Values, oldest first; the last is the newest.
    pub points: Vec<Point>,
}

/// A value of a series, or several that are close in time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Point {
    /// When the value was collected, to the millisecond; of several, when their ten seconds or their minute began. What the wall clock said then, so it may
    /// go back from one point to the next; the points are in order all the same.
    pub at: SystemTime,
    /// When it was collected, of several the last of them, since recording began. No correction of the wall clock moves that: what lies between two values is the
    /// difference of these.
    pub since_start: Duration,
    /// The value; of several their mean, of a counter the last.
    pub value: f64,
    /// The smallest of them.
    pub min: f64,
    /// The largest of them.
    pub max: f64,
    /// How many they are.
    pub count: u64,
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
    /// The newest; of several series, of the one that has it.
    Last,
    /// How many there are.
    Count,
    /// By how much a counter grew, its series added up: from its value before the range, else the first in it, to the last. A counter that begins anew
    /// goes on from where it was. `None` for gauges, and without two values.
    Increase,
    /// [`Increase`](Self::Increase) per second, over the time that its values cover.
    Rate,
}

/// The series of a custom gauge or counter over the last day: the values of the last ten minutes one by one (about one a second at most), before that by
/// ten seconds, of more than an hour ago by minutes. Empty when no metric has this name. [`set_bounds`] chooses another time than a day.
///
/// Values of closures and collectors are kept whenever they are asked, those of a `counter!` or `gauge!` when somebody [remembers](remember) snapshots, as the
/// exporter does each second; without, there is the value now. Without an exporter's driver this takes a snapshot, which runs the collectors that are
/// due. The memory for all this is bounded, see [`footprint`].
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// perfmon::observe("active_sessions", || 3.0);
/// let series = perfmon::series("active_sessions");
/// assert_eq!(series[0].points[0].value, 3.0);
/// ```
#[must_use]
pub fn series(name: &str) -> Vec<MetricHistory> {
    series_over(name, Duration::MAX)
}

/// The same over the last while. It is rounded up to whole cells: by up to ten seconds if it is longer than ten minutes, a minute beyond an hour.
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// use std::time::Duration;
///
/// perfmon::observe("idle_sessions", || 1.0);
/// assert_eq!(perfmon::series::series_over("idle_sessions", Duration::from_secs(60)).len(), 1);
/// ```
#[must_use]
pub fn series_over(name: &str, last: Duration) -> Vec<MetricHistory> {
    let ranges = ranges(name, last);
    let history = history();
    let with_points = |(kind, labels, range): (Kind, Labels, Range)| MetricHistory {
        kind: match kind {
            Kind::Gauge => MetricKind::Gauge,
            Kind::Counter => MetricKind::Counter,
        },
        labels,
        points: range.items.iter().map(|item| point(&history, kind, item)).collect(),
    };
    ranges.into_iter().map(with_points).collect()
}

/// The values of a custom gauge or counter during the last while (see [`series_over`]), over all its series, as one number. `None` without a value.
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// use std::time::Duration;
/// use perfmon::{Aggregate, aggregate};
///
/// perfmon::observe("cpu_usage_percent", || 12.5);
/// assert_eq!(aggregate("cpu_usage_percent", Aggregate::Avg, Duration::from_secs(3600)), Some(12.5));
/// ```
#[must_use]
pub fn aggregate(name: &str, how: Aggregate, last: Duration) -> Option<f64> {
    let ranges = ranges(name, last);
    let items = || ranges.iter().flat_map(|(_, _, range)| &range.items);
    let count = || items().map(|item| item.count).sum::<u64>();
    let sum = || items().map(|item| item.sum).sum::<f64>();
    items().next()?;
    match how {
        Aggregate::Avg => Some(sum() / count() as f64),
        Aggregate::Min => items().map(|item| item.min).reduce(f64::min),
        Aggregate::Max => items().map(|item| item.max).reduce(f64::max),
        Aggregate::Sum => Some(sum()),
        Aggregate::Last => items().max_by_key(|item| item.last_at).map(|item| item.last),
        Aggregate::Count => Some(count() as f64),
        Aggregate::Increase => growth(&ranges).map(|(increase, _)| increase),
        Aggregate::Rate => growth(&ranges).map(|(_, rate)| rate),
    }
}

/// Adds the values of a snapshot's declared gauges and counters to their series. Called once a second by the exporter; without it, call it yourself as often as
/// you want points. Takes whole snapshots of this process: an interval or a merged one has no place in its time.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::{series, snapshot};
/// series::remember(&snapshot());
/// ```
pub fn remember(snapshot: &Snapshot) {
    let metrics = || snapshot.metrics().iter().filter(|metric| !metric.collected);
    let labels_of =
        |metric| -> Vec<_> { Metric::series(metric).iter().map(|one| labels(metric, one.values())).collect() };
    let labels: Vec<Vec<Vec<(&str, &str)>>> = metrics().map(labels_of).collect();
    let values = metrics().zip(&labels).flat_map(|(metric, labels)| {
        metric.series().iter().zip(labels).filter_map(move |(series, labels)| {
            let (kind, value) = value(series.value())?;
            Some((Key { kind, name: metric.name(), labels }, value))
        })
    });
    let at = u64::try_from(snapshot.span().as_millis()).unwrap_or(u64::MAX);
    history().remember(Now { at, wall: snapshot.taken_at() }, values);
}

/// When closures or collectors gave the newest value of a series, by its labels in the order of the metric's keys. `None` for what a program declares and sets
/// itself, whose value is always that of now, and for a series that has no history.
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// perfmon::observe("open_orders", || 3.0);
/// let snapshot = perfmon::snapshot();
/// assert!(perfmon::series::collected_at("open_orders", &[]).is_some_and(|at| at <= snapshot.taken_at()));
/// ```
#[must_use]
pub fn collected_at(name: &str, labels: &[(&str, &str)]) -> Option<SystemTime> {
    history().collected_at(name, labels)
}

/// How much of the recent past is kept.
#[must_use]
pub fn bounds() -> Bounds {
    history().bounds()
}

/// Chooses how much of the recent past is kept, at any time. What is beyond narrower bounds is dropped at once, the oldest values first, and of too many
/// series those that have been silent the longest; returns how many values and cells that were. [`Footprint::dropped`] counts them too.
///
/// # Errors
/// When a bound is out of range, as [`Bounds::check`] says. Nothing changes then.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::series::{bounds, set_bounds};
///
/// let mut bounds = bounds();
/// bounds.memory_limit = 8 << 20;
/// let dropped = set_bounds(bounds)?;
/// # assert_eq!(dropped, 0);
/// # Ok::<(), perfmon::Error>(())
/// ```
pub fn set_bounds(bounds: Bounds) -> Result<u64, Error> {
    bounds.check()?;
    let now = collect::now().at;
    Ok(history().set_bounds(bounds, now))
}

/// The memory that the values of series take, and what their bounds turned away.
///
/// ```
/// # use perfmon_core as perfmon;
/// let footprint = perfmon::series::footprint();
/// assert!(footprint.series <= footprint.series_limit);
/// ```
#[must_use]
pub fn footprint() -> Footprint {
    history().footprint()
}

fn ranges(name: &str, last: Duration) -> Vec<(Kind, Labels, Range)> {
    const KINDS: [Kind; 2] = [Kind::Gauge, Kind::Counter];
    let collected = || KINDS.iter().any(|kind| history().is_collected(*kind, name));
    // Where nobody else runs collectors, taking a snapshot does.
    let taken = (!collect::is_driven() || !collected()).then(snapshot);
    let now = collect::now();
    let from = now.at.saturating_sub(u64::try_from(last.as_millis()).unwrap_or(u64::MAX));
    let mut history = history();
    history.see(now);
    let of_kind =
        |kind: Kind| history.since(kind, name, from).into_iter().map(move |(labels, range)| (kind, labels, range));
    let mut ranges: Vec<_> = KINDS.into_iter().flat_map(of_kind).collect();
    for metric in taken.iter().flat_map(Snapshot::metrics).filter(|metric| metric.name() == name) {
        for series in metric.series() {
            let Some((kind, value)) = value(series.value()).filter(|(kind, _)| !history.is_collected(*kind, name))
            else {
                continue;
            };
            let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
            let labels: Labels = labels(metric, series.values()).into_iter().map(owned).collect();
            let known = ranges.iter().position(|(other, known, _)| *other == kind && *known == labels);
            let at = known.unwrap_or_else(|| {
                ranges.push((kind, labels, Range::default()));
                ranges.len() - 1
            });
            ranges[at].2.put_present(now.at, value);
        }
    }
    ranges
}

/// Increase and rate of counters.
fn growth(ranges: &[(Kind, Labels, Range)]) -> Option<(f64, f64)> {
    if ranges.iter().any(|(kind, ..)| *kind == Kind::Gauge) {
        return None;
    }
    let known = ranges.iter().filter_map(|(_, _, range)| range.growth());
    known.map(|(increase, seconds)| (increase, increase / seconds)).reduce(|a, b| (a.0 + b.0, a.1 + b.1))
}

fn point(history: &History, kind: Kind, item: &Item) -> Point {
    let value = match kind {
        Kind::Gauge => item.sum / item.count as f64,
        Kind::Counter => item.last,
    };
    Point {
        at: history.wall(item.at),
        since_start: Duration::from_millis(item.last_at),
        value,
        min: item.min,
        max: item.max,
        count: item.count,
    }
}

fn value(value: &Value) -> Option<(Kind, f64)> {
    match value {
        Value::Counter(count) => Some((Kind::Counter, *count as f64)),
        Value::Gauge(value) => Some((Kind::Gauge, *value)),
        Value::Histogram(_) => None,
    }
}

fn labels<'a>(metric: &'a Metric, values: &'a [String]) -> Vec<(&'a str, &'a str)> {
    metric.label_keys().iter().map(String::as_str).zip(values.iter().map(String::as_str)).collect()
}
