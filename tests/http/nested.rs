//! More than one layer around a request.

use axum::extract::Path;
use axum::{Router, routing::get};
use perfmon::{http::MonitorLayer, monitor_latency, monitor_request};

use crate::support::get as fetch;
use crate::support::{ask, outcomes, send, serve, sizes, statuses};

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

#[monitor_request("GET", "/nested/declared/{number}")]
async fn declared(Path(number): Path<u32>) -> Result<String, http::StatusCode> {
    if number > 1 { Ok(number.to_string()) } else { Err(http::StatusCode::NOT_FOUND) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_of_its_own_name_counts_and_the_layer_tells_the_rest() {
    let address =
        serve(Router::new().route("/nested/declared/{number}", get(declared)).layer(MonitorLayer::new())).await;
    for number in 0..5 {
        let path = format!("/nested/declared/{number}");
        let response = send(address, ask("GET", &path, axum::body::Body::empty())).await;
        assert!(response.headers().contains_key("server-timing"));
    }
    // This one never comes to the handler.
    assert_eq!(fetch(address, "GET", "/nested/declared/none").await.0, 400);
    assert_eq!(outcomes("GET /nested/declared/{number}", 5), [3, 2, 0, 0]);
    let told = [("200", 3), ("400", 1), ("404", 2)].map(|(status, count)| (status.to_owned(), count));
    assert_eq!(statuses("GET", "/nested/declared/{number}"), told);
    assert_eq!(sizes("GET", "/nested/declared/{number}")[1].0, 6);
}
