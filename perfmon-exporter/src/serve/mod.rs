//! The HTTP server.

mod api;
mod coding;
mod listener;
mod live;
mod page;
mod patience;
mod problem;
mod scrape;
mod unread;
mod vitals;

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::watch;

pub(crate) use self::listener::serve;
use self::problem::Problem;
use crate::state::Shared;

/// Every route. To be called in the runtime that serves them.
pub(crate) fn router(shared: Arc<Shared>, stop: watch::Receiver<bool>) -> Router {
    Router::new()
        .route("/", get(page::index))
        .route("/metrics", get(scrape::metrics))
        .route("/health", get(vitals::health))
        .route("/ready", get(vitals::ready))
        .merge(api::routes())
        .merge(live::routes(&shared, stop))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(common_headers))
        .with_state(shared)
}

async fn unknown(request: Request) -> Problem {
    Problem::not_found(format!("there is nothing at {}; see / for what there is", request.uri().path()))
}

async fn wrong_method(method: Method) -> Response {
    Problem::method_not_allowed(format!("{method} is not allowed here: use GET")).into_response()
}

/// What every answer says: it is of this moment, and what it claims to be.
async fn common_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
