//! Proxies in front: for whom they ask.
//!
//! A proxy connects in its own name, and says in `X-Forwarded-For` for whom. Everybody can write that header, so only proxies that the settings name are believed, and it is read
//! from its end: each of them has added the address that asked it, so the last one that is no trusted proxy's is the client. What stands before it the client may have
//! made up.
//!
//! It is that header and not RFC 7239's `Forwarded`, because proxies write the former unasked, or by one line, and pass the latter on as it came: whoever read both would
//! believe the client.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// Proxies in a row that are followed. Nobody has as many.
const MOST_HOPS: usize = 32;

/// The proxies that are believed.
#[derive(Debug)]
pub(crate) struct Proxies(Vec<Network>);

/// A network of addresses; a single one is the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Network {
    first: IpAddr,
    /// Bits from the left that all its addresses share.
    length: u32,
}

/// The other end, as far as it can be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// Its address. That of the last trusted proxy, when that one does not say for whom it asks.
    pub(crate) address: IpAddr,
    /// It is a program of this machine, and no proxy's voice.
    pub(crate) is_here: bool,
    /// A trusted proxy was asked by `https`.
    pub(crate) by_https: bool,
}

impl Proxies {
    pub(crate) fn new(networks: Vec<Network>) -> Self {
        Self(networks)
    }

    /// Whether an address is that of a trusted proxy.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(address))
    }

    /// Who asks over a connection of `peer`. Whatever the headers are, it takes the time to read them once at most.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let peer = peer.to_canonical();
        let is_proxy = self.has(peer);
        // Whoever says that it asks for somebody else is a proxy, be it one that nobody trusts: what this machine's programs may do is not for others.
        let asks_for_others =
            is_proxy || headers.contains_key(FORWARDED_FOR) || headers.contains_key(header::FORWARDED);
        Client {
            address: if is_proxy { self.last_stranger(peer, headers) } else { peer },
            is_here: peer.is_loopback() && !asks_for_others,
            by_https: is_proxy && is_https(headers),
        }
    }

    /// Follows the proxies from the nearest on, to the first address that is none of them.
    fn last_stranger(&self, nearest: IpAddr, headers: &HeaderMap) -> IpAddr {
        let values = headers.get_all(FORWARDED_FOR).iter().rev();
        let hops = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
        let hops = hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty());
        let mut address = nearest;
        for hop in hops.take(MOST_HOPS) {
            // "unknown", say. Then nobody knows what is before it, either.
            let Some(before) = address_of(hop) else { break };
            address = before;
            if !self.has(address) {
                break;
            }
        }
        address
    }
}

/// The address of a hop: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`.
fn address_of(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse::<IpAddr>().ok().or_else(with_port).map(|address| address.to_canonical())
}

/// Whether the nearest proxy was asked by `https`; the last word is its.
fn is_https(headers: &HeaderMap) -> bool {
    let last = headers.get_all(FORWARDED_PROTO).iter().next_back();
    let last = last.and_then(|value| value.as_bytes().rsplit(|byte| *byte == b',').next());
    last.is_some_and(|scheme| scheme.trim_ascii().eq_ignore_ascii_case(b"https"))
}

impl Network {
    /// `10.0.0.0/8`, or one address.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let no_address = || {
            format!(
                "the trusted proxy {text:?} is no address: write the proxy's as in \"127.0.0.1\", or its network's as in \"10.0.0.0/8\""
            )
        };
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| no_address())?;
        let Some(length) = length else { return Ok(Self::single(address.to_canonical())) };
        let length = length.parse().ok().filter(|length| *length <= size(address)).ok_or_else(no_address)?;
        if length == 0 {
            return Err(format!(
                "the trusted proxy {text:?} is everybody, who could then say to be anybody: write the addresses of your proxies"
            ));
        }
        if address.to_canonical() != address {
            return Err(format!("the trusted proxy {text:?} is a network of IPv4 in other words: write it as IPv4"));
        }
        let first = Self { first: address, length }.first_address();
        if first != address {
            return Err(format!(
                "the trusted proxy {text:?} names one address and a network of many: write \"{first}/{length}\" for all of them, or \"{address}\" for that one"
            ));
        }
        Ok(Self { first, length })
    }

    fn single(address: IpAddr) -> Self {
        Self { first: address, length: size(address) }
    }

    fn has(self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        size(self.first) == size(address) && (bits(self.first) ^ bits(address)) & self.mask() == 0
    }

    fn first_address(self) -> IpAddr {
        let bits = bits(self.first) & self.mask();
        match self.first {
            IpAddr::V4(_) => IpAddr::V4(u32::try_from(bits >> 96).unwrap_or_default().into()),
            IpAddr::V6(_) => IpAddr::V6(bits.into()),
        }
    }

    fn mask(self) -> u128 {
        u128::MAX.checked_shl(u128::BITS - self.length).unwrap_or_default()
    }
}

