//! axum on a real socket: templates, methods, statuses.

use axum::{
    Router,
    body::{Body, Bytes},
    http::StatusCode,
    routing::get,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use perfmon::http::{MonitorLayer, RequestBody};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower::Layer;

use crate::support::{ask, get as fetch, outcomes, send, serve, sizes, statuses};

#[tokio::test(flavor = "multi_thread")]
async fn requests_count_by_template_and_method() {
    let orders = get(|| async { "all" }).post(|body: Bytes| async move { (StatusCode::CREATED, body) });
    let one = get(|| async { "one" });
    let inside = Router::new().route("/{page}", get(|| async { "page" }));
    let app = Router::new()
        .route("/served/orders", orders)
        .route("/served/orders/{id}", one)
        .nest("/served/pages", inside)
        .layer(MonitorLayer::new());
    let address = serve(app).await;
    for id in 0..7 {
        assert_eq!(fetch(address, "GET", &format!("/served/orders/{id}?hurry=yes")).await.1, b"one");
    }
    assert_eq!(fetch(address, "GET", "/served/orders").await.1, b"all");
    assert_eq!(fetch(address, "GET", "/served/pages/9").await.1, b"page");
    assert_eq!(send(address, ask("POST", "/served/orders", "4 shares")).await.status(), 201);
    assert_eq!(fetch(address, "DELETE", "/served/orders/3").await.0, 405);

    assert_eq!(outcomes("GET /served/orders/{id}", 7), [7, 0, 0, 0]);
    assert_eq!(outcomes("GET /served/orders", 1), [1, 0, 0, 0]);
    assert_eq!(outcomes("GET /served/pages/{page}", 1), [1, 0, 0, 0]);
    assert_eq!(outcomes("POST /served/orders", 1), [1, 0, 0, 0]);
    assert_eq!(outcomes("DELETE /served/orders/{id}", 1), [1, 0, 0, 0]);
    assert_eq!(statuses("DELETE", "/served/orders/{id}"), [("405".to_owned(), 1)]);
    assert_eq!(statuses("GET", "/served/orders/{id}"), [("200".to_owned(), 7)]);
    assert_eq!(sizes("GET", "/served/orders/{id}"), [(0, 0), (7, 21)]);
    assert_eq!(sizes("POST", "/served/orders"), [(1, 8), (1, 8)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_no_route_counts_together() {
    let app = Router::new().route("/served/known", get(|| async {})).layer(MonitorLayer::new());
    let address = serve(app).await;
    for path in ["/nowhere", "/else/where", "/served/known/not"] {
        assert_eq!(fetch(address, "TRACE", path).await.0, 404);
    }
    assert_eq!(outcomes("TRACE unmatched", 3), [3, 0, 0, 0]);
    assert_eq!(fetch(address, "BREW", "/served/known").await.0, 405);
    assert_eq!(outcomes("_OTHER /served/known", 1), [1, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_has_no_body_and_is_complete() {
    let app = Router::new().route("/served/head", get(|| async { "a body of some length" })).layer(MonitorLayer::new());
    let address = serve(app).await;
    let response = send(address, ask("HEAD", "/served/head", Body::empty())).await;
    assert_eq!(response.headers()["content-length"], "21");
    assert_eq!(outcomes("HEAD /served/head", 1), [1, 0, 0, 0]);
    assert_eq!(sizes("HEAD", "/served/head"), [(0, 0), (1, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_without_a_body_are_complete() {
    let app = Router::new()
        .route("/served/empty", get(|| async { StatusCode::NO_CONTENT }))
        .route("/served/unchanged", get(|| async { (StatusCode::NOT_MODIFIED, "not sent") }))
        .layer(MonitorLayer::new());
    let address = serve(app).await;
    assert_eq!(fetch(address, "GET", "/served/empty").await, (204, vec![]));
    assert_eq!(fetch(address, "GET", "/served/unchanged").await, (304, vec![]));
    assert_eq!(outcomes("GET /served/empty", 1), [1, 0, 0, 0]);
    assert_eq!(outcomes("GET /served/unchanged", 1), [1, 0, 0, 0]);
}

/// hyper has no router, so the program says which route it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_hyper_is_measured_too() {
    let layer = MonitorLayer::new().route_with(|request| match request.uri.path() {
        "/served/hyper" => Some("/served/hyper"),
        path if path.starts_with("/served/hyper/") => Some("/served/hyper/{id}"),
        _ => None,
    });
    let service = layer.layer(tower::service_fn(|request: Request<RequestBody<Incoming>>| async {
        request.into_body().collect().await.map(|body| Response::new(Full::new(body.to_bytes())))
    }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    for (path, body) in [("/served/hyper", "one"), ("/served/hyper/17", "three"), ("/served/hyper/18", "")] {
        let response = send(address, ask("PUT", path, body)).await;
        assert_eq!(response.into_body().collect().await.expect("a body").to_bytes(), body);
    }
    assert_eq!(outcomes("PUT /served/hyper", 1), [1, 0, 0, 0]);
    assert_eq!(outcomes("PUT /served/hyper/{id}", 2), [2, 0, 0, 0]);
    assert_eq!(sizes("PUT", "/served/hyper/{id}"), [(1, 5), (2, 5)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_before_it_sends_is_told_to_go_on() {
    let app = Router::new()
        .route("/served/continue", axum::routing::put(|body: Bytes| async move { body.len().to_string() }))
        .layer(MonitorLayer::new());
    let address = serve(app).await;
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let head =
        b"PUT /served/continue HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n";
    stream.write_all(head).await.expect("written");
    let mut answer = [0; 25];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"hello").await.expect("written");
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.expect("an answer");
    assert!(rest.starts_with("HTTP/1.1 200 OK") && rest.ends_with("\r\n5"), "{rest}");
    assert_eq!(outcomes("PUT /served/continue", 1), [1, 0, 0, 0]);
    assert_eq!(sizes("PUT", "/served/continue"), [(1, 5), (1, 1)]);
}
