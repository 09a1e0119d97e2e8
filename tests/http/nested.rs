//! More than one layer around a request, routers in routers, handlers with names of their own.

use std::convert::Infallible;

use axum::{Router, body::Body, extract::Path, routing::get};
use http::Response;
use perfmon::{http::MonitorLayer, monitor_latency, monitor_request, snapshot};

use crate::support::{ask, get as fetch, outcomes, serve, sizes, statuses};

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

#[monitor_request("GET", "/nested/verdict/{status}", p99 = "1s")]
async fn verdict(Path(status): Path<u16>) -> Result<http::StatusCode, http::StatusCode> {
    let status = http::StatusCode::from_u16(status).expect("a status");
    if status.as_u16() == 404 { Err(status) } else { Ok(status) }
}

/// It knows the response; the attribute knows only what the function returns.
#[tokio::test(flavor = "multi_thread")]
async fn the_layer_says_how_a_request_of_a_handler_with_an_attribute_went() {
    let app = Router::new().route("/nested/verdict/{status}", get(verdict)).layer(MonitorLayer::new());
    let address = serve(app).await;
    for status in [500, 404, 200, 503] {
        assert_eq!(fetch(address, "GET", &format!("/nested/verdict/{status}")).await.0, status);
    }
    // This one never comes to the handler.
    assert_eq!(fetch(address, "GET", "/nested/verdict/none").await.0, 400);
    assert_eq!(outcomes("GET /nested/verdict/{status}", 5), [3, 2, 0, 0]);
    let told = ["200", "400", "404", "500", "503"].map(|status| (status.to_owned(), 1));
    assert_eq!(statuses("GET", "/nested/verdict/{status}"), told);
    assert_eq!(sizes("GET", "/nested/verdict/{status}")[1].0, 5);
    let now = snapshot();
    let site = now.get("GET /nested/verdict/{status}").expect("it is annotated");
    assert_eq!((site.objectives().count(), site.label_keys()), (1, &["status".to_owned()][..]));
    assert!(site.places().iter().any(|place| place.file.ends_with("nested.rs")), "{:?}", site.places());
    assert_eq!(site.started(), 5);
}

#[monitor_request("GET", "/nested/head")]
async fn head() -> &'static str {
    "a body"
}

/// axum answers it by the handler of `GET`.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_counts_as_one() {
    let address = serve(Router::new().route("/nested/head", get(head)).layer(MonitorLayer::new())).await;
    for method in ["GET", "HEAD"] {
        assert_eq!(fetch(address, method, "/nested/head").await.0, 200);
        assert_eq!(outcomes(&format!("{method} /nested/head"), 1), [1, 0, 0, 0]);
    }
    assert_eq!(outcomes("GET /nested/head", 1), [1, 0, 0, 0]);
}

#[monitor_request("GET", "/nested/labelled/{tier}", labels(tier = tier.as_str()))]
async fn labelled(Path(tier): Path<String>) -> http::StatusCode {
    match tier.as_str() {
        "gold" => http::StatusCode::OK,
        "lead" => http::StatusCode::BAD_GATEWAY,
        _ => panic!("on purpose"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_of_the_attribute_go_with_the_request() {
    let app = Router::new().route("/nested/labelled/{tier}", get(labelled)).layer(MonitorLayer::new());
    let address = serve(app).await;
    for tier in ["gold", "gold", "lead"] {
        fetch(address, "GET", &format!("/nested/labelled/{tier}")).await;
    }
    let request = ask("GET", "/nested/labelled/mud", Body::empty());
    assert!(crate::support::connect(address).await.send_request(request).await.is_err());
    assert_eq!(fetch(address, "HEAD", "/nested/labelled/gold").await.0, 200);
    assert_eq!(outcomes("GET /nested/labelled/{tier}", 4), [2, 1, 1, 0]);
    assert_eq!(outcomes("HEAD /nested/labelled/{tier}", 1), [1, 0, 0, 0]);
    let now = snapshot();
    let site = now.get("GET /nested/labelled/{tier}").expect("it is annotated");
    assert_eq!(site.label_keys(), ["tier", "status"]);
    let of = |values| site.with_labels(values).map(|stats| (stats.ok(), stats.errors(), stats.panics()));
    assert_eq!(of(&["gold", "200"]), Some((2, 0, 0)));
    assert_eq!(of(&["lead", "502"]), Some((0, 1, 0)));
    assert_eq!(of(&["mud", ""]), Some((0, 0, 1)));
    assert_eq!(statuses("GET", "/nested/labelled/{tier}"), [("200".to_owned(), 2), ("502".to_owned(), 1)]);
}

#[monitor_request("GET", "/nested/other")]
async fn other() -> &'static str {
    "of another route"
}

#[monitor_request("GET", "/nested/sync")]
fn plain() -> (http::StatusCode, &'static str) {
    let _guard = perfmon::request!("GET", "/nested/sync");
    perfmon::time!("GET", "/nested/sync", kind = request, || (http::StatusCode::SERVICE_UNAVAILABLE, "x"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_called_for_another_route_counts() {
    let app = Router::new().route("/nested/outer", get(|| async { other().await })).layer(MonitorLayer::new());
    let address = serve(app.route("/nested/sync", get(async || plain())).layer(MonitorLayer::new())).await;
    assert_eq!(fetch(address, "GET", "/nested/outer").await.0, 200);
    assert_eq!(fetch(address, "GET", "/nested/sync").await.0, 503);
    assert_eq!(outcomes("GET /nested/outer", 1), [1, 0, 0, 0]);
    assert_eq!(outcomes("GET /nested/other", 1), [1, 0, 0, 0]);
    assert_eq!(outcomes("GET /nested/sync", 1), [0, 1, 0, 0]);
    // Outside of a layer all three count, as ever.
    plain();
    assert_eq!(outcomes("GET /nested/sync", 4), [3, 1, 0, 0]);
}
