//! After a route's first requests the layer takes nothing from the heap, but to hear of a body that breaks off: an allocator counts.

#[path = "../../perfmon-core/tests/support/counting.rs"]
mod counting;

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use counting::ALLOCATIONS;
use http::{HeaderValue, Method, Request, Response};
use http_body::Body;
use http_body_util::Full;
use perfmon::http::{MonitorLayer, RequestBody};
use tower::{Layer, Service};

type Answer = Ready<Result<Response<Full<Bytes>>, Infallible>>;

#[derive(Clone)]
struct Plain;

impl Service<Request<RequestBody<Full<Bytes>>>> for Plain {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<RequestBody<Full<Bytes>>>) -> Answer {
        read(request.into_body());
        ready(Ok(Response::new(Full::new(Bytes::from_static(b"an answer")))))
    }
}

fn read(body: impl Body) {
    let (mut body, mut context) = (pin!(body), Context::from_waker(Waker::noop()));
    while let Poll::Ready(Some(frame)) = body.as_mut().poll_frame(&mut context) {
        drop(frame);
    }
}

/// What requests of this sort take from the heap while the layer has them, made and given back outside.
fn taken(layer: &MonitorLayer, requests: u64, request: impl Fn() -> Request<Full<Bytes>>) -> u64 {
    let mut service = layer.layer(Plain);
    let mut taken = 0;
    for _ in 0..requests {
        let request = request();
        let before = ALLOCATIONS.get();
        let answer = pin!(service.call(request));
        let Poll::Ready(Ok(response)) = answer.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("it is ready at once");
        };
        read(response.into_body());
        taken += ALLOCATIONS.get() - before;
    }
    taken
}

#[test]
fn a_request_takes_nothing() {
    let with = |body: &'static [u8]| {
        let body = Full::new(Bytes::from_static(body));
        Request::builder().method(Method::POST).uri("/orders/17").body(body).expect("a request")
    };
    let request = || with(b"");
    let traced = || {
        let mut request = request();
        let parent = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        request.headers_mut().insert("traceparent", parent);
        request
    };
    let silent = MonitorLayer::new().route_with(|_| Some("/orders/{id}")).server_timing(false).response_time(false);
    taken(&silent, 100, request);
    assert_eq!(taken(&silent, 10_000, request), 0);
    assert_eq!(taken(&silent, 10_000, traced), 0);
    taken(&silent, 100, || with(b"4"));
    assert_eq!(taken(&silent, 10_000, || with(b"4")), 10_000);

    // A header's value is on the heap, and so is the map of a response that had none.
    let telling = MonitorLayer::new().route_with(|_| Some("/orders/{id}"));
    taken(&telling, 100, request);
    assert_eq!(taken(&telling, 10_000, request), 4 * 10_000);
}
