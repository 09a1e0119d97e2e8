//! Snapshots to render: one with everything a report can show, and one with nothing.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use crate::{
    Footprint, Layout, Severity,
    site::{Kind, Objective, Place, Sample, Statistic},
    snapshot::{Buckets, Distribution, Losses, Metric, MetricKind, MetricSeries, Series, Site, Snapshot, Stats, Value},
};

const US: u64 = 1_000;
const MS: u64 = 1_000_000;

/// A sequence that looks random and is the same on every machine.
pub(in crate::report) struct Dice(pub(in crate::report) u64);

impl Dice {
    pub(in crate::report) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// 2^-4 … 2^8 times the median; most near it, with a tail to the right.
    fn near(&mut self, median: u64) -> u64 {
        let bell: u64 = (0..6).map(|_| self.next() % 1000).sum();
        let tail = if self.next().is_multiple_of(64) { self.next() % 1000 * 8 } else { 0 };
        // In thousandths of an octave, so that no floating-point library takes part.
        let octaves = (bell + tail).saturating_sub(3000) / 2;
        let below = 3000_u64.saturating_sub(bell + tail) / 3;
        let scaled = (median << (octaves / 1000)) + (median << (octaves / 1000)) * (octaves % 1000) / 1000;
        (scaled - scaled * below / 2000).max(1)
    }
}

pub(in crate::report) fn record(buckets: &mut Buckets, value: u64, times: u64) {
    let layout = buckets.layout();
    buckets.add(&Buckets::from_ascending(layout, [(layout.index_of(value), times)]));
}

#[derive(Debug)]
pub(in crate::report) struct Calls {
    pub(in crate::report) finished: u64,
    pub(in crate::report) median: u64,
    pub(in crate::report) errors: u64,
    pub(in crate::report) panics: u64,
    pub(in crate::report) cancelled: u64,
    pub(in crate::report) running: u64,
    pub(in crate::report) limits: Vec<u64>,
}

impl Calls {
    pub(in crate::report) fn of(calls: u64, median: u64) -> Self {
        Self { finished: calls, median, errors: 0, panics: 0, cancelled: 0, running: 0, limits: Vec::new() }
    }

    fn failing(mut self, errors: u64, panics: u64, cancelled: u64) -> Self {
        (self.errors, self.panics, self.cancelled) = (errors, panics, cancelled);
        self
    }

    pub(in crate::report) fn stats(&self, seed: u64) -> Stats {
        let mut dice = Dice(seed);
        // Up to a thousand different durations stand for all of them.
        let different = self.finished.min(1000);
        let each = self.finished.checked_div(different).unwrap_or(0);
        let mut stats = Stats { breaches: vec![0; self.limits.len()], ..Stats::default() };
        let mut counts = BTreeMap::new();
        for at in 0..different {
            let times = if at == 0 { self.finished - each * (different - 1) } else { each };
            let value = dice.near(self.median);
            *counts.entry(stats.buckets.layout().index_of(value)).or_insert(0) += times;
            stats.total_ns = stats.total_ns.wrapping_add(value.wrapping_mul(times));
            stats.min_ns = Some(stats.min_ns.map_or(value, |min| min.min(value)));
            stats.max_ns = Some(stats.max_ns.map_or(value, |max| max.max(value)));
            for (breaches, limit) in stats.breaches.iter_mut().zip(&self.limits) {
                *breaches += if value > *limit { times } else { 0 };
            }
        }
        stats.buckets = Buckets::from_ascending(stats.buckets.layout(), counts);
        stats.outermost_ns = stats.total_ns;
        (stats.errors, stats.panics, stats.cancelled) = (self.errors, self.panics, self.cancelled);
        stats.ok = self.finished.saturating_sub(self.errors + self.panics + self.cancelled);
        stats.started = stats.calls() + self.running;
        stats.timed = stats.calls();
        stats
    }
}

pub(in crate::report) fn site(kind: Kind, parts: &[&str], total: Stats, line: u32) -> Site {
    Site {
        key: (kind, parts.join(" ")),
        parts: parts.iter().map(|&part| part.to_owned()).collect(),
        label_keys: Vec::new(),
        objectives: Vec::new(),
        sample: Sample::Every,
        busy: false,
        places: vec![place("src/broker.rs", line)],
        total,
        series: Vec::new(),
    }
}

fn place(file: &'static str, line: u32) -> Place {
    Place { module: Cow::Borrowed("trading_bot"), file: Cow::Borrowed(file), line }
}

