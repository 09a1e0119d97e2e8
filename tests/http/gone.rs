//! Clients that hang up.

use std::{convert::Infallible, future::pending, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{get, post},
};
use futures::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::{BodyExt, Limited};
use perfmon::http::{MonitorLayer, RequestBody};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};
use tower::Layer;

use crate::support::{ask, connect, get as fetch, outcomes, serve, sizes, statuses, until};

#[tokio::test(flavor = "multi_thread")]
async fn before_there_is_a_response() {
    let begun = Arc::new(Notify::new());
    let told = begun.clone();
    let never = move || {
        let told = told.clone();
        async move {
            told.notify_one();
            pending::<()>().await;
        }
    };
    let address = serve(Router::new().route("/gone/before", get(never)).layer(MonitorLayer::new())).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(b"GET /gone/before HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    begun.notified().await;
    let now = until("GET /gone/before", |now| now.get("GET /gone/before").is_some_and(|site| site.in_flight() == 1));
    assert_eq!(now.get("GET /gone/before").expect("a site").calls(), 0);
    drop(stream);
    assert_eq!(outcomes("GET /gone/before", 1), [0, 0, 0, 1]);
    assert_eq!(statuses("GET", "/gone/before"), []);
    assert_eq!(sizes("GET", "/gone/before"), [(0, 0); 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_it() {
    let endless = || async {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"0123456789"))]);
        Body::from_stream(first.chain(stream::pending()))
    };
    let address = serve(Router::new().route("/gone/amid", get(endless)).layer(MonitorLayer::new())).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(b"GET /gone/amid HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    let mut seen = Vec::new();
    while !seen.ends_with(b"0123456789\r\n") {
        assert_ne!(stream.read_buf(&mut seen).await.expect("a response"), 0);
    }
    drop(stream);
    assert_eq!(outcomes("GET /gone/amid", 1), [0, 0, 0, 1]);
    assert_eq!(statuses("GET", "/gone/amid"), [("200".to_owned(), 1)]);
    let begun = perfmon::snapshot().get("GET /gone/amid").and_then(|site| site.with_labels(&["200"]).cloned());
    assert_eq!(begun.map(|stats| (stats.calls(), stats.cancelled())), Some((1, 1)));
    assert_eq!(sizes("GET", "/gone/amid")[1], (1, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_fails_is_an_error() {
    let failing = || async {
        Body::from_stream(stream::iter([
            Ok(Bytes::from_static(b"half")),
            Err(std::io::Error::other("the disk is gone")),
        ]))
    };
    let address = serve(Router::new().route("/gone/failing", get(failing)).layer(MonitorLayer::new())).await;
    // Whether the head came through before the connection ended is the server's business.
    let _ = connect(address).await.send_request(ask("GET", "/gone/failing", Body::empty())).await;
    assert_eq!(outcomes("GET /gone/failing", 1), [0, 1, 0, 0]);
    assert_eq!(sizes("GET", "/gone/failing")[1], (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_after_its_end_is_nothing_to_the_request() {
    let address = serve(Router::new().route("/gone/after", get(|| async { "all" })).layer(MonitorLayer::new())).await;
    for _ in 0..20 {
        assert_eq!(fetch(address, "GET", "/gone/after").await.1, b"all");
    }
    assert_eq!(outcomes("GET /gone/after", 20), [20, 0, 0, 0]);
}

/// axum answers 400, which nobody reads.
#[tokio::test(flavor = "multi_thread")]
async fn in_the_middle_of_an_upload() {
    let app = Router::new().route("/gone/upload", post(|body: Bytes| async move { body.len().to_string() }));
    let address = serve(app.layer(MonitorLayer::new())).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(b"POST /gone/upload HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n").await.expect("written");
    stream.write_all(&[b'x'; 100]).await.expect("written");
    drop(stream);
    assert_eq!(outcomes("POST /gone/upload", 1), [0, 0, 0, 1]);
    assert_eq!(sizes("POST", "/gone/upload")[0], (1, 100));
    // One that is too long for the handler is the client's error, and it is told so.
    let long = ask("POST", "/gone/upload", vec![b'x'; 3 << 20]);
    let _ = connect(address).await.send_request(long).await;
    assert_eq!(outcomes("POST /gone/upload", 2), [1, 0, 0, 1]);
}

/// Whoever cuts the body off outside of the layer may answer, and says so by 413.
#[tokio::test]
async fn a_limit_outside_is_no_client_that_went() {
    for (status, expected) in [(413, [1, 0, 0, 0]), (400, [1, 0, 0, 1]), (500, [1, 0, 0, 2])] {
        let service = tower::service_fn(move |request: Request<RequestBody<Limited<Body>>>| async move {
            request.into_body().collect().await.expect_err("it is too long");
            Response::builder().status(status).body(Body::from("no"))
        });
        let layer = MonitorLayer::new().route_with(|_| Some("/gone/limited"));
        let request = ask("POST", "/", "more than four").map(|body| Limited::new(body, 4));
        let response = tower::ServiceExt::oneshot(layer.layer(service), request).await.expect("an answer");
        response.into_body().collect().await.expect("a body");
        assert_eq!(outcomes("POST /gone/limited", expected.iter().sum()), expected);
    }
}
