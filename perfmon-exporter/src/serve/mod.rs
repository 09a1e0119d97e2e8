//! The HTTP server.

mod listener;
mod page;
mod patience;
mod problem;
mod scrape;
mod secure;
mod vitals;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::Method,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};

#[cfg(feature = "auth")]
pub use self::secure::hash_password;
pub(crate) use self::{listener::serve, secure::Door};
use self::{
    problem::Problem,
    secure::{Gate, pass, protective_headers},
};
use crate::state::Shared;

/// Every route, behind the gate.
fn router(shared: Arc<Shared>, gate: Gate) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/metrics", get(scrape::metrics))
        .route("/health", get(vitals::health))
        .route("/ready", get(vitals::ready))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state((Arc::new(gate), shared.clone()), pass))
        .layer(from_fn(protective_headers))
        .with_state(shared)
}

async fn unknown(request: Request) -> Problem {
    Problem::not_found(format!("there is nothing at {}; see / for what there is", request.uri().path()))
}

async fn wrong_method(method: Method) -> Response {
    Problem::method_not_allowed(format!("{method} is not allowed here: use GET")).into_response()
}