fn labelled(mut site: Site, keys: &[&str], series: &[(&[&str], Calls)]) -> Site {
    site.label_keys = keys.iter().map(|&key| key.to_owned()).collect();
    for (at, (values, calls)) in series.iter().enumerate() {
        let values = values.iter().map(|&value| value.to_owned()).collect();
        site.series.push(Series { values, stats: calls.stats(at as u64 + 100) });
    }
    site.series.sort_by(|a, b| a.values.cmp(&b.values));
    site.total = sum(&site.series);
    site
}

fn sum(series: &[Series]) -> Stats {
    let all = |count: fn(&Stats) -> u64| series.iter().map(|series| count(&series.stats)).sum();
    let limits = series.iter().map(|series| series.stats.breaches.len()).max().unwrap_or(0);
    let mut total = Stats {
        started: all(|stats| stats.started),
        ok: all(|stats| stats.ok),
        errors: all(|stats| stats.errors),
        panics: all(|stats| stats.panics),
        cancelled: all(|stats| stats.cancelled),
        timed: all(|stats| stats.timed),
        total_ns: all(|stats| stats.total_ns),
        outermost_ns: all(|stats| stats.outermost_ns),
        min_ns: series.iter().filter_map(|series| series.stats.min_ns).min(),
        max_ns: series.iter().filter_map(|series| series.stats.max_ns).max(),
        breaches: (0..limits).map(|at| series.iter().filter_map(|one| one.stats.breaches.get(at)).sum()).collect(),
        ..Stats::default()
    };
    for series in series {
        total.buckets.add(&series.stats.buckets);
    }
    total
}

pub(in crate::report) fn metric(
    name: &str,
    unit: &str,
    help: &str,
    keys: &[&str],
    series: Vec<(&[&str], Value)>,
) -> Metric {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let series: Vec<_> = series
        .into_iter()
        .map(|(values, value)| MetricSeries { values: owned(values), value, standing: false })
        .collect();
    let kind = series.first().map_or(MetricKind::Counter, |one| match one.value {
        Value::Counter(_) => MetricKind::Counter,
        Value::Gauge(_) => MetricKind::Gauge,
        Value::Histogram(_) => MetricKind::Histogram,
    });
    let key = (name.to_owned(), kind);
    Metric { key, help: help.to_owned(), unit: unit.to_owned(), label_keys: owned(keys), collected: false, series }
}

/// The same metric as a collector brings it.
pub(in crate::report) fn collected(mut metric: Metric) -> Metric {
    metric.collected = true;
    metric.series.iter_mut().for_each(|series| series.standing = matches!(series.value, Value::Counter(_)));
    metric
}

/// A trading bot after two minutes, with one of everything.
pub(in crate::report) fn rich() -> Snapshot {
    Snapshot {
        process: 1,
        taken_at: UNIX_EPOCH + Duration::from_millis(1_795_202_197_125),
        span: Duration::from_millis(123_456),
        sites: sites(),
        metrics: metrics(),
        own_cost: Duration::from_nanos(11),
        footprint: Footprint {
            arena_bytes: 1_234_567,
            limit_bytes: 128 << 20,
            label_bytes: 23_456,
            slots: 6,
            series: 27,
            ..Footprint::default()
        },
        losses: Losses { labels_refused: 1_204, shared_pairs: 3, ..Losses::default() },
    }
}

