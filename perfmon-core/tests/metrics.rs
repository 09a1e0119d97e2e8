//! Custom counters, gauges and histograms, from many threads.

use std::{thread, time::Duration};

use perfmon_core::{
    Counter, Gauge, Histogram, Snapshot,
    call::record,
    site::{CallSite, Kind, Name},
    snapshot,
    snapshot::{Distribution, Metric, Value},
};

static ORDERS: Counter = Counter::new("orders", module_path!()).unit("orders").help("Orders sent.");
static BY_SIDE: Counter<1> = Counter::new("orders_by_side", module_path!()).labels(&["side"]);
static CASH: Gauge = Gauge::new("cash", module_path!());
static USERS: Gauge<1> = Gauge::new("users", module_path!()).labels(&["region"]);
static SIZES: Histogram<1> = Histogram::new("sizes", module_path!()).unit("bytes").labels(&["kind"]);
static WAITS: Histogram = Histogram::new("waits", module_path!());
static FEW: Counter<1> = Counter::new("few", module_path!()).labels(&["n"]).label_limit(3);
static UNUSED: Gauge = Gauge::new("unused", module_path!());
perfmon_core::inventory::submit! { ORDERS.registration() }
perfmon_core::inventory::submit! { BY_SIDE.registration() }
perfmon_core::inventory::submit! { CASH.registration() }
perfmon_core::inventory::submit! { USERS.registration() }
perfmon_core::inventory::submit! { SIZES.registration() }
perfmon_core::inventory::submit! { WAITS.registration() }
perfmon_core::inventory::submit! { UNUSED.registration() }

fn counter(snapshot: &Snapshot, name: &str, values: &[&str]) -> u64 {
    match snapshot.metric(name).expect("registered").with_labels(values) {
        Some(Value::Counter(count)) => *count,
        other => panic!("{name}: {other:?}"),
    }
}

fn distribution(snapshot: &Snapshot, name: &str, values: &[&str]) -> Distribution {
    match snapshot.metric(name).expect("registered").with_labels(values) {
        Some(Value::Histogram(distribution)) => distribution.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn many_threads() {
    let before = snapshot();
    for metric in ["orders", "orders_by_side", "cash", "users", "sizes", "waits", "unused"] {
        assert!(before.metric(metric).expect("registered").series().is_empty(), "{metric}");
    }
    for _ in 0..3 {
        thread::scope(|scope| {
            for worker in 0..16_u64 {
                scope.spawn(move || {
                    for at in 0..1_000 {
                        ORDERS.inc();
                        BY_SIDE.with(&[if at % 4 == 0 { "buy" } else { "sell" }]).add(2);
                        CASH.add(1.0);
                        USERS.with(&["eu"]).add(if at % 2 == 0 { 1.0 } else { -1.0 });
                        USERS.with(&["us"]).set(7.5);
                        SIZES.with(&["small"]).record(at % 100);
                        SIZES.with(&["large"]).record(1 << 50);
                        WAITS.record_duration(Duration::from_micros(worker));
                    }
                });
            }
        });
    }
    let now = snapshot();
    let calls = 3 * 16 * 1_000;
    assert_eq!(counter(&now, "orders", &[]), calls);
    assert_eq!(
        (counter(&now, "orders_by_side", &["buy"]), counter(&now, "orders_by_side", &["sell"])),
        (calls / 2, calls / 2 * 3)
    );
    assert_eq!(now.metric("orders_by_side").map(|metric| metric.series().len()), Some(2), "no series without labels");
    assert_eq!(now.metric("orders_by_side").and_then(Metric::total), Some(Value::Counter(2 * calls)));
    assert_eq!(
        now.metric("cash").and_then(Metric::total),
        Some(Value::Gauge(calls as f64)),
        "none of the first additions is lost"
    );
    assert_eq!(now.metric("users").expect("registered").with_labels(&["eu"]), Some(&Value::Gauge(0.0)));
    assert_eq!(now.metric("users").expect("registered").with_labels(&["us"]), Some(&Value::Gauge(7.5)));
    let small = distribution(&now, "sizes", &["small"]);
    assert_eq!((small.count(), small.sum(), small.percentile(50.0)), (calls, calls / 100 * 4_950, Some(49)));
    assert_eq!(distribution(&now, "sizes", &["large"]).count(), calls);
    assert_eq!(distribution(&now, "waits", &[]).sum(), 3 * 1_000 * (0..16).map(|worker| worker * 1_000).sum::<u64>());
    ORDERS.add(5);
    let interval = &snapshot() - &now;
    assert_eq!(counter(&interval, "orders", &[]), 5);
    assert_eq!(distribution(&interval, "waits", &[]).count(), 0);
}

#[test]
fn declared_metrics_have_a_history_when_snapshots_are_remembered() {
    static KNOWN: Counter<1> = Counter::new("known_total", module_path!()).labels(&["side"]);
    perfmon_core::inventory::submit! { KNOWN.registration() }
    let now = |points: &[perfmon_core::Point]| points.iter().map(|point| point.value).collect::<Vec<_>>();
    assert!(perfmon_core::series("known_total").is_empty());
    perfmon_core::series::remember(&snapshot());
    KNOWN.with(&["buy"]).add(3);
    let series = perfmon_core::series("known_total");
    assert_eq!((series.len(), now(&series[0].points)), (1, vec![3.0]), "without anybody who remembers, the value now");
    assert_eq!(series[0].labels, [("side".to_owned(), "buy".to_owned())]);
    perfmon_core::series::remember(&snapshot());
    KNOWN.with(&["buy"]).add(4);
    let range = Duration::from_secs(60);
    assert_eq!(perfmon_core::aggregate("known_total", perfmon_core::Aggregate::Last, range), Some(7.0));
    assert_eq!(
        perfmon_core::aggregate("known_total", perfmon_core::Aggregate::Increase, range),
        Some(7.0),
        "it began at 0"
    );
    let footprint = perfmon_core::series::footprint();
    assert!(footprint.series >= 1 && footprint.bytes <= footprint.limit_bytes);
}

#[test]
fn bound_series_are_those_of_their_labels() {
    static COUNTS: Counter<1> = Counter::new("bound_counts", module_path!()).labels(&["n"]);
    static LEVELS: Gauge<1> = Gauge::new("bound_levels", module_path!()).labels(&["n"]);
    static SIZES: Histogram<1> = Histogram::new("bound_sizes", module_path!()).labels(&["n"]);
    static PLAIN: Counter = Counter::new("bound_without_labels", module_path!());
    // More of them than a thread's cache of labels holds lines.
    let names: Vec<String> = (0..256).map(|n| format!("a label value of some length, number {n}")).collect();
    let bound: Vec<_> = names
        .iter()
        .map(|name| (COUNTS.with(&[name]).bind(), LEVELS.with(&[name]).bind(), SIZES.with(&[name]).bind()))
        .collect();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (number, (counts, levels, sizes)) in (0..).zip(&bound) {
                    counts.add(number);
                    levels.add(1.0);
                    sizes.record(number);
                }
            });
        }
    });
    names.iter().for_each(|name| COUNTS.with(&[name]).inc());
    let now = snapshot();
    for (number, name) in (0..).zip(&names) {
        assert_eq!(counter(&now, "bound_counts", &[name]), 4 * number + 1);
        assert_eq!(now.metric("bound_levels").expect("used").with_labels(&[name]), Some(&Value::Gauge(4.0)));
        assert_eq!(distribution(&now, "bound_sizes", &[name]).sum(), 4 * number);
    }
    PLAIN.with(&[]).bind().inc();
    assert_eq!(counter(&snapshot(), "bound_without_labels", &[]), 1);
    assert_eq!(now.losses().uncounted_calls, 0);
}

