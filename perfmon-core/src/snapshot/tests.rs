//! The algebra of snapshots: what can be added can be taken away, in any order.

use std::time::{Duration, SystemTime};

use proptest::{collection::vec, prelude::*};

use super::{
    Buckets, Distribution, Edges, Losses, Metric, MetricKind, MetricSeries, Series, Site, Snapshot, Stats, Value,
    algebra::{Algebra, Slots},
};
use crate::{
    layout::Layout,
    record::Footprint,
    site::{Kind, Objective, Statistic},
};

fn buckets() -> impl Strategy<Value = Buckets> {
    vec((0..45_u32, any::<u64>(), 1..1_000_u64), 0..20).prop_map(|values| {
        let mut buckets = Buckets::default();
        for (bits, value, count) in values {
            let index = Layout::DEFAULT.index_of(value & ((1 << bits) - 1));
            buckets.add(&Buckets::from_ascending(Layout::DEFAULT, [(index, count)]));
        }
        buckets
    })
}

/// A value that has a bucket of its own size.
fn value() -> impl Strategy<Value = u64> {
    (0..45_u32, any::<u64>()).prop_map(|(bits, value)| value & ((1 << bits) - 1))
}

/// Counts that agree with their buckets, as every snapshot's do.
fn stats() -> impl Strategy<Value = Stats> {
    (buckets(), any::<[u16; 10]>(), 0..5_u64, any::<bool>()).prop_map(|(buckets, part, in_flight, whole)| {
        let total = buckets.total();
        let errors = u64::from(part[0]) % (total + 1);
        let panics = u64::from(part[1]) % (total - errors + 1);
        let cancelled = u64::from(part[2]) % (total - errors - panics + 1);
        Stats {
            started: total + in_flight + u64::from(part[8]),
            arrived: u64::from(part[9]),
            moved: u64::from(part[8]) + u64::from(part[9]),
            ok: total - errors - panics - cancelled,
            errors,
            panics,
            cancelled,
            timed: total,
            clamped: u64::from(part[3]),
            coarse: u64::from(part[4]),
            total_ns: u64::from(part[5]) << 20,
            outermost_ns: u64::from(part[6]),
            busy_ns: u64::from(part[7]),
            min_ns: buckets.lowest().filter(|_| whole),
            max_ns: buckets.highest().filter(|_| whole),
            within_ns: None,
            breaches: vec![errors, panics],
            buckets,
            histogram: std::sync::OnceLock::new(),
        }
    })
}

fn site() -> impl Strategy<Value = Site> {
    let series = proptest::collection::btree_map("[ab]{1,2}", stats(), 0..3);
    (0..4_usize, series, stats()).prop_map(|(name, series, plain)| {
        let mut total = plain;
        let series = series.into_iter().map(|(value, stats)| {
            total.add(&stats);
            Series { values: vec![value], stats }
        });
        let series = series.collect();
        Site {
            key: (Kind::Latency, ["a", "b", "c", "d"][name].to_owned()),
            parts: Vec::new(),
            label_keys: vec!["key".to_owned()],
            objectives: vec![Objective::latency(Statistic::P99, 10), Objective::latency(Statistic::P50, 5)],
            sample: crate::site::Sample::Every,
            busy: false,
            places: Vec::new(),
            total,
            series,
        }
    })
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    (vec(site(), 0..4), 0..1_000_u64, buckets(), any::<u16>()).prop_map(|(mut sites, count, buckets, losses)| {
        sites.sort_by(|a, b| a.key.cmp(&b.key));
        sites.dedup_by(|a, b| a.key == b.key);
        let metric = |name: &str, kind, value| Metric {
            key: (name.to_owned(), kind),
            help: String::new(),
            unit: String::new(),
            label_keys: Vec::new(),
            collected: false,
            series: vec![MetricSeries { values: Vec::new(), value, standing: false }],
        };
        let spread = Value::Histogram(Distribution {
            sum: count * 3,
            min: None,
            max: None,
            within: None,
            clamped: 0,
            coarse: 0,
            buckets,
        });
        Snapshot {
            process: 1,
            taken_at: SystemTime::UNIX_EPOCH + Duration::from_secs(count),
            span: Duration::from_secs(count),
            sites,
            metrics: vec![
                metric("count", MetricKind::Counter, Value::Counter(count)),
                metric("spread", MetricKind::Histogram, spread),
            ],
            own_cost: Duration::from_nanos(count),
            footprint: Footprint { arena_bytes: count, ..Footprint::default() },
            losses: Losses { labels_refused: u64::from(losses), ..Losses::default() },
        }
    })
}

fn merged(a: &Snapshot, b: &Snapshot) -> Snapshot {
    let mut sum = a.clone();
    sum.merge(b);
    sum
}

