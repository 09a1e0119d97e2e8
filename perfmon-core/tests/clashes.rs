//! Collected values under bad names, and under names that others have: told, never lost without a word.

#[path = "support/gives.rs"]
mod gives;

use perfmon_core::{
    Counter, Gauge,
    analyse::{HealthPolicy, assess},
    collect::{CollectorStatus, collectors, observe},
    inventory, snapshot,
    snapshot::Value,
};

use self::gives::{alone, give};

static DECLARED: Gauge = Gauge::new("declared_gauge", module_path!());
static THINGS: Counter = Counter::new("things", module_path!());
inventory::submit! { DECLARED.registration() }
inventory::submit! { THINGS.registration() }

fn status(name: &str) -> CollectorStatus {
    collectors().into_iter().find(|one| one.name == name).expect("registered")
}

/// What it is told, without the places in this file.
fn complaint(name: &str) -> String {
    let told = status(name).complaint.unwrap_or_default();
    let mut text = String::new();
    for (at, part) in told.split(file!()).enumerate() {
        text += if at == 0 { part } else { part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()) };
    }
    text
}

fn gauge(name: &str) -> Option<f64> {
    match snapshot().metric(name)?.with_labels(&[])? {
        Value::Gauge(value) => Some(*value),
        other => panic!("{other:?}"),
    }
}

fn is_told(name: &str) -> bool {
    let all: Vec<_> = collectors().into_iter().filter(|one| one.name == name).collect();
    let now = snapshot();
    let health = assess(&HealthPolicy::default(), &now, &now, &[], &all, &[]);
    health.deductions.iter().any(|one| one.rule == "collectors" && one.reason.contains(name))
}

#[test]
fn a_closure_under_a_bad_name_is_never_asked() {
    let _alone = alone();
    for (name, better) in [("", "orders_rejected"), ("bad name!", "bad_name"), ("OpenOrders", "open_orders")] {
        let source = observe(name, || panic!("asked"));
        let now = snapshot();
        assert!(now.metrics().iter().all(|metric| metric.name() != name));
        let error = status(name).last_error.expect("told");
        assert!(
            error.contains(file!())
                && error.contains(&format!("write {}\"{better}\"", if name.is_empty() { "one like " } else { "" })),
            "{error}"
        );
        assert!(is_told(name));
        source.remove();
    }
}

#[test]
fn values_under_bad_names_are_turned_away_one_by_one() {
    let _alone = alone();
    let source = give("names", |out| {
        out.gauge("fine", 1.0).describe("Fine.", "things");
        out.gauge("not fine", 1.0).describe("Not fine.", "nothings");
        out.gauge_with("labelled", &[("", "x")], 1.0);
        out.counter_with("labelled", &[("le", "x")], 1);
        out.counter("1st", 1);
    });
    let before = snapshot().losses().values_refused;
    let now = snapshot();
    assert_eq!(now.metric("fine").map(|metric| (metric.help(), metric.unit())), Some(("Fine.", "things")));
    assert!(["not fine", "not_fine", "labelled", "1st"].iter().all(|name| now.metric(name).is_none()));
    assert!(now.losses().values_refused >= before + 4);
    assert!(status("names").turned_away >= 8);
    assert_eq!(
        complaint("names"),
        "failed to show \"not fine\", given at  a metric name has a-z, 0-9 and _ only, and no digit first: write \"not_fine\""
    );
    assert!(is_told("names"));
    source.remove();
}

#[test]
fn a_second_closure_of_a_name_says_whose_place_it_took() {
    let _alone = alone();
    let first = observe("answer", || 41.0);
    assert_eq!(status("answer").remark, None);
    let second = observe("answer", || 42.0);
    assert_eq!(gauge("answer"), Some(42.0));
    let remark = status("answer").remark.expect("told");
    assert!(remark.starts_with("took the place of the closure registered at ") && remark.contains(file!()), "{remark}");
    assert!(!is_told("answer"), "it works");
    first.remove();
    second.remove();
    let third = observe("answer", || 43.0);
    assert_eq!(status("answer").remark, None, "the others were taken out");
    third.remove();
}

#[test]
fn what_is_declared_is_the_declarations() {
    let _alone = alone();
    DECLARED.set(1.0);
    let source = give("intruder", |out| {
        out.gauge("declared_gauge", 2.0).gauge_with("declared_gauge", &[("side", "buy")], 3.0);
    });
    assert_eq!(gauge("declared_gauge"), Some(1.0));
    assert_eq!(
        complaint("intruder"),
        "declared_gauge is declared as a gauge at , and only what is set there is shown: give the collected value another name"
    );
    assert!(status("intruder").turned_away >= 2 && is_told("intruder"));
    source.remove();
}

#[test]
fn one_name_of_two_kinds() {
    let _alone = alone();
    let source = observe("things", || 1.0);
    let now = snapshot();
    assert_eq!(now.metrics().iter().filter(|metric| metric.name() == "things").count(), 2);
    assert_eq!(
        complaint("things"),
        "things is given as a gauge and there is a counter of that name too, so one of them has another name in /metrics: rename one"
    );
    source.remove();
}

#[test]
fn one_series_given_twice() {
    let _alone = alone();
    let source = give("again", |out| {
        out.gauge_with("twice_value", &[("queue", "a")], 1.0).gauge_with("twice_value", &[("queue", "a")], 2.0);
    });
    let now = snapshot();
    let metric = now.metric("twice_value").expect("given");
    assert_eq!(metric.with_labels(&["a"]), Some(&Value::Gauge(2.0)));
    assert_eq!(
        complaint("again"),
        "twice_value{queue=\"a\"} is given twice in one run, and the last is shown: give each its own label"
    );
    source.remove();

    let (first, second) =
        (give("one", |out| _ = out.gauge("both", 1.0)), give("other", |out| _ = out.gauge("both", 2.0)));
    assert_eq!(gauge("both"), Some(2.0));
    assert_eq!(complaint("one"), "");
    assert_eq!(
        complaint("other"),
        "both is given by one () too, and only this one is shown: give one of them another name or a label"
    );
    first.remove();
    let _ = snapshot();
    assert_eq!(complaint("other"), "", "it is over");
    second.remove();
}

#[test]
fn a_value_that_is_no_number_is_told_and_no_fault() {
    let _alone = alone();
    let source = observe("ratio", || f64::NAN);
    let endless = give("endless", |out| _ = out.gauge("endless_value", f64::INFINITY));
    assert_eq!((gauge("ratio"), gauge("endless_value")), (None, None));
    for (name, text) in [("ratio", "ratio is NaN (given at "), ("endless", "endless_value is inf (given at ")] {
        let status = status(name);
        let remark = status.remark.unwrap_or_default();
        assert!(remark.starts_with(text) && remark.contains(file!()), "{remark}");
        assert!(status.not_finite > 0 && status.turned_away == 0 && !is_told(name));
    }
    source.remove();
    endless.remove();
}
