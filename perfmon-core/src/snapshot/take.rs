//! From the recorder's words to a snapshot.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use super::{
    Buckets, Distribution, Losses, Metric, MetricKind, MetricSeries, Series, Site, Snapshot, Stats, Value,
    algebra::Algebra, collected,
};
use crate::{
    clock::Scale,
    collect,
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
    collected::add(&mut metrics, &collect::found());
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
            increments_refused: recorder.map_or(0, Recorder::refused_increments),
            values_refused: collect::turned_away(),
        },
    }
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

    /// The figures of every series of a family.
    fn stats(&mut self, family: &Family) -> Vec<(&'static SeriesInfo, Stats)> {
        let all = family.series().into_iter().filter_map(|id| Some((id, REGISTRY.info(id)?)));
        // What ended in any of them is read before what began in any: a call may begin in one and end in another.
        let ended: Vec<_> = all.map(|(id, info)| (id, info, self.totals(id, info))).collect();
        let (scale, objectives) = (self.recorder.clock.scale, family.objectives.len());
        let mut complete = |(id, info, (mut totals, buckets)): (SeriesId, &'static SeriesInfo, (Totals, Buckets))| {
            self.reader.add_starts(id.0, &mut totals);
            (info, stats(&totals, buckets, scale, objectives))
        };
        ended.into_iter().map(&mut complete).collect()
    }
}

/// The label values of a series in the order of these keys, its family's; a key that its own declaration lacks has the empty value.
pub(crate) fn label_values<'a>(info: &'a SeriesInfo, keys: &[impl AsRef<str>]) -> Cow<'a, [String]> {
    if !info.values.is_empty() && info.variant.labels.iter().copied().eq(keys.iter().map(AsRef::as_ref)) {
        return Cow::Borrowed(&info.values);
    }
    let of = |key: &_| {
        let key: &str = AsRef::as_ref(key);
        let at = info.variant.labels.iter().position(|known| *known == key);
        at.and_then(|at| info.values.get(at)).cloned().unwrap_or_default()
    };
    keys.iter().map(of).collect::<Vec<_>>().into()
}

fn stats(totals: &Totals, buckets: Buckets, scale: Scale, objectives: usize) -> Stats {
    let outcome = |outcome: Outcome| totals.outcomes[outcome as usize];
    let any = totals.min_inverted != 0;
    let mut breaches = totals.breaches.to_vec();
    breaches.resize(objectives, 0);
    Stats {
        started: totals.started,
        arrived: totals.arrived,
        moved: totals.moved,
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
    Distribution { sum: totals.sum, min, max, within: None, clamped: totals.clamped, coarse: totals.coarse, buckets }
}

fn site(family: &'static Family, kind: Kind, mut source: Option<&mut Source>) -> Site {
    // Keys may come meanwhile, with a site made at run time: those of one moment for all.
    let keys = family.labels();
    let mut total = Stats::default();
    let mut series = Vec::new();
    if let Some(source) = source.as_mut() {
        for (info, stats) in source.stats(family) {
            total.add(&stats);
            if !info.values.is_empty() {
                series.push(Series { values: label_values(info, keys).into_owned(), stats });
            }
        }
    }
    // Calls move within a site, so of all of them none came and none left. In between two series nobody reads both sides of a move at once.
    (total.arrived, total.moved) = (0, 0);
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
        label_keys: keys.iter().map(ToString::to_string).collect(),
        objectives: family.objectives.clone(),
        sample: family.sample,
        busy: family.busy,
        places: family.places(),
        total,
        series,
    }
}

fn metric(family: &'static Family, kind: MetricKind, mut source: Option<&mut Source>) -> Metric {
    let keys = family.labels();
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
            let values = || label_values(info, keys).into_owned();
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
        label_keys: keys.iter().map(ToString::to_string).collect(),
        collected: false,
        series,
    }
}
