//! From the recorder's words to a snapshot.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    time::{Duration, SystemTime},
};

use super::{
    Buckets, Distribution, Losses, Metric, MetricKind, MetricSeries, Series, Site, Snapshot, Stats, Value,
    algebra::Algebra,
};
use crate::{
    clock::Scale,
    collect::{self, Quantity, Reading},
    record::{Footprint, Outcome, Recorder, Totals, recorder, undisturbed},
    site::{Family, Instrument, Kind, REGISTRY, SeriesId, SeriesInfo},
};

/// The state of every call site and custom metric now.
///
/// Reads without disturbing those who record; 1,000 busy sites on two threads take some milliseconds. May be called from any number of threads at once.
#[must_use]
pub fn snapshot() -> Snapshot {
    let recorder = recorder();
    let mut sites = Vec::new();
    let mut metrics = Vec::new();
    let mut source = recorder.map(Source::new);
    undisturbed(|| {
        for family in REGISTRY.families() {
            match family.instrument {
                Instrument::Calls(kind) => sites.push(site(family, kind, source.as_mut())),
                Instrument::Counter => metrics.push(metric(family, MetricKind::Counter, source.as_mut())),
                Instrument::Gauge => metrics.push(metric(family, MetricKind::Gauge, source.as_mut())),
                Instrument::Histogram => metrics.push(metric(family, MetricKind::Histogram, source.as_mut())),
            }
        }
    });
    sites.sort_by(|a, b| a.key.cmp(&b.key));
    add_readings(&mut metrics, &collect::readings());
    Snapshot {
        process: recorder.map_or(0, Recorder::process),
        taken_at: recorder.map_or_else(SystemTime::now, Recorder::now),
        span: recorder.map_or(Duration::ZERO, Recorder::running_for),
        sites,
        metrics,
        own_cost: recorder.map_or(Duration::ZERO, Recorder::own_cost),
        footprint: recorder.map_or_else(Footprint::default, Recorder::footprint),
        losses: Losses {
            labels_refused: REGISTRY.refused(),
            shared_pairs: recorder.map_or(0, Recorder::shared_pairs),
            uncounted_calls: recorder.map_or(0, Recorder::uncounted),
        },
    }
}

