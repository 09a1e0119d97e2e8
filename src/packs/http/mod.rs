//! Requests that are served: one layer around axum, hyper or tonic, a middleware for actix-web, and a profile of every endpoint.
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! use axum::{Router, routing::get};
//! use perfmon::http::MonitorLayer;
//!
//! async fn order() -> &'static str {
//!     "4 shares"
//! }
//!
//! let app: Router = Router::new().route("/orders/{id}", get(order)).layer(MonitorLayer::new());
//! # }
//! ```
//!
//! Every request then is a call of the site `GET /orders/{id}`, in reports, windows, objectives and `/metrics` like any other, and [`endpoints`] has a table of them; `http.endpoints` of the exporter's dashboard has it of the last five minutes.
//!
//! # What a request is
//!
//! | | |
//! |---|---|
//! | begins | when the layer is given it; from then on it is in flight. One whose client is gone before axum or hyper come to it never gets here |
//! | ends | with the last byte, or the trailers, of its response's body: a download counts until it is sent, an event stream as long as it is listened to. Where there is no body (`HEAD`, 204, 304, 101) with the head. What the system still has in its buffers is not waited for |
//! | ok | whatever is none of the following; 4xx too, which is the client's error |
//! | error | a status of 5xx ([`MonitorLayer::error_when`]), whatever becomes of its body, a gRPC status other than 0 ([`MonitorLayer::grpc_error_when`]), an error of the service or of the body |
//! | panic | the service or the body unwinds; the panic goes on unchanged. One that is caught inside the layer is the 500 that became of it |
//! | cancelled | the future or the unfinished body is dropped, or the request's body breaks off, whatever status that was given: the client has gone, or a time limit outside the layer has passed. An event stream nearly always ends so: its client goes |
//!
//! A layer that puts a body of its own in the place of the response's, as compression and error pages do, belongs inside (add it before this one): outside it may leave the body unread, which
//! looks as if the client had gone, and sizes are those before it.
//!
//! OpenTelemetry leaves open where `http.server.request.duration` ends; most peers end it with the head of the response, and so know nothing of downloads that break off. The headers below tell the time to the head.
//!
//! # Routes
//!
//! A path is no route: there are as many as clients care to make up. The route is
//!
//! - what [`MonitorLayer::route_with`] says, for hyper and others without a router,
//! - for axum (feature `axum`) the template that matched. Add the layer with `Router::layer`, after the routes; around a whole router, from outside, nothing has matched yet,
//! - for gRPC `/package.Service/Method`, where no template matched or only one of any rest (`/{*rest}`),
//! - `unmatched` for requests that none of these knows. With axum that is all that a fallback answers, a nested router's too, and all of a service that is nested (`nest_service`: static files, say), for
//!   which axum tells no template: name it with `route_with`, as `"/assets"`, or add it with `route_service("/assets/{*rest}", …)`, which is a template. `Router::route_layer` puts the layer
//!   around routes alone, so that there are no `unmatched` ones.
//!
//! Methods are those of HTTP, others `_OTHER`. A thousand routes, each with each of its methods, have figures of their own, and beside them a thousand methods of gRPC; requests of further ones, and of routes longer than 256 bytes,
//! count in the route `other` and in `http_server_routes_refused_total`. Strangers make up methods of gRPC, of any server that they reach: where there is no gRPC switch them off ([`MonitorLayer::grpc`]);
//! where there is, let `route_with` name those that there are, as `Some("other")` the rest.
//!
//! # Figures
//!
//! A request that ended is labelled `status`, the one that its response had, whatever became of its body: `site.with_labels(&["200"])` is how long those took. One without a response, for the
//! service panicked or the client went first, has none. Methods of gRPC have a second label, `grpc_status`, where the response came to tell. 24 statuses of a route, or pairs of both, have figures of their own, then it is
//! `other`. While they go on requests have no status. Reports and [`endpoints`] have one row for each route.
//!
//! | metric | labels | |
//! |---|---|---|
//! | `http_server_request_body_size` | method, route | bytes of the request's body that the service read, counted as they flow; nothing of a request that has none, as those of `GET` |
//! | `http_server_response_body_size` | method, route | bytes of the response's body, of those that broke off too |
//! | `http_server_routes_refused_total` | | requests of routes beyond the limit |
//!
//! `/metrics` has them, with `http_server_request_duration_seconds` and `http_server_active_requests`, under OpenTelemetry's names of labels:
//!
//! ```text
//! sum by (http_response_status_code) (rate(http_server_request_duration_seconds_count[5m]))
//! ```
//!
//! Responses get `Server-Timing: total;dur=12.34` and `X-Response-Time: 12.34ms`, milliseconds until the head was there. What the service itself tells in them
//! stays. They tell strangers how long things take; [`MonitorLayer::server_timing`] and [`MonitorLayer::response_time`] switch them off.
//!
//! A request's header `traceparent` gives its trace to the request and to every monitored call that is made while its future or body is polled: the slow ones have it as
//! [evidence](crate::evidence::slow_calls). Spans' traces (feature `tracing`) go before it. What a handler spawns is on its own.
//!
//! # Counted once
//!
//! Where a handler has [`monitor_request`](crate::monitor_request) with the request's route, the layer alone counts: it knows the response, and the attribute only what a function returned. The
//! requests have the attribute's objectives, place and labels, stand in its site, and last until their end; an `err =` of its has no say, and `busy` time is none of theirs. What is turned away before
//! the handler (a bad path, a missing login) is among them. Whatever the method: axum answers `HEAD` by the handler of `GET`, which is one request, `HEAD /route`. Labels come before
//! the layer's own, `site.with_labels(&["gold", "200"])`, and are empty where the handler was not reached; `HEAD`, which no attribute names, has none of them. The same holds for [`request!`](crate::request!)
//! and [`time!`](crate::time!), not for [`record!`](crate::record!), which always counts.
//!
//! A handler knows that by the thread that polls it. So an attribute counts as ever on a function that a handler calls for another route, one that is called without a layer or stands around it, and
//! one that is spawned (`tokio::spawn`, `spawn_blocking`): with the request's own route that last one counts it twice. For the handler alone use
//! [`monitor_latency`](crate::monitor_latency), which is a site of its own.
//!
//! Layers of one axum router, or of nested ones, count a request once: the outermost of them does. A mark in the request's extensions tells the others, put there only where a router has made some, since making
//! them takes the heap. So two layers around another service count twice, and so does one around a whole axum router from outside (`MonitorLayer::new().layer(app)`) with another one inside: once
//! as `unmatched`, once by its route. There, add one.
//!
//! # What it costs
//!
//! No lock, and nothing from the heap after a route's first requests, but for the headers' values, a word that tells of a request's body whether it broke off, and what axum does to have a body of another type. A request to axum takes 1.0 µs more,
//! 0.7 without headers. The first requests of each route and status make their series.

#[cfg(feature = "actix")]
pub mod actix;
mod body;
mod endpoints;
mod exchange;
mod grpc;
mod layer;
mod route;
#[cfg(feature = "exporter")]
mod section;
mod service;
mod status;
mod timing;

#[cfg(feature = "exporter")]
pub(crate) use self::section::section;
pub use self::{
    body::{RequestBody, ResponseBody},
    endpoints::{Endpoint, Sizes, Times, endpoints},
    layer::MonitorLayer,
    service::{Monitor, ResponseFuture},
};
