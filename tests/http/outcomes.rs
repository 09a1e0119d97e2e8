//! What is an error.

use axum::{Router, body::Body, http::StatusCode, routing::get};
use http::{Request, Response};
use perfmon::{
    http::{MonitorLayer, RequestBody},
    snapshot,
};
use proptest::prelude::*;
use tower::Layer;

use crate::support::{answering, ask, call, get as fetch, outcomes, serve, statuses};

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_server_is_an_error_and_one_of_the_client_is_not() {
    async fn answer(axum::extract::Path(status): axum::extract::Path<u16>) -> StatusCode {
        StatusCode::from_u16(status).expect("a status")
    }
    let app = |layer| Router::new().route("/outcomes/{status}", get(answer)).layer(layer);
    let address = serve(app(MonitorLayer::new())).await;
    for status in [200, 301, 404, 429, 500, 503] {
        assert_eq!(fetch(address, "GET", &format!("/outcomes/{status}")).await.0, status);
    }
    assert_eq!(outcomes("GET /outcomes/{status}", 6), [4, 2, 0, 0]);
    assert_eq!(statuses("GET", "/outcomes/{status}").len(), 6);

    let strict = serve(app(MonitorLayer::new().error_when(|status| status.as_u16() >= 400))).await;
    for status in [200, 404, 500] {
        fetch(strict, "GET", &format!("/outcomes/{status}")).await;
    }
    assert_eq!(outcomes("GET /outcomes/{status}", 9), [5, 4, 0, 0]);
}

#[tokio::test]
async fn an_error_of_the_service_is_one() {
    let failing = tower::service_fn(|_: Request<RequestBody<Body>>| async { Err::<Response<Body>, _>("out of order") });
    let layer = MonitorLayer::new().route_with(|_| Some("/outcomes/service"));
    assert_eq!(call(layer.layer(failing), ask("GET", "/", Body::empty())).await.expect_err("it fails"), "out of order");
    assert_eq!(outcomes("GET /outcomes/service", 1), [0, 1, 0, 0]);
    assert_eq!(statuses("GET", "/outcomes/service"), []);
}

/// By a layer outside that answers with a page of its own, or by a client that has seen enough.
#[tokio::test]
async fn an_error_stays_one_without_its_body() {
    let service = answering(|request| async move {
        let mut response = Response::new(Body::from("a long story"));
        *response.status_mut() = request.uri().path()[1..].parse().expect("a status");
        response
    });
    let monitored = MonitorLayer::new().route_with(|_| Some("/outcomes/replaced")).layer(service);
    for status in ["200", "404", "500"] {
        let asked = ask("GET", &format!("/{status}"), Body::empty());
        drop(tower::ServiceExt::oneshot(monitored.clone(), asked).await.expect("an answer"));
    }
    assert_eq!(outcomes("GET /outcomes/replaced", 3), [0, 1, 0, 2]);
}

/// By a layer that something other than a router stands between.
#[tokio::test]
async fn a_request_that_is_measured_already_passes_through() {
    let inner = MonitorLayer::new().route_with(|_| Some("/outcomes/inner"));
    let outer = MonitorLayer::new().route_with(|_| Some("/outcomes/outer")).server_timing(false).response_time(false);
    let service = answering(|_| async { Response::new(Body::from("plain")) });
    let mut request = ask("GET", "/", Body::empty());
    request.extensions_mut().insert("a router's");
    let service = tower::service_fn(move |request: Request<RequestBody<Body>>| {
        call(inner.layer(service.clone()), request.map(Body::new))
    });
    let service = tower::ServiceExt::map_response(service, |response| response.map(Body::from));
    let response = call(outer.layer(service), request).await.expect("an answer");
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    assert_eq!(response.body(), b"plain");
    assert_eq!(outcomes("GET /outcomes/outer", 1), [1, 0, 0, 0]);
    assert!(snapshot().get("GET /outcomes/inner").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Every request that ended with a response is in one count by status, and nothing else is.
    #[test]
    fn counts_by_status_add_up_to_the_responses(asked in prop::collection::vec(prop::option::of(100_u16..1000), 1..120)) {
        static RUN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let run = RUN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let route: &'static str = Box::leak(format!("/outcomes/property/{run}").into_boxed_str());
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            for status in &asked {
                let status = *status;
                let service = tower::service_fn(move |_: Request<RequestBody<Body>>| async move {
                    let Some(status) = status else { return Err("no answer") };
                    let mut response = Response::new(Body::from("x"));
                    *response.status_mut() = StatusCode::from_u16(status).expect("in range");
                    Ok(response)
                });
                let layer = MonitorLayer::new().route_with(move |_| Some(route));
                let _ = call(layer.layer(service), ask("GET", "/", Body::empty())).await;
            }
        });
        let responses = asked.iter().flatten().count() as u64;
        let faults = asked.iter().flatten().filter(|status| (500..600).contains(*status)).count() as u64;
        let failed = asked.len() as u64 - responses + faults;
        let [ok, errors, panics, cancelled] = outcomes(&format!("GET {route}"), asked.len() as u64);
        prop_assert_eq!([ok, errors, panics, cancelled], [asked.len() as u64 - failed, failed, 0, 0]);
        let counted = statuses("GET", route);
        prop_assert_eq!(counted.iter().map(|(_, count)| count).sum::<u64>(), responses);
        for (status, count) in counted.iter().filter(|(status, _)| status != "other") {
            let with_it = asked.iter().flatten().filter(|asked| asked.to_string() == *status).count() as u64;
            prop_assert_eq!(*count, with_it, "{}", status);
        }
    }
}
