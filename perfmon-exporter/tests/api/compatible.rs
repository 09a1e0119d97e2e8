//! The shapes of the source systems, exactly.

use serde_json::json;

use crate::service::{ask, members};

#[test]
fn metrics_have_data_points() {
    let answer = ask(
        "/api/metrics?metric_name=cpu_usage_percent&start_time=2022-01-01T00:00:00Z&end_time=99999999999&refresh=5",
    );
    assert_eq!(members(&answer), ["data", "status"]);
    assert_eq!(answer["status"], "success");
    assert_eq!(members(&answer["data"]), ["data_points", "metric_name"]);
    assert_eq!(answer["data"]["metric_name"], "cpu_usage_percent");
    let points = answer["data"]["data_points"].as_array().expect("a list");
    assert!(!points.is_empty());
    for point in points {
        assert_eq!(members(point), ["tags", "timestamp", "unit", "value"]);
        assert_eq!((&point["value"], &point["tags"], &point["unit"]), (&json!(12.5), &json!({}), &json!("percent")));
    }
    assert!(points.is_sorted_by_key(|point| point["timestamp"].as_f64()));
    let cores = ask("/api/metrics?metric_name=core_usage_percent");
    let tags = |core: &str| {
        cores["data"]["data_points"].as_array().unwrap().iter().any(|one| one["tags"] == json!({"core": core}))
    };
    assert!(tags("0") && tags("1"));
    assert_eq!(ask("/api/metrics?metric_name=cpu_usage_percent&end_time=5")["data"]["data_points"], json!([]));
}

#[test]
fn metrics_are_known_by_the_names_of_that_system_too() {
    let requests = ask("/api/metrics?metric_name=app_requests_total");
    let points = requests["data"]["data_points"].as_array().expect("a list");
    assert_eq!(points.len(), 1, "the present");
    assert_eq!((&points[0]["value"], &points[0]["tags"], &points[0]["unit"]), (&json!(1.0), &json!({}), &json!("")));
    let mean = ask("/api/metrics?metric_name=app_response_time_avg_seconds");
    let point = &mean["data"]["data_points"][0];
    assert!((point["value"].as_f64().expect("a number") / 0.003 - 1.0).abs() < 0.01, "{point}");
    assert_eq!(point["unit"], "seconds");
    let later = ask("/api/metrics?metric_name=app_requests_total&start_time=99999999990&end_time=99999999991");
    assert_eq!(later["data"]["data_points"], json!([]), "no present there");
}

#[test]
fn call_sites_have_a_past_in_this_shape_too() {
    let answer = ask("/api/metrics?metric_name=order_execution&aggregate=p99&step=60&start_time=-5m");
    let point = &answer["data"]["data_points"][0];
    assert_eq!((members(point), &point["unit"]), (vec!["tags", "timestamp", "unit", "value"], &json!("seconds")));
    let at = point["timestamp"].as_f64().expect("a time");
    assert!((at / 60.0).fract().abs() < 1e-9, "a step begins with a minute: {at}");
    let sold = ask("/api/metrics?metric_name=limit&measure=errors&labels=side:sell");
    let points = sold["data"]["data_points"].as_array().expect("a list");
    assert!(points.iter().all(|point| point["tags"] == json!({"symbol": "AAPL", "side": "sell"})), "{sold}");
    let errors: f64 = points.iter().filter_map(|point| point["value"].as_f64()).sum();
    assert!((errors - 1.0).abs() < 1e-9, "{sold}");
    let mean = ask("/api/metrics?metric_name=core_usage_percent&aggregate=avg&step=3600&labels=core:1");
    assert!(
        mean["data"]["data_points"].as_array().expect("a list").iter().all(|point| point["value"] == 30.0),
        "{mean}"
    );
}

#[test]
fn health_and_alerts() {
    let health = ask("/api/health");
    assert_eq!(health["status"], "success");
    assert_eq!(members(&health["data"]), ["active_alerts", "collectors_count", "running", "uptime"]);
    assert_eq!((&health["data"]["running"], &health["data"]["active_alerts"]), (&json!(true), &json!(0)));
    assert!(health["data"]["collectors_count"].as_u64() >= Some(1) && health["data"]["uptime"].is_f64());
    assert_eq!(ask("/api/alerts?since=1"), json!({"status": "success", "data": {"alerts": []}}));
}
