//! More than one layer around a request, routers in routers, handlers with names of their own.

use std::convert::Infallible;

use axum::{Router, body::Body, extract::Path, routing::get};
use http::Response;
use perfmon::{http::MonitorLayer, monitor_latency, monitor_request};

use crate::support::{ask, get as fetch, outcomes, send, serve, sizes, statuses};

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
        let response = send(address, ask("GET", &path, Body::empty())).await;
        assert!(response.headers().contains_key("server-timing"));
    }
    // This one never comes to the handler.
    assert_eq!(fetch(address, "GET", "/nested/declared/none").await.0, 400);
    assert_eq!(outcomes("GET /nested/declared/{number}", 5), [3, 2, 0, 0]);
    let told = [("200", 3), ("400", 1), ("404", 2)].map(|(status, count)| (status.to_owned(), count));
    assert_eq!(statuses("GET", "/nested/declared/{number}"), told);
    assert_eq!(sizes("GET", "/nested/declared/{number}")[1].0, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nested_as_a_service_takes_no_route_unless_told() {
    let files =
        tower::service_fn(|_: http::Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::from("a file"))) });
    let app = |layer| {
        Router::new().nest_service("/nested/files", files).route_service("/nested/more/{*rest}", files).layer(layer)
    };
    let address = serve(app(MonitorLayer::new())).await;
    assert_eq!(fetch(address, "PATCH", "/nested/files/a.css").await.1, b"a file");
    assert_eq!(outcomes("PATCH unmatched", 1), [1, 0, 0, 0]);
    assert_eq!(fetch(address, "PATCH", "/nested/more/a.css").await.1, b"a file");
    assert_eq!(outcomes("PATCH /nested/more/{*rest}", 1), [1, 0, 0, 0]);

    let told =
        MonitorLayer::new().route_with(|request| request.uri.path().starts_with("/nested/files/").then_some("files"));
    assert_eq!(fetch(serve(app(told)).await, "PATCH", "/nested/files/a.css").await.1, b"a file");
    assert_eq!(outcomes("PATCH files", 1), [1, 0, 0, 0]);
}
