//! Which rules apply to what, in which words.

use std::{
    borrow::Cow,
    time::{Duration, UNIX_EPOCH},
};

use proptest::{collection::vec, prelude::*};

use super::{
    Condition, Deduction, Health, HealthCheck, HealthPolicy, HealthRule, HealthStatus, MetricCheck, assess,
    check::Known,
};
use crate::{
    Severity,
    analyse::Judge,
    collect::CollectorStatus,
    layout::Layout,
    record::Footprint,
    site::{Kind, Objective, Sample, Statistic},
    snapshot::{Buckets, Losses, Metric, MetricKind, MetricSeries, Site, Snapshot, Stats, Value},
};

fn snapshot(sites: Vec<Site>, metrics: Vec<Metric>) -> Snapshot {
    Snapshot {
        process: 1,
        taken_at: UNIX_EPOCH,
        span: Duration::from_secs(304),
        sites,
        metrics,
        own_cost: Duration::ZERO,
        footprint: Footprint::default(),
        losses: Losses::default(),
    }
}

/// A site whose calls took so many milliseconds each, the last ones failing.
fn site(name: &str, millis: &[u64], errors: u64) -> Site {
    let mut buckets = Buckets::default();
    for millis in millis {
        let index = Layout::DEFAULT.index_of(millis * 1_000_000);
        buckets.add(&Buckets::from_ascending(Layout::DEFAULT, [(index, 1)]));
    }
    let calls = millis.len() as u64;
    Site {
        key: (Kind::Latency, name.to_owned()),
        parts: vec![name.to_owned()],
        label_keys: Vec::new(),
        objectives: Vec::new(),
        sample: Sample::Every,
        busy: false,
        places: Vec::new(),
        total: Stats { started: calls, ok: calls - errors, errors, timed: calls, buckets, ..Stats::default() },
        series: Vec::new(),
    }
}

fn metric(name: &str, unit: &str, key: &[&str], series: &[(&[&str], Value)]) -> Metric {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let kind = if matches!(series[0].1, Value::Counter(_)) { MetricKind::Counter } else { MetricKind::Gauge };
    let series = series
        .iter()
        .map(|(values, value)| MetricSeries { values: owned(values), value: value.clone(), standing: false })
        .collect();
    Metric {
        key: (name.to_owned(), kind),
        help: String::new(),
        unit: unit.to_owned(),
        label_keys: owned(key),
        collected: true,
        series,
    }
}

fn gauge(name: &str, value: f64) -> Metric {
    metric(name, "percent", &[], &[(&[], Value::Gauge(value))])
}

fn collector(name: &str, error: Option<&str>, enabled: bool) -> CollectorStatus {
    CollectorStatus {
        name: name.to_owned(),
        enabled,
        interval: Duration::from_secs(5),
        runs: 9,
        failures: 1,
        last_error: error.map(str::to_owned),
        running_for: None,
        last_took: None,
        last_success_age: None,
        hanging: false,
        turned_away: 0,
        complaint: None,
        not_finite: 0,
        remark: None,
    }
}

/// By the default policy, of calls alone.
fn of_sites(sites: Vec<Site>) -> Health {
    assess(&HealthPolicy::default(), &snapshot(Vec::new(), Vec::new()), &snapshot(sites, Vec::new()), &[], &[], &[])
}

/// By the default policy, of gauges alone.
fn of_metrics(metrics: Vec<Metric>) -> Health {
    assess(&HealthPolicy::default(), &snapshot(Vec::new(), metrics), &snapshot(Vec::new(), Vec::new()), &[], &[], &[])
}

/// By one rule, of metrics now and of the interval.
fn by(check: MetricCheck, now: Vec<Metric>, recent: Vec<Metric>) -> Vec<String> {
    let rule = HealthRule { name: "own".to_owned(), points: 7, check: HealthCheck::Metric(check) };
    let policy = HealthPolicy { rules: vec![rule] };
    let health = assess(&policy, &snapshot(Vec::new(), now), &snapshot(Vec::new(), recent), &[], &[], &[]);
    health.deductions.into_iter().map(|deduction| deduction.reason).collect()
}

