//! What pages of other sites try.

use std::net::TcpStream;

use crate::client::{Answer, READ, ask, ask_as, local, talk, tokens, turn};

const BEARER: (&str, &str) = ("Authorization", "Bearer a-token-to-operate");

#[test]
fn a_name_that_is_not_ours_is_refused() {
    let _turn = turn();
    let mut access = perfmon_exporter::settings::Access::default();
    access.hosts = vec![String::from("perfmon.example.com"), String::from("one.example:8443")];
    let exporter = local(access);
    let port = exporter.address().port();
    let with = |host: &str| ask_as(exporter.address(), "GET /health", &[("Host", host)], "").status;
    for ours in [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "LocalHost.",
        "perfmon.example.com",
        "PERFMON.example.com:80",
        "one.example:8443",
    ] {
        assert_eq!(with(ours), 200, "{ours}");
    }
    assert_eq!(with(&format!("localhost:{port}")), 200);
    for rebound in [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.0.2.1",
        "0.0.0.0",
        "one.example",
        "one.example:8444",
        "sub.perfmon.example.com",
    ] {
        assert_eq!(with(rebound), 421, "{rebound}");
    }
    let told = ask_as(exporter.address(), "GET /health", &[("Host", "evil.example:80")], "").body;
    assert!(told.contains("not known as \\\"evil.example\\\"") && told.contains("`hosts`"), "{told}");
    for nonsense in ["", "user@localhost", "localhost:port", "a b"] {
        assert_eq!(with(nonsense), 400, "{nonsense:?}");
    }
    let status = |what: &str, headers: &[(&str, &str)]| ask_as(exporter.address(), what, headers, "").status;
    assert_eq!(status("GET /health", &[]), 400, "HTTP/1.1 needs a host");
    assert_eq!(status("GET /health", &[("Host", "localhost"), ("Host", "localhost")]), 400);
    let mut old = TcpStream::connect(exporter.address()).expect("a connection");
    assert_eq!(talk(&mut old, "GET /health HTTP/1.0\r\n\r\n").status, 200, "HTTP/1.0 does not");
    assert_eq!(status("GET http://localhost/health", &[("Host", "localhost")]), 200);
    assert_eq!(status("GET http://localhost/health", &[("Host", "evil.example")]), 400, "two names");
    assert_eq!(status("GET http://evil.example/health", &[("Host", "evil.example")]), 421);
    let refused = ask(exporter.address(), "GET /metrics", &[]).body;
    assert!(refused.contains("perfmon_requests_refused_total{reason=\"host\"}"), "refusals are counted");
}

