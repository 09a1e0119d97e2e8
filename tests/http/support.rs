//! A server on a socket, a client, and what was counted.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, body::Body};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use perfmon::{Snapshot, snapshot, snapshot::Value};
use tokio::net::{TcpListener, TcpStream};

/// Nothing here takes so long; a machine may be busy.
const LIMIT: Duration = Duration::from_secs(30);

/// Serves on a port of its own until the test's runtime ends.
pub(crate) async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// A connection to it that speaks HTTP/1.
pub(crate) async fn connect(address: SocketAddr) -> http1::SendRequest<Body> {
    let stream = TcpStream::connect(address).await.expect("it listens");
    let (client, connection) = http1::handshake(TokioIo::new(stream)).await.expect("it speaks HTTP");
    tokio::spawn(connection);
    client
}

/// Asks over a connection of its own.
pub(crate) async fn send(address: SocketAddr, request: Request<Body>) -> Response<Incoming> {
    let mut client = connect(address).await;
    client.send_request(request).await.expect("an answer")
}

/// Asks, and reads the whole answer.
pub(crate) async fn get(address: SocketAddr, method: &str, path: &str) -> (u16, Vec<u8>) {
    let response = send(address, ask(method, path, Body::empty())).await;
    let status = response.status().as_u16();
    (status, response.into_body().collect().await.expect("a body").to_bytes().to_vec())
}

pub(crate) fn ask(method: &str, path: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    request.body(body.into()).expect("a request")
}

/// Asks a service in the process, and reads the whole answer.
pub(crate) async fn call<S, B>(service: S, request: Request<Body>) -> Result<Response<Vec<u8>>, S::Error>
where
    S: tower::Service<Request<Body>, Response = Response<B>>,
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    let response = tower::ServiceExt::oneshot(service, request).await?;
    let (head, body) = response.into_parts();
    let body = body.collect().await.expect("a body").to_bytes().to_vec();
    Ok(Response::from_parts(head, body))
}

/// A service that answers by a function.
pub(crate) fn answering<F, R>(
    answer: F,
) -> impl tower::Service<
    Request<perfmon::http::RequestBody<Body>>,
    Response = Response<Body>,
    Error = Infallible,
    Future = impl Future<Output = Result<Response<Body>, Infallible>>,
> + Clone
where
    F: FnOnce(Request<perfmon::http::RequestBody<Body>>) -> R + Clone,
    R: Future<Output = Response<Body>>,
{
    tower::service_fn(move |request| {
        let answer = answer.clone();
        async move { Ok(answer(request).await) }
    })
}

/// `[ok, errors, panics, cancelled]` of a route, once nothing of it is in flight and so many requests have ended.
#[track_caller]
pub(crate) fn outcomes(name: &str, ended: u64) -> [u64; 4] {
    let snapshot =
        until(name, |snapshot| snapshot.get(name).is_some_and(|site| site.in_flight() == 0 && site.calls() >= ended));
    let site = snapshot.get(name).expect("it was there");
    assert_eq!(site.calls(), ended, "{name}");
    [site.ok(), site.errors(), site.panics(), site.cancelled()]
}

/// A snapshot for which this holds: a server notices some things only after its client did.
// The limit is of real time.
#[allow(clippy::disallowed_methods)]
#[track_caller]
pub(crate) fn until(what: &str, is: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let start = Instant::now();
    loop {
        let now = snapshot();
        if is(&now) {
            return now;
        }
        assert!(start.elapsed() < LIMIT, "waited for {what} in vain: {:?}", now.get(what));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// How many bodies of a route there were, and their bytes: of requests and of responses.
pub(crate) fn sizes(method: &str, route: &str) -> [(u64, u64); 2] {
    let now = snapshot();
    ["http_server_request_body_size", "http_server_response_body_size"].map(|name| {
        let metric = now.metric(name).expect("requests were measured");
        let series = metric.series().iter().find(|series| series.values() == [method, route]);
        match series.map(perfmon::snapshot::MetricSeries::value) {
            Some(Value::Histogram(sizes)) => (sizes.count(), sizes.sum()),
            _ => (0, 0),
        }
    })
}

/// How many responses of a route had which status.
pub(crate) fn statuses(method: &str, route: &str) -> Vec<(String, u64)> {
    let endpoints = perfmon::http::endpoints(&snapshot());
    let endpoint = endpoints.into_iter().find(|endpoint| endpoint.method == method && endpoint.route == route);
    endpoint.map(|endpoint| endpoint.statuses).unwrap_or_default()
}
