//! More than one layer around a request.

use axum::{Router, routing::get};
use perfmon::{http::MonitorLayer, monitor_latency};

use crate::support::{get as fetch, outcomes, serve};

#[monitor_latency("nested::work")]
async fn work() -> &'static str {
    "done"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_counts_once() {
    let inner = Router::new().route("/inner", get(work)).layer(MonitorLayer::new());
    let app = Router::new().nest("/nested", inner).layer(MonitorLayer::new()).layer(MonitorLayer::new());
    let address = serve(app).await;
    for _ in 0..5 {
        assert_eq!(fetch(address, "GET", "/nested/inner").await.1, b"done");
    }
    assert_eq!(outcomes("GET /nested/inner", 5), [5, 0, 0, 0]);
    assert_eq!(outcomes("nested::work", 5), [5, 0, 0, 0]);
}
