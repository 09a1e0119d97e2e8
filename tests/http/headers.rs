//! The headers that tell a client how long its request took.

use axum::body::Body;
use http::Response;
use perfmon::http::MonitorLayer;
use tower::Layer;

use crate::support::{answering, ask, call};

fn millis(text: &str) -> f64 {
    assert_eq!(text.split_once('.').expect("decimals").1.len(), 2, "{text}");
    text.parse().expect("a number")
}

async fn headers(layer: MonitorLayer, service: fn() -> Response<Body>) -> http::HeaderMap {
    let service = answering(move |_| async move { service() });
    let layer = layer.route_with(|_| Some("/headers"));
    call(layer.layer(service), ask("GET", "/", Body::empty())).await.expect("an answer").headers().clone()
}

#[tokio::test]
async fn both_are_there_unless_switched_off() {
    let both = headers(MonitorLayer::new(), || Response::new(Body::empty())).await;
    let timing =
        both["server-timing"].to_str().expect("text").strip_prefix("total;dur=").expect("the total").to_owned();
    let time = both["x-response-time"].to_str().expect("text").strip_suffix("ms").expect("a unit").to_owned();
    assert_eq!(timing, time);
    assert!(millis(&timing) < 10_000.0);

    let layer = MonitorLayer::new().server_timing(false);
    assert!(!headers(layer.clone(), || Response::new(Body::empty())).await.contains_key("server-timing"));
    assert!(headers(layer.response_time(false), || Response::new(Body::empty())).await.is_empty());
}

#[tokio::test]
async fn what_the_service_tells_of_its_own_timing_stays() {
    let told = || Response::builder().header("server-timing", "db;dur=3.2").body(Body::empty()).expect("a response");
    let found = headers(MonitorLayer::new(), told).await;
    let timings: Vec<_> = found.get_all("server-timing").iter().map(|value| value.to_str().expect("text")).collect();
    assert_eq!(timings[0], "db;dur=3.2");
    assert!(timings[1].starts_with("total;dur="), "{timings:?}");
    assert_eq!(timings.len(), 2);
}

#[tokio::test]
async fn a_response_time_that_the_service_tells_stays() {
    let told = || Response::builder().header("x-response-time", "3ms").body(Body::empty()).expect("a response");
    let found = headers(MonitorLayer::new(), told).await;
    assert_eq!(found.get_all("x-response-time").iter().collect::<Vec<_>>(), ["3ms"]);
}
