//! What packs tell in the exporter's dashboard: slow statements, and how endpoints do.

mod support;

use std::time::Duration;

use axum::{Router, body::Body, http::Request, routing::post};
use http_body_util::BodyExt;
use perfmon::{
    db,
    exporter::{Exporter, builder},
    http::MonitorLayer,
    monitor_request,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use self::support::eventually;

fn dashboard(exporter: &Exporter) -> Value {
    let mut answer = ureq::get(format!("{}/api/v1/dashboard", exporter.url())).call().expect("an answer");
    serde_json::from_reader(answer.body_mut().as_reader()).expect("JSON")
}

#[monitor_request("GET", "/by-hand")]
fn by_hand() {}

/// Asks a service in this process, and reads the answer to its end.
fn post_order(body: &'static str) {
    let app = Router::new().route("/orders/{id}", post(async |body: String| body.repeat(2))).layer(MonitorLayer::new());
    let request = Request::post("/orders/7").body(Body::from(body)).expect("a request");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let answer = app.oneshot(request).await.expect("an answer");
        assert_eq!(answer.into_body().collect().await.expect("a body").to_bytes().len(), 2 * body.len());
    });
}

#[test]
fn the_dashboard_has_slow_statements_and_endpoints() {
    let exporter = builder().without("system").listen("127.0.0.1:0").start().expect("the exporter starts");
    let before = eventually("it ticks", || {
        let told = dashboard(&exporter);
        (!told["health"].is_null()).then_some(told)
    });
    assert_eq!((&before["database"], &before["http"]), (&Value::Null, &Value::Null), "there is nothing to tell");

    db::record("SELECT * FROM trades WHERE account = 'DE-4711'", Duration::from_millis(250));
    db::record("DELETE FROM trades", Duration::from_millis(1));
    post_order("abc");
    by_hand();
    let told = dashboard(&exporter);

    let slow = &told["database"]["slow_queries"];
    assert_eq!((&slow["seen"], &slow["dropped"]), (&json!(1), &json!(0)), "{slow}");
    for list in ["recent", "slowest"] {
        let [query] = slow[list].as_array().expect("a list").as_slice() else { panic!("{slow}") };
        assert_eq!(query["statement"], "SELECT * FROM trades WHERE account = ?");
        assert_eq!((&query["operation"], &query["table"]), (&json!("select"), &json!("trades")));
        assert_eq!((&query["duration_seconds"], &query["trace_id"]), (&json!(0.25), &Value::Null));
        assert!(query["at_unix_seconds"].as_f64() > Some(1.7e9), "{query}");
    }
    assert!(!told.to_string().contains("4711"), "values are nobody's affair");

    let endpoints = told["http"]["endpoints"].as_array().expect("a list");
    let [by_hand, order] = endpoints.as_slice() else { panic!("{endpoints:?}") };
    assert_eq!((&by_hand["method"], &by_hand["route"]), (&json!("GET"), &json!("/by-hand")));
    assert_eq!((&by_hand["count"], &by_hand["statuses"]), (&json!(1), &json!({})));
    assert_eq!((&order["method"], &order["route"]), (&json!("POST"), &json!("/orders/{id}")));
    assert_eq!((&order["count"], &order["errors"], &order["error_rate"]), (&json!(1), &json!(0), &json!(0.0)));
    assert_eq!(order["statuses"], json!({"200": 1}));
    assert_eq!((&order["request_bytes"]["total"], &order["response_bytes"]["max"]), (&json!(3), &json!(6)));
    let nanos = |figure: &str| order["time"][figure].as_u64().unwrap_or_else(|| panic!("no {figure}: {order}"));
    assert!(nanos("min_ns") <= nanos("mean_ns") && nanos("mean_ns") <= nanos("max_ns"));
    assert!(nanos("p50_ns") <= nanos("p99_ns"));
}
