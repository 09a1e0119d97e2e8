//! The report as JSON. What each member means stands in `schema.json` beside this file; change both together.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::{calls, format};
use crate::{
    Footprint, Severity,
    site::{Kind, Place, Statistic},
    snapshot::{Buckets, Losses, Metric, MetricSeries, Site, Snapshot, Stats, Value},
};

/// The number changes when a member is taken away or gets another meaning, not when one is added.
const SCHEMA: &str = "perfmon.report/1";

pub(super) fn render(snapshot: &Snapshot) -> String {
    // Nothing in these types can fail to become JSON: keys are text, and numbers that are not finite become null.
    let mut text = serde_json::to_string_pretty(&Document::of(snapshot)).unwrap_or_default();
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    taken_at: String,
    span_ns: u64,
    own_cost_ns: u64,
    sites: Vec<SiteView<'a>>,
    metrics: Vec<MetricView<'a>>,
    losses: Losses,
    footprint: Footprint,
}

#[derive(Serialize)]
struct SiteView<'a> {
    kind: Kind,
    name: &'a str,
    name_parts: &'a [String],
    label_keys: &'a [String],
    places: &'a [Place],
    sampled: bool,
    busy_measured: bool,
    near_own_cost: bool,
    #[serde(flatten)]
    stats: StatsView,
    objectives: Vec<ObjectiveView>,
    series: Vec<SeriesView>,
}

#[derive(Serialize)]
struct SeriesView {
    labels: Map<String, Json>,
    #[serde(flatten)]
    stats: StatsView,
}

#[derive(Serialize)]
struct StatsView {
    calls: u64,
    ok: u64,
    errors: u64,
    panics: u64,
    cancelled: u64,
    in_flight: u64,
    timed: u64,
    clamped: u64,
    coarse: u64,
    rate_per_s: f64,
    error_rate: f64,
    share: f64,
    total_ns: u64,
    outermost_ns: u64,
    busy_ns: u64,
    mean_ns: Option<u64>,
    min_ns: Option<u64>,
    p50_ns: Option<u64>,
    p95_ns: Option<u64>,
    p99_ns: Option<u64>,
    p999_ns: Option<u64>,
    max_ns: Option<u64>,
    distribution: Vec<Bar>,
}

#[derive(Serialize)]
struct Bar {
    from: u64,
    to: u64,
    count: u64,
}

#[derive(Serialize)]
struct ObjectiveView {
    statistic: Statistic,
    bound_ns: Option<u64>,
    bound_error_rate: Option<f64>,
    severity: Severity,
    breaches: u64,
    met: Option<bool>,
}

#[derive(Serialize)]
struct MetricView<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    help: &'a str,
    unit: &'a str,
    label_keys: &'a [String],
    series: Vec<MetricSeriesView>,
}

#[derive(Serialize)]
struct MetricSeriesView {
    labels: Map<String, Json>,
    #[serde(flatten)]
    value: ValueView,
}

#[derive(Serialize)]
#[serde(untagged)]
enum ValueView {
    Counter { value: u64, rate_per_s: Option<f64> },
    Gauge { value: f64 },
    Histogram(DistributionView),
}

#[derive(Serialize)]
struct DistributionView {
    count: u64,
    rate_per_s: Option<f64>,
    sum: u64,
    clamped: u64,
    p50: Option<u64>,
    p95: Option<u64>,
    p99: Option<u64>,
    p999: Option<u64>,
    max: Option<u64>,
    distribution: Vec<Bar>,
}

impl<'a> Document<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            schema: SCHEMA,
            taken_at: format::timestamp(snapshot.taken_at()),
            span_ns: nanos(snapshot.span()),
            own_cost_ns: nanos(snapshot.own_cost()),
            sites: snapshot.sites().iter().map(|site| SiteView::of(site, snapshot)).collect(),
            metrics: snapshot.metrics().iter().map(|metric| MetricView::of(metric, snapshot)).collect(),
            losses: snapshot.losses(),
            footprint: snapshot.footprint(),
        }
    }
}

