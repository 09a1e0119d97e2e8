//! The series of custom and collected metrics.

use std::borrow::Cow;

use perfmon_core::snapshot::{Distribution, Metric, MetricKind, MetricSeries, Snapshot, Value};

use super::{
    Scrape,
    edges::Edges,
    family::{Encoder, FamilyType, Head, Number, Quantile, RESERVED},
    name::{Names, metric_name, own_keys},
    profile::{DefaultEdges, Family, Source},
    sink::{Sink, Spread},
    unit::{Scale, Unit, ends_in, without_unit},
};

/// The metric of this name that a family of this type can show.
pub(super) fn find(snapshot: &Snapshot, name: &str, shown_as: FamilyType) -> Option<usize> {
    let metrics = snapshot.metrics();
    let first = metrics.partition_point(|metric| metric.name() < name);
    let of_name = metrics[first..].iter().take_while(|metric| metric.name() == name);
    let spreads = matches!(shown_as, FamilyType::Histogram | FamilyType::Summary);
    let fits = |metric: &&Metric| spreads == (metric.kind() == MetricKind::Histogram) && shown_as != FamilyType::Info;
    // A counter as a counter before a gauge as one.
    let exact = |metric: &&Metric| metric.kind().as_str() == shown_as.as_str();
    let fitting = of_name.enumerate().filter(|(_, metric)| fits(metric));
    fitting.min_by_key(|(_, metric)| !exact(metric)).map(|(at, _)| first + at)
}

/// From what a metric's values are in to what a family shows.
pub(super) fn scale(metric: &Metric, family: &Family, source: &Source) -> Scale {
    let converted = Unit::of(metric.unit()).zip(family.unit).and_then(|(from, to)| from.to(to));
    source.scale.or(converted).unwrap_or(Scale::ONE)
}

/// How a metric's series are shown.
struct Shown<'a> {
    /// Key for each of the metric's labels, where it is shown.
    keys: Vec<Option<Cow<'a, str>>>,
    constants: &'a [(String, String)],
    /// Position of a label, and the value it must have; `None` for a label that the metric lacks.
    only: Vec<(Option<usize>, &'a str)>,
    scale: Scale,
    edges: Option<Edges>,
    quantiles: &'a [Quantile],
    /// The same metric in the window of a summary.
    recent: Option<&'a Metric>,
}

/// Writes a metric into a profile's family.
pub(super) fn listed<E: Encoder>(
    metric: &Metric,
    scrape: &Scrape<'_>,
    family: &Family,
    source: &Source,
    sink: &mut Sink<'_, E>,
) {
    let scale = scale(metric, family, source);
    let fixed = source.labels.iter().chain(&source.constants).map(|(key, _)| key.as_str());
    let taken: Vec<&str> = fixed.chain(RESERVED).collect();
    let target = |key: &str| source.labels.iter().find(|(_, from)| from == key).map(|(key, _)| key.as_str());
    let own = metric.label_keys().iter().map(String::as_str).filter(|key| target(key).is_none());
    let mut own = own_keys(own, &taken).into_iter();
    let key = |key: &String| match target(key) {
        Some(key) => Some(Cow::Borrowed(key)),
        None => own.next().filter(|_| source.keeps_own).map(Cow::Owned),
    };
    let keys = metric.label_keys().iter().map(key).collect();
    let wanted = family.window.as_deref().unwrap_or("5m");
    let window = scrape.windows.iter().find(|(name, _)| *name == wanted);
    let recent = window.and_then(|(_, window)| Some(&window.metrics()[find(window, metric.name(), family.kind)?]));
    let edges = (metric.kind() == MetricKind::Histogram).then(|| Edges::new(&family.edges, scale));
    let quantiles = &family.quantiles;
    let at = |key: &str| metric.label_keys().iter().position(|known| known == key);
    let only = source.only.iter().map(|(key, value)| (at(key), value.as_str())).collect();
    write(metric, &Shown { keys, constants: &source.constants, only, scale, edges, quantiles, recent }, sink);
}

/// Writes a metric that no family takes: in base units and named by rule, or as it is.
pub(super) fn passed<E: Encoder>(
    metric: &Metric,
    in_base_units: bool,
    edges: &DefaultEdges,
    names: &mut Names<'_>,
    encoder: &mut E,
) {
    let kind = match metric.kind() {
        MetricKind::Counter => FamilyType::Counter,
        MetricKind::Gauge => FamilyType::Gauge,
        MetricKind::Histogram => FamilyType::Histogram,
        // A sort that is not known here cannot be shown as any.
        _ => return,
    };
    let unit = Unit::of(metric.unit());
    let (name, scale, edges) = if in_base_units {
        let shown = unit.map(|unit| Unit { to_base: Scale::ONE, ..unit });
        (base_name(metric, kind), unit.map_or(Scale::ONE, |unit| unit.to_base), edges.of(shown))
    } else {
        (metric_name(metric.name()).into_owned(), Scale::ONE, edges.of(unit))
    };
    let name = names.claim(&name, kind);
    let head = head(metric, &name, kind, unit.filter(|_| in_base_units));
    let own = own_keys(metric.label_keys().iter().map(String::as_str), &RESERVED);
    let keys = own.into_iter().map(|key| Some(Cow::Owned(key))).collect();
    let edges = (kind == FamilyType::Histogram).then(|| Edges::new(&edges, scale));
    let mut sink = Sink::streaming(encoder, head);
    write(
        metric,
        &Shown { keys, constants: &[], only: Vec::new(), scale, edges, quantiles: &[], recent: None },
        &mut sink,
    );
    sink.close();
}

