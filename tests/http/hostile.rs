//! Clients and programs that make up routes and methods without end. In a process of its own: what is full stays full.

use std::convert::Infallible;

use axum::{Router, body::Body, routing::get};
use http::{Request, Response};
use perfmon::{
    http::{MonitorLayer, RequestBody},
    snapshot,
    snapshot::Value,
};
use tower::{Layer, ServiceExt};

/// As the layer's documentation has it.
const MOST: usize = 1_000;

fn ask(method: &str, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).expect("a request")
}

fn counter(name: &str) -> u64 {
    let now = snapshot();
    let series = now.metric(name).into_iter().flat_map(perfmon::snapshot::Metric::series);
    series.map(|series| if let Value::Counter(count) = series.value() { *count } else { 0 }).sum()
}

fn noise(at: u32) -> String {
    format!("{:x}", at.wrapping_mul(2_654_435_761).rotate_left(7))
}

#[tokio::test]
async fn labels_stay_bounded_and_nothing_is_lost() {
    // Paths and methods at a router: they take no route, or no method.
    let app = Router::new().route("/orders/{id}", get(|| async {})).layer(MonitorLayer::new());
    for at in 0..10_000 {
        app.clone().oneshot(ask("GET", &format!("/{}/{}", noise(at), noise(at + 1)))).await.expect("an answer");
    }
    for at in 0..10_000 {
        app.clone().oneshot(ask(&format!("M{}", noise(at)), &format!("/orders/{at}"))).await.expect("an answer");
    }
    let sites = |snapshot: &perfmon::Snapshot| snapshot.of_kind(perfmon::Kind::Request).count();
    let now = snapshot();
    assert_eq!(sites(&now), 2);
    assert_eq!(now.get("GET unmatched").expect("a site").calls(), 10_000);
    assert_eq!(now.get("_OTHER /orders/{id}").expect("a site").calls(), 10_000);
    assert_eq!(counter("http_server_routes_refused_total"), 0);

    // gRPC methods that nobody serves.
    let service =
        tower::service_fn(|_: Request<RequestBody<Body>>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let grpc = |path: &str| {
        let mut request = ask("POST", path);
        request.headers_mut().insert("content-type", "application/grpc+proto".parse().expect("a value"));
        request
    };
    let without = MonitorLayer::new().grpc(false).layer(service);
    for at in 0..100 {
        without.clone().oneshot(grpc(&format!("/b.Service/{}", noise(at)))).await.expect("an answer");
    }
    let now = snapshot();
    assert_eq!((sites(&now), now.get("POST unmatched").map(|site| site.calls())), (3, Some(100)));
    let methods = MonitorLayer::new().layer(service);
    for at in 0..5_000 {
        methods.clone().oneshot(grpc(&format!("/a.Service/{}", noise(at)))).await.expect("an answer");
    }
    // Whoever says gRPC to a router takes its route all the same, and has taken no template's place.
    for at in 0..2_000 {
        app.clone().oneshot(grpc(&format!("/orders/{}", noise(at)))).await.expect("an answer");
    }
    assert_eq!(snapshot().get("POST /orders/{id}").expect("a site").calls(), 2_000);

    // A program that takes paths for routes.
    let paths = MonitorLayer::new().route_with(|request| Some(request.uri.path())).layer(service);
    for at in 0..5_000 {
        paths.clone().oneshot(ask("GET", &format!("/path/{}", noise(at)))).await.expect("an answer");
    }
    paths.clone().oneshot(ask("GET", &format!("/{}", "x".repeat(257)))).await.expect("an answer");

    let now = snapshot();
    let total: u64 = now.of_kind(perfmon::Kind::Request).map(|site| site.calls()).sum();
    assert_eq!(total, 32_101, "every request counts");
    assert!(sites(&now) <= 2 * MOST + 4, "{}", sites(&now));
    let other = |name| now.get(name).map_or(0, |site| site.calls());
    let (gets, posts) = (other("GET other"), other("POST other"));
    assert_eq!((gets, posts), (5_001 - (MOST as u64 - 2), 4_000));
    assert_eq!(counter("http_server_routes_refused_total"), gets + posts);
    let answered =
        now.of_kind(perfmon::Kind::Request).flat_map(perfmon::snapshot::Site::series).map(|one| one.stats().calls());
    assert_eq!(answered.sum::<u64>(), 32_101);
    assert_eq!(now.losses().labels_refused, 0, "{:?}", now.losses());
    // Who was there first goes on.
    app.oneshot(ask("GET", "/orders/1")).await.expect("an answer");
    assert!(snapshot().get("GET /orders/{id}").is_none());
    assert_eq!(snapshot().get("GET other").expect("a site").calls(), gets + 1);

    // Off, the layer is not there.
    perfmon::set_enabled(false);
    let response = methods.clone().oneshot(ask("GET", "/")).await.expect("an answer");
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    perfmon::set_enabled(true);
    let total: u64 = snapshot().of_kind(perfmon::Kind::Request).map(|site| site.calls()).sum();
    assert_eq!(total, 32_102);
}