/// How many bits an address has.
fn size(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// Its bits, from the left.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use axum::http::{HeaderMap, HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::{Client, FORWARDED_FOR, FORWARDED_PROTO, MOST_HOPS, Network, Proxies};

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn proxies() -> Proxies {
        let networks = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        Proxies::new(networks.map(|text| Network::parse(text).expect(text)).to_vec())
    }

    fn headers(all: &[(HeaderName, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(name.clone(), HeaderValue::from_bytes(value).expect("a value"));
        }
        headers
    }

    /// The address of who asks, when a peer says these.
    fn client(peer: &str, values: &[&str]) -> String {
        let values: Vec<_> = values.iter().map(|value| (FORWARDED_FOR, value.as_bytes())).collect();
        proxies().client(ip(peer), &headers(&values)).address.to_string()
    }

    #[test]
    fn a_network_has_the_addresses_it_says() {
        for (network, inside, outside) in [
            (
                "10.0.0.0/8",
                &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"][..],
                &["11.0.0.0", "9.255.255.255", "a00::"][..],
            ),
            ("192.0.2.128/25", &["192.0.2.128", "192.0.2.255"], &["192.0.2.127"]),
            ("192.0.2.1/32", &["192.0.2.1"], &["192.0.2.0", "192.0.2.2"]),
            ("192.0.2.1", &["192.0.2.1"], &["192.0.2.0", "192.0.2.2"]),
            ("::ffff:192.0.2.1", &["192.0.2.1"], &["192.0.2.2", "::1"]),
            ("128.0.0.0/1", &["255.255.255.255"], &["127.0.0.1", "ffff::"]),
            ("2001:db8::/32", &["2001:db8::1", "2001:db8:ffff::"], &["2001:db9::", "32.1.13.184"]),
            ("::1", &["::1"], &["::2", "127.0.0.1"]),
        ] {
            let parsed = Network::parse(network).expect(network);
            for address in inside {
                assert!(parsed.has(ip(address)), "{network} has {address}");
            }
            for address in outside {
                assert!(!parsed.has(ip(address)), "{network} has not {address}");
            }
        }
    }

    #[test]
    fn what_is_no_network_is_told_with_the_remedy() {
        for (network, says) in [
            ("", "\"\" is no address: write the proxy's as in \"127.0.0.1\""),
            ("proxy.example.com", "is no address"),
            ("10.0.0.0/33", "is no address"),
            ("10.0.0.0/-1", "is no address"),
            ("10.0.0.0/", "is no address"),
            ("::/129", "is no address"),
            ("[::1]", "is no address"),
            ("127.0.0.1:80", "is no address"),
            ("*", "is no address"),
            ("0.0.0.0/0", "is everybody"),
            ("::/0", "is everybody"),
            ("10.1.2.3/8", "write \"10.0.0.0/8\" for all of them, or \"10.1.2.3\""),
            ("2001:db8::1/32", "write \"2001:db8::/32\""),
            ("::ffff:10.0.0.0/104", "write it as IPv4"),
        ] {
            let error = Network::parse(network).expect_err(network);
            assert!(error.contains(says), "{network}: {error}");
        }
    }

    #[test]
    fn the_last_address_that_is_no_proxy_asks() {
        for (peer, values, expected) in [
            ("127.0.0.1", &["192.0.2.1"][..], "192.0.2.1"),
            ("::ffff:127.0.0.1", &["192.0.2.1"], "192.0.2.1"),
            // What the client says itself stands before what the proxies say.
            ("127.0.0.1", &["203.0.113.9, 192.0.2.1"], "192.0.2.1"),
            ("127.0.0.1", &["127.0.0.1, 10.0.0.1, 192.0.2.1"], "192.0.2.1"),
            ("127.0.0.1", &["\"<script>\"; drop, 192.0.2.1"], "192.0.2.1"),
            // Several proxies, and several headers, which are one list.
            ("127.0.0.1", &["203.0.113.9, 192.0.2.1, 10.1.1.1,10.2.2.2"], "192.0.2.1"),
            ("10.0.0.1", &["203.0.113.9", "192.0.2.1", "fd00::1"], "192.0.2.1"),
            ("10.0.0.1", &["192.0.2.1", ""], "192.0.2.1"),
            ("10.0.0.1", &["192.0.2.1,, ,\t"], "192.0.2.1"),
            // In all the ways that an address is written.
            ("127.0.0.1", &["192.0.2.1:4711"], "192.0.2.1"),
            ("127.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
            ("127.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:DB8::1]:4711"], "2001:db8::1"),
            ("127.0.0.1", &["192.0.2.1, [fd00::1]:80"], "192.0.2.1"),
            // Where that is nobody's address the proxy stands for whoever it is.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["unknown"], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.1, unknown, 10.0.0.7"], "10.0.0.7"),
            ("127.0.0.1", &["192.0.2.1, 10.0.0.7:port"], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.1, 10.0.0.256"], "127.0.0.1"),
            ("127.0.0.1", &["192.0.2.1, [192.0.2.2"], "127.0.0.1"),
            ("127.0.0.1", &["fe80::1%eth0"], "127.0.0.1"),
            // Proxies among themselves.
            ("127.0.0.1", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            // Anybody else is not believed.
            ("192.0.2.7", &["203.0.113.9"], "192.0.2.7"),
            ("::1", &["203.0.113.9"], "::1"),
            ("192.0.2.7", &["127.0.0.1"], "192.0.2.7"),
        ] {
            assert_eq!(client(peer, values), expected, "{peer} says {values:?}");
        }
    }

    #[test]
    fn what_is_not_utf8_is_no_address_and_hides_none() {
        let says = |value: &[u8]| proxies().client(ip("127.0.0.1"), &headers(&[(FORWARDED_FOR, value)])).address;
        assert_eq!(says(b"\xff\xfe, 192.0.2.1"), ip("192.0.2.1"));
        assert_eq!(says(b"192.0.2.1, \xff"), ip("127.0.0.1"));
    }

    #[test]
    fn thousands_of_hops_are_not_followed() {
        let many = format!("192.0.2.1{}", ", 10.0.0.1".repeat(5_000));
        assert_eq!(client("127.0.0.1", &[&many]), "10.0.0.1");
        let few = format!("192.0.2.1{}", ", 10.0.0.1".repeat(MOST_HOPS - 1));
        assert_eq!(client("127.0.0.1", &[&few]), "192.0.2.1");
        let hundreds = vec!["10.0.0.1"; 300];
        assert_eq!(client("127.0.0.1", &hundreds), "10.0.0.1");
        assert_eq!(client("127.0.0.1", &[&",".repeat(60_000)]), "127.0.0.1");
    }

    #[test]
    fn a_proxy_is_no_program_of_this_machine() {
        let is_here = |peer: &str, all: &[(HeaderName, &[u8])]| proxies().client(ip(peer), &headers(all)).is_here;
        assert!(is_here("::1", &[]) && is_here("127.0.0.2", &[]));
        assert!(!is_here("127.0.0.1", &[]), "it asks for whoever asked it");
        assert!(!is_here("127.0.0.1", &[(FORWARDED_FOR, b"127.0.0.2")]));
        assert!(!is_here("::1", &[(FORWARDED_FOR, b"::1")]), "one that nobody trusts is none the less one");
        assert!(!is_here("::1", &[(HeaderName::from_static("forwarded"), b"for=192.0.2.1")]));
        assert!(!is_here("192.0.2.1", &[]));
    }

    #[test]
    fn only_a_trusted_proxy_says_how_it_was_asked() {
        let by_https = |peer: &str, values: &[&str]| {
            let values: Vec<_> = values.iter().map(|value| (FORWARDED_PROTO, value.as_bytes())).collect();
            proxies().client(ip(peer), &headers(&values)).by_https
        };
        for values in [&["https"][..], &["HTTPS"], &["http, https"], &["http", "https"]] {
            assert!(by_https("127.0.0.1", values), "{values:?}");
            assert!(!by_https("192.0.2.1", values), "{values:?}");
        }
        for values in [&[][..], &["http"], &["https, http"], &["https", "http"], &["httpss"], &[""]] {
            assert!(!by_https("127.0.0.1", values), "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn no_header_panics(values in proptest::collection::vec("[ -~\t]{0,60}", 0..5), peer in any::<u32>()) {
            let values: Vec<_> = values.iter().map(|value| (FORWARDED_FOR, value.as_bytes())).collect();
            let peer = IpAddr::V4(peer.into());
            let Client { address, .. } = proxies().client(peer, &headers(&values));
            prop_assert!(proxies().has(peer) || address == peer);
        }

        #[test]
        fn no_text_panics(text in "[0-9a-f:./]{0,30}") {
            let _ = Network::parse(&text);
        }

        /// Whatever a client sends, the proxy adds the address that asked it, and that counts.
        #[test]
        fn a_client_cannot_choose_its_address(said in "[ -~]{0,80}", own in any::<u32>()) {
            let own = IpAddr::V4(own.into());
            prop_assume!(!proxies().has(own));
            let value = format!("{said}, {own}");
            prop_assert_eq!(client("10.0.0.1", &[&value]), own.to_string());
        }
    }
}
