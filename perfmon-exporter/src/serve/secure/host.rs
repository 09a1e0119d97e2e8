//! Whether a request means this server: against DNS rebinding.
//!
//! A page from `evil.example` can have its name resolve to 127.0.0.1 and then ask us as its own site, past the same-origin policy. What it cannot
//! do is to lie about the name: the browser sends `Host: evil.example`.

use axum::http::{HeaderMap, Uri, Version, header, uri::Authority};

/// A host's name and, if it says so, the port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Host {
    /// In lower case, without brackets and without a last dot.
    name: String,
    port: Option<u16>,
}

/// What a request says it means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named {
    Host(Host),
    /// An old client that says nothing. Browsers always say it.
    Nothing,
    /// Not what HTTP allows.
    Nonsense,
}

impl Host {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::of(&text.parse::<Authority>().ok()?)
    }

    pub(crate) fn of(authority: &Authority) -> Option<Self> {
        let text = authority.as_str();
        if text.contains('@') || authority.host().is_empty() {
            return None;
        }
        let port = match text.strip_prefix(authority.host())? {
            "" => None,
            rest => Some(rest.strip_prefix(':')?.parse().ok()?),
        };
        let name = authority.host().to_ascii_lowercase();
        let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
        let name = name.strip_suffix('.').unwrap_or(name);
        Some(Self { name: name.to_owned(), port })
    }

    /// Without the port.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// This machine, as every machine calls itself.
    pub(crate) fn is_local(&self) -> bool {
        self.name == "localhost" || self.name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// An address cannot be made to resolve to something else.
    pub(crate) fn is_address(&self) -> bool {
        self.name.parse::<std::net::IpAddr>().is_ok()
    }

    /// Whether this is what `allowed` means: its name, and its port if it has one.
    pub(crate) fn is(&self, allowed: &Self) -> bool {
        self.name == allowed.name && allowed.port.is_none_or(|port| self.port == Some(port))
    }

    /// Name and port, where none means that of the scheme.
    pub(crate) fn place(&self, default_port: u16) -> (&str, u16) {
        (&self.name, self.port.unwrap_or(default_port))
    }
}

impl Named {
    pub(crate) fn of(uri: &Uri, version: Version, headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::HOST).iter();
        let header = values.next();
        if values.next().is_some() {
            return Self::Nonsense;
        }
        let header = match header.map(|value| value.to_str().ok().and_then(Host::parse)) {
            Some(None) => return Self::Nonsense,
            Some(Some(host)) => Some(host),
            None if version >= Version::HTTP_11 => return Self::Nonsense,
            None => None,
        };
        // A URI with an authority overrides the header (RFC 9112, 3.2.2); one that says something else is nobody's mistake.
        match (uri.authority().map(Host::of), header) {
            (None, None) => Self::Nothing,
            (None, Some(host)) | (Some(Some(host)), None) => Self::Host(host),
            (Some(Some(host)), Some(header)) if host == header => Self::Host(host),
            (Some(_), _) => Self::Nonsense,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Host;

    #[test]
    fn names_of_this_machine() {
        for local in [
            "localhost",
            "LOCALHOST:9464",
            "localhost.",
            "127.0.0.1",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]",
            "[::1]:9464",
        ] {
            assert!(Host::parse(local).expect(local).is_local(), "{local}");
        }
        for other in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.0.2.1",
            "0.0.0.0",
            "[2001:db8::1]",
        ] {
            assert!(!Host::parse(other).expect(other).is_local(), "{other}");
        }
        for wrong in [
            "",
            "localhost@evil.example",
            "user@localhost",
            "localhost:port",
            "localhost:99999",
            "local host",
            "a/b",
            ":80",
        ] {
            assert_eq!(Host::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_configured_port_counts() {
        let is = |host: &str, allowed: &str| Host::parse(host).expect(host).is(&Host::parse(allowed).expect(allowed));
        assert!(is("a.example:1", "A.example"));
        assert!(is("a.example:1", "a.example:1"));
        assert!(!is("a.example:2", "a.example:1"));
        assert!(!is("b.a.example", "a.example"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            let _ = Host::parse(&text);
        }
    }
}
