//! Custom metrics in the terminal: counters, gauges, histograms, each in a block of its own.

use std::time::{Duration, UNIX_EPOCH};

use super::{
    Style, calls, format,
    surroundings::{Many, is_own},
    table::{Block, Cell, Column, Note, Row, Table},
    text::{clean, cut, name},
};
use crate::snapshot::{Metric, MetricKind, Snapshot, Value};

pub(super) const VALUES: [&str; 2] = ["value", "rate"];
pub(super) const HISTOGRAMS: [&str; 7] = ["count", "rate", "p50", "p95", "p99", "p99.9", "max"];
/// How wide names must be for a column to stay; see [`super::table`].
const YIELDS: [usize; 7] = [12, 22, 16, 28, 15, 34, 20];

/// A longer unit is cut, so that it cannot push the value out of the table; not so `bytes per second`, which is known.
const LONGEST_UNIT: usize = 16;

/// `symbol=AAPL venue=XNAS`
pub(super) fn labels(keys: &[String], values: &[String]) -> String {
    let pairs: Vec<String> =
        keys.iter().zip(values).map(|(key, value)| format!("{}={}", clean(key), clean(value))).collect();
    pairs.join(" ")
}

/// The kind of a metric that has values; those that were never used have a block of their own.
fn used(metric: &Metric) -> Option<MetricKind> {
    metric.series().first().map(|_| metric.kind())
}

/// The program's own, but for those that are too many: counters, gauges and what was never used in one table, histograms in another; empty ones left out.
pub(super) fn tables<'a>(snapshot: &'a Snapshot, style: &Style) -> Vec<Table<'a>> {
    let many = Many::of(snapshot);
    let block = |kind: Option<MetricKind>, title: &str, heads: &[&str]| {
        let metrics = snapshot.metrics().iter().filter(|one| used(one) == kind && is_own(one) && !many.has(one));
        let rows: Vec<Row<'a>> = metrics.flat_map(|metric| rows(metric, snapshot, style)).collect();
        let heads = heads.iter().map(|&head| head.to_owned()).collect();
        (!rows.is_empty()).then(|| Block {
            title: title.to_owned(),
            heads,
            tail_head: Box::new(|_| String::new()),
            rows,
        })
    };
    let values = [
        block(Some(MetricKind::Counter), "counters", &VALUES),
        block(Some(MetricKind::Gauge), "gauges", &VALUES[..1]),
        block(None, "metrics never used", &[]),
    ];
    let histograms = [block(Some(MetricKind::Histogram), "histograms", &HISTOGRAMS)];
    let tables = [
        (VALUES.len(), values.into_iter().flatten().collect()),
        (YIELDS.len(), histograms.into_iter().flatten().collect()),
    ];
    tables
        .into_iter()
        .filter(|(_, blocks): &(usize, Vec<Block<'a>>)| !blocks.is_empty())
        .map(|(columns, blocks)| Table {
            columns: YIELDS[..columns].iter().map(|&yields| Column { yields, width: 0 }).collect(),
            tail: Column { yields: 36, width: 24 },
            tail_widest: 60,
            blocks,
        })
        .collect()
}

fn rows<'a>(metric: &'a Metric, snapshot: &Snapshot, style: &Style) -> Vec<Row<'a>> {
    let standing = metric.series().iter().any(|one| one.standing);
    let total = metric.total().map(|total| cells(&total, metric, standing, snapshot)).unwrap_or_default();
    let mut rows = vec![row(0, name(metric.name()), total, metric.help())];
    if metric.label_keys().is_empty() {
        return rows;
    }
    let mut series: Vec<_> = metric.series().iter().collect();
    series.sort_by(|a, b| weight(b.value()).total_cmp(&weight(a.value())));
    let shown = series.iter().take(style.series);
    rows.extend(shown.map(|one| {
        let cells = cells(one.value(), metric, one.standing, snapshot);
        row(2, labels(metric.label_keys(), one.values()), cells, "")
    }));
    if let (Some(more @ 1..), Some(last)) = (series.len().checked_sub(style.series), rows.last_mut()) {
        last.notes.push(Note::more(2, format!("… {more} more")));
    }
    rows
}

fn row(indent: usize, name: String, cells: Vec<Cell>, help: &str) -> Row<'_> {
    let tail = Box::new(move |columns| cut(&clean(help), columns));
    Row { indent, name, marks: String::new(), cells, tail, notes: Vec::new() }
}

/// What makes one series of a metric matter more than another.
fn weight(value: &Value) -> f64 {
    match value {
        Value::Counter(count) => *count as f64,
        Value::Gauge(value) => value.abs(),
        Value::Histogram(distribution) => distribution.count() as f64,
    }
}

/// Of a gauge that by its name holds seconds since 1970: the time, in UTC.
fn date(value: f64, metric: &Metric) -> Option<String> {
    let named = ["_timestamp_seconds", "_time_seconds"].iter().any(|ending| metric.name().ends_with(ending));
    // What takes three years is no duration.
    (named && value >= 1e8)
        .then(|| UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(value).ok()?))?
        .map(format::readable_timestamp)
}

/// One cell for each head of its sort: [`VALUES`] or [`HISTOGRAMS`].
pub(super) fn cells(value: &Value, metric: &Metric, standing: bool, snapshot: &Snapshot) -> Vec<Cell> {
    let unit = cut(&clean(metric.unit()), LONGEST_UNIT);
    let quantity = |value: u64| format::quantity(value as f64, &unit);
    let rate = |count: u64| match calls::metric_rate(count, standing, snapshot.span()) {
        None => String::new(),
        Some(rate) if matches!(value, Value::Counter(_)) && matches!(unit.as_str(), "bytes" | "By") => {
            format!("{}/s", format::bytes(rate))
        }
        Some(rate) => format::rate(rate),
    };
    let texts = match value {
        Value::Counter(count) => vec![quantity(*count), rate(*count)],
        Value::Gauge(value) => vec![date(*value, metric).unwrap_or_else(|| format::measured(*value, &unit))],
        Value::Histogram(values) => {
            let known = |value: Option<u64>| value.map_or("–".to_owned(), quantity);
            let percentiles = [50.0, 95.0, 99.0, 99.9].map(|percentile| known(values.percentile(percentile)));
            let count = [format::count(values.count()), rate(values.count())];
            count.into_iter().chain(percentiles).chain([known(values.max())]).collect()
        }
    };
    texts.into_iter().map(|text| Cell { text, ..Cell::default() }).collect()
}