fn told(health: &Health) -> String {
    let lines = health.deductions.iter().map(|it| format!("\n{} -{}: {}", it.rule, it.points, it.reason));
    format!("{} {}{}", health.score, health.status, lines.collect::<String>())
}

#[test]
fn nothing_known_takes_nothing_away() {
    assert_eq!(told(&of_sites(Vec::new())), "100 healthy");
    assert_eq!(told(&of_sites(vec![site("never_called", &[], 0)])), "100 healthy");
}

#[test]
fn the_thresholds_of_the_default_policy() {
    let cases = [
        ("memory_usage_percent", 90.0, 100),
        ("memory_usage_percent", 90.1, 85),
        ("cpu_usage_percent", 95.0, 100),
        ("cpu_usage_percent", 95.1, 85),
        ("disk_usage_percent", 85.0, 100),
        ("disk_usage_percent", 85.1, 90),
        ("process_memory_growing", 0.0, 100),
        ("process_memory_growing", 1.0, 90),
        ("memory_usage_percent", f64::INFINITY, 100),
    ];
    for (name, value, score) in cases {
        assert_eq!(of_metrics(vec![gauge(name, value)]).score, score, "{name} {value}");
    }
}

#[test]
fn one_slow_call_of_five_is_none_and_five_slow_ones_are() {
    assert_eq!(of_sites(vec![site("rare", &[10, 10, 10, 10, 5_000], 0)]).score, 100);
    assert_eq!(of_sites(vec![site("slow", &[5_000; 5], 0)]).score, 80);
    assert_eq!(of_sites(vec![site("few", &[10, 10, 10], 2)]).score, 100, "two failed calls are too few to judge");
    assert_eq!(of_sites(vec![site("failing", &[10; 60], 3)]).score, 100, "5 % are allowed");
    assert_eq!(of_sites(vec![site("failing", &[10; 60], 4)]).score, 85);
}