impl<'a> SiteView<'a> {
    fn of(site: &'a Site, snapshot: &Snapshot) -> Self {
        let objectives = site.objectives().map(|status| ObjectiveView {
            statistic: status.objective.statistic(),
            bound_ns: status.objective.latency_bound().map(nanos),
            bound_error_rate: status.objective.error_rate_bound(),
            severity: status.objective.severity(),
            breaches: status.breaches,
            met: status.met,
        });
        let series = site.series().iter().map(|series| SeriesView {
            labels: labels(site.label_keys(), series.values()),
            stats: StatsView::of(series.stats(), snapshot),
        });
        Self {
            kind: site.kind(),
            name: site.name(),
            name_parts: site.name_parts(),
            label_keys: site.label_keys(),
            places: site.places(),
            sampled: site.is_sampled(),
            busy_measured: site.is_busy_measured(),
            near_own_cost: calls::near_own_cost(site, snapshot),
            stats: StatsView::of(site, snapshot),
            objectives: objectives.collect(),
            series: series.collect(),
        }
    }
}

impl StatsView {
    fn of(stats: &Stats, snapshot: &Snapshot) -> Self {
        let known = |duration| (stats.calls() > 0).then(|| nanos(duration));
        Self {
            calls: stats.calls(),
            ok: stats.ok(),
            errors: stats.errors(),
            panics: stats.panics(),
            cancelled: stats.cancelled(),
            in_flight: stats.in_flight(),
            timed: stats.timed(),
            clamped: stats.clamped(),
            coarse: stats.coarse(),
            rate_per_s: calls::rate(stats, snapshot.span()),
            error_rate: stats.error_rate(),
            share: calls::share(stats, snapshot.span()),
            total_ns: nanos(stats.total()),
            outermost_ns: nanos(stats.outermost()),
            busy_ns: nanos(stats.busy()),
            mean_ns: known(stats.mean()),
            min_ns: known(stats.min()),
            p50_ns: known(stats.percentile(50.0)),
            p95_ns: known(stats.percentile(95.0)),
            p99_ns: known(stats.percentile(99.0)),
            p999_ns: known(stats.percentile(99.9)),
            max_ns: known(stats.max()),
            distribution: by_octave(stats.buckets()),
        }
    }
}

impl<'a> MetricView<'a> {
    fn of(metric: &'a Metric, snapshot: &Snapshot) -> Self {
        let series = metric.series().iter().map(|series| MetricSeriesView {
            labels: labels(metric.label_keys(), series.values()),
            value: ValueView::of(series, snapshot),
        });
        Self {
            name: metric.name(),
            kind: metric.kind().as_str(),
            help: metric.help(),
            unit: metric.unit(),
            label_keys: metric.label_keys(),
            series: series.collect(),
        }
    }
}

impl ValueView {
    fn of(series: &MetricSeries, snapshot: &Snapshot) -> Self {
        let rate = |count| calls::metric_rate(count, series.standing, snapshot.span());
        match series.value() {
            Value::Counter(value) => Self::Counter { value: *value, rate_per_s: rate(*value) },
            Value::Gauge(value) => Self::Gauge { value: *value },
            Value::Histogram(values) => Self::Histogram(DistributionView {
                count: values.count(),
                rate_per_s: rate(values.count()),
                sum: values.sum(),
                clamped: values.clamped(),
                p50: values.percentile(50.0),
                p95: values.percentile(95.0),
                p99: values.percentile(99.0),
                p999: values.percentile(99.9),
                max: values.max(),
                distribution: by_octave(values.buckets()),
            }),
        }
    }
}

/// Label values by key.
pub(super) fn labels(keys: &[String], values: &[String]) -> Map<String, Json> {
    keys.iter().cloned().zip(values.iter().cloned().map(Json::String)).collect()
}

fn nanos(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The counts between one power of two and the next; all buckets would be hundreds of lines a site.
fn by_octave(buckets: &Buckets) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for (low, _, count) in buckets.iter() {
        let from = low.checked_ilog2().map_or(0, |octave| 1 << octave);
        match bars.last_mut() {
            Some(bar) if bar.from == from => bar.count += count,
            _ => bars.push(Bar { from, to: (from * 2).max(1) - 1, count }),
        }
    }
    bars
}
