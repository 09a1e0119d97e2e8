//! What collectors hand over, and how it comes to be in a snapshot.

#[path = "support/gives.rs"]
mod gives;

use std::{collections::HashSet, time::Duration};

use perfmon_core::{
    Aggregate, Gauge, aggregate,
    collect::{collectors, observe},
    inventory, snapshot,
    snapshot::Value,
};
use proptest::prelude::*;

use self::gives::{alone, give};

static LOAD: Gauge = Gauge::new("odd_load", module_path!());
inventory::submit! { LOAD.registration() }

/// The series of a gauge as pairs of label and value, those without a value left out.
fn gauges(name: &str) -> Vec<(Vec<(String, String)>, f64)> {
    let snapshot = snapshot();
    let metric = snapshot.metric(name).expect("given");
    let labels = |values: &[String]| {
        let pairs = metric.label_keys().iter().cloned().zip(values.iter().cloned());
        pairs.filter(|(_, value)| !value.is_empty()).collect()
    };
    let value = |value: &Value| match value {
        Value::Gauge(value) => *value,
        other => panic!("{other:?}"),
    };
    metric.series().iter().map(|series| (labels(series.values()), value(series.value()))).collect()
}

fn label(key: &str, value: &str) -> Vec<(String, String)> {
    vec![(key.to_owned(), value.to_owned())]
}

#[test]
fn series_of_one_name_keep_their_own_labels() {
    let _alone = alone();
    let first = give("by_queue", |out| _ = out.gauge_with("backlog", &[("queue", "a")], 1.0));
    let second = give("by_host", |out| {
        out.gauge_with("backlog", &[("host", "x")], 2.0).gauge_with("backlog", &[("host", "y")], 3.0);
        out.gauge("backlog", 4.0);
    });
    let mut found = gauges("backlog");
    found.sort_by(|a, b| a.1.total_cmp(&b.1));
    let expected =
        vec![(label("queue", "a"), 1.0), (label("host", "x"), 2.0), (label("host", "y"), 3.0), (vec![], 4.0)];
    assert_eq!(found, expected);
    first.remove();
    second.remove();
}

#[test]
fn a_description_stays_with_its_value() {
    let _alone = alone();
    let source = give("described", |out| {
        out.gauge("described_size", 1.0).describe("How large it is", "bytes");
        out.gauge("described_age", f64::NAN).describe("How old it is", "seconds");
    });
    let snapshot = snapshot();
    let size = snapshot.metric("described_size").expect("given");
    assert_eq!((size.help(), size.unit()), ("How large it is", "bytes"));
    assert!(snapshot.metric("described_age").is_none(), "absent is honest");
    source.remove();
}

/// Says goodbye in a way that needs the list of collectors.
struct Leaves;

impl Drop for Leaves {
    fn drop(&mut self) {
        assert!(!collectors().is_empty());
    }
}

#[test]
fn what_takes_a_closures_place_may_end_its_things() {
    let _alone = alone();
    let held = Leaves;
    observe("replaced", move || {
        let _held = &held;
        1.0
    });
    let source = observe("replaced", || 2.0);
    assert_eq!(gauges("replaced"), [(vec![], 2.0)]);
    source.remove();
}

#[test]
fn a_gauge_that_is_no_number_spoils_no_mean() {
    let _alone = alone();
    for value in [1.0, f64::NAN, f64::INFINITY] {
        LOAD.set(value);
        perfmon_core::series::remember(&snapshot());
    }
    let mean = aggregate("odd_load", Aggregate::Avg, Duration::from_secs(3600));
    assert_eq!(mean, Some(1.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_label_set_is_there_once_and_sorted(values in prop::collection::vec(0..200_u32, 0..300)) {
        let _alone = alone();
        let given = values.clone();
        let source = give("many", move |out| {
            out.gauge("many_values", -1.0);
            for (at, value) in given.iter().enumerate() {
                let value = value.to_string();
                let labels: &[(&'static str, &str)] = if at % 2 == 0 { &[("even", &value)] } else { &[("odd", &value)] };
                out.gauge_with("many_values", labels, at as f64);
            }
        });
        let snapshot = snapshot();
        let metric = snapshot.metric("many_values").expect("given");
        let distinct: HashSet<_> = values.iter().enumerate().map(|(at, value)| (at % 2, value)).collect();
        prop_assert_eq!(metric.series().len(), distinct.len() + 1);
        prop_assert!(metric.series().is_sorted_by(|a, b| a.values() < b.values()));
        prop_assert!(metric.series().iter().all(|series| series.values().len() == metric.label_keys().len()));
        // Of a label set given twice, the last value counts.
        for (at, value) in values.iter().enumerate() {
            let last = values.iter().enumerate().rposition(|(other, found)| found == value && other % 2 == at % 2);
            let wanted = value.to_string();
            let key = metric.label_keys().iter().position(|key| key == if at % 2 == 0 { "even" } else { "odd" });
            let key = key.expect("the key");
            let series = metric.series().iter().find(|series| series.values()[key] == wanted).expect("there");
            prop_assert_eq!(series.value(), &Value::Gauge(last.expect("itself") as f64));
        }
        source.remove();
    }
}
