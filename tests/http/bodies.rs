//! Bodies: counted to the byte while they flow, and not changed.

use std::{
    convert::Infallible,
    pin::pin,
    task::{Context, Waker},
};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{get, post},
};
use futures::stream;
use http::{HeaderMap, Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Full, StreamBody};
use perfmon::http::{MonitorLayer, RequestBody};
use proptest::prelude::*;
use tower::Layer;

use crate::support::{answering, ask, call, get as fetch, outcomes, send, serve, sizes};

fn streamed(pieces: Vec<Vec<u8>>) -> Body {
    Body::from_stream(stream::iter(pieces.into_iter().map(|piece| Ok::<_, Infallible>(Bytes::from(piece)))))
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_counted_as_they_flow() {
    let echo = |body: Body| async move { body };
    let app = Router::new().route("/bodies/echo", post(echo)).layer(MonitorLayer::new());
    let address = serve(app).await;
    let pieces: Vec<_> = (0..50_u8).map(|piece| vec![piece; usize::from(piece) * 997]).collect();
    let all = pieces.concat();
    let response = send(address, ask("POST", "/bodies/echo", streamed(pieces))).await;
    assert_eq!(response.headers()["transfer-encoding"], "chunked");
    assert_eq!(response.into_body().collect().await.expect("a body").to_bytes(), all);
    assert_eq!(outcomes("POST /bodies/echo", 1), [1, 0, 0, 0]);
    assert_eq!(sizes("POST", "/bodies/echo"), [(1, all.len() as u64), (1, all.len() as u64)]);
}

#[tokio::test]
async fn of_a_request_what_is_read_counts() {
    let layer = MonitorLayer::new().route_with(|request| Some(request.uri.path()));
    let service = answering(|request: Request<RequestBody<Body>>| async move {
        let read_one = request.uri().path() == "/bodies/one";
        let mut body = request.into_body();
        if read_one {
            body.frame().await.expect("a piece").expect("no error");
        }
        Response::new(Body::from("thanks"))
    });
    for path in ["/bodies/one", "/bodies/none"] {
        let asked = ask("POST", path, streamed(vec![vec![1; 10], vec![2; 1 << 20]]));
        call(layer.layer(service.clone()), asked).await.expect("an answer");
    }
    assert_eq!(sizes("POST", "/bodies/one"), [(1, 10), (1, 6)]);
    assert_eq!(sizes("POST", "/bodies/none"), [(1, 0), (1, 6)]);
}

/// A server stops asking a body for more when it has the length it announced.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_announced_length_is_complete() {
    let announced = || async { ([("content-length", "6")], streamed(vec![vec![b'a'; 3], vec![b'b'; 3]])) };
    let app = Router::new().route("/bodies/announced", get(announced)).layer(MonitorLayer::new());
    let address = serve(app).await;
    assert_eq!(fetch(address, "GET", "/bodies/announced").await.1, b"aaabbb");
    assert_eq!(outcomes("GET /bodies/announced", 1), [1, 0, 0, 0]);
    assert_eq!(sizes("GET", "/bodies/announced")[1], (1, 6));
}

#[tokio::test]
async fn hints_and_trailers_are_kept() {
    let layer = MonitorLayer::new().route_with(|_| Some("/bodies/kept"));
    let service = answering(|request| async move {
        assert_eq!(request.body().size_hint().exact(), Some(5));
        assert!(!request.body().is_end_stream());
        let mut trailers = HeaderMap::new();
        trailers.insert("checksum", "17".parse().expect("a value"));
        let frames = [Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"data"))), Ok(Frame::trailers(trailers))];
        Response::new(Body::new(StreamBody::new(stream::iter(frames))))
    });
    let response =
        tower::ServiceExt::oneshot(layer.layer(service), ask("POST", "/", "hello")).await.expect("an answer");
    assert_eq!(response.body().size_hint().exact(), None);
    let body = response.into_body().collect().await.expect("a body");
    assert_eq!(body.trailers().expect("trailers")["checksum"], "17");
    assert_eq!(outcomes("POST /bodies/kept", 1), [1, 0, 0, 0]);

    let full = MonitorLayer::new().route_with(|_| Some("/bodies/full"));
    let service =
        tower::service_fn(|_| async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"full")))) });
    let response = tower::ServiceExt::oneshot(full.layer(service), ask("GET", "/", "")).await.expect("an answer");
    assert_eq!((response.body().size_hint().exact(), response.body().is_end_stream()), (Some(4), false));
    let mut body = pin!(response.into_body());
    let mut context = Context::from_waker(Waker::noop());
    assert!(body.as_mut().poll_frame(&mut context).is_ready() && body.is_end_stream());
    assert_eq!(outcomes("GET /bodies/full", 1), [1, 0, 0, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn sizes_are_exact_whatever_the_pieces(
        request in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
        response in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..20),
    ) {
        let (sent, answer) = (request.concat(), response.concat());
        let before = sizes_or_none();
        let layer = MonitorLayer::new().route_with(|_| Some("/bodies/property"));
        let service = answering(|request: Request<RequestBody<Body>>| async move {
            let read = request.into_body().collect().await.expect("a body").to_bytes();
            Response::builder().header("read", read.len()).body(streamed(response)).expect("a response")
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let got = runtime.block_on(call(layer.layer(service), ask("POST", "/", streamed(request)))).expect("an answer");
        prop_assert_eq!(got.headers()["read"].to_str().expect("text"), sent.len().to_string());
        prop_assert_eq!(got.body(), &answer);
        let after = sizes("POST", "/bodies/property");
        prop_assert_eq!(after[0], (before[0].0 + 1, before[0].1 + sent.len() as u64));
        prop_assert_eq!(after[1], (before[1].0 + 1, before[1].1 + answer.len() as u64));
    }
}

fn sizes_or_none() -> [(u64, u64); 2] {
    let measured = perfmon::snapshot().metric("http_server_request_body_size").is_some();
    if measured { sizes("POST", "/bodies/property") } else { [(0, 0); 2] }
}
