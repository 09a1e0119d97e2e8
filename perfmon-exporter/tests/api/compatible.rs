//! The shapes of the source systems, exactly.

use serde_json::json;

use crate::service::{ask, members};

#[test]
fn metrics_have_data_points() {
    let answer = ask("/api/metrics?metric_name=cpu_usage_percent&start_time=1640995200&end_time=99999999999");
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
    let later = ask("/api/metrics?metric_name=app_requests_total&start_time=99999999990");
    assert_eq!(later["data"]["data_points"], json!([]), "no present there");
}

#[test]
fn health_and_alerts() {
    let health = ask("/api/health");
    assert_eq!(health["status"], "success");
    assert_eq!(members(&health["data"]), ["active_alerts", "collectors_count", "running", "uptime"]);
    assert_eq!((&health["data"]["running"], &health["data"]["active_alerts"]), (&json!(true), &json!(0)));
    assert!(health["data"]["collectors_count"].as_u64() >= Some(1) && health["data"]["uptime"].is_f64());
    assert_eq!(ask("/api/alerts"), json!({"status": "success", "data": {"alerts": []}}));
}
