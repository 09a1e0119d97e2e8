//! A process that does what the tests say.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use crate::{
    layout::Layout,
    record::Footprint,
    site::{Kind, Objective, Sample, Statistic},
    snapshot::{Buckets, Distribution, Losses, Metric, MetricKind, MetricSeries, Series, Site, Snapshot, Stats, Value},
};

fn one(value: u64, times: u64) -> Buckets {
    Buckets::from_ascending(Layout::DEFAULT, [(Layout::DEFAULT.index_of(value), times)])
}

fn count(stats: &mut Stats, nanos: u64, times: u64, failed: bool) {
    stats.started += times;
    *(if failed { &mut stats.errors } else { &mut stats.ok }) += times;
    stats.timed += times;
    stats.total_ns += nanos * times;
    stats.outermost_ns += nanos * times;
    stats.min_ns = Some(stats.min_ns.map_or(nanos, |min| min.min(nanos)));
    stats.max_ns = Some(stats.max_ns.map_or(nanos, |max| max.max(nanos)));
    stats.breaches.resize(1, 0);
    stats.breaches[0] += if nanos > 1_000 { times } else { 0 };
    stats.buckets.add(&one(nanos, times));
}

/// What a process would show, moved by hand.
#[derive(Clone)]
pub(super) struct World(pub(super) Snapshot);

impl World {
    pub(super) fn new() -> Self {
        Self(Snapshot {
            process: 7,
            taken_at: SystemTime::UNIX_EPOCH,
            span: Duration::ZERO,
            sites: ["a", "b", "c"].map(site).into(),
            metrics: vec![
                metric("bytes", MetricKind::Counter),
                metric("depth", MetricKind::Gauge),
                metric("sizes", MetricKind::Histogram),
            ],
            own_cost: Duration::ZERO,
            footprint: Footprint::default(),
            losses: Losses::default(),
        })
    }

    pub(super) fn pass(&mut self, time: Duration) {
        self.0.span += time;
        self.0.taken_at += time;
    }

    pub(super) fn act(&mut self, act: &Act) {
        let (number, label) = (usize::from(act.what), vec![format!("label {:05}", act.label)]);
        match number {
            0..=2 => {
                let site = &mut self.0.sites[number];
                count(&mut site.total, act.value, act.times, act.failed);
                let at = site.series.binary_search_by(|series| series.values.cmp(&label)).unwrap_or_else(|at| {
                    site.series.insert(at, Series { values: label, stats: Stats::default() });
                    at
                });
                count(&mut site.series[at].stats, act.value, act.times, act.failed);
            }
            3 => self.0.losses.labels_refused += act.times,
            _ => {
                let metric = &mut self.0.metrics[number - 4];
                let new = match metric.key.1 {
                    MetricKind::Counter => Value::Counter(0),
                    MetricKind::Gauge => Value::Gauge(0.0),
                    MetricKind::Histogram => Value::Histogram(Distribution::default()),
                };
                let at = metric.series.binary_search_by(|series| series.values.cmp(&label)).unwrap_or_else(|at| {
                    metric.series.insert(at, MetricSeries { values: label, value: new, standing: false });
                    at
                });
                match &mut metric.series[at].value {
                    Value::Counter(count) => *count += act.times,
                    Value::Gauge(last) => *last = act.value as f64,
                    Value::Histogram(spread) => {
                        spread.sum = spread.sum.wrapping_add((act.value << 40).wrapping_mul(act.times));
                        spread.min = Some(spread.min.unwrap_or(act.value).min(act.value));
                        spread.max = Some(spread.max.unwrap_or(act.value).max(act.value));
                        spread.buckets.add(&one(act.value, act.times));
                    }
                }
            }
        }
    }
}

fn site(name: &str) -> Site {
    Site {
        key: (Kind::Latency, name.to_owned()),
        parts: vec![name.to_owned()],
        label_keys: vec!["key".to_owned()],
        objectives: vec![Objective::latency(Statistic::P99, 1_000)],
        sample: Sample::Every,
        busy: false,
        places: Vec::new(),
        total: Stats::default(),
        series: Vec::new(),
    }
}

fn metric(name: &str, kind: MetricKind) -> Metric {
    let label_keys = vec!["key".to_owned()];
    Metric {
        key: (name.to_owned(), kind),
        help: String::new(),
        unit: String::new(),
        label_keys,
        collected: false,
        series: Vec::new(),
    }
}

/// Something that counts: calls of a site (0 to 2), a loss (3), a counter, gauge or histogram (4 to 6).
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) what: u8,
    pub(super) label: u16,
    pub(super) value: u64,
    pub(super) times: u64,
    pub(super) failed: bool,
}

pub(super) fn act() -> impl Strategy<Value = Act> {
    let times = prop_oneof![4 => 1..4_u64, 1 => 1..100_000_u64];
    let value = (0..30_u32, any::<u64>()).prop_map(|(bits, value)| value & ((1 << bits) - 1));
    (0..7_u8, 0..3_u16, value, times, any::<bool>()).prop_map(|(what, label, value, times, failed)| Act {
        what,
        label,
        value,
        times,
        failed,
    })
}
