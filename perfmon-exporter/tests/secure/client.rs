//! A client that says exactly what a test wants, lies included.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{Mutex, MutexGuard, PoisonError},
};

use perfmon_exporter::{
    Builder, Exporter, builder, hash_password,
    settings::{Access, Role, Token, User},
};

use crate::support::{LONG, eventually};

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// All values of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub(crate) fn head(&self) -> String {
        format!("{:?}", self.headers)
    }
}

/// Sends a request over any stream and reads the answer.
pub(crate) fn talk(stream: &mut (impl Read + Write), request: &str) -> Answer {
    stream.write_all(request.as_bytes()).expect("the request is taken");
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head comes");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("the head is text");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut answer = Answer { status, headers, body: String::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    if !request.starts_with("HEAD ") {
        stream.read_exact(&mut body).expect("the body comes");
    }
    answer.body = String::from_utf8_lossy(&body).into_owned();
    answer
}

/// `"GET /health"` with exactly these headers.
pub(crate) fn raw(what: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{what} HTTP/1.1\r\n{}\r\n{body}", headers.concat())
}

/// Asks with exactly these headers, the host among them.
pub(crate) fn ask_as(address: SocketAddr, what: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("the exporter takes connections");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    talk(&mut stream, &raw(what, headers, body))
}

/// Asks as an honest client; changes send `{}` as JSON.
pub(crate) fn ask(address: SocketAddr, what: &str, headers: &[(&str, &str)]) -> Answer {
    let host = address.to_string();
    let mut all = vec![("Host", host.as_str())];
    let body =
        if what.starts_with("GET") || what.starts_with("HEAD") || what.starts_with("OPTIONS") { "" } else { "{}" };
    if !body.is_empty() {
        all.extend([("Content-Type", "application/json"), ("Content-Length", "2")]);
    }
    all.extend(headers);
    ask_as(address, what, &all, body)
}

/// A process has one exporter at a time, so tests take turns.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts it, and waits for the first tick.
pub(crate) fn start(builder: Builder) -> Exporter {
    let exporter = builder.start().expect("the exporter starts");
    if exporter.url().starts_with("http:") {
        eventually("the exporter is ready", || {
            (ask(exporter.address(), "GET /ready", &[]).status != 503).then_some(())
        });
    }
    exporter
}

/// One on a free port of this machine.
pub(crate) fn local(access: Access) -> Exporter {
    start(builder().listen("127.0.0.1:0").access(access))
}

pub(crate) const READ: &str = "a-token-to-read";
pub(crate) const OPERATE: &str = "a-token-to-operate";
/// `reader:correct horse`.
pub(crate) const READER: &str = "Basic cmVhZGVyOmNvcnJlY3QgaG9yc2U=";
/// `operator:battery:staple`.
pub(crate) const OPERATOR: &str = "Basic b3BlcmF0b3I6YmF0dGVyeTpzdGFwbGU=";
/// `reader:battery:staple`.
pub(crate) const WRONG_PASSWORD: &str = "Basic cmVhZGVyOmJhdHRlcnk6c3RhcGxl";
/// `nobody:correct horse`.
pub(crate) const UNKNOWN_USER: &str = "Basic bm9ib2R5OmNvcnJlY3QgaG9yc2U=";

pub(crate) fn token(name: &str, secret: &str, role: Role) -> Token {
    Token { name: name.to_owned(), secret: secret.into(), role }
}

/// Two tokens.
pub(crate) fn tokens() -> Access {
    let mut access = Access::default();
    access.tokens = vec![token("prometheus", READ, Role::Read), token("deploy", OPERATE, Role::Operate)];
    access
}

/// Two tokens and two users.
pub(crate) fn everybody() -> Access {
    let mut access = tokens();
    let user = |name: &str, password: &str, role| User {
        name: name.to_owned(),
        password_hash: hash_password(password).expect("random numbers"),
        role,
    };
    access.users = vec![user("reader", "correct horse", Role::Read), user("operator", "battery:staple", Role::Operate)];
    access
}
