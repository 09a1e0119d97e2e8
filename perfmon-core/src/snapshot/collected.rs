//! Collected values among the metrics of a snapshot, and what stands in their way.
//!
//! A metric that the program declares is the declaration's, and no collector gives to it. Of series that are given twice the last counts. Whoever clashes is told.

use std::collections::{BTreeMap, HashMap};

use super::{Metric, MetricKind, MetricSeries, Value};
use crate::{
    collect::{Found, Quantity, Reading},
    site::{Instrument, REGISTRY},
};

/// A value for a metric, and who gives it.
struct Given {
    values: Vec<String>,
    value: Value,
    source: usize,
}

/// What stands in the way of a source's values: of how many, and of the first in words.
type Clashes = BTreeMap<usize, (u64, String)>;

/// Puts collected values among the metrics, in their places by name and labels, and tells their sources of clashes. A metric has every label key that one of its
/// values has; of values with the same labels the last counts.
pub(super) fn add(metrics: &mut Vec<Metric>, found: &[Found]) {
    let mut given: BTreeMap<usize, Vec<Given>> = BTreeMap::new();
    let mut places: HashMap<(&str, MetricKind), usize> = HashMap::new();
    let mut clashes = Clashes::new();
    for (source, reading) in found.iter().enumerate().flat_map(|(at, one)| one.readings.iter().map(move |it| (at, it)))
    {
        let (kind, value) = match reading.quantity {
            Quantity::Gauge(value) => (MetricKind::Gauge, Value::Gauge(value)),
            Quantity::Counter(count) => (MetricKind::Counter, Value::Counter(count)),
        };
        let at = *places.entry((&reading.name, kind)).or_insert_with(|| {
            let of_name = || metrics.iter().enumerate().filter(|(_, metric)| metric.name() == reading.name);
            if let Some((_, other)) = of_name().find(|(_, metric)| metric.kind() != kind) {
                clash(&mut clashes, source, 0, || two_kinds(reading, kind, other));
            }
            let known = of_name().find(|(_, metric)| metric.kind() == kind).map(|(at, _)| at);
            known.unwrap_or_else(|| {
                metrics.push(collected(reading, kind));
                metrics.len() - 1
            })
        });
        let metric = &mut metrics[at];
        if metric.collected {
            let values = values_of(metric, reading);
            given.entry(at).or_default().push(Given { values, value, source });
        } else {
            clash(&mut clashes, source, 1, || declared(metric));
        }
    }
    for (at, given) in given {
        join(&mut metrics[at], given, found, &mut clashes);
    }
    metrics.sort_by(|a, b| a.key.cmp(&b.key));
    for (source, one) in found.iter().enumerate() {
        one.clashes(clashes.remove(&source));
    }
}

/// Gives a metric its series, each once.
fn join(metric: &mut Metric, mut given: Vec<Given>, found: &[Found], clashes: &mut Clashes) {
    let keys = metric.label_keys.len();
    given.iter_mut().for_each(|one| one.values.resize(keys, String::new()));
    // Stable, so of equal ones the last given comes last.
    given.sort_by(|a, b| a.values.cmp(&b.values));
    given.dedup_by(|later, kept| {
        let same = later.values == kept.values;
        if same {
            clash(clashes, later.source, 1, || twice(metric, later, kept, found));
            std::mem::swap(later, kept);
        }
        same
    });
    let standing = metric.kind() == MetricKind::Counter;
    let series = given.into_iter().map(|Given { values, value, .. }| MetricSeries { values, value, standing });
    metric.series = series.collect();
}

fn clash(clashes: &mut Clashes, source: usize, values: u64, text: impl FnOnce() -> String) {
    clashes.entry(source).or_insert_with(|| (0, text())).0 += values;
}

fn two_kinds(reading: &Reading, kind: MetricKind, other: &Metric) -> String {
    format!(
        "{} is given as {} and there is a {} of that name too, so one of them has another name in /metrics: rename one",
        reading.name,
        a(kind),
        other.kind().as_str()
    )
}

fn declared(metric: &Metric) -> String {
    let instrument = match metric.kind() {
        MetricKind::Counter => Instrument::Counter,
        MetricKind::Gauge => Instrument::Gauge,
        MetricKind::Histogram => Instrument::Histogram,
    };
    let families = REGISTRY.families();
    let family = families.iter().find(|family| family.instrument == instrument && family.name == metric.name());
    let places = family.map(|family| family.places()).unwrap_or_default();
    let place = places.first().map(|place| format!(" at {}:{}", place.file, place.line)).unwrap_or_default();
    format!(
        "{} is declared as {}{place}, and only what is set there is shown: give the collected value another name",
        metric.name(),
        a(metric.kind())
    )
}

fn twice(metric: &Metric, later: &Given, before: &Given, found: &[Found]) -> String {
    let labels = metric.label_keys.iter().zip(&later.values).filter(|(_, value)| !value.is_empty());
    let labels: Vec<_> = labels.map(|(key, value)| format!("{key}={value:?}")).collect();
    let series =
        if labels.is_empty() { metric.name().to_owned() } else { format!("{}{{{}}}", metric.name(), labels.join(",")) };
    if later.source == before.source {
        return format!("{series} is given twice in one run, and the last is shown: give each its own label");
    }
    let other = found.get(before.source).map(Found::who).unwrap_or_default();
    format!("{series} is given by {other} too, and only this one is shown: give one of them another name or a label")
}

fn a(kind: MetricKind) -> String {
    format!("a {}", kind.as_str())
}

/// A metric as its first value describes it, with no series yet.
fn collected(reading: &Reading, kind: MetricKind) -> Metric {
    let key = (reading.name.to_string(), kind);
    let (help, unit) = (reading.help.to_string(), reading.unit.to_string());
    Metric { key, help, unit, label_keys: Vec::new(), collected: true, series: Vec::new() }
}

/// A value's labels in the order of the metric's keys, which get those that are missing.
fn values_of(metric: &mut Metric, reading: &Reading) -> Vec<String> {
    let mut values = vec![String::new(); metric.label_keys.len()];
    for (key, value) in &reading.labels {
        let at = metric.label_keys.iter().position(|known| known == key).unwrap_or_else(|| {
            metric.label_keys.push(key.to_string());
            values.push(String::new());
            values.len() - 1
        });
        if values[at].is_empty() {
            values[at].clone_from(value);
        }
    }
    values
}
