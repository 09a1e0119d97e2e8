//! The profile of endpoints.

use std::time::Duration;

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use http_body_util::BodyExt;
use perfmon::{
    http::{MonitorLayer, endpoints},
    monitor_request, snapshot,
};

use crate::support::{ask, outcomes, send, serve};

#[monitor_request("GET", "/endpoints/by-hand")]
fn by_hand() {}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_an_endpoint_is_told() {
    let before = snapshot();
    let answer = |body: Bytes| async move {
        let status = if body.is_empty() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        (status, [body.clone(), body].concat())
    };
    let address = serve(Router::new().route("/endpoints/twice", post(answer)).layer(MonitorLayer::new())).await;
    for size in [0, 10, 20, 30] {
        let response = send(address, ask("POST", "/endpoints/twice", vec![b'x'; size])).await;
        response.into_body().collect().await.expect("a body");
    }
    outcomes("POST /endpoints/twice", 4);
    by_hand();

    for now in [snapshot(), snapshot() - before] {
        let all = endpoints(&now);
        assert!(all.is_sorted_by_key(|endpoint| (endpoint.route.clone(), endpoint.method.clone())));
        let found = all.iter().find(|endpoint| endpoint.route == "/endpoints/twice").expect("it was asked");
        assert_eq!((found.method.as_str(), found.count, found.errors, found.panics), ("POST", 4, 1, 0));
        assert_eq!((found.cancelled, found.in_flight, found.error_rate), (0, 0, Some(0.25)));
        let time = found.time.expect("there were requests");
        assert!(time.min > Duration::ZERO && time.min <= time.p50 && time.p50 <= time.p90 && time.p90 <= time.p95);
        assert!(time.p95 <= time.p99 && time.p99 <= time.max && time.min <= time.mean && time.mean <= time.max);
        let (request, response) = (found.request_bytes.expect("sizes"), found.response_bytes.expect("sizes"));
        assert_eq!((request.total, request.min, request.max, request.mean), (60, 10, 30, 20.0));
        assert_eq!((response.total, response.min, response.max, response.p50), (120, 0, 60, 20));
        assert_eq!(found.statuses, [("200".to_owned(), 3), ("503".to_owned(), 1)]);

        let by_hand = all.iter().find(|endpoint| endpoint.route == "/endpoints/by-hand").expect("it is annotated");
        assert_eq!((by_hand.method.as_str(), by_hand.count, by_hand.error_rate), ("GET", 1, Some(0.0)));
        assert_eq!((by_hand.request_bytes, by_hand.response_bytes), (None, None));
    }
    #[cfg(feature = "serde")]
    {
        let all = endpoints(&snapshot()).into_iter().filter(|endpoint| endpoint.route == "/endpoints/twice");
        let all: Vec<_> = all.collect();
        let stored = serde_json::to_string(&all).expect("JSON");
        assert_eq!(serde_json::from_str::<Vec<perfmon::http::Endpoint>>(&stored).expect("the same"), all);
    }
}
