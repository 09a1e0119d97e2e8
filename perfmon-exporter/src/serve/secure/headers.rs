//! What every answer tells a browser.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

/// For pages: what they load and where they send comes from here. Nobody frames them.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; \
                    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// For everything else: it is not a page, whatever somebody makes of it.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

/// On every answer: it is of this moment, is what it claims to be, and stays here.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Those of an answer that is no page.
pub(crate) fn protective() -> impl Iterator<Item = (HeaderName, &'static str)> {
    ALWAYS.into_iter().chain([(header::CONTENT_SECURITY_POLICY, NO_PAGE)])
}

/// Adds them; an answer that has its own keeps it.
pub(crate) async fn protective_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let policy = if is_html(headers) { PAGE } else { NO_PAGE };
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(policy));
    response
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"))
}
