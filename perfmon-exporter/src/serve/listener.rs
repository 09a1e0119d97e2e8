//! Takes connections in and answers requests on them, within bounds.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request, response::IntoResponse};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};
use tower::ServiceExt;

use super::{patience::Patience, problem::Problem};
use crate::connections::{Connections, Place};

/// How long a client may take over the head of a request, also of the next one on the same connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
/// How long an answer may take. Longer than any scrape timeout in use.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may take to read one.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a request's head.
const MOST_HEAD: usize = 64 << 10;
const MOST_HEADERS: usize = 100;
/// How long to wait when the system gives no connection: out of file descriptors, most likely.
const AFTER_ERROR: Duration = Duration::from_millis(100);

/// Serves until `stop` says so.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    connections: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        match accepted {
            Ok((stream, _)) => {
                // Beyond the bound the stream is dropped, which closes it.
                let Some(place) = connections.enter() else { continue };
                let number = place.number();
                let task = tokio::spawn(answer(stream, app.clone(), place, stop.clone()));
                connections.serve_with(number, task.abort_handle());
            }
            Err(error) => {
                connections.fail(&error);
                sleep(AFTER_ERROR).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, app: Router, place: Place, mut stop: watch::Receiver<bool>) {
    // Small answers should not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| {
        let (app, busy) = (app.clone(), place.busy.clone());
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
        .serve_connection(TokioIo::new(Patience::new(stream, READ_TIMEOUT)), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    // How it ended is the client's affair.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