#[test]
fn a_metric_may_have_a_limit_of_its_own() {
    let refused = snapshot().losses().labels_refused;
    for n in ["1", "2", "3", "4", "5"] {
        FEW.with(&[n]).inc();
        FEW.with(&[n]).bind().inc();
    }
    let now = snapshot();
    assert_eq!([counter(&now, "few", &["3"]), counter(&now, "few", &["other"])], [2, 4]);
    assert!(now.losses().labels_refused > refused);
}

static SUMS: Counter = Counter::new("sums", module_path!());
static ABSURD: Histogram = Histogram::new("absurd", module_path!());

#[test]
fn sums_never_wrap() {
    let before = snapshot().losses();
    let bound = SUMS.with(&[]).bind();
    for absurd in [u64::MAX, 1 << 63, (1 << 53) + 1] {
        SUMS.inc();
        SUMS.add(absurd);
        bound.add(absurd);
        SUMS.with(&[]).add(absurd);
    }
    SUMS.add(1 << 53);
    for value in [u64::MAX, 100, 0, (1 << 45) - 1, 1 << 45] {
        ABSURD.record(value);
    }
    let now = snapshot();
    assert_eq!(counter(&now, "sums", &[]), (1 << 53) + 3);
    assert_eq!(now.losses().increments_refused - before.increments_refused, 9);
    let values = distribution(&now, "absurd", &[]);
    assert_eq!(values.sum(), (1 << 53) + 100 + (1 << 46) - 1);
    assert_eq!((values.count(), values.clamped(), values.max()), (5, 2, Some(1 << 53)));
    // As many as anybody will ever give.
    (1..1_024).for_each(|_| ABSURD.record(u64::MAX));
    assert_eq!(distribution(&snapshot(), "absurd", &[]).sum(), (1 << 63) + 100 + (1 << 46) - 1);
}

#[test]
fn given_durations_never_wrap() {
    static LONG: CallSite = CallSite::new(Kind::Latency, Name::One("long"), module_path!());
    (0..3).for_each(|_| record(&LONG, Duration::MAX));
    let site = snapshot().get("long").expect("called").clone();
    assert_eq!((site.calls(), site.clamped()), (3, 3));
    // Ticks are not quite nanoseconds.
    let days = site.total().as_secs() / 86_400;
    assert!(days.abs_diff(3 * 417) <= 1, "{days}");
}
