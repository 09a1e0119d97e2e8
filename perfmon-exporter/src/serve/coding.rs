//! How an answer is compressed.

use std::{convert::Infallible, io::Write};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request},
    response::Response,
};
use flate2::{Compression, write::GzEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// Bytes below which compressing is not worth the client's time.
const WORTH_IT: usize = 1_024;

/// A content coding that the client takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Identity,
    Gzip,
    Zstd,
}

impl Coding {
    /// The best one that the client takes.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let accept = text_of(headers, &header::ACCEPT_ENCODING);
        match accept.as_deref() {
            accept if accepts(accept, &["zstd"]) => Self::Zstd,
            accept if accepts(accept, &["gzip", "x-gzip"]) => Self::Gzip,
            _ => Self::Identity,
        }
    }

    /// Compresses a body; the coding says how, which is not at all when the body is short.
    pub(crate) fn encode(self, body: Vec<u8>) -> (Self, Vec<u8>) {
        match self {
            _ if body.len() < WORTH_IT => (Self::Identity, body),
            Self::Identity => (self, body),
            Self::Gzip => (self, gzip(&body)),
            Self::Zstd => (self, compress_to_vec(body.as_slice(), CompressionLevel::Fastest)),
        }
    }

    /// Says on an answer how its body is compressed.
    pub(crate) fn announce(self, response: &mut Response) {
        let name = match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        };
        let headers = response.headers_mut();
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Some(name) = name {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Coding {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

/// All values of a header as one list.
pub(crate) fn text_of(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// Whether a coding is welcome: named, or covered by `*`, with a weight above 0 (RFC 9110, 12.5.3).
pub(crate) fn accepts(accept: Option<&str>, names: &[&str]) -> bool {
    let mut any = false;
    for coding in accept.unwrap_or_default().split(',') {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight =
            parts.find_map(|part| part.strip_prefix(['q', 'Q'])?.strip_prefix('=')).map_or(Ok(1.0), str::parse::<f64>);
        let welcome = weight.is_ok_and(|weight| weight > 0.0);
        match name.as_str() {
            name if names.contains(&name) => return welcome,
            "*" => any = welcome,
            _ => {}
        }
    }
    any
}

/// Compresses with little effort.
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Coding, accepts};

    #[test]
    fn gzip_only_for_those_who_take_it() {
        for (accept, expected) in [
            (None, false),
            (Some(""), false),
            (Some("gzip"), true),
            (Some("identity, GZIP;q=0.5"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip; Q=0.0"), false),
            (Some("deflate, *"), true),
            (Some("*, gzip;q=0"), false),
            (Some("gzip;q=nonsense"), false),
            (Some("identity"), false),
        ] {
            assert_eq!(accepts(accept, &["gzip", "x-gzip"]), expected, "{accept:?}");
        }
    }

    #[test]
    fn zstd_is_preferred_and_both_come_back_whole() {
        let coding = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
            Coding::of(&headers)
        };
        assert_eq!(coding("gzip, deflate, br, zstd"), Coding::Zstd);
        assert_eq!(coding("gzip, zstd;q=0"), Coding::Gzip);
        assert_eq!(coding("br"), Coding::Identity);
        assert_eq!(Coding::of(&HeaderMap::new()), Coding::Identity);

        let body: Vec<u8> =
            (0..50_000_u32).flat_map(|number| format!("{{\"calls\":{number}}},").into_bytes()).collect();
        let (coding, packed) = Coding::Zstd.encode(body.clone());
        let mut unpacked = Vec::new();
        let mut decoder = ruzstd::decoding::StreamingDecoder::new(packed.as_slice()).expect("a frame");
        decoder.read_to_end(&mut unpacked).expect("whole");
        assert!(coding == Coding::Zstd && unpacked == body && packed.len() < body.len() / 2, "{}", packed.len());
        let (coding, packed) = Coding::Gzip.encode(body.clone());
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).expect("whole");
        assert!(coding == Coding::Gzip && unpacked == body);
        assert_eq!(Coding::Zstd.encode(b"short".to_vec()), (Coding::Identity, b"short".to_vec()));
    }
}
