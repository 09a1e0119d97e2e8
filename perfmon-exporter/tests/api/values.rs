use serde_json::{Value, json};

use crate::service::ask;

#[test]
fn gauges_and_counters_over_time() {
    let values = ask("/api/v1/metrics?name=cpu_usage_percent&aggregate=avg");
    for (member, expected) in [
        ("name", json!("cpu_usage_percent")),
        ("source", json!("metric")),
        ("kind", json!("gauge")),
        ("unit", json!("percent")),
        ("value", json!(12.5)),
    ] {
        assert_eq!(values[member], expected, "{values}");
    }
    let point = &values["series"][0]["points"][0];
    assert_eq!((&point["value"], &point["min"], &point["max"]), (&json!(12.5), &json!(12.5), &json!(12.5)));
    let range = values["start"].as_f64()..values["end"].as_f64();
    assert!(range.contains(&point["timestamp"].as_f64()), "{values}");
    assert!((values["end"].as_f64().unwrap() - values["start"].as_f64().unwrap() - 3_600.0).abs() < 1e-3);

    let cores = ask("/api/v1/metrics?name=core_usage_percent&aggregate=max");
    assert_eq!((cores["series"].as_array().map(Vec::len), &cores["value"]), (Some(2), &json!(30.0)));
    let one = ask("/api/v1/metrics?name=core_usage_percent&aggregate=p50&labels=core:0");
    assert_eq!((&one["series"][0]["labels"], &one["value"]), (&json!({"core": "0"}), &json!(10.0)));
    assert_eq!(one["series"].as_array().map(Vec::len), Some(1));
    let counter = ask("/api/v1/metrics?name=packets&aggregate=last&step=3600");
    assert_eq!((&counter["kind"], &counter["value"]), (&json!("counter"), &json!(1000.0)));
    let step = &counter["series"][0]["points"][0];
    assert_eq!(step["timestamp"].as_f64().map(|at| at % 3_600.0), Some(0.0));
    assert_eq!(step["value"], 1000.0);
    // A range without values is a good question with an empty answer.
    for range in ["start=1&end=2", "start=1970-01-01T00:00:00Z&end=1970-01-01T01:00:00Z", "end=0"] {
        let nothing = ask(&format!("/api/v1/metrics?name=cpu_usage_percent&aggregate=sum&{range}"));
        assert_eq!(nothing["value"], Value::Null, "{nothing}");
    }
}

#[test]
fn values_have_the_unit_of_what_they_are() {
    for (asked, unit, value_unit) in [
        ("cpu_usage_percent", "percent", "percent"),
        ("cpu_usage_percent&aggregate=max", "percent", "percent"),
        ("cpu_usage_percent&aggregate=count", "percent", "count"),
        ("cpu_usage_percent&aggregate=count&step=1m", "count", "count"),
        ("packets&aggregate=rate", "packets", "packets_per_second"),
        ("order_execution&measure=p99", "seconds", "seconds"),
        ("order_execution&measure=rate", "per_second", "per_second"),
    ] {
        let values = ask(&format!("/api/v1/metrics?name={asked}"));
        assert_eq!((&values["unit"], &values["value_unit"]), (&json!(unit), &json!(value_unit)), "{asked}");
    }
}

#[test]
fn a_call_site_says_which_range_it_tells_of() {
    for asked in ["start=1", "start=1&step=1", "start=-10m&end=now&step=10", "step=3600&aggregate=p99"] {
        let values = ask(&format!("/api/v1/metrics?name=order_execution&{asked}"));
        let of = |object: &Value, member: &str| object[member].as_f64().expect("a number");
        assert!(of(&values, "start") > 1.0, "the process is younger: {values}");
        let points = values["series"][0]["points"].as_array().expect("a list");
        let (first, last) = (points.first().expect("a piece"), points.last().expect("a piece"));
        assert_eq!((&first["start"], &last["end"]), (&values["start"], &values["end"]));
        for point in points {
            let span = of(point, "end") - of(point, "start");
            assert!((span - of(point, "span_seconds")).abs() < 1e-3 && span > 0.0, "{point}");
        }
        assert!(points.windows(2).all(|two| two[0]["end"] == two[1]["start"]), "{values}");
    }
    let nothing = ask("/api/v1/metrics?name=order_execution&start=1&end=2");
    assert_eq!((&nothing["start"], &nothing["end"]), (&json!(1.0), &json!(2.0)));
    assert_eq!((&nothing["value"], &nothing["series"][0]["points"]), (&Value::Null, &json!([])));
}