fn added<T: Algebra + Clone>(a: &T, b: &T) -> T {
    let mut sum = a.clone();
    sum.add(b);
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn buckets_add_and_subtract(a in buckets(), b in buckets(), c in buckets()) {
        let plus = |a: &Buckets, b: &Buckets| {
            let mut sum = a.clone();
            sum.add(b);
            sum
        };
        prop_assert_eq!(plus(&a, &b), plus(&b, &a));
        prop_assert_eq!(plus(&plus(&a, &b), &c), plus(&a, &plus(&b, &c)));
        let mut back = plus(&a, &b);
        back.subtract(&b);
        prop_assert_eq!(&back, &a);
        prop_assert_eq!(&Buckets::from_histogram(&a.to_histogram()).expect("two digits"), &a);
    }

    /// Whatever the values: those up to an edge are counted, that of the edge itself too, and none above it by more than a bucket's width.
    #[test]
    fn what_equals_an_edge_is_at_most_the_edge(values in vec(value(), 0..60), edges in vec(value(), 0..30), own in any::<bool>(), digits in 1..=3_u8) {
        let layout = Layout::with_digits(digits).expect("in range");
        let mut buckets = Buckets::new(layout);
        for &value in &values {
            buckets.add(&Buckets::from_ascending(layout, [(layout.index_of(value), 1)]));
        }
        // Also values for edges, and edges made for another layout.
        let edges: Vec<u64> = edges.iter().chain(&values).copied().collect();
        let edges = Edges::new(if own { layout } else { Layout::DEFAULT }, &edges);
        prop_assert!(edges.values().is_sorted());
        let mut cumulative = vec![7];
        buckets.cumulative(&edges, &mut cumulative);
        prop_assert_eq!(cumulative.remove(0), 7);
        prop_assert!(cumulative.is_sorted());
        let at_most = |bound: f64| values.iter().filter(|value| **value as f64 <= bound).count() as u64;
        for (&edge, &counted) in edges.values().iter().zip(&cumulative) {
            let wider = edge as f64 * (1.0 + 1.0 / layout.chunk_len() as f64);
            prop_assert!((at_most(edge as f64)..=at_most(wider)).contains(&counted), "{} of {:?}: {}", edge, values, counted);
            prop_assert_eq!(buckets.at_most(edge), counted);
        }
        prop_assert_eq!(buckets.at_most(u64::MAX), buckets.total());
    }

    /// Taking away by slots is taking away.
    #[test]
    fn slots_are_the_counts(earlier in stats(), between in stats(), buckets in buckets(), sum in any::<u64>()) {
        let later = added(&earlier, &between);
        let (by_slots, mut by_counts) = (later.since(earlier.slots()), later);
        by_counts.subtract(&earlier);
        prop_assert_eq!(by_slots, by_counts);
        let earlier = Value::Histogram(Distribution { sum, min: None, max: None, within: None, clamped: 0, coarse: 1, buckets });
        let mut by_counts = added(&earlier, &earlier);
        let by_slots = by_counts.since(earlier.slots());
        by_counts.subtract(&earlier);
        prop_assert_eq!(by_slots, by_counts);
    }

    #[test]
    fn scores_stay_within(stats in stats(), target in 0..1_u64 << 50) {
        let apdex = stats.apdex(Duration::from_nanos(target));
        prop_assert_eq!(apdex.is_some(), stats.calls() > 0);
        prop_assert!(apdex.is_none_or(|score| (0.0..=1.0).contains(&score)));
        let reach = stats.buckets.highest().unwrap_or(0) - stats.buckets.lowest().unwrap_or(0);
        prop_assert!(stats.stddev() <= Duration::from_nanos(reach / 2 + 1));
    }

    #[test]
    fn the_last_percentiles_are_the_ends(a in stats(), b in stats()) {
        let mut both = a.clone();
        both.add(&b);
        let mut interval = both.clone();
        interval.subtract(&b);
        for stats in [a, both, interval] {
            let ends = (stats.percentile(0.0), stats.percentile(100.0));
            prop_assert!(ends.0 >= stats.min() && ends.1 <= stats.max());
            prop_assert!(stats.min_ns.is_none() || ends.0 == stats.min());
            prop_assert!(stats.max_ns.is_none() || ends.1 == stats.max());
        }
    }

    /// A bucket is wider than what was seen: an interval says nothing beyond the ends of all.
    #[test]
    fn no_figure_is_beyond_what_was_seen(a in vec(value(), 1..20), b in vec(value(), 1..20), percentile in 0.0..=100.0_f64) {
        let of = |values: &[u64]| {
            let mut buckets = Buckets::default();
            values.iter().for_each(|&value| buckets.add(&Buckets::from_ascending(Layout::DEFAULT, [(Layout::DEFAULT.index_of(value), 1)])));
            let (min, max) = (values.iter().min().copied(), values.iter().max().copied());
            let calls = buckets.total();
            let stats = Stats { ok: calls, min_ns: min, max_ns: max, buckets: buckets.clone(), ..Stats::default() };
            (stats, Value::Histogram(Distribution { sum: 0, min, max, within: None, clamped: 0, coarse: 0, buckets }))
        };
        let ((earlier, sizes), (later, larger)) = (of(&a), of(&b));
        let all = added(&earlier, &later);
        let (least, most) = (a.iter().chain(&b).min().copied(), a.iter().chain(&b).max().copied());
        let seen = least.unwrap_or(0)..=most.unwrap_or(0);
        let of_all = all.since(earlier.slots());
        for figure in [of_all.percentile(percentile), of_all.min(), of_all.max()] {
            prop_assert!(seen.contains(&u64::try_from(figure.as_nanos()).unwrap_or(u64::MAX)), "{:?} of {:?}", figure, seen);
        }
        let mut both = sizes.clone();
        both.add(&larger);
        both.subtract(&sizes);
        let Value::Histogram(interval) = both else { unreachable!("it was one") };
        for figure in [interval.percentile(percentile), interval.min(), interval.max()] {
            prop_assert!(figure.is_some_and(|figure| seen.contains(&figure)), "{:?} of {:?}", figure, seen);
        }
    }

    #[test]
    fn percentiles_rise_and_stay_within(stats in stats(), mut asked in vec(-1.0..101.0, 2..20)) {
        asked.sort_by(f64::total_cmp);
        let values: Vec<Duration> = asked.iter().map(|&percentile| stats.percentile(percentile)).collect();
        prop_assert!(values.is_sorted());
        prop_assert!(values.iter().all(|&value| (stats.min()..=stats.max()).contains(&value)));
    }

    #[test]
    fn stats_add_and_subtract(a in stats(), b in stats(), c in stats()) {
        prop_assert_eq!(added(&a, &b), added(&b, &a));
        prop_assert_eq!(added(&added(&a, &b), &c), added(&a, &added(&b, &c)));
        let mut back = added(&a, &b);
        prop_assert_eq!(back.calls(), back.buckets().total());
        back.subtract(&b);
        prop_assert_eq!((back.counts(), &back.breaches, &back.buckets), (a.counts(), &a.breaches, &a.buckets));
    }

    #[test]
    fn snapshots_merge_in_any_order(a in snapshot(), b in snapshot(), c in snapshot()) {
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
    }

    /// A later state is an earlier one and what came between; taking the earlier away leaves that.
    #[test]
    fn an_interval_is_what_came_between(earlier in snapshot(), between in snapshot()) {
        let mut later = merged(&earlier, &between);
        later.process = earlier.process;
        let interval = &later - &earlier;
        for site in &interval.sites {
            let expected = between.site(Kind::Latency, site.name()).map(Site::stats).cloned().unwrap_or_default();
            prop_assert_eq!((site.counts(), &site.buckets), (expected.counts(), &expected.buckets));
            for series in &site.series {
                let values: Vec<&str> = series.values.iter().map(String::as_str).collect();
                let expected = between.site(Kind::Latency, site.name()).and_then(|site| site.with_labels(&values));
                prop_assert_eq!(series.stats.calls(), expected.map_or(0, Stats::calls));
            }
        }
        prop_assert_eq!(&interval.metrics, &between.metrics);
        prop_assert_eq!(interval.losses, between.losses);
        let nothing = &later - &later;
        prop_assert!(nothing.sites.iter().all(|site| site.calls() == 0 && site.buckets().total() == 0));
    }

    /// Another process' past is not taken away: after a restart everything is new.
    #[test]
    fn another_process_has_no_part(mut other in snapshot(), mine in snapshot()) {
        other.process = 2;
        prop_assert_eq!(&mine - &other, mine);
    }
}

