//! The same for actix-web: a middleware that counts as [`MonitorLayer`](super::MonitorLayer) does, into the same figures.
//!
//! ```
//! use actix_web::{App, web};
//! use perfmon::http::actix::Monitor;
//!
//! let app = || App::new().wrap(Monitor::new()).route("/orders/{id}", web::get().to(async || "4 shares"));
//! # drop(app);
//! ```
//!
//! Routes are those of actix's resource map; asking it takes a regular expression and a text on the heap, unlike axum's. An error that another middleware gives
//! in place of a response counts by the status actix makes of it. By default actix goes on with a handler when the client has closed its side;
//! `HttpServer::h1_allow_half_closed(false)` drops it, which counts as cancelled.

mod body;

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error,
    body::{BodySize, MessageBody},
    dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform},
    http::{
        Method, StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use pin_project_lite::pin_project;

use self::body::CountedPayload;
pub use self::body::MonitoredBody;
use super::{exchange::Exchange, route::Named, status::Status, timing};

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
const RESPONSE_TIME: HeaderName = HeaderName::from_static("x-response-time");

/// A middleware that measures every request; `App::wrap` adds it.
#[derive(Debug, Clone, Copy)]
#[must_use = "a middleware does nothing until it is added to an application"]
pub struct Monitor {
    is_error: fn(StatusCode) -> bool,
    server_timing: bool,
    response_time: bool,
}

impl Default for Monitor {
    fn default() -> Self {
        Self::new()
    }
}

impl Monitor {
    /// 5xx is an error, and responses get both headers.
    pub fn new() -> Self {
        Self { is_error: |status| status.is_server_error(), server_timing: true, response_time: true }
    }

    /// Which statuses make a request an error; by default 5xx.
    pub fn error_when(mut self, is_error: fn(StatusCode) -> bool) -> Self {
        self.is_error = is_error;
        self
    }

    /// Whether responses get `Server-Timing: total;dur=12.34`; by default they do.
    pub fn server_timing(mut self, on: bool) -> Self {
        self.server_timing = on;
        self
    }

    /// Whether responses get `X-Response-Time: 12.34ms`; by default they do.
    pub fn response_time(mut self, on: bool) -> Self {
        self.response_time = on;
        self
    }

    /// Tells the client how long it took.
    fn tell(self, headers: &mut HeaderMap, exchange: &Exchange) {
        let wanted = self.server_timing || self.response_time;
        let Some(elapsed) = wanted.then(|| exchange.elapsed()).flatten() else { return };
        if self.server_timing
            && let Ok(value) = HeaderValue::from_str(timing::server_timing(elapsed).as_str())
        {
            headers.append(SERVER_TIMING, value);
        }
        if self.response_time
            && !headers.contains_key(RESPONSE_TIME)
            && let Ok(value) = HeaderValue::from_str(timing::response_time(elapsed).as_str())
        {
            headers.insert(RESPONSE_TIME, value);
        }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Monitor
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<MonitoredBody<B>>;
    type Error = Error;
    type Transform = MonitorService<S>;
    type InitError = ();
    type Future = Ready<Result<MonitorService<S>, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        crate::trace::suggest();
        ready(Ok(MonitorService { inner, monitor: *self }))
    }
}

/// A service whose requests are measured; from [`Monitor`].
#[derive(Debug)]
pub struct MonitorService<S> {
    inner: S,
    monitor: Monitor,
}

/// Among the extensions of a request that is measured already.
struct Measured;

fn begin(request: &mut ServiceRequest) -> Option<Exchange> {
    if actix_web::HttpMessage::extensions_mut(request).insert(Measured).is_some() {
        return None;
    }
    let trace = request.headers().get("traceparent").and_then(|value| value.to_str().ok()?.parse().ok());
    let pattern = request.match_pattern();
    let route = pattern.as_deref().map_or(Named::Unmatched, Named::Template);
    let mut exchange = Exchange::begin(request.method().as_str(), route, trace)?;
    let payload = std::mem::replace(request.parts_mut().1, Payload::None);
    request.set_payload(CountedPayload::around(payload, &mut exchange));
    Some(exchange)
}

impl<S, B> Service<ServiceRequest> for MonitorService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<MonitoredBody<B>>;
    type Error = Error;
    type Future = ResponseFuture<S::Future>;

    actix_web::dev::forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let mut exchange = begin(&mut request);
        let head = *request.method() == Method::HEAD;
        let inner = Exchange::run(&mut exchange, || self.inner.call(request));
        ResponseFuture { inner, exchange, head, monitor: self.monitor }
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
        head: bool,
        monitor: Monitor,
    }
}

impl<F, B> Future for ResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<MonitoredBody<B>>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (monitor, head) = (*this.monitor, *this.head);
        let result = ready!(Exchange::run(this.exchange, || this.inner.poll(cx)));
        let mut exchange = this.exchange.take();
        let status = match &result {
            Ok(response) => response.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        let failed = Exchange::run(&mut exchange, || (monitor.is_error)(status));
        if let Some(exchange) = &mut exchange {
            exchange.respond(Status { http: status.as_u16(), grpc: None }, failed);
        }
        let mut response = match result {
            Ok(response) => response,
            // What actix makes of it comes by here no more.
            Err(error) => {
                if let Some(mut exchange) = exchange {
                    exchange.leave_body();
                    exchange.finish();
                }
                return Poll::Ready(Err(error));
            }
        };
        if let Some(exchange) = &exchange {
            monitor.tell(response.headers_mut(), exchange);
        }
        let size = response.response().body().size();
        if head || size.is_eof() || status == StatusCode::SWITCHING_PROTOCOLS {
            exchange.take().into_iter().for_each(Exchange::finish);
        }
        let length = if let BodySize::Sized(length) = size { Some(length) } else { None };
        Poll::Ready(Ok(response.map_body(|_, body| MonitoredBody::new(body, exchange, length))))
    }
}