/// Puts collected values among the metrics, in their places by name and labels. A metric has every label key that one of its values has; of values with the
/// same labels the last counts.
fn add_readings(metrics: &mut Vec<Metric>, readings: &[Reading]) {
    let mut grown: BTreeSet<usize> = BTreeSet::new();
    let mut places: HashMap<(&str, MetricKind), usize> = HashMap::new();
    for reading in readings {
        let (kind, value) = match reading.quantity {
            Quantity::Gauge(value) => (MetricKind::Gauge, Value::Gauge(value)),
            Quantity::Counter(count) => (MetricKind::Counter, Value::Counter(count)),
        };
        let at = *places.entry((&reading.name, kind)).or_insert_with(|| {
            let same = |metric: &Metric| metric.name() == reading.name && metric.kind() == kind;
            let known = metrics.iter().position(same);
            if known.is_none() {
                metrics.push(collected(reading, kind));
            }
            known.unwrap_or(metrics.len() - 1)
        });
        grown.insert(at);
        let metric = &mut metrics[at];
        let values = values_of(metric, reading);
        metric.series.push(MetricSeries { values, value, standing: kind == MetricKind::Counter });
    }
    for at in grown {
        let metric = &mut metrics[at];
        let keys = metric.label_keys.len();
        metric.series.iter_mut().for_each(|series| series.values.resize(keys, String::new()));
        // Stable, so of equal ones the last given comes last.
        metric.series.sort_by(|a, b| a.values.cmp(&b.values));
        metric.series.dedup_by(|later, kept| {
            let same = later.values == kept.values;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
    }
    metrics.sort_by(|a, b| a.key.cmp(&b.key));
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

/// Where figures are read from, and how its ticks become nanoseconds.
struct Source {
    reader: crate::record::RecorderReader,
    recorder: &'static Recorder,
}

impl Source {
    fn new(recorder: &'static Recorder) -> Self {
        Self { reader: recorder.reader(), recorder }
    }

    fn totals(&mut self, series: SeriesId, info: &SeriesInfo) -> (Totals, Buckets) {
        let totals = self.reader.totals(series.0, info.variant.sampled);
        (totals, Buckets::from_ascending(self.recorder.arena.layout(), self.reader.take_buckets()))
    }

    fn stats(&mut self, series: SeriesId, info: &SeriesInfo) -> Stats {
        let (totals, buckets) = self.totals(series, info);
        stats(&totals, buckets, self.recorder.clock.scale, info.variant.family.objectives.len())
    }
}

/// The label values of a series in the order of its family's keys; a key that its own declaration lacks has the empty value.
pub(crate) fn label_values(info: &SeriesInfo) -> Cow<'_, [String]> {
    if !info.values.is_empty() && info.variant.labels == info.variant.family.labels {
        return Cow::Borrowed(&info.values);
    }
    let of = |key: &&str| {
        let at = info.variant.labels.iter().position(|known| known == key);
        at.and_then(|at| info.values.get(at)).cloned().unwrap_or_default()
    };
    info.variant.family.labels.iter().map(of).collect::<Vec<_>>().into()
}

fn stats(totals: &Totals, buckets: Buckets, scale: Scale, objectives: usize) -> Stats {
    let outcome = |outcome: Outcome| totals.outcomes[outcome as usize];
    let any = totals.min_inverted != 0;
    let mut breaches = totals.breaches.to_vec();
    breaches.resize(objectives, 0);
    Stats {
        started: totals.started,
        ok: outcome(Outcome::Ok),
        errors: outcome(Outcome::Error),
        panics: outcome(Outcome::Panic),
        cancelled: outcome(Outcome::Cancelled),
        timed: totals.timed,
        clamped: totals.clamped,
        coarse: totals.coarse,
        total_ns: scale.nanos(totals.sum),
        outermost_ns: scale.nanos(totals.outermost),
        busy_ns: scale.nanos(totals.busy),
        min_ns: any.then(|| scale.nanos(!totals.min_inverted)),
        max_ns: any.then(|| scale.nanos(totals.max)),
        within_ns: None,
        breaches,
        buckets,
        histogram: std::sync::OnceLock::new(),
    }
}

fn distribution(totals: &Totals, buckets: Buckets) -> Distribution {
    let (min, max) = (Some(!totals.min_inverted), Some(totals.max));
    Distribution { sum: totals.sum, min, max, within: None, coarse: totals.coarse, buckets }
}

fn site(family: &'static Family, kind: Kind, mut source: Option<&mut Source>) -> Site {
    let mut total = Stats::default();
    let mut series = Vec::new();
    if let Some(source) = source.as_mut() {
        for (id, info) in family.series().into_iter().filter_map(|id| Some((id, REGISTRY.info(id)?))) {
            let stats = source.stats(id, info);
            total.add(&stats);
            if !info.values.is_empty() {
                series.push(Series { values: label_values(info).into_owned(), stats });
            }
        }
    }
    series.sort_by(|a, b| a.values.cmp(&b.values));
    // The set ("other", …) given by the program and the one that stands for refused sets read the same.
    series.dedup_by(|again, first| {
        again.values == first.values && {
            first.stats.add(&again.stats);
            true
        }
    });
    Site {
        key: (kind, family.name.clone()),
        parts: family.parts.clone(),
        label_keys: family.labels.iter().map(ToString::to_string).collect(),
        objectives: family.objectives.clone(),
        sample: family.sample,
        busy: family.busy,
        places: family.places(),
        total,
        series,
    }
}

fn metric(family: &'static Family, kind: MetricKind, mut source: Option<&mut Source>) -> Metric {
    let mut series = Vec::new();
    if let Some(source) = source.as_mut() {
        for (id, info) in family.series().into_iter().filter_map(|id| Some((id, REGISTRY.info(id)?))) {
            let value = match kind {
                MetricKind::Counter => source.reader.counter(id.0).map(Value::Counter),
                MetricKind::Gauge => source.reader.gauge(id.0).map(Value::Gauge),
                MetricKind::Histogram => {
                    let (totals, buckets) = source.totals(id, info);
                    (buckets.total() > 0).then(|| Value::Histogram(distribution(&totals, buckets)))
                }
            };
            let values = || label_values(info).into_owned();
            series.extend(value.map(|value| MetricSeries { values: values(), value, standing: false }));
        }
    }
    series.sort_by(|a, b| a.values.cmp(&b.values));
    series.dedup_by(|again, first| {
        again.values == first.values && {
            first.value.add(&again.value);
            true
        }
    });
    Metric {
        key: (family.name.clone(), kind),
        help: family.help.to_owned(),
        unit: family.unit.to_owned(),
        label_keys: family.labels.iter().map(ToString::to_string).collect(),
        collected: false,
        series,
    }
}
