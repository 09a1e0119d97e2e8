//! Who listens over a WebSocket, for as long as the settings say so.

use std::net::TcpStream;

use perfmon_exporter::{
    Exporter, hash_password,
    settings::{Access, Role, User},
};
use tungstenite::{ClientRequestBuilder, Message, WebSocket, protocol::frame::coding::CloseCode};

use crate::{
    client::{OPERATE, READ, READER, ask, everybody, local, token, tokens, turn},
    support::LONG,
};

/// Listens with these headers.
fn listen(exporter: &Exporter, headers: &[(&str, &str)]) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(exporter.address()).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    let address = format!("ws://{}/ws", exporter.address()).parse().expect("an address");
    let request = headers
        .iter()
        .fold(ClientRequestBuilder::new(address), |request, (name, value)| request.with_header(*name, *value));
    tungstenite::client(request, stream).expect("an upgrade").0
}

/// That it is told to leave because it may not stay.
fn assert_leaves(mut socket: WebSocket<TcpStream>, who: &str) {
    let closed = std::iter::repeat_with(|| socket.read().expect("a frame")).find_map(|message| match message {
        Message::Close(frame) => frame,
        _ => None,
    });
    assert_eq!(closed.map(|frame| frame.code), Some(CloseCode::Policy), "{who}");
}

/// That it is still answered.
fn assert_stays(socket: &mut WebSocket<TcpStream>) {
    socket.send(r#"{"type":"ping"}"#.into()).expect("it takes it");
    while !socket.read().expect("a frame").to_text().is_ok_and(|text| text.contains("pong")) {}
}

fn bearer(secret: &str) -> String {
    format!("Bearer {secret}")
}

#[test]
fn who_is_no_longer_known_is_told_to_leave() {
    let _turn = turn();
    let exporter = local(everybody());
    let mut by_token = listen(&exporter, &[("Authorization", &bearer(READ))]);
    let mut lowered = listen(&exporter, &[("Authorization", &bearer(OPERATE))]);
    let by_password = listen(&exporter, &[("Authorization", READER)]);

    // Other settings that leave them who they are change nothing for them.
    let mut access = everybody();
    access.users = vec![User {
        name: String::from("reader"),
        password_hash: hash_password("another").expect("random numbers"),
        role: Role::Read,
    }];
    access.hosts = vec![String::from("perfmon.example.com")];
    exporter.set_access(access.clone()).expect("it makes sense");
    assert_leaves(by_password, "the password is another one");
    assert_stays(&mut by_token);
    assert_stays(&mut lowered);

    // The name stays, and the secret is another; the secret stays, and the role is less.
    access.tokens = vec![token("prometheus", "a-new-token-to-read", Role::Read), token("deploy", OPERATE, Role::Read)];
    exporter.set_access(access).expect("it makes sense");
    assert_leaves(by_token, "the secret is another one");
    assert_leaves(lowered, "the role is less");
    assert_stays(&mut listen(&exporter, &[("Authorization", &bearer(OPERATE))]));
}

#[test]
fn a_page_says_its_token_as_a_protocol() {
    let _turn = turn();
    let exporter = local(tokens());
    let own = exporter.url();
    let upgrade = |origin: &str, protocols: &str| {
        let headers = [
            ("Connection", "Upgrade"),
            ("Upgrade", "websocket"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Origin", origin),
            ("Sec-WebSocket-Protocol", protocols),
        ];
        ask(exporter.address(), "GET /ws", &headers)
    };
    let offer = format!("perfmon, bearer.{READ}");
    let answer = upgrade(&own, &offer);
    assert_eq!((answer.status, answer.header("sec-websocket-protocol").as_deref()), (101, Some("perfmon")));
    assert!(!answer.head().contains(READ), "the token stays where it came from");
    assert_eq!(upgrade("https://evil.example", &offer).status, 403, "also with a token");
    for wrong in ["perfmon", "perfmon, bearer.another", "perfmon, bearer.", &format!("{offer}, bearer.{READ}")] {
        assert_eq!(upgrade(&own, wrong).status, 401, "{wrong}");
    }
    let plain = ask(exporter.address(), "GET /metrics", &[("Sec-WebSocket-Protocol", &offer)]);
    assert_eq!(plain.status, 401, "only where there is no other way");
}

#[test]
fn who_needs_a_token_from_now_on_is_told_to_leave() {
    let _turn = turn();
    let exporter = local(Access::default());
    let own = exporter.url();
    let mut anybody = listen(&exporter, &[("Origin", &own)]);
    assert_stays(&mut anybody);
    exporter.set_access(tokens()).expect("it makes sense");
    assert_leaves(anybody, "nobody knows who it is");
}

#[test]
fn pages_that_may_no_longer_ask_are_told_to_leave() {
    let _turn = turn();
    let mut access = tokens();
    access.origins = vec![String::from("https://one.example"), String::from("https://two.example")];
    let exporter = local(access.clone());
    let own = exporter.url();
    let [one, mut two, mut here] = ["https://one.example", "https://two.example", &own]
        .map(|origin| listen(&exporter, &[("Origin", origin), ("Authorization", &bearer(READ))]));
    access.origins.remove(0);
    exporter.set_access(access).expect("it makes sense");
    assert_leaves(one, "its page is no friend any more");
    assert_stays(&mut two);
    assert_stays(&mut here);
}