fn sites() -> Vec<Site> {
    let mut sites = latency_sites();
    let execution = Calls { limits: vec![250 * MS, 20 * MS], running: 2, ..Calls::of(4_210, 14 * MS) };
    let symbols: [(&[&str], Calls); 7] = [
        (&["AAPL", "XNAS"], execution.failing(31, 0, 4)),
        (&["MSFT", "XNAS"], Calls { limits: vec![250 * MS, 20 * MS], ..Calls::of(3_820, 12 * MS) }.failing(12, 1, 0)),
        (&["SPY", "ARCX"], Calls { limits: vec![250 * MS, 20 * MS], ..Calls::of(1_944, 11 * MS) }),
        (&["TSLA", "XNAS"], Calls { limits: vec![250 * MS, 20 * MS], ..Calls::of(903, 16 * MS) }.failing(2, 0, 9)),
        (&["IBM", "XNYS"], Calls { limits: vec![250 * MS, 20 * MS], ..Calls::of(410, 13 * MS) }),
        (&["GE", "XNYS"], Calls { limits: vec![250 * MS, 20 * MS], ..Calls::of(77, 15 * MS) }),
        (&["other", "other"], Calls { limits: vec![250 * MS, 20 * MS], ..Calls::of(1_204, 13 * MS) }.failing(1, 0, 0)),
    ];
    let mut market =
        labelled(site(Kind::Order, &["market_order"], Stats::default(), 41), &["symbol", "venue"], &symbols);
    market.objectives = vec![
        Objective::latency(Statistic::P99, 250 * MS).with_severity(Severity::Error),
        Objective::latency(Statistic::P95, 20 * MS),
        Objective::error_rate(0.05),
    ];
    market.busy = true;
    market.total.busy_ns = market.total.total_ns / 31;
    sites.push(market);
    sites.push(site(Kind::Order, &["limit_order"], Stats::default(), 88));
    let mut insert = site(Kind::Db, &["insert", "orders"], Calls::of(12_568, 180 * US).stats(9), 120);
    insert.places.push(place("src/store/retry.rs", 17));
    sites.push(insert);
    sites.push(site(Kind::Db, &["select", "experiences"], Calls::of(984, 2 * MS).failing(3, 0, 0).stats(10), 131));
    let mut health = site(Kind::Request, &["GET", "/health"], Calls::of(120, 35 * US).stats(11), 150);
    health.objectives = vec![Objective::latency(Statistic::P99, 10 * MS)];
    health.total.breaches = vec![0];
    sites.push(health);
    let running = Calls { running: 1, ..Calls::of(0, 0) };
    sites.push(site(Kind::Agent, &["researcher"], running.stats(12), 160));
    sites.push(site(Kind::Tool, &["web_search"], Stats::default(), 171));
    sites.sort_by(|a, b| a.key.cmp(&b.key));
    sites
}

fn latency_sites() -> Vec<Site> {
    let mut tick = site(Kind::Latency, &["on_tick"], Calls::of(8_400_000, 210).stats(1), 12);
    tick.sample = Sample::OneIn(64);
    tick.total.timed = tick.total.ok / 64;
    let mut risk = site(Kind::Latency, &["trading_bot::risk::var_95"], Calls::of(52_300, 41 * US).stats(2), 20);
    risk.objectives = vec![Objective::latency(Statistic::P999, 100 * MS)];
    risk.total.breaches = vec![0];
    let mut walk =
        site(Kind::Latency, &["trading_bot::optimizer::branch_and_bound"], Calls::of(91_002, 90 * US).stats(3), 33);
    walk.total.outermost_ns = walk.total.total_ns / 7;
    walk.total.coarse = 1_200;
    walk.total.clamped = 1;
    let mid = site(Kind::Latency, &["mid_price"], Calls::of(8_399_998, 9).stats(4), 36);
    vec![tick, risk, walk, mid]
}

fn metrics() -> Vec<Metric> {
    let mut sizes = Buckets::new(Layout::DEFAULT);
    (0..400).for_each(|at| record(&mut sizes, 100 + at * at, 1 + at % 3));
    let payload =
        Distribution { sum: 21_000_000, min: None, max: None, within: None, clamped: 0, coarse: 0, buckets: sizes };
    let mut metrics = vec![
        metric(
            "fills_total",
            "",
            "Orders filled",
            &["symbol"],
            vec![(&["AAPL"], Value::Counter(4_175)), (&["MSFT"], Value::Counter(3_807))],
        ),
        metric("equity", "usd", "Value of the account, cash and positions", &[], vec![(&[], Value::Gauge(101_234.56))]),
        metric(
            "queue_depth",
            "",
            "Orders waiting",
            &["venue"],
            vec![(&["XNAS"], Value::Gauge(3.0)), (&["XNYS"], Value::Gauge(0.0))],
        ),
        metric("received", "bytes", "Bytes from the market data feed", &[], vec![(&[], Value::Counter(912_345_678))]),
        metric("payload", "bytes", "Size of a market data message", &[], vec![(&[], Value::Histogram(payload))]),
        metric("rebalances_total", "", "Portfolios rebalanced", &[], Vec::new()),
    ];
    metrics.sort_by(|a, b| a.key.cmp(&b.key));
    metrics
}

/// A process in which nothing is annotated.
pub(in crate::report) fn empty() -> Snapshot {
    Snapshot {
        span: Duration::from_millis(1_500),
        sites: Vec::new(),
        metrics: Vec::new(),
        losses: Losses::default(),
        ..rich()
    }
}
