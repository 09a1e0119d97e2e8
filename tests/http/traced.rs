//! The trace that a client began.

use std::time::Duration;

use axum::{Router, body::Body, routing::get};
use http_body_util::BodyExt;
use perfmon::{evidence, http::MonitorLayer, monitor_latency, snapshot};

use crate::support::{ask, get as fetch, send, serve, until};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[monitor_latency("traced::work")]
async fn work(wait: Duration) -> &'static str {
    tokio::time::sleep(wait).await;
    "done"
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_calls_of_a_request_carry_its_trace() {
    let app = Router::new()
        .route("/traced/{millis}", get(|axum::extract::Path(millis)| work(Duration::from_millis(millis))))
        .layer(MonitorLayer::new());
    let address = serve(app).await;
    fetch(address, "GET", "/traced/0").await;
    until("GET /traced/{millis}", |now| now.get("GET /traced/{millis}").is_some_and(|site| site.calls() == 1));
    evidence::aim(&snapshot());
    // How long the first took is the machine's business, so the next ones take longer and longer.
    let traced = |name: &str| evidence::slow_calls().iter().any(|call| call.name == name && call.trace.is_some());
    let mut millis = 1;
    while !traced("traced::work") || !traced("GET /traced/{millis}") {
        assert!(millis < 20_000, "{:?}", evidence::slow_calls());
        let mut request = ask("GET", &format!("/traced/{millis}"), Body::empty());
        let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
        request.headers_mut().insert("traceparent", parent.parse().expect("a value"));
        send(address, request).await.into_body().collect().await.expect("a body");
        millis *= 2;
    }
    for call in evidence::slow_calls().iter().filter(|call| call.name.contains("traced")) {
        assert!(call.trace.is_none_or(|trace| trace.to_string() == TRACE), "{call:?}");
    }
}
