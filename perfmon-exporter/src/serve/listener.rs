//! Takes connections in and answers requests on them, within bounds.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request, response::IntoResponse};
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
    patience::Patience,
    problem::Problem,
    router,
    secure::{Door, Gate, Peer, Tls},
    unreadable::{Explained, MOST_HEAD, MOST_HEADERS},
};
use crate::{
    connections::Place,
    state::{Refusal, Shared},
};

/// How long a client may take over the head of a request, also of the next one on the same connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long an answer may take. Longer than any scrape timeout in use.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may take to read one.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// How long to wait when the system gives no connection: out of file descriptors, most likely.
const AFTER_ERROR: Duration = Duration::from_millis(100);
/// How often to look whether the certificate has changed.
const CERTIFICATE: Duration = Duration::from_secs(1);

/// Serves until `stop` says so.
pub(crate) async fn serve(listener: TcpListener, door: Door, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    let Door { gate, tls, .. } = door;
    let gate = Arc::new(gate);
    let app = router(shared.clone(), gate.clone(), stop.clone());
    let connections = &shared.connections;
    if let Some(tls) = tls.clone() {
        tokio::spawn(renew(tls, shared.clone(), stop.clone()));
    }
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
                let Some(place) = connections.enter() else { continue };
                let number = place.number();
                let client = Client { peer: Peer(peer), place };
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
    place: Place,
}

/// Reads the certificate again when it has changed. A bad one is told, and the one in use stays.
async fn renew(tls: Arc<Tls>, shared: Arc<Shared>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = sleep(CERTIFICATE) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let looking = tls.clone();
        match spawn_blocking(move || looking.reload()).await {
            Ok(Some(Ok(()))) => {
                tracing::info!(target: "perfmon", "the certificate has changed and is in use");
                shared.trouble("certificate", None);
            }
            Ok(Some(Err(error))) => {
                tracing::error!(target: "perfmon", %error, "the certificate has changed, and the one before stays in use");
                shared.trouble("certificate", Some(error.to_string()));
            }
            Ok(None) | Err(_) => {}
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
        let (app, busy) = (app.clone(), client.place.busy.clone());
        async move {
            busy.set(true);
            let answered = timeout(ANSWER_TIMEOUT, app.oneshot(request.map(Body::new))).await;
            busy.set(false);
            let response = match answered {
                Ok(Ok(response)) => response,
                Ok(Err(never)) => match never {},
                Err(_) => Problem::unavailable("the answer took longer than 60 s").into_response(),
            };
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(Explained::new(Patience::new(stream, READ_TIMEOUT))), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // How it ended is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
