//! What the layer puts around a service.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header::CONTENT_LENGTH, request::Parts,
    response::Parts as Head,
};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{
    MonitorLayer,
    body::{RequestBody, ResponseBody},
    exchange::Exchange,
    grpc,
    layer::Choices,
    status::Status,
    timing,
};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const RESPONSE_TIME: HeaderName = HeaderName::from_static("x-response-time");

/// A service whose requests are measured; from [`MonitorLayer`].
#[derive(Debug, Clone)]
pub struct Monitor<S> {
    inner: S,
    layer: MonitorLayer,
}

/// In the extensions of a request that is measured already.
#[derive(Debug, Clone, Copy)]
struct Measured;

/// What a request says of the body of its response.
#[derive(Debug, Clone, Copy)]
struct Asked {
    /// `HEAD`: there is none, whatever the service gives.
    head: bool,
    connect: bool,
    /// With HTTP/1 a body of known length ends with its last byte, and nobody asks for more.
    one: bool,
}

impl<S> Monitor<S> {
    pub(super) fn new(inner: S, layer: MonitorLayer) -> Self {
        Self { inner, layer }
    }

    fn begin(&self, parts: &mut Parts) -> Option<Exchange> {
        // Extensions are looked at only where a router has made some: making them takes the heap.
        if !parts.extensions.is_empty() && parts.extensions.insert(Measured).is_some() {
            return None;
        }
        let trace = parts.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()?.parse().ok());
        Exchange::begin(parts.method.as_str(), self.layer.route(parts), trace)
    }
}

impl<S, B, C> Service<Request<B>> for Monitor<S>
where
    S: Service<Request<RequestBody<B>>, Response = Response<C>>,
    B: Body,
    C: Body,
{
    type Response = Response<ResponseBody<C>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let mut exchange = self.begin(&mut parts);
        let asked = Asked {
            head: parts.method == Method::HEAD,
            connect: parts.method == Method::CONNECT,
            one: parts.version <= Version::HTTP_11,
        };
        let body = RequestBody::new(body, exchange.as_mut());
        let request = Request::from_parts(parts, body);
        let inner = Exchange::run(&mut exchange, || self.inner.call(request));
        ResponseFuture { inner, exchange, asked, choices: self.layer.choices }
    }
}

pin_project! {
    /// The response to come.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        exchange: Option<Exchange>,
        asked: Asked,
        choices: Choices,
    }
}

impl<F, C, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<C>, E>>,
    C: Body,
{
    type Output = Result<Response<ResponseBody<C>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(Exchange::run(this.exchange, || this.inner.poll(cx)));
        let exchange = this.exchange.take();
        Poll::Ready(match result {
            Ok(response) => Ok(answered(response, exchange, *this.asked, this.choices)),
            Err(error) => {
                exchange.into_iter().for_each(Exchange::fail);
                Err(error)
            }
        })
    }
}

/// The head of the response is there: counts it, and the body goes on.
fn answered<C: Body>(
    response: Response<C>,
    mut exchange: Option<Exchange>,
    asked: Asked,
    choices: &Choices,
) -> Response<ResponseBody<C>> {
    let (mut head, body) = response.into_parts();
    if exchange.is_none() {
        return Response::from_parts(head, ResponseBody::new(body, None, None, choices.is_grpc_error));
    }
    // Which statuses are errors is said by code of the program's, too.
    let grpc = grpc::status(&head.headers);
    let failed =
        Exchange::run(&mut exchange, || grpc.map_or_else(|| (choices.is_error)(head.status), choices.is_grpc_error));
    if let Some(exchange) = &mut exchange {
        exchange.respond(Status { http: head.status.as_u16(), grpc }, failed);
        tell(&mut head, exchange, choices);
    }
    let length = asked.one.then(|| length_of(&head, &body)).flatten();
    if has_no_body(head.status, asked) || body.is_end_stream() || length == Some(0) {
        exchange.take().into_iter().for_each(Exchange::finish);
    }
    Response::from_parts(head, ResponseBody::new(body, exchange, length, choices.is_grpc_error))
}

/// Tells the client how long it took.
fn tell(head: &mut Head, exchange: &Exchange, choices: &Choices) {
    if !choices.server_timing && !choices.response_time {
        return;
    }
    let Some(elapsed) = exchange.elapsed() else { return };
    if choices.server_timing
        && let Ok(value) = HeaderValue::from_str(timing::server_timing(elapsed).as_str())
    {
        head.headers.append(SERVER_TIMING, value);
    }
    if choices.response_time
        && !head.headers.contains_key(RESPONSE_TIME)
        && let Ok(value) = HeaderValue::from_str(timing::response_time(elapsed).as_str())
    {
        head.headers.insert(RESPONSE_TIME, value);
    }
}

fn has_no_body(status: StatusCode, asked: Asked) -> bool {
    let none = status.is_informational() || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    none || asked.head || (asked.connect && status.is_success())
}

/// The length that a server announces.
fn length_of(head: &Head, body: &impl Body) -> Option<u64> {
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    announced.or_else(|| body.size_hint().exact())
}
