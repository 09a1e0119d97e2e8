//! Snapshots made for a test, through the form in which snapshots are stored.

use std::time::{Duration, UNIX_EPOCH};

use hdrhistogram::Histogram;
use perfmon_core::{Snapshot, snapshot::Buckets};
use perfmon_exporter::encode::{Format, Profile, Scrape, render};
use serde_json::{Value, json};

pub(crate) const MS: u64 = 1_000_000;

/// Durations or values of one series.
pub(crate) fn buckets(values: &[u64]) -> Value {
    let mut histogram = Histogram::new_with_max((1 << 45) - 1, 2).expect("bounds");
    values.iter().for_each(|&value| histogram.record(value).expect("in range"));
    serde_json::to_value(Buckets::from_histogram(&histogram).expect("two digits")).expect("buckets become JSON")
}

/// Calls of these durations in nanoseconds, of which so many failed.
pub(crate) fn stats(durations: &[u64], errors: u64, breaches: &[u64]) -> Value {
    let calls = durations.len() as u64;
    let total: u64 = durations.iter().sum();
    json!({
        "started": calls, "ok": calls - errors, "errors": errors, "panics": 0, "cancelled": 0, "timed": calls,
        "clamped": 0, "coarse": 0, "total_ns": total, "outermost_ns": total, "busy_ns": 0,
        "min_ns": durations.iter().min(), "max_ns": durations.iter().max(), "breaches": breaches,
        "buckets": buckets(durations),
    })
}

pub(crate) fn site(kind: &str, parts: &[&str], total: &Value) -> Value {
    json!({
        "key": [kind, parts.join(" ")], "parts": parts, "label_keys": [], "objectives": [], "sample": "every",
        "busy": false, "places": [{ "module": "shop", "file": "src/shop.rs", "line": 12 }], "total": total, "series": [],
    })
}

/// A metric of these label keys, and for each set of their values a value, as `{"counter": 1}`.
pub(crate) fn metric(name: &str, unit: &str, help: &str, keys: &[&str], series: &[(&[&str], Value)]) -> Value {
    let kind = series[0].1.as_object().and_then(|value| value.keys().next()).expect("a value");
    let series: Vec<Value> = series.iter().map(|(values, value)| json!({ "values": values, "value": value })).collect();
    json!({ "key": [name, kind], "help": help, "unit": unit, "label_keys": keys, "series": series })
}

pub(crate) fn counter(name: &str, value: u64) -> Value {
    metric(name, "", "", &[], &[(&[], json!({ "counter": value }))])
}

pub(crate) fn gauge(name: &str, value: f64) -> Value {
    metric(name, "", "", &[], &[(&[], json!({ "gauge": value }))])
}

/// A distribution of values in the metric's unit.
pub(crate) fn distribution(values: &[u64]) -> Value {
    let sum: u64 = values.iter().sum();
    json!({ "histogram": { "sum": sum, "min": null, "max": null, "coarse": 0, "buckets": buckets(values) } })
}

pub(crate) fn snapshot(mut sites: Vec<Value>, mut metrics: Vec<Value>, span: Duration) -> Snapshot {
    let order = ["latency", "order", "db", "request", "agent", "tool", "counter", "gauge", "histogram"];
    let place = |value: &Value| order.iter().position(|kind| value == kind);
    sites.sort_by_key(|site| (place(&site["key"][0]), site["key"][1].as_str().map(str::to_owned)));
    metrics.sort_by_key(|metric| (metric["key"][0].as_str().map(str::to_owned), place(&metric["key"][1])));
    let taken = (UNIX_EPOCH + Duration::from_secs(1_795_202_197)).duration_since(UNIX_EPOCH).expect("after 1970");
    serde_json::from_value(json!({
        "process": 1, "taken_at": { "secs_since_epoch": taken.as_secs(), "nanos_since_epoch": 0 },
        "span": { "secs": span.as_secs(), "nanos": span.subsec_nanos() }, "sites": sites, "metrics": metrics,
        "own_cost": { "secs": 0, "nanos": 11 },
        "footprint": { "arena_bytes": 1_234_567, "limit_bytes": 134_217_728, "label_bytes": 0, "slots": 6, "series": 27 },
        "losses": { "labels_refused": 0, "shared_pairs": 0, "uncounted_calls": 0 },
    }))
    .expect("the form in which snapshots are stored")
}

/// Metrics alone, in canonical names.
pub(crate) fn text_of(metrics: Vec<Value>, format: Format) -> String {
    let snapshot = snapshot(Vec::new(), metrics, Duration::from_secs(60));
    text(&Scrape { snapshot: &snapshot, windows: &[], slow: &[] }, Profile::canonical(), format)
}

pub(crate) fn text(scrape: &Scrape<'_>, profile: &Profile, format: Format) -> String {
    String::from_utf8(render(scrape, profile, format)).expect("text is UTF-8")
}

/// The lines of a document that begin so.
pub(crate) fn lines<'a>(document: &'a str, start: &str) -> Vec<&'a str> {
    document.lines().filter(|line| line.starts_with(start)).collect()
}

/// An objective on a percentile.
pub(crate) fn objective(statistic: &str, bound: f64) -> Value {
    json!({
        "statistic": statistic, "bound": bound, "severity": "warning", "window": { "secs": 300, "nanos": 0 },
        "hold": { "secs": 0, "nanos": 0 },
    })
}

