//! How the last five minutes went, in short: for `/health`.

use std::{cmp::Reverse, collections::BTreeMap};

use perfmon_core::{
    Snapshot,
    analyse::Window,
    site::Kind,
    snapshot::{Metric, Site, Stats, Value},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::number::nanos;

/// Sites that are named for each kind.
const SLOWEST: usize = 5;

/// How the last five minutes went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Summary)]
pub(crate) struct Summary {
    /// The live window that it is of.
    #[schema(example = "5m")]
    window: &'static str,
    /// The time it truly covers.
    span_seconds: f64,
    /// By kind of call site (`request`, `agent`, `tool` …): those that the program has.
    calls: BTreeMap<&'static str, OfKind>,
    resources: Resources,
}

/// All calls of one kind.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SummaryOfKind)]
struct OfKind {
    #[serde(flatten)]
    all: Figures,
    /// Up to five of the sites that were called, the highest 95th percentile first.
    slowest: Vec<OfSite>,
}

/// The calls of a site.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SummaryOfSite)]
struct OfSite {
    #[schema(example = "GET /orders/{id}")]
    name: String,
    #[serde(flatten)]
    figures: Figures,
}

/// Counts and times of calls. Times are nanoseconds; what needs calls is `null` without.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SummaryFigures)]
struct Figures {
    calls: u64,
    calls_per_second: f64,
    errors: u64,
    panics: u64,
    cancelled: u64,
    /// Errors and panics among the calls, 0 to 1.
    error_rate: Option<f64>,
    mean_ns: Option<u64>,
    p50_ns: Option<u64>,
    p95_ns: Option<u64>,
    p99_ns: Option<u64>,
    max_ns: Option<u64>,
}

/// What the machine and the process use now. `null` is what nobody collects.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SummaryOfResources)]
struct Resources {
    cpu_usage_percent: Option<f64>,
    memory_usage_percent: Option<f64>,
    /// Of the fullest file system.
    disk_usage_percent: Option<f64>,
    /// By period: `1m`, `5m`, `15m`.
    load_average: BTreeMap<String, f64>,
    /// Processes on the machine.
    processes: Option<f64>,
    /// 100 is one core.
    process_cpu_usage_percent: Option<f64>,
    process_resident_memory_bytes: Option<f64>,
}

impl Summary {
    /// Of the calls in an interval, and of the state at its end.
    pub(crate) fn of(window: Window, recent: &Snapshot, now: &Snapshot) -> Self {
        let kinds = Kind::ALL.into_iter().filter(|kind| now.of_kind(*kind).next().is_some());
        Self {
            window: window.as_str(),
            span_seconds: recent.span().as_secs_f64(),
            calls: kinds.map(|kind| (kind.as_str(), OfKind::of(kind, recent))).collect(),
            resources: Resources::of(now),
        }
    }
}

impl OfKind {
    fn of(kind: Kind, recent: &Snapshot) -> Self {
        let called = recent.of_kind(kind).filter(|site| site.calls() > 0);
        let mut slowest: Vec<(_, &Site)> = called.map(|site| (Reverse(site.percentile(95.0)), site)).collect();
        slowest.sort_by_key(|(p95, _)| *p95);
        slowest.truncate(SLOWEST);
        let named = |site: &Site| OfSite { name: site.name().to_owned(), figures: Figures::of(site, recent) };
        Self {
            all: Figures::of(&recent.of_kind(kind).map(Site::stats).sum(), recent),
            slowest: slowest.into_iter().map(|(_, site)| named(site)).collect(),
        }
    }
}

impl Figures {
    fn of(stats: &Stats, recent: &Snapshot) -> Self {
        let called = stats.calls() > 0;
        let at = |percentile| called.then(|| nanos(stats.percentile(percentile)));
        Self {
            calls: stats.calls(),
            calls_per_second: recent.per_second(stats.calls()),
            errors: stats.errors(),
            panics: stats.panics(),
            cancelled: stats.cancelled(),
            error_rate: called.then(|| stats.error_rate()),
            mean_ns: called.then(|| nanos(stats.mean())),
            p50_ns: at(50.0),
            p95_ns: at(95.0),
            p99_ns: at(99.0),
            max_ns: called.then(|| nanos(stats.max())),
        }
    }
}

impl Resources {
    fn of(now: &Snapshot) -> Self {
        let most = |name| gauges(now, name).map(|(_, value)| value).reduce(f64::max);
        Self {
            cpu_usage_percent: most("cpu_usage_percent"),
            memory_usage_percent: most("memory_usage_percent"),
            disk_usage_percent: most("disk_usage_percent"),
            load_average: gauges(now, "load_average").map(|(period, value)| (period.to_owned(), value)).collect(),
            processes: most("system_processes"),
            process_cpu_usage_percent: most("process_cpu_usage_percent"),
            process_resident_memory_bytes: most("process_resident_memory_bytes"),
        }
    }
}

/// A gauge's values that are numbers, each with the value of its first label.
fn gauges<'a>(now: &'a Snapshot, name: &str) -> impl Iterator<Item = (&'a str, f64)> {
    let series = now.metric(name).into_iter().flat_map(Metric::series);
    series.filter_map(|one| match one.value() {
        Value::Gauge(value) if value.is_finite() => Some((one.values().first().map_or("", String::as_str), *value)),
        _ => None,
    })
}
