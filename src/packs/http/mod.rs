//! Requests that are served: a layer for axum, hyper and tonic.
//!
//! ```
//! use axum::{Router, routing::get};
//! use perfmon::http::MonitorLayer;
//!
//! async fn order() -> &'static str {
//!     "4 shares"
//! }
//!
//! let app: Router = Router::new().route("/orders/{id}", get(order)).layer(MonitorLayer::new());
//! ```

#[cfg(feature = "actix")]
pub mod actix;
mod body;
mod endpoints;
mod exchange;
mod grpc;
mod layer;
mod route;
mod service;
mod timing;
mod trace;

pub(crate) use self::trace::current_trace;
pub use self::{
    body::{RequestBody, ResponseBody},
    endpoints::{Endpoint, Sizes, Times, endpoints},
    layer::MonitorLayer,
    service::{Monitor, ResponseFuture},
};
