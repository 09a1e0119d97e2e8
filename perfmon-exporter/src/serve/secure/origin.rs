//! Which pages a browser may ask from: `Origin`, and CORS.

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::host::Host;

/// How long a browser may remember the answer to a preflight.
const REMEMBER: &str = "600";

/// A page's scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    secure: bool,
    host: Host,
}

/// Where a request comes from, as far as it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Not from a page, or from one of a time before `Origin`.
    Nowhere,
    /// From a page of this server.
    Here,
    /// From a page of a site that may ask.
    Friend,
    /// From any other page.
    Elsewhere,
}

impl Origin {
    /// `https://host[:port]`; `None` for anything else, such as `null`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = Host::of(uri.authority()?)?;
        // No path, which the parser calls "/".
        let bare = uri.path_and_query().is_none_or(|path| path.as_str() == "/") && !text.ends_with('/');
        bare.then_some(Self { secure, host })
    }

    /// The page that a request says it comes from, if it says one.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()).and_then(Self::parse)
    }

    pub(crate) fn is_among(&self, friends: &[Self]) -> bool {
        friends.iter().any(|friend| friend.is(self))
    }

    fn default_port(&self) -> u16 {
        if self.secure { 443 } else { 80 }
    }

    fn is(&self, other: &Self) -> bool {
        self.secure == other.secure && self.host.place(self.default_port()) == other.host.place(other.default_port())
    }

    /// Whether it is the site that the request means. The scheme is the page's, because a proxy before us may speak TLS for us; when it says that it does, pages
    /// without TLS are not ours.
    fn is_at(&self, host: &Host, by_https: bool) -> bool {
        (self.secure || !by_https) && self.host.place(self.default_port()) == host.place(self.default_port())
    }
}

impl Source {
    /// `by_https`: a proxy has said so.
    pub(crate) fn of(headers: &HeaderMap, host: Option<&Host>, by_https: bool, friends: &[Origin]) -> Self {
        let mut values = headers.get_all(header::ORIGIN).iter();
        if values.next().is_none() {
            return Self::Nowhere;
        }
        if values.next().is_some() {
            return Self::Elsewhere;
        }
        let Some(origin) = Origin::of(headers) else { return Self::Elsewhere };
        if host.is_some_and(|host| origin.is_at(host, by_https)) {
            Self::Here
        } else if origin.is_among(friends) {
            Self::Friend
        } else {
            Self::Elsewhere
        }
    }
}

/// Whether a browser asks what it may ask.
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS
        && headers.contains_key(header::ORIGIN)
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// What pages of friends may ask. Every route is for reading.
pub(crate) fn preflight() -> Response {
    let says = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, REMEMBER),
    ];
    (StatusCode::NO_CONTENT, says).into_response()
}

/// Lets a friend's page read the answer. Passwords that a browser remembers are not part of that: such pages send their own token.
pub(crate) fn allow(response: &mut Response, origin: Option<HeaderValue>) {
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Host, Origin, Source};

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for right in ["http://a.example", "https://a.example:1", "http://[::1]:9464", "HTTP://A.example"] {
            assert!(Origin::parse(right).is_some(), "{right}");
        }
        for wrong in [
            "",
            "*",
            "null",
            "a.example",
            "https://",
            "ftp://a.example",
            "https://a.example/",
            "https://a.example/x",
            "https://u@a.example",
            "https://*.example/?",
        ] {
            assert!(Origin::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn pages_are_told_apart() {
        let friends = ["https://one.example", "https://two.example:8443"].map(|text| Origin::parse(text).expect(text));
        let from = |origin: &str, host: &str| {
            let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_str(origin).expect("a value"))]);
            Source::of(&headers, Host::parse(host).as_ref(), false, &friends)
        };
        for (origin, host, expected) in [
            ("http://localhost:9464", "localhost:9464", Source::Here),
            ("https://localhost:9464", "localhost:9464", Source::Here),
            ("https://perfmon.example", "perfmon.example", Source::Here),
            ("https://perfmon.example:443", "perfmon.example", Source::Here),
            ("http://localhost:9465", "localhost:9464", Source::Elsewhere),
            ("http://127.0.0.1:9464", "localhost:9464", Source::Elsewhere),
            ("https://one.example", "localhost:9464", Source::Friend),
            ("https://one.example:443", "localhost:9464", Source::Friend),
            ("https://two.example:8443", "localhost:9464", Source::Friend),
            ("https://two.example", "localhost:9464", Source::Elsewhere),
            ("http://one.example", "localhost:9464", Source::Elsewhere),
            ("https://one.example.evil.example", "localhost:9464", Source::Elsewhere),
            ("https://sub.one.example", "localhost:9464", Source::Elsewhere),
            ("null", "localhost:9464", Source::Elsewhere),
            ("", "localhost:9464", Source::Elsewhere),
        ] {
            assert_eq!(from(origin, host), expected, "{origin} at {host}");
        }
        assert_eq!(Source::of(&HeaderMap::new(), None, false, &friends), Source::Nowhere);
    }

    #[test]
    fn behind_a_proxy_that_speaks_tls_our_pages_have_it() {
        let from = |origin: &'static str, host: &str| {
            let headers = HeaderMap::from_iter([(header::ORIGIN, HeaderValue::from_static(origin))]);
            Source::of(&headers, Host::parse(host).as_ref(), true, &[])
        };
        assert_eq!(from("https://perfmon.example", "perfmon.example"), Source::Here);
        assert_eq!(from("https://perfmon.example:8443", "perfmon.example:8443"), Source::Here);
        assert_eq!(from("http://perfmon.example", "perfmon.example"), Source::Elsewhere);
        assert_eq!(from("http://perfmon.example:8443", "perfmon.example:8443"), Source::Elsewhere);
    }
}
