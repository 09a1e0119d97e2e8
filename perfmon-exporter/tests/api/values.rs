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
    assert_eq!(ask("/api/v1/metrics?name=cpu_usage_percent&aggregate=rate")["value"], Value::Null);
    // A range without values is a good question with an empty answer.
    for range in ["start=1&end=2", "start=2&end=1", "start=99999999999"] {
        let nothing = ask(&format!("/api/v1/metrics?name=cpu_usage_percent&aggregate=sum&{range}"));
        assert_eq!(nothing["value"], Value::Null, "{nothing}");
    }
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
    assert_eq!(series["series"][0]["value"], 1.0);
    assert_eq!(ask("/api/v1/metrics?name=select%20orders&measure=p99")["value"], Value::Null);
    assert_eq!(ask("/api/v1/metrics?name=order_execution&start=1&end=2")["series"][0]["points"], json!([]));
}