#[test]
fn only_pages_of_ours_and_of_friends_change_and_listen() {
    let _turn = turn();
    let mut access = tokens();
    access.origins = vec![String::from("https://one.example"), String::from("https://two.example:8443")];
    let exporter = local(access);
    let own = exporter.url();
    let socket = |headers: &[(&str, &str)]| {
        let mut all = vec![
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        all.extend(headers);
        ask(exporter.address(), "GET /ws", &all).status
    };
    let change = |headers: &[(&str, &str)]| ask(exporter.address(), "POST /metrics", headers).status;
    for good in [own.as_str(), "https://one.example", "https://one.example:443", "https://two.example:8443"] {
        assert_eq!(socket(&[("Origin", good), BEARER]), 101, "{good}");
        assert_eq!(change(&[("Origin", good), BEARER]), 405, "{good}");
    }
    for evil in [
        "https://evil.example",
        "null",
        "http://one.example",
        "https://two.example",
        "https://one.example.evil.example",
        "",
    ] {
        assert_eq!(socket(&[("Origin", evil), BEARER]), 403, "{evil}");
        assert_eq!(change(&[("Origin", evil), BEARER]), 403, "{evil}");
    }
    let both = [("Origin", "https://one.example"), ("Origin", "https://evil.example"), BEARER];
    assert_eq!((socket(&both), change(&both)), (403, 403));
    // Without an origin it is no browser, and has a token.
    assert_eq!(socket(&[BEARER]), 101);
    assert_eq!(change(&[BEARER]), 405);
    assert_eq!(socket(&[]), 401);
    drop(exporter);

    // Where nobody has one, the origin decides alone.
    let exporter = local(perfmon_exporter::settings::Access::default());
    let own = exporter.url();
    let upgrade = [("Connection", "Upgrade"), ("Upgrade", "WebSocket")];
    for (origin, refused) in [(None, true), (Some(own.as_str()), false), (Some("https://one.example"), true)] {
        let headers: Vec<_> = upgrade.into_iter().chain(origin.map(|origin| ("Origin", origin))).collect();
        assert_eq!(ask(exporter.address(), "GET /ws", &headers).status == 403, refused, "{origin:?}");
    }
}

#[test]
fn friends_pages_may_read_the_answers() {
    let _turn = turn();
    let mut access = tokens();
    access.origins = vec![String::from("https://one.example"), String::from("https://two.example")];
    let exporter = local(access);
    let cors = |answer: &Answer| answer.header("access-control-allow-origin");
    for friend in ["https://one.example", "https://two.example"] {
        let asks = [
            ("Origin", friend),
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization"),
        ];
        let answer = ask(exporter.address(), "OPTIONS /metrics", &asks);
        assert_eq!((answer.status, cors(&answer).as_deref()), (204, Some(friend)));
        assert!(answer.header("access-control-allow-methods").is_some_and(|methods| methods == "GET, HEAD"));
        assert!(answer.header("access-control-allow-headers").is_some_and(|names| names.contains("authorization")));
        let answer = ask(exporter.address(), "GET /health", &[("Origin", friend)]);
        assert_eq!((answer.status, cors(&answer).as_deref()), (200, Some(friend)));
        assert!(answer.header("vary").is_some_and(|vary| vary.contains("Origin")));
        // Refusals can be read, too.
        let answer = ask(exporter.address(), "GET /metrics", &[("Origin", friend)]);
        assert_eq!((answer.status, cors(&answer).as_deref()), (401, Some(friend)));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
    let evil = [("Origin", "https://evil.example"), ("Access-Control-Request-Method", "GET")];
    let answer = ask(exporter.address(), "OPTIONS /metrics", &evil);
    assert_eq!((answer.status, cors(&answer)), (403, None));
    let answer = ask(exporter.address(), "GET /metrics", &[("Origin", "https://evil.example"), BEARER]);
    assert_eq!((answer.status, cors(&answer)), (200, None), "the browser keeps it from the page");
    assert_eq!(ask(exporter.address(), "OPTIONS /metrics", &[]).status, 401, "no preflight");
}

#[test]
fn every_answer_protects_its_reader() {
    let _turn = turn();
    let exporter = local(tokens());
    let bearer = format!("Bearer {READ}");
    let bearer = [("Authorization", bearer.as_str())];
    for (what, headers, policy) in [
        ("GET /", &bearer[..], "script-src 'self'"),
        ("GET /metrics", &bearer, "default-src 'none'"),
        ("GET /nowhere", &bearer, "default-src 'none'"),
        ("GET /metrics", &[], "default-src 'none'"),
    ] {
        let answer = ask(exporter.address(), what, headers);
        let says = |name: &str| answer.header(name).unwrap_or_default();
        assert!(says("content-security-policy").contains(policy), "{what}");
        assert!(says("content-security-policy").contains("frame-ancestors 'none'"), "{what}");
        assert_eq!(says("x-content-type-options"), "nosniff");
        assert_eq!(says("x-frame-options"), "DENY");
        assert_eq!(says("referrer-policy"), "no-referrer");
        assert_eq!(says("cross-origin-resource-policy"), "same-origin");
        assert_eq!(says("cache-control"), "no-store");
    }
}