/// What the rule for those that no family takes makes of a metric: its name, the base unit, and how to get there.
pub(super) fn by_rule(metric: &Metric) -> Option<(String, &'static str, Scale)> {
    let kind = match metric.kind() {
        MetricKind::Counter => FamilyType::Counter,
        MetricKind::Gauge => FamilyType::Gauge,
        MetricKind::Histogram => FamilyType::Histogram,
        _ => return None,
    };
    let unit = Unit::of(metric.unit());
    Some((base_name(metric, kind), unit.map_or("", |unit| unit.base), unit.map_or(Scale::ONE, |unit| unit.to_base)))
}

/// `cpu_usage_percent` in percent → `cpu_usage_ratio`; counters end in `_total`.
fn base_name(metric: &Metric, kind: FamilyType) -> String {
    let name = metric_name(metric.name());
    let stem = name.strip_suffix(kind.own_suffix()).filter(|stem| !stem.is_empty()).unwrap_or(&name);
    let end = kind.own_suffix();
    match Unit::of(metric.unit()) {
        None => format!("{stem}{end}"),
        Some(unit) => match without_unit(stem, unit) {
            stem if stem == unit.base => format!("{stem}{end}"),
            stem => format!("{stem}_{}{end}", unit.base),
        },
    }
}

fn head<'a>(metric: &Metric, name: &'a str, kind: FamilyType, unit: Option<Unit>) -> Head<'a> {
    let stem = name.strip_suffix(kind.own_suffix()).unwrap_or(name);
    let mut help = match metric.help() {
        "" => format!("The {} `{}`; its declaration does not say what it means.", kind.as_str(), metric.name()),
        help => help.to_owned(),
    };
    let said = unit.map_or(metric.unit(), |unit| unit.base);
    let shown = if ends_in(stem, said) && metric_name(said) == said { said } else { "" };
    if !said.is_empty() && shown.is_empty() {
        if !help.ends_with(['.', '!', '?']) {
            help.push('.');
        }
        help = format!("{help} Unit: {said}.");
    }
    Head { name: Cow::Borrowed(name), kind, help: help.into(), unit: shown.to_owned().into() }
}

fn write<E: Encoder>(metric: &Metric, shown: &Shown<'_>, sink: &mut Sink<'_, E>) {
    let mut labels: Vec<(&str, &str)> = Vec::with_capacity(shown.keys.len() + shown.constants.len());
    let wanted = |series: &&MetricSeries| {
        // A label that is not there is one with an empty value.
        let has = |(at, value): &(Option<usize>, &str)| at.map_or("", |at| series.values()[at].as_str()) == *value;
        shown.only.iter().all(has)
    };
    for series in metric.series().iter().filter(wanted) {
        labels.clear();
        let own = shown.keys.iter().zip(series.values());
        // To Prometheus a label with an empty value is one that is not there.
        let own = own.filter(|(_, value)| !value.is_empty());
        labels.extend(own.filter_map(|(key, value)| Some((key.as_deref()?, value.as_str()))));
        labels.extend(shown.constants.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        match series.value() {
            Value::Counter(value) if shown.scale.is_one() => sink.number(&labels, Number::Whole(*value)),
            Value::Counter(value) => sink.number(&labels, Number::Float(shown.scale.apply(*value as f64))),
            Value::Gauge(value) => sink.number(&labels, Number::Float(shown.scale.apply(*value))),
            Value::Histogram(distribution) => spread(series, distribution, &labels, shown, sink),
            _ => {}
        }
    }
}

fn spread<E: Encoder>(
    series: &MetricSeries,
    distribution: &Distribution,
    labels: &[(&str, &str)],
    shown: &Shown<'_>,
    sink: &mut Sink<'_, E>,
) {
    let scale = shown.scale;
    let sum = scale.apply(distribution.sum() as f64);
    if sink.is_summary() {
        let same = |metric: &Metric| -> Option<usize> {
            metric.series().binary_search_by(|one| one.values().cmp(series.values())).ok()
        };
        let recent = shown.recent.and_then(|metric| match metric.series()[same(metric)?].value() {
            Value::Histogram(recent) => Some(Spread { buckets: recent.buckets(), scale }),
            _ => None,
        });
        sink.summary(labels, shown.quantiles, recent, Some((distribution.count(), sum)));
    } else if let Some(edges) = &shown.edges {
        sink.histogram(labels, edges, Spread { buckets: distribution.buckets(), scale }, sum, &[]);
    }
}
