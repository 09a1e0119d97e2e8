//! The HTTP server.

mod api;
mod coding;
mod listener;
mod live;
mod number;
mod page;
mod patience;
mod performance;
mod problem;
mod scrape;
mod secure;
mod unread;
mod unreadable;
mod vitals;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::watch;
use tower::ServiceExt;

#[cfg(feature = "auth")]
pub use self::secure::hash_password;
pub(crate) use self::{listener::serve, secure::Door};
use self::{
    problem::Problem,
    secure::{Gate, Peer, pass, protective_headers},
};
use crate::state::Shared;

/// The answer to a GET of this path, by a client of this machine. For simulations.
pub(crate) async fn ask(shared: &Arc<Shared>, door: Door, path: &str) -> std::io::Result<Response> {
    use std::io::Error;
    let (_running, stop) = watch::channel(false);
    let peer = Peer((std::net::Ipv4Addr::LOCALHOST, 0).into());
    let request = Request::get(path).header("host", "localhost").extension(peer).body(Body::empty());
    let app = router(shared.clone(), Arc::new(door.gate), stop);
    app.oneshot(request.map_err(Error::other)?).await.map_err(Error::other)
}

/// Every route, behind the gate. To be called in the runtime that serves them.
fn router(shared: Arc<Shared>, gate: Arc<Gate>, stop: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/metrics", get(scrape::metrics))
        .route("/health", get(vitals::health))
        .route("/ready", get(vitals::ready))
        .merge(api::routes())
        .merge(live::routes(&shared, gate.clone(), stop))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state((gate, shared.clone()), pass))
        .layer(from_fn(protective_headers))
        .with_state(shared)
}

async fn unknown(request: Request) -> Problem {
    Problem::not_found(format!("there is nothing at {}; see / for what there is", request.uri().path()))
}

async fn wrong_method(method: Method) -> Response {
    Problem::method_not_allowed(format!("{method} is not allowed here: use GET")).into_response()
}
