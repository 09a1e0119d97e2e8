//! What a request says of who it is: the header `Authorization`; of a WebSocket from a page, which cannot send that, `Sec-WebSocket-Protocol`.

use axum::http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

use crate::settings::Secret;

/// What a page offers besides the token, and what is answered: `new WebSocket(url, ["perfmon", "bearer." + encodeURIComponent(token)])`.
pub(crate) const PROTOCOL: &str = "perfmon";
const BEARER: &str = "bearer.";

/// What a request identifies with.
#[derive(Debug)]
pub(crate) enum Credential {
    /// RFC 6750.
    Bearer(Secret),
    /// RFC 7617.
    #[cfg_attr(not(feature = "auth"), allow(dead_code, reason = "nobody has a password then"))]
    Basic { name: String, password: Secret },
}

/// A header that is none of the two, or there twice.
#[derive(Debug)]
pub(crate) struct Unreadable;

impl Credential {
    /// `None` when the request says nothing.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Unreadable> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else { return if is_websocket(headers) { offered(headers) } else { Ok(None) } };
        if values.next().is_some() {
            return Err(Unreadable);
        }
        let (scheme, rest) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or(Unreadable)?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
            return Ok(Some(Self::Bearer(Secret::from(rest))));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            return basic(rest).map(Some).ok_or(Unreadable);
        }
        Err(Unreadable)
    }
}

/// Whether it asks to become a WebSocket.
pub(super) fn is_websocket(headers: &HeaderMap) -> bool {
    let mut upgrades = headers.get_all(header::UPGRADE).iter();
    upgrades.any(|value| value.as_bytes().to_ascii_lowercase().windows(9).any(|part| part == b"websocket"))
}

/// The token among the protocols that a page offers. Its percent signs are codes, since a protocol's name has few signs.
fn offered(headers: &HeaderMap) -> Result<Option<Credential>, Unreadable> {
    let mut found = None;
    for value in headers.get_all(header::SEC_WEBSOCKET_PROTOCOL) {
        let names = value.to_str().map_err(|_| Unreadable)?.split(',').map(str::trim);
        for token in names.filter_map(|name| name.strip_prefix(BEARER)) {
            let token = percent_decode_str(token).decode_utf8().map_err(|_| Unreadable)?;
            if token.is_empty() || found.replace(Secret::from(&*token)).is_some() {
                return Err(Unreadable);
            }
        }
    }
    Ok(found.map(Credential::Bearer))
}

#[cfg(feature = "auth")]
fn basic(encoded: &str) -> Option<Credential> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let decoded = Secret::from(String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?);
    let (name, password) = decoded.expose().split_once(':')?;
    Some(Credential::Basic { name: name.to_owned(), password: Secret::from(password) })
}

#[cfg(not(feature = "auth"))]
fn basic(_encoded: &str) -> Option<Credential> {
    None
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use proptest::prelude::*;

    use super::Credential;

    fn of(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(value).expect("a value"));
        }
        shown(&headers)
    }

    fn shown(headers: &HeaderMap) -> String {
        match Credential::of(headers) {
            Ok(None) => String::from("nothing"),
            Ok(Some(Credential::Bearer(secret))) => format!("bearer {}", secret.expose()),
            Ok(Some(Credential::Basic { name, password })) => format!("basic {name} {}", password.expose()),
            Err(_) => String::from("unreadable"),
        }
    }

    #[test]
    fn one_readable_header_counts() {
        assert_eq!(of(&[]), "nothing");
        assert_eq!(of(&[b"Bearer abc"]), "bearer abc");
        assert_eq!(of(&[b"bEARER  abc "]), "bearer abc");
        for wrong in [&b"Bearer"[..], b"Bearer ", b"", b"Digest abc", b"abc", b"Bearer \xff", b"Basic !", b"Basic eA=="]
        {
            assert_eq!(of(&[wrong]), "unreadable", "{wrong:?}");
        }
        assert_eq!(of(&[b"Bearer abc", b"Bearer abc"]), "unreadable");
    }

    #[test]
    fn a_page_offers_its_token_as_a_protocol() {
        let offered = |offers: &[&str]| {
            let upgrade = HeaderMap::from_iter([(header::UPGRADE, HeaderValue::from_static("websocket"))]);
            let mut headers = upgrade.clone();
            for offer in offers {
                headers.append(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_str(offer).expect("a value"));
            }
            shown(&headers)
        };
        assert_eq!(offered(&["perfmon, bearer.abc"]), "bearer abc");
        assert_eq!(offered(&["perfmon", "bearer.a%2Fb%3D%25"]), "bearer a/b=%");
        assert_eq!(offered(&["perfmon"]), "nothing");
        for wrong in [&["bearer."][..], &["bearer.a,bearer.a"], &["bearer.a", "bearer.b"], &["bearer.%ff"]] {
            assert_eq!(offered(wrong), "unreadable", "{wrong:?}");
        }
        // What is no WebSocket has the other header.
        let plain = [(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static("bearer.abc"))];
        assert_eq!(shown(&HeaderMap::from_iter(plain)), "nothing");
    }

    #[cfg(feature = "auth")]
    #[test]
    fn a_password_may_have_colons() {
        assert_eq!(of(&[b"Basic YW5uOmE6Yg=="]), "basic ann a:b");
    }

    proptest! {
        #[test]
        fn no_header_panics(value in proptest::collection::vec(32_u8..=255, 0..64)) {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                let _ = Credential::of(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]));
            }
        }
    }
}
