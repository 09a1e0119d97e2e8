//! The tower layer and what can be chosen of it.

use std::{fmt, sync::Arc};

use http::{StatusCode, request::Parts};
use tower_layer::Layer;

use super::{grpc, route::Named, service::Monitor};

type RouteOf = dyn for<'a> Fn(&'a Parts) -> Option<&'a str> + Send + Sync;

/// A [`tower`](https://docs.rs/tower) layer that measures every request: for axum, hyper, tonic and whatever else is a service of
/// [`http`](https://docs.rs/http) requests. The [module](super) says what is counted, and when.
#[derive(Clone)]
#[must_use = "a layer does nothing until it is added to a service"]
pub struct MonitorLayer {
    route_of: Option<Arc<RouteOf>>,
    grpc: bool,
    pub(super) choices: Choices,
}

/// What is needed when the response is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choices {
    pub(super) is_error: fn(StatusCode) -> bool,
    pub(super) is_grpc_error: fn(u16) -> bool,
    pub(super) server_timing: bool,
    pub(super) response_time: bool,
}

impl Default for MonitorLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl MonitorLayer {
    /// Routes are those of axum (feature `axum`) and the methods of gRPC; 5xx and a gRPC status other than 0 are errors; responses get both headers.
    pub fn new() -> Self {
        crate::trace::suggest();
        let choices = Choices {
            is_error: |status| status.is_server_error(),
            is_grpc_error: |status| status != 0,
            server_timing: true,
            response_time: true,
        };
        Self { route_of: None, grpc: true, choices }
    }

    /// Asks `route_of` which route a request takes, for services without a router that tells. Of each route give the same text, `"/orders/{id}"` and not
    /// `"/orders/17"`. Where it gives `None`, axum's route or gRPC's method is taken, or `unmatched`.
    ///
    /// ```
    /// use perfmon::http::MonitorLayer;
    ///
    /// let layer = MonitorLayer::new().route_with(|request| match request.uri.path() {
    ///     "/" => Some("/"),
    ///     path if path.starts_with("/orders/") => Some("/orders/{id}"),
    ///     _ => None,
    /// });
    /// ```
    pub fn route_with<F>(mut self, route_of: F) -> Self
    where
        F: for<'a> Fn(&'a Parts) -> Option<&'a str> + Send + Sync + 'static,
    {
        self.route_of = Some(Arc::new(route_of));
        self
    }

    /// Which statuses make a request an error; by default 5xx. (4xx is the client's error, as OpenTelemetry sees it for servers.)
    ///
    /// ```
    /// # use perfmon::http::MonitorLayer;
    /// let layer = MonitorLayer::new().error_when(|status| status.is_server_error() || status == 429);
    /// ```
    pub fn error_when(mut self, is_error: fn(StatusCode) -> bool) -> Self {
        self.choices.is_error = is_error;
        self
    }

    /// Whether methods of gRPC are routes. By default they are; switch it off around a server that has none: any client can say that it speaks gRPC, and each path that it makes up
    /// would be a route, up to a thousand. Without, such requests take axum's route, or are `unmatched`.
    pub fn grpc(mut self, on: bool) -> Self {
        self.grpc = on;
        self
    }

    /// Which gRPC statuses make a call an error; by default all but 0. OpenTelemetry takes those that are the server's fault:
    ///
    /// ```
    /// # use perfmon::http::MonitorLayer;
    /// let layer = MonitorLayer::new().grpc_error_when(|status| matches!(status, 2 | 4 | 12..=15));
    /// ```
    pub fn grpc_error_when(mut self, is_error: fn(u16) -> bool) -> Self {
        self.choices.is_grpc_error = is_error;
        self
    }

    /// Whether responses get `Server-Timing: total;dur=12.34`, which browsers show among a request's timings: milliseconds until the head of the
    /// response was there. By default they do; what the service put there stays.
    pub fn server_timing(mut self, on: bool) -> Self {
        self.choices.server_timing = on;
        self
    }

    /// Whether responses get `X-Response-Time: 12.34ms`, the same time. By default they do, unless the service put one there.
    pub fn response_time(mut self, on: bool) -> Self {
        self.choices.response_time = on;
        self
    }

    /// The route that a request takes, if anybody knows.
    pub(super) fn route<'a>(&self, parts: &'a Parts) -> Named<'a> {
        if let Some(told) = self.route_of.as_ref().and_then(|route_of| route_of(parts)) {
            return Named::Template(told);
        }
        let template = matched(parts);
        // Whoever asks can say that it is gRPC. tonic's router has `/package.Service/{*rest}`, which a method goes before.
        let method = self
            .grpc
            .then(|| grpc::method(parts))
            .flatten()
            .filter(|_| template.is_none_or(|template| template.contains("/{*")));
        method.map(Named::Method).or(template.map(Named::Template)).unwrap_or(Named::Unmatched)
    }
}

#[cfg(feature = "axum")]
fn matched(parts: &Parts) -> Option<&str> {
    parts.extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
fn matched(_: &Parts) -> Option<&str> {
    None
}

impl fmt::Debug for MonitorLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitorLayer")
            .field("server_timing", &self.choices.server_timing)
            .field("response_time", &self.choices.response_time)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for MonitorLayer {
    type Service = Monitor<S>;

    fn layer(&self, inner: S) -> Monitor<S> {
        Monitor::new(inner, self.clone())
    }
}