fn calls(values: &[(u64, u64)]) -> Stats {
    let buckets = values.iter().map(|&(value, count)| (Layout::DEFAULT.index_of(value), count));
    let buckets = Buckets::from_ascending(Layout::DEFAULT, buckets);
    Stats { started: buckets.total(), ok: buckets.total(), buckets, ..Stats::default() }
}

#[test]
fn apdex_by_hand() {
    let target = Duration::from_nanos(50);
    // Six satisfied, two tolerated (one at the bound), two frustrated: (6 + 1) / 10.
    let mut stats = calls(&[(10, 4), (50, 2), (51, 1), (200, 1), (201, 2)]);
    assert_eq!(stats.apdex(target), Some(0.7));
    // Of ten calls two failed, whatever they took.
    (stats.ok, stats.errors, stats.panics) = (8, 1, 1);
    assert_eq!(stats.apdex(target), Some(0.7 * 0.8));
    // The example of the specification: 60 satisfied, 30 tolerating, 10 frustrated make 0.75.
    assert_eq!(calls(&[(10, 60), (100, 30), (1_000, 10)]).apdex(target), Some(0.75));
    assert_eq!(Stats::default().apdex(target), None);
    assert_eq!(stats.apdex(Duration::MAX), Some(0.8));
}

#[test]
fn stddev_by_hand() {
    assert_eq!(calls(&[(2, 1), (4, 3), (5, 2), (7, 1), (9, 1)]).stddev(), Duration::from_nanos(2));
    assert_eq!(calls(&[(1 << 40, 1_000)]).stddev(), Duration::ZERO);
    assert_eq!(calls(&[]).stddev(), Duration::ZERO);
}
