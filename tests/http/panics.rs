//! Handlers that panic.

use std::{convert::Infallible, panic::AssertUnwindSafe};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures::{FutureExt, stream};
use http::Request;
use perfmon::http::{MonitorLayer, RequestBody};
use tower::Layer;
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::{ask, call, connect, get as fetch, outcomes, serve, statuses};

async fn panics() {
    tokio::task::yield_now().await;
    panic!("on purpose");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_catches_ends_its_connection_alone() {
    let app = Router::new().route("/panics/free", get(panics)).route("/panics/not", get(|| async { "well" }));
    let address = serve(app.layer(MonitorLayer::new())).await;
    let mut client = connect(address).await;
    assert!(client.send_request(ask("GET", "/panics/free", Body::empty())).await.is_err());
    assert_eq!(fetch(address, "GET", "/panics/not").await.1, b"well");
    assert_eq!(outcomes("GET /panics/free", 1), [0, 0, 1, 0]);
    assert_eq!(outcomes("GET /panics/not", 1), [1, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_caught_outside_is_a_panic_and_one_caught_inside_an_error() {
    let outside = Router::new().route("/panics/outside", get(panics));
    let outside = outside.layer(MonitorLayer::new()).layer(CatchPanicLayer::new());
    let inside = Router::new().route("/panics/inside", get(panics));
    let inside = inside.layer(CatchPanicLayer::new()).layer(MonitorLayer::new());
    let address = serve(outside.merge(inside)).await;
    assert_eq!(fetch(address, "GET", "/panics/outside").await.0, 500);
    assert_eq!(fetch(address, "GET", "/panics/inside").await.0, 500);
    assert_eq!(outcomes("GET /panics/outside", 1), [0, 0, 1, 0]);
    assert_eq!(outcomes("GET /panics/inside", 1), [0, 1, 0, 0]);
    assert_eq!(statuses("GET", "/panics/outside"), []);
    assert_eq!(statuses("GET", "/panics/inside"), [("500".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_while_the_body_is_made_counts() {
    let body = || async {
        let pieces = (0..3).map(|piece| {
            assert!(piece < 2, "on purpose");
            Ok::<_, Infallible>(Bytes::from_static(b"piece"))
        });
        Body::from_stream(stream::iter(pieces))
    };
    let address = serve(Router::new().route("/panics/body", get(body)).layer(MonitorLayer::new())).await;
    let response = connect(address).await.send_request(ask("GET", "/panics/body", Body::empty())).await;
    drop(response);
    assert_eq!(outcomes("GET /panics/body", 1), [0, 0, 1, 0]);
}

#[tokio::test]
async fn one_before_there_is_a_future_goes_on_unchanged() {
    let service = tower::service_fn(
        |_: Request<RequestBody<Body>>| -> std::future::Ready<Result<http::Response<Body>, Infallible>> {
            panic!("as it was")
        },
    );
    let layer = MonitorLayer::new().route_with(|_| Some("/panics/early"));
    let asked = call(layer.layer(service), ask("GET", "/", Body::empty()));
    let payload = AssertUnwindSafe(asked).catch_unwind().await.expect_err("it panics");
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"as it was"));
    assert_eq!(outcomes("GET /panics/early", 1), [0, 0, 1, 0]);
}