/// Requests that took so long: the client of the first was gone before there was a status, the last failed, and one more is under way.
fn requests(durations: &[u64]) -> Value {
    let calls = durations.len() as u64;
    let mut site = site("request", &["GET", "/orders/{id}"], &stats(durations, 1.min(calls), &[]));
    if let [_, answered @ .., failed] = durations {
        let of = |status, durations, errors| {
            let mut stats = stats(durations, errors, &[]);
            // They began before they had one.
            (stats["arrived"], stats["started"]) = (stats["started"].clone(), json!(0));
            json!({ "values": [status], "stats": stats })
        };
        site["label_keys"] = json!(["status"]);
        site["series"] = json!([of("200", answered, 0), of("503", &[*failed], 1)]);
        site["total"]["started"] = json!(calls + 1);
    }
    // Made at run time, as routes are.
    site["places"] = json!([]);
    site
}

/// A shop with one of everything, at noon.
pub(crate) fn shop(calls: u64, span: Duration) -> Snapshot {
    let durations =
        |median: u64| -> Vec<u64> { (0..calls).map(|at| median / 2 + median * at / calls.max(1)).collect() };
    let mut execution = site("order", &["market_order"], &stats(&durations(14 * MS), calls / 50, &[calls / 9, 0]));
    execution["objectives"] = json!([objective("p99", 20e6), objective("error_rate", 0.05)]);
    execution["label_keys"] = json!(["symbol"]);
    let (most, few) = (durations(14 * MS), durations(16 * MS));
    let (aapl, msft) = most.split_at(most.len() / 2);
    execution["total"] = stats(&[aapl, &few[..few.len() / 2]].concat(), calls / 50, &[calls / 9, 0]);
    execution["series"] = json!([
        { "values": ["AAPL"], "stats": stats(aapl, calls / 50, &[calls / 9, 0]) },
        { "values": ["MSFT"], "stats": stats(&few[..few.len() / 2], 0, &[0, 0]) },
    ]);
    let _ = msft;
    let sites = vec![
        site("latency", &["signal_generation"], &stats(&durations(210_000), 0, &[])),
        site("latency", &["shop::risk::never_called"], &stats(&[], 0, &[])),
        execution,
        site("db", &["select", "orders"], &stats(&durations(2 * MS), 3.min(calls), &[])),
        requests(&durations(5 * MS)),
        site("agent", &["researcher"], &stats(&durations(900 * MS), 0, &[])),
        site("tool", &["web_search"], &stats(&durations(300 * MS), 0, &[])),
    ];
    let metrics = vec![
        metric(
            "fills",
            "orders",
            "Orders filled",
            &["symbol"],
            &[(&["AAPL"], json!({ "counter": calls })), (&["MSFT"], json!({ "counter": calls / 3 }))],
        ),
        metric("equity", "usd", "Value of the account", &[], &[(&[], json!({ "gauge": 101_234.56 }))]),
        metric(
            "cache_hits_percent",
            "percent",
            "Hits in parts of all look-ups",
            &[],
            &[(&[], json!({ "gauge": 35.0 }))],
        ),
        metric("queue_wait", "milliseconds", "", &[], &[(&[], distribution(&[1, 5, 70, 800]))]),
        metric("cpu_usage_percent", "percent", "CPU", &[], &[(&[], json!({ "gauge": 12.5 }))]),
        metric(
            "cpu_core_usage_percent",
            "percent",
            "CPU by core",
            &["core"],
            &[(&["0"], json!({ "gauge": 20.0 })), (&["1"], json!({ "gauge": 5.0 }))],
        ),
        metric("cpu_usage_distribution", "millipercent", "CPU", &[], &[(&[], distribution(&[10_000, 20_000, 30_000]))]),
        metric("process_cpu_milliseconds_total", "milliseconds", "", &[], &[(&[], json!({ "counter": 1_234 }))]),
        metric("process_resident_memory_bytes", "bytes", "", &[], &[(&[], json!({ "gauge": 52_428_800.0 }))]),
        metric("process_memory_distribution", "bytes", "", &[], &[(&[], distribution(&[52_428_800, 62_428_800]))]),
        metric("process_uptime_seconds", "seconds", "", &[], &[(&[], json!({ "gauge": 60.5 }))]),
        metric(
            "network_sent_bytes_total",
            "bytes",
            "",
            &["interface"],
            &[(&["eth0"], json!({ "counter": 1_000 })), (&["eth1"], json!({ "counter": 234 }))],
        ),
        metric(
            "network_sent_bytes_per_second",
            "bytes/s",
            "",
            &["interface"],
            &[(&["eth0"], json!({ "gauge": 10.5 }))],
        ),
        metric(
            "network_connections",
            "",
            "",
            &["protocol", "state"],
            &[
                (&["tcp", "established"], json!({ "gauge": 4.0 })),
                (&["tcp6", "established"], json!({ "gauge": 3.0 })),
                (&["tcp", "listen"], json!({ "gauge": 2.0 })),
            ],
        ),
        metric(
            "http_server_response_body_size",
            "bytes",
            "",
            &["method", "route"],
            &[(&["GET", "/orders/{id}"], distribution(&[53, 54, 1_060]))],
        ),
    ];
    snapshot(sites, metrics, span)
}
