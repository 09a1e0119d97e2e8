//! Takes connections in and answers requests on them, within bounds.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::spawn_blocking,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{
    patience::{Limits, Patience},
    problem::Problem,
    router,
    secure::{Door, FOR_ANYBODY, Gate, Line, Peer, Tls, protective},
    unreadable::{Explained, MOST_HEAD, MOST_HEADERS},
};
use crate::{
    connections::Place,
    state::{Refusal, Shared},
};

/// How long a client may be silent between two requests. Longer than between two scrapes.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long an answer may take. Longer than any scrape timeout in use.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may take over the head of a request, and to read an answer.
const LIMITS: Limits = Limits { head: Duration::from_secs(15), answer: Duration::from_secs(60) };
/// How long to wait when the system gives no connection: out of file descriptors, most likely.
const AFTER_ERROR: Duration = Duration::from_millis(100);
/// How often to look whether the certificate has changed, and to tell what was refused.
const LOOK: Duration = Duration::from_secs(1);

/// Serves until `stop` says so.
pub(crate) async fn serve(listener: TcpListener, door: Door, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let Door { gate, tls, .. } = door;
    let gate = Arc::new(gate);
    let app = router(shared.clone(), gate.clone(), stop.clone());
    let connections = &shared.connections;
    if let Some(tls) = tls.clone() {
        tokio::spawn(renew(tls, shared.clone(), stop.clone()));
    }
    tokio::spawn(tell(gate.clone(), stop.clone()));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                if tls.as_ref().is_some_and(|tls| !may_shake_hands(tls, &gate, &shared, peer.ip())) {
                    shared.refusals.count(Refusal::Rate);
                    continue;
                }
                // Beyond the bound the stream is dropped, which closes it.
                let proxy = gate.is_proxy(peer.ip(), &shared).then(|| (gate.clone(), shared.clone()));
                let Some(place) = connections.enter(proxy.is_none().then(|| peer.ip().to_canonical())) else {
                    continue;
                };
                let number = place.number();
                let line = Line::new(tls.is_some());
                let client = Client { peer: Peer(peer), line, place, proxy };
                let task = tokio::spawn(greet(stream, tls.clone(), app.clone(), client, stop.clone()));
                connections.serve_with(number, task.abort_handle());
            }
            Err(error) => {
                connections.fail(&error);
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

/// Whether an address may have a TLS handshake, once more. A trusted proxy always: it shakes hands for all of its clients, which nobody can tell apart yet.
fn may_shake_hands(tls: &Tls, gate: &Gate, shared: &Shared, address: IpAddr) -> bool {
    gate.is_proxy(address, shared) || tls.admits(address)
}

/// Who is at the other end of a connection.
struct Client {
    peer: Peer,
    line: Line,
    place: Place,
    /// It is a trusted proxy, for whose requests these know who asks.
    proxy: Option<(Arc<Gate>, Arc<Shared>)>,
}

impl Client {
    /// Why a request is not even to be looked at: its connection is for vital signs, or too many of that client's are being answered.
    fn turns_away(&self, request: &Request<Incoming>) -> Option<Problem> {
        if self.place.is_vital {
            let is_vital = FOR_ANYBODY.contains(&request.uri().path());
            let detail =
                "too many connections: close some, or ask again in a moment; only /health and /ready are answered now";
            return (!is_vital).then(|| Problem::unavailable(detail));
        }
        let (gate, shared) = self.proxy.as_ref()?;
        let client = gate.client(self.peer.0.ip(), request.headers(), shared);
        let detail =
            "too many requests of this client are being answered, or not read: read them, or ask again in a moment";
        (!self.place.admits(client)).then(|| {
            shared.refusals.count(Refusal::Rate);
            Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
        })
    }
}

/// Has the log told each second what was refused, also when nothing more is.
async fn tell(gate: Arc<Gate>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(LOOK) => gate.tell(),
            _ = stop.wait_for(|stop| *stop) => return,
        }
    }
}

/// Reads the certificate again when it has changed. A bad one is told, and the one in use stays.
async fn renew(tls: Arc<Tls>, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let (mut told, mut unanswered) = (None, false);
    loop {
        tokio::select! {
            () = sleep(LOOK) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let looking = tls.clone();
        match spawn_blocking(move || looking.reload()).await {
            Ok(Some(Ok(()))) => {
                tracing::info!(target: "perfmon", "the certificate has changed and is in use");
                told = None;
                shared.trouble("certificate", None);
            }
            Ok(Some(Err(error))) => {
                unanswered = error.is_unavailable();
                let reason = Some(error.to_string());
                // Files that do not answer are tried each second.
                if told != reason {
                    tracing::error!(target: "perfmon", %error, "the certificate in use stays in use");
                }
                told.clone_from(&reason);
                shared.trouble("certificate", reason);
            }
            Ok(None) => {
                // They answer again, and are as before.
                if told.take_if(|_| unanswered).is_some() {
                    shared.trouble("certificate", None);
                }
            }
            Err(_) => {}
        }
    }
}

/// Shakes hands if that is the custom here, and answers.
async fn greet(stream: TcpStream, tls: Option<Arc<Tls>>, app: Router, client: Client, stop: watch::Receiver<bool>) {
    // Small answers should not wait for more.
    let _ = stream.set_nodelay(true);
    match tls {
        None => answer(stream, app, client, stop).await,
        Some(tls) => {
            if let Some(stream) = tls.accept(stream).await {
                answer(stream, app, client, stop).await;
            }
        }
    }
}

async fn answer<S>(stream: S, app: Router, client: Client, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(client.peer);
        request.extensions_mut().insert(client.line.clone());
        let turned_away = client.turns_away(&request);
        let (app, pace, is_vital) = (app.clone(), client.place.pace.clone(), client.place.is_vital);
        pace.begin();
        async move {
            let mut response = match turned_away {
                Some(problem) => refused(problem),
                None => ask(app, request).await,
            };
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                pace.upgrade();
            }
            if is_vital {
                // Others wait for the place.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            pace.end();
            Ok::<_, Infallible>(response)
        }
    });
    let stream = Patience::new(stream, LIMITS, client.place.pace.clone());
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE_TIMEOUT)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(Explained::new(stream)), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // How it ended is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn ask(app: Router, request: Request<Incoming>) -> Response {
    match timeout(ANSWER_TIMEOUT, app.oneshot(request.map(Body::new))).await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => Problem::unavailable("the answer took longer than 60 s").into_response(),
    }
}

/// What does not come to the router has the headers of all answers, too.
fn refused(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().extend(protective().map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
