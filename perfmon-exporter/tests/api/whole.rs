use serde_json::{Value, json};

use crate::{
    service::{ask, members, service},
    support::{eventually, get},
};

#[test]
fn the_dashboard_is_one_document() {
    let dashboard = ask("/api/v1/dashboard?window=1h");
    let expected = ["alerts", "health", "latency", "performance", "pnl", "queue", "resources", "timestamp"];
    assert_eq!(members(&dashboard), expected);
    assert_eq!((&dashboard["pnl"], &dashboard["alerts"]), (&Value::Null, &json!([])));
    assert_eq!(dashboard["queue"], json!({"waiting": 3}), "a section");
    assert_eq!(dashboard["performance"]["calls"], 104);
    assert_eq!(dashboard["performance"]["errors"], 1);
    assert_eq!(dashboard["performance"]["objectives_missed"], 1);
    // What took most time comes first; what was not called is left out.
    assert_eq!(dashboard["latency"][0]["name"], "order_execution");
    assert_eq!(dashboard["latency"].as_array().map(Vec::len), Some(3));
    assert_eq!(dashboard["resources"]["cpu_usage_percent"], json!([{"labels": {}, "value": 12.5, "unit": "percent"}]));
    assert_eq!(dashboard["resources"]["broken"][0]["value"], Value::Null);
    assert_eq!(dashboard["health"]["score"].as_u64(), ask("/api/v1/health")["score"].as_u64());
}

#[test]
fn health_has_a_summary_of_the_last_five_minutes() {
    // The calls were made before the first tick; resources may come with a later one.
    let summary = eventually("resources", || {
        Some(ask("/health")["performance"].take()).filter(|summary| summary["resources"]["cpu_usage_percent"] == 12.5)
    });
    assert_eq!(members(&summary), ["calls", "resources", "span_seconds", "window"]);
    assert_eq!(members(&summary["calls"]), ["db", "latency", "order", "request"], "the kinds that there are");
    let latency = &summary["calls"]["latency"];
    assert_eq!((&latency["calls"], &latency["error_rate"]), (&json!(100), &json!(0.0)));
    for (figure, milliseconds) in [("p50_ns", 50.0), ("p95_ns", 95.0), ("p99_ns", 99.0)] {
        let found = latency[figure].as_f64().expect("a number") / 1e6;
        assert!((found / milliseconds - 1.0).abs() < 0.01, "{figure} {found}");
    }
    let order = &summary["calls"]["order"];
    assert_eq!((&order["errors"], &order["slowest"][0]["name"]), (&json!(1), &json!("limit")));
    assert_eq!(summary["calls"]["request"]["slowest"][0]["name"], "GET /orders/{id}?a=b");
    // Never called: no percentiles, rather than zeros.
    let db = &summary["calls"]["db"];
    assert_eq!((&db["calls"], &db["p99_ns"], &db["slowest"]), (&json!(0), &Value::Null, &json!([])));
    assert_eq!(summary["resources"]["disk_usage_percent"], Value::Null, "nobody collects it");
}

#[test]
fn reports_in_every_format() {
    for (query, kind, says) in [
        ("", "application/json", "\"perfmon.report/1\""),
        ("?format=json&window=1h", "application/json", "\"order_execution\""),
        ("?format=md", "text/markdown; charset=utf-8", "| order_execution"),
        ("?format=csv", "text/csv; charset=utf-8; header=present", "site,latency,order_execution,,100,"),
        ("?format=txt&window=5m", "text/plain; charset=utf-8", "order_execution"),
    ] {
        let response = ureq::get(format!("{}/api/v1/report{query}", service().url())).call().expect("a report");
        assert_eq!(response.headers()["content-type"], kind);
        assert_eq!(response.headers()["cache-control"], "no-store");
        let body = response.into_body().read_to_string().expect("text");
        assert!(body.contains(says), "{query}: {body}");
    }
}

#[test]
fn the_catalogue_names_everything() {
    let catalogue = ask("/api/v1/catalogue");
    let of = |list: &str, name: &str| {
        let list = catalogue[list].as_array().expect("a list");
        list.iter().find(|one| one["name"] == name).cloned().unwrap_or_else(|| panic!("no {name}"))
    };
    assert_eq!(of("sites", "limit"), json!({"kind": "order", "name": "limit", "label_keys": ["symbol", "side"]}));
    let core = of("metrics", "core_usage_percent");
    assert_eq!(
        (&core["type"], &core["unit"], &core["label_keys"]),
        (&json!("gauge"), &json!("percent"), &json!(["core"]))
    );
    for site in catalogue["sites"].as_array().expect("a list") {
        assert_eq!(get(service(), &format!("/api/v1/metrics?name={}", escaped(&site["name"]))).0, 200, "{site}");
    }
}

#[test]
fn long_answers_are_compressed_for_those_who_want_it() {
    let ask = |accept: &str| {
        // The client must not undo it.
        let agent: ureq::Agent = ureq::Agent::config_builder().accept_encoding(accept).build().into();
        let response = agent.get(format!("{}/api/v1/openapi.json", service().url())).call().expect("an answer");
        let coding = response.headers().get("content-encoding").map(|value| value.to_str().expect("text").to_owned());
        assert_eq!(response.headers()["vary"], "Accept-Encoding");
        (coding, response.into_body().read_to_vec().expect("a body"))
    };
    let (coding, plain) = ask("identity");
    assert_eq!(coding, None);
    let (coding, packed) = ask("zstd, gzip");
    assert_eq!(coding.as_deref(), Some("zstd"));
    assert!(packed.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) && packed.len() < plain.len() / 2);
    let (_, unpacked) = ask("gzip");
    assert_eq!(unpacked, plain, "ureq undoes gzip");
}

fn escaped(name: &Value) -> String {
    use std::fmt::Write;
    let mut escaped = String::new();
    name.as_str().expect("a name").bytes().for_each(|byte| _ = write!(escaped, "%{byte:02x}"));
    escaped
}