#[test]
fn everything_at_once_in_words() {
    let sites = vec![
        site("cancel", &[1_200; 10], 0),
        site("order_execution", &[1_800; 400], 0),
        site("quote", &[3; 1_000], 123),
        site("risk", &[2; 100], 6),
        site("sync", &[1_100; 4], 0),
    ];
    let metrics = vec![
        gauge("cpu_usage_percent", 99.5),
        metric(
            "disk_usage_percent",
            "percent",
            &["mount"],
            &[(&["/"], Value::Gauge(86.0)), (&["/data"], Value::Gauge(97.25)), (&["/home"], Value::Gauge(12.0))],
        ),
        gauge("memory_usage_percent", 93.0),
        gauge("process_memory_growing", 1.0),
    ];
    let mut recent = snapshot(sites, Vec::new());
    recent.losses = Losses { labels_refused: 1_204, shared_pairs: 0, uncounted_calls: 1, ..Losses::default() };
    let collectors = [
        collector("system.cpu", None, true),
        collector("system.disk", Some("still running after 45 s (hanging?)"), true),
        collector("system.off", Some("whatever"), false),
        collector("users", Some("panicked: out of cheese"), true),
        CollectorStatus { complaint: Some("twice".to_owned()), ..collector("clashing", None, true) },
        CollectorStatus { remark: Some("not finite".to_owned()), ..collector("empty", None, true) },
    ];
    let late = Deduction { rule: "ticks".to_owned(), points: 5, reason: "the last tick was 12 s late".to_owned() };
    let health = assess(&HealthPolicy::default(), &snapshot(Vec::new(), metrics), &recent, &[], &collectors, &[late]);
    insta::assert_snapshot!(told(&health), @r#"
    0 down
    latency -20: p99 of order_execution is 1.8 s over the last 5 min, above 1 s; so are cancel and sync
    error_rate -15: 12 % of quote failed over the last 5 min (123 of 1,000 calls), above 5 %; so is risk
    memory -15: memory_usage_percent is 93 %, above 90 %
    cpu -15: cpu_usage_percent is 99.5 %, above 95 %
    disk -10: disk_usage_percent{mount="/data"} is 97.25 %, above 85 %; so is disk_usage_percent{mount="/"}
    memory_growing -10: the memory of the process keeps growing
    collectors -15: collector system.disk fails: still running after 45 s (hanging?); so do users and clashing
    losses -5: perfmon reached a bound over the last 5 min: label sets refused 1,204 times, 1 call uncounted
    ticks -5: the last tick was 12 s late
    "#);
}

#[test]
fn failing_collectors_take_five_points_each_and_fifteen_at_most() {
    let empty = snapshot(Vec::new(), Vec::new());
    for (failing, score) in [(0, 100), (1, 95), (3, 85), (9, 85)] {
        let failing = vec![collector("x", Some("down"), true); failing];
        assert_eq!(assess(&HealthPolicy::default(), &empty, &empty, &[], &failing, &[]).score, score);
    }
}

#[test]
fn rules_of_ones_own() {
    let queues = || {
        let series = [("a", 7.0), ("b", 3.0), ("c", 1.0)].map(|(name, length)| ([name], Value::Gauge(length)));
        let series: Vec<_> = series.iter().map(|(name, length)| (name.as_slice(), length.clone())).collect();
        vec![metric("queue_length", "orders", &["queue"], &series)]
    };
    let check = |condition, threshold| MetricCheck::new("queue_length", condition, threshold);
    let only_b = MetricCheck {
        labels: vec![("queue".to_owned(), "b".to_owned())],
        text: "{series} has {value}, not {threshold}".to_owned(),
        ..check(Condition::NotEqual, 4.0)
    };
    let grown = metric("errors_total", "errors", &[], &[(&[], Value::Counter(12))]);
    let ever = metric("errors_total", "errors", &[], &[(&[], Value::Counter(12_000))]);
    let growth = MetricCheck::new("errors_total", Condition::AtLeast, 12.0);
    let found = [
        by(check(Condition::Above, 2.0), queues(), Vec::new()),
        by(check(Condition::AtMost, 1.0), queues(), Vec::new()),
        by(check(Condition::Below, 5.0), queues(), Vec::new()),
        by(check(Condition::Equal, 3.0), queues(), Vec::new()),
        by(check(Condition::Above, 7.0), queues(), Vec::new()),
        by(only_b, queues(), Vec::new()),
        by(growth, vec![ever], vec![grown]),
    ];
    insta::assert_snapshot!(found.map(|reasons| reasons.concat()).join("\n"), @r#"
    queue_length{queue="a"} is 7 orders, above 2 orders; so is queue_length{queue="b"}
    queue_length{queue="c"} is 1 order, at most 1 order
    queue_length{queue="c"} is 1 order, below 5 orders; so is queue_length{queue="b"}
    queue_length{queue="b"} is 3 orders, equal to 3 orders

    queue_length{queue="b"} has 3 orders, not 4 orders
    errors_total grew by 12 errors over the last 5 min, at least 12 errors
    "#);
}

#[test]
fn policies_are_changed_by_name() {
    let policy = HealthPolicy::default();
    let rules = policy.rules.len();
    let mut cpu = policy.rule("cpu").expect("there").clone();
    cpu.points = 50;
    let policy = policy.with(cpu).without("disk");
    assert_eq!(
        (policy.rules.len(), policy.rule("disk"), policy.rule("cpu").map(|rule| rule.points)),
        (rules - 1, None, Some(50))
    );
}

#[test]
fn status_by_score() {
    let cases = [
        (100, "healthy"),
        (80, "healthy"),
        (79, "warning"),
        (60, "warning"),
        (59, "critical"),
        (40, "critical"),
        (39, "down"),
        (0, "down"),
    ];
    for (score, status) in cases {
        assert_eq!(HealthStatus::of(score).as_str(), status, "{score}");
    }
}

#[cfg(feature = "report")]
#[test]
fn as_json() {
    let deduction = Deduction { rule: "disk".to_owned(), points: 25, reason: "full".to_owned() };
    let json = serde_json::to_string(&Health::of(vec![deduction])).expect("plain fields");
    assert_eq!(json, r#"{"score":75,"status":"warning","deductions":[{"rule":"disk","points":25,"reason":"full"}]}"#);
}

proptest! {
    #[test]
    fn a_deduction_never_raises_the_score(points in vec(any::<u8>(), 0..20), more in any::<u8>()) {
        let deduction = |points: u8| Deduction { rule: String::new(), points, reason: String::new() };
        let mut deductions: Vec<Deduction> = points.into_iter().map(deduction).collect();
        let before = Health::of(deductions.clone());
        deductions.push(deduction(more));
        let after = Health::of(deductions);
        prop_assert!(before.score <= 100 && after.score <= before.score);
        prop_assert!((0.0..=1.0).contains(&after.as_ratio()));
    }
}

#[test]
fn what_was_promised_decides() {
    let p99 = Objective::latency(Statistic::P99, 10_000_000);
    let promising = |name: &str, objectives: Vec<Objective>, millis: &[u64], errors: u64| {
        let site = site(name, millis, errors);
        let bounds = objectives.iter().map(|objective| objective.latency_bound().map(|bound| bound.as_millis()));
        let breaches = bounds.map(|bound| {
            bound.map_or(0, |bound| millis.iter().filter(|&&took| u128::from(took) > bound).count() as u64)
        });
        let total = Stats { breaches: breaches.collect(), ..site.total };
        Site { objectives, total, ..site }
    };
    let health = |sites: Vec<Site>| {
        let now = snapshot(sites, Vec::new());
        let verdicts = Judge::default().judge(&now, |_| Cow::Borrowed(&now));
        let health = assess(&HealthPolicy::default(), &now, &now, &verdicts, &[], &[]);
        health.deductions.iter().map(|one| format!("{} -{}: {}", one.rule, one.points, one.reason)).collect::<Vec<_>>()
    };
    // Missed, and by the more severe first.
    let missed = health(vec![
        promising("cheap", vec![p99], &[20; 5], 0),
        promising("dear", vec![p99.with_severity(Severity::Critical)], &[20; 5], 0),
        promising("note", vec![p99.with_severity(Severity::Info)], &[20; 5], 0),
    ]);
    assert_eq!(
        missed,
        ["objectives -20: dear misses p99 ≤ 10 ms over the last 5 min: 5 of 5 calls were slower; so do cheap and note"]
    );
    // Two calls are no pattern.
    assert_eq!(health(vec![promising("few", vec![p99], &[20; 2], 0)]), [""; 0]);
    // A site may promise less than the rules for everybody ask, or more.
    let slow = Objective::latency(Statistic::P99, 5_000_000_000);
    assert_eq!(health(vec![promising("slow", vec![slow], &[2_000; 5], 0)]), [""; 0]);
    assert_eq!(health(vec![promising("both", vec![p99], &[2_000; 5], 0)]).len(), 2);
    let half = Objective::error_rate(0.5);
    assert_eq!(health(vec![promising("refusing", vec![half], &[1; 10], 4)]), [""; 0]);
    let missed = health(vec![promising("refusing", vec![half], &[1; 10], 6)]);
    assert_eq!(missed, ["objectives -5: refusing misses error_rate ≤ 50 % over the last 5 min: 6 of 10 calls failed"]);
}

#[test]
fn a_single_high_value_is_no_alarm() {
    let minute = Duration::from_secs(60);
    let check = MetricCheck { over: Some(minute), ..MetricCheck::new("cpu_usage_percent", Condition::Above, 95.0) };
    let rule = HealthRule { name: "cpu".to_owned(), points: 15, check: HealthCheck::Metric(check) };
    let judge = |value: f64, past: Option<(f64, u64)>| {
        let now = snapshot(Vec::new(), vec![gauge("cpu_usage_percent", value)]);
        let mean = |name: &str, labels: &[(&str, &str)], over: Duration| {
            assert_eq!((name, labels.len(), over), ("cpu_usage_percent", 0, minute));
            past.map(|(mean, known)| (mean, Duration::from_secs(known)))
        };
        let known = Known { now: &now, recent: &now, verdicts: &[], collectors: &[], mean: &mean };
        known.deduction(&rule).map_or_else(String::new, |deduction| deduction.reason)
    };
    assert_eq!(judge(100.0, Some((40.0, 58))), "");
    assert_eq!(judge(10.0, Some((99.0, 58))), "cpu_usage_percent averages 99 % over the last 60 s, above 95 %");
    assert_eq!(judge(100.0, Some((100.0, 29))), "", "too little is known");
    assert_eq!(judge(100.0, None), "cpu_usage_percent is 100 %, above 95 %", "there is no past of it");
}
