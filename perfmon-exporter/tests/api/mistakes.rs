//! What is asked wrongly is answered with what is wrong, and what to write.

use serde_json::Value;

use crate::{
    service::service,
    support::{LONG, get},
};

#[test]
fn mistakes_are_problem_details() {
    for (path, status, says) in [
        ("/api/v1/sites?kid=latency", 400, "unknown field `kid`, expected one of `kind`"),
        ("/api/v1/sites?kind=latencies", 400, "unknown kind \"latencies\": write one of latency"),
        ("/api/v1/sites?labels=symbol", 400, "labels=symbol:AAPL"),
        ("/api/v1/sites?labels=:x", 400, "labels=symbol:AAPL"),
        ("/api/v1/sites?window=2m", 400, "write 10s, 1m, 5m, 15m or 1h"),
        ("/api/v1/sites/latency/nobody", 404, "/api/v1/catalogue has all names"),
        ("/api/v1/sites/order/order_execution", 404, "no site \"order_execution\" of kind order"),
        ("/api/v1/sites/nothing/order_execution", 400, "write one of latency, order"),
        ("/api/v1/sites/latency/%ff%fe", 400, "UTF-8"),
        ("/api/v1/sites/latency/order_execution?percentiles=101", 400, "from 0 to 100"),
        ("/api/v1/sites/latency/order_execution?percentiles=NaN", 400, "from 0 to 100"),
        (
            "/api/v1/sites/latency/order_execution?percentiles=many",
            400,
            "percentiles has \"many\": write numbers from 0 to 100",
        ),
        ("/api/v1/metrics", 400, "missing field `name`"),
        ("/api/v1/metrics?name=nothing", 404, "/api/v1/catalogue has all names"),
        #[cfg(feature = "config")]
        ("/api/v1/metrics?name=cpu_usage_percnt", 404, "did you mean \"cpu_usage_percent\"?"),
        ("/api/v1/metrics?name=cpu_usage_percent&kind=latency", 404, "a metric has that name"),
        ("/api/v1/metrics?name=order_execution&kind=order", 404, "there is one of kind latency"),
        ("/api/v1/metrics?name=cpu_usage_percent&start=2&end=1", 422, "start is after end"),
        ("/api/v1/metrics?name=cpu_usage_percent&start=99999999999", 422, "start is after now"),
        (
            "/api/v1/metrics?name=cpu_usage_percent&start=1795628040000",
            400,
            "which would be milliseconds: write seconds",
        ),
        ("/api/v1/metrics?name=cpu_usage_percent&end=1e300", 400, "end is \"1e300\""),
        ("/api/v1/metrics?name=cpu_usage_percent&step=1x", 400, "step is \"1x\": write seconds"),
        ("/api/v1/metrics?name=cpu_usage_percent&measure=p99", 422, "measure is of call sites and histograms"),
        ("/api/v1/metrics?name=cpu_usage_percent&aggregate=rate", 422, "a gauge has no rate"),
        ("/api/v1/metrics?name=cpu_usage_percent&aggregate=p100.9", 400, "unknown aggregate \"p100.9\""),
        (
            "/api/v1/metrics?name=core_usage_percent&labels=cor:0",
            422,
            "no label of core_usage_percent: write one of core",
        ),
        ("/api/v1/metrics?name=cpu_usage_percent&labels=core:0", 422, "it has none"),
        ("/api/v1/metrics?name=limit&kind=order&labels=color:red", 422, "write one of symbol, side"),
        ("/api/v1/metrics?name=order_execution&measure=p99&aggregate=max", 422, "leave one out"),
        ("/api/v1/metrics?name=packets&name=cpu_usage_percent", 400, "name is given twice: write it once"),
        (
            "/api/v1/metrics?name=core_usage_percent&labels=core:0,core:1",
            422,
            "labels has several in one: repeat the parameter, as in labels=core:0&labels=core:1",
        ),
        ("/api/v1/sites?labels=side:buy,symbol:AAPL", 422, "labels=side:buy&labels=symbol:AAPL"),
        ("/api/v1/metrics?name=cpu_usage_percent&start=now&end=-5m", 422, "start is after end"),
        (
            "/api/v1/metrics?name=perfmon_call_duration_seconds",
            404,
            "is made of many call sites: ask for one of them, as in /api/v1/metrics?name=order_execution&kind=latency&aggregate=p99",
        ),
        ("/api/v1/metrics?name=perfmon_order_duration_seconds_bucket", 404, "name=limit&kind=order&aggregate=p99"),
        ("/api/v1/metrics?name=perfmon_calls_total", 404, "&measure=calls"),
        ("/api/v1/sites/order/limit?labels=color:red", 422, "write one of symbol, side"),
        ("/api/metrics?metric_name=cpu_usage_percent&start_time=2&end_time=1", 422, "start_time is after end"),
        ("/metrics?nmes=trading_bot", 400, "unknown field `nmes`"),
        (
            "/api/v1/metrics?name=cpu_usage_percent&start=yesterday",
            400,
            "start is \"yesterday\": write seconds since 1970, as in start=1640995200, or a time",
        ),
        ("/api/v1/metrics?name=cpu_usage_percent&start=inf", 400, "seconds since 1970"),
        ("/api/v1/metrics?name=cpu_usage_percent&end=-1", 400, "end=1640995200"),
        ("/api/v1/metrics?name=cpu_usage_percent&step=0", 400, "from 1 to 86400"),
        ("/api/v1/metrics?name=cpu_usage_percent&step=NaN", 400, "from 1 to 86400"),
        ("/api/v1/metrics?name=cpu_usage_percent&aggregate=median", 400, "unknown aggregate \"median\": write avg"),
        ("/api/v1/metrics?name=order_execution&measure=p101", 400, "unknown measure \"p101\": write calls"),
        ("/api/v1/report?format=pdf", 400, "expected one of `json`, `md`, `csv`, `txt`"),
        ("/api/v1/health?verbose=1", 400, "unknown field `verbose`"),
        ("/api/metrics", 400, "missing field `metric_name`"),
        ("/api/metrics?metric_name=nothing", 404, "/api/v1/catalogue has all names"),
        ("/api/v1/nothing", 404, "there is nothing at /api/v1/nothing"),
        ("/ws", 426, "/ws speaks WebSocket"),
        ("/metrics?names=mine", 404, "known are canonical"),
    ] {
        let (got, body) = get(service(), path);
        assert_eq!(got, status, "{path}: {body}");
        let problem: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"));
        assert_eq!(problem["status"], status, "{path}");
        let detail = problem["detail"].as_str().expect("text");
        assert!(detail.contains(says), "{path}: {detail}");
    }
}

#[test]
fn other_methods_are_told_which_is_right() {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(LONG)).build().into();
    let url = service().url();
    for path in ["/api/v1/sites", "/api/metrics", "/api/v1/openapi.json"] {
        let response = agent.delete(format!("{url}{path}")).header("Origin", &url).call().expect("an answer");
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(response.headers()["allow"], "GET,HEAD");
    }
}
