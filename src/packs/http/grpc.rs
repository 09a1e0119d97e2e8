//! gRPC: its methods as routes, its status as the outcome.

use http::{
    HeaderMap, Method,
    header::{CONTENT_TYPE, HeaderName},
    request::Parts,
};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// `/package.Service/Method`, of a gRPC request.
pub(super) fn method(parts: &Parts) -> Option<&str> {
    let is_grpc = || parts.headers.get(CONTENT_TYPE)?.as_bytes().strip_prefix(b"application/grpc");
    if parts.method != Method::POST || is_grpc().is_none() {
        return None;
    }
    let path = parts.uri.path();
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    (!service.is_empty() && !method.is_empty() && !method.contains('/')).then_some(path)
}

/// The status in a response's head or trailers. What is no number is `UNKNOWN`, as clients take it.
pub(super) fn status(headers: &HeaderMap) -> Option<u16> {
    let value = headers.get(STATUS)?;
    Some(value.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(2))
}