#[test]
fn histograms_are_in_base_units_and_say_nothing_beyond_what_was_seen() {
    for name in ["cpu_usage_distribution", "cpu_usage_distribution_ratio", "system_cpu_usage_distribution_ratio"] {
        for (figure, expected) in [("aggregate=max", 1.0), ("aggregate=p100", 1.0), ("measure=calls", 102.0)] {
            let values = ask(&format!("/api/v1/metrics?name={name}&{figure}"));
            assert_eq!(values["value"], expected, "{name} {figure}: {values}");
            let highest = values["series"][0]["points"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|point| point["value"].as_f64());
            assert!(highest.fold(0.0, f64::max) <= expected, "{values}");
            assert_eq!(values["kind"], "histogram");
        }
        let lower = ask(&format!("/api/v1/metrics?name={name}&aggregate=max&labels=core:1"));
        assert_eq!((&lower["value"], &lower["unit"]), (&json!(0.5), &json!("ratio")), "{lower}");
    }
    // What equals an edge is at most the edge.
    let document = crate::support::get(crate::service::service(), "/metrics").1;
    assert!(document.contains(r#"system_cpu_usage_distribution_ratio_bucket{core="0",le="1.0"} 101"#), "{document}");
}

#[test]
fn a_gauge_that_nobody_collects_any_more_has_its_past() {
    use perfmon_core::collect::observe;
    let service = crate::service::service();
    let gone = observe("gone_soon", || 7.0).unit("bytes");
    let values =
        || serde_json::from_str::<Value>(&crate::support::get(service, "/api/v1/metrics?name=gone_soon").1).ok();
    let has_points = |values: &Value| values["series"][0]["points"][0]["value"] == 7.0;
    crate::support::eventually("it is collected", || values().filter(has_points));
    gone.remove();
    let left = crate::support::eventually("it is gone", || {
        let catalogue = crate::support::get(service, "/api/v1/catalogue").1;
        (!catalogue.contains("gone_soon")).then(values).flatten()
    });
    assert!(has_points(&left), "{left}");
    assert_eq!((&left["kind"], &left["unit"]), (&json!("gauge"), &json!("")));
    assert_eq!(crate::support::get(service, "/api/v1/metrics?name=gone_soon&aggregate=rate").0, 422);
}

#[test]
fn metrics_are_known_by_the_names_of_a_scrape_too() {
    let own = ask("/api/v1/metrics?name=packets&aggregate=last");
    let shown = ask("/api/v1/metrics?name=packets_total&aggregate=last");
    assert_eq!(
        (&shown["name"], &shown["kind"], &shown["value"]),
        (&json!("packets_total"), &own["kind"], &own["value"])
    );
    let ratio = ask("/api/v1/metrics?name=core_usage_ratio&aggregate=max&labels=core:1");
    assert_eq!((&ratio["value"], &ratio["unit"]), (&json!(0.3), &json!("ratio")));
    assert_eq!(ratio["series"][0]["points"][0]["value"], 0.3);
}

#[test]
fn call_sites_by_their_measures() {
    for (measure, expected, unit) in [
        ("calls", 100.0, "count"),
        ("errors", 0.0, "count"),
        ("error_rate", 0.0, "ratio"),
        ("mean", 0.0505, "seconds"),
        ("total", 5.05, "seconds"),
        ("p99", 0.099, "seconds"),
        ("max", 0.1, "seconds"),
    ] {
        let values = ask(&format!("/api/v1/metrics?name=order_execution&measure={measure}&start=0"));
        let value = values["value"].as_f64().expect("a number");
        assert!((value - expected).abs() <= expected * 0.005, "{measure}: {value}");
        assert_eq!(
            (&values["source"], &values["kind"], &values["unit"]),
            (&json!("site"), &json!("latency"), &json!(unit))
        );
    }
    // Without a measure, how durations become one says which figure is meant.
    let by_aggregate = ask("/api/v1/metrics?name=order_execution&aggregate=avg&start=0");
    assert_eq!(by_aggregate["value"], ask("/api/v1/metrics?name=order_execution&measure=mean&start=0")["value"]);
    let series = ask("/api/v1/metrics?name=limit&kind=order&measure=errors&labels=side:sell");
    assert_eq!(series["series"][0]["labels"], json!({"symbol": "AAPL", "side": "sell"}));
    assert_eq!((&series["series"][0]["value"], &series["value"]), (&json!(1.0), &json!(1.0)));
    let buys = ask("/api/v1/metrics?name=limit&kind=order&measure=calls&labels=side:buy&step=3600");
    assert_eq!((buys["series"].as_array().map(Vec::len), &buys["value"]), (Some(2), &json!(2.0)));
    assert_eq!(ask("/api/v1/metrics?name=select%20orders&measure=p99")["value"], Value::Null);
    assert_eq!(ask("/api/v1/metrics?name=order_execution&start=1&end=2")["series"][0]["points"], json!([]));
}
