//! The gate of a public server, in front of a route that takes bodies.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, request::Builder},
    middleware::from_fn_with_state,
    routing::post,
};
use tower::ServiceExt;

use super::{Door, Gate, Peer, gate::Standing, pass};
use crate::{
    connections::Connections,
    profiles::Profiles,
    section::Sections,
    settings::{Access, Role, Token},
    state::Shared,
};

/// A server that other machines reach.
struct Server {
    app: Router,
    shared: Arc<Shared>,
}

impl Server {
    fn new(access: Access, open: bool) -> Self {
        Self::at(Standing { loopback: false, open }, access)
    }

    fn at(standing: Standing, access: Access) -> Self {
        let access = Arc::new(access);
        let gate = Gate::new(&access, standing).expect("it makes sense");
        let shared = Shared::new(Profiles::default(), Connections::new(1), Sections::default());
        shared.set_access(access);
        let app = Router::new().route("/echo", post(|body: Bytes| async move { body }).get(|| async { "echo" }));
        Self { app: app.layer(from_fn_with_state((Arc::new(gate), shared.clone()), pass)), shared }
    }

    fn ask(&self, peer: &str, request: Request<Body>) -> u16 {
        let mut request = request;
        request.extensions_mut().insert(Peer(peer.parse::<SocketAddr>().expect("an address")));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(self.app.clone().oneshot(request)).expect("an answer").status().as_u16()
    }

    /// A change with a body that does not say how long it is.
    fn change(&self, peer: &str, bytes: usize) -> u16 {
        self.ask(peer, change().body(Body::from(vec![b' '; bytes])).expect("a request"))
    }

    fn get(&self, host: &str) -> u16 {
        let request = Request::get("/echo").header("host", host).header("authorization", "Bearer secret");
        self.ask("192.0.2.7:1", request.body(Body::empty()).expect("a request"))
    }
}

/// A change by a page of the server's own.
fn change() -> Builder {
    Request::post("/echo")
        .header("host", "localhost")
        .header("origin", "http://localhost")
        .header("content-type", "application/json")
}

/// A request that a proxy passes on.
fn forwarded(for_whom: &str) -> Builder {
    Request::get("/echo").header("host", "localhost").header("x-forwarded-for", for_whom)
}

fn empty(request: Builder) -> Request<Body> {
    request.body(Body::empty()).expect("a request")
}

fn proxies() -> Vec<String> {
    vec![String::from("127.0.0.1"), String::from("10.0.0.0/8")]
}

fn with_token(secret: &str) -> Access {
    Access {
        tokens: vec![Token { name: String::from("one"), secret: secret.into(), role: Role::Read }],
        ..Access::default()
    }
}

#[test]
fn a_body_may_be_a_mebibyte() {
    let server = Server::new(Access::default(), true);
    assert_eq!(server.change("127.0.0.1:1", 1 << 20), 200);
    assert_eq!(server.change("127.0.0.1:1", (1 << 20) + 1), 413);
}

#[test]
fn an_open_server_is_changed_from_its_own_machine_only() {
    let server = Server::new(Access::default(), true);
    assert_eq!(server.change("[::1]:1", 2), 200);
    assert_eq!(server.change("[::ffff:127.0.0.1]:1", 2), 200);
    assert_eq!(server.change("192.0.2.1:1", 2), 403);
    assert_eq!(server.get("anything.example"), 200);
}

#[test]
fn a_public_server_answers_to_what_it_is_called() {
    let server = Server::new(with_token("secret"), false);
    assert_eq!((server.get("anything.example"), server.get("192.0.2.1:9464")), (200, 200));
    let mut access = with_token("secret");
    access.hosts = vec![String::from("perfmon.example.com")];
    server.shared.set_access(Arc::new(access));
    let found =
        ["perfmon.example.com", "192.0.2.1:9464", "[2001:db8::1]", "anything.example"].map(|host| server.get(host));
    assert_eq!(found, [200, 200, 200, 421]);
}

#[test]
fn what_makes_no_sense_gives_no_access() {
    let server = Server::new(with_token("secret"), false);
    assert_eq!(server.get("localhost"), 200);
    server.shared.set_access(Arc::new(with_token("")));
    assert_eq!(server.get("localhost"), 401);
    assert!(server.shared.troubles().iter().any(|(rule, reason)| *rule == "access" && reason.contains("\"one\"")));
    // Who takes the last token away does not mean that everybody may read.
    server.shared.set_access(Arc::default());
    assert_eq!(server.get("localhost"), 401);
    assert!(server.shared.troubles().is_empty());
}

#[test]
fn a_local_server_whose_tokens_make_no_sense_is_not_open() {
    let server = Server::at(Standing { loopback: true, open: false }, with_token("secret"));
    server.shared.set_access(Arc::new(with_token("")));
    assert_eq!(server.get("localhost"), 401);
    server.shared.set_access(Arc::default());
    assert_eq!(server.get("localhost"), 200, "nobody is named, so this machine may read");
}

#[test]
fn each_client_of_a_proxy_has_its_own_allowance() {
    let access = Access { trusted_proxies: proxies(), requests_per_second: Some(2), ..Access::default() };
    let server = Server::new(access, true);
    let ask = |peer: &str, for_whom: &str| server.ask(peer, empty(forwarded(for_whom)));
    // However slow the machine is, a hundred at two a second are too many.
    let runs_out = |ask: &dyn Fn(u8) -> u16| (0..100).any(|number| ask(number) == 429);
    assert!(runs_out(&|_| ask("127.0.0.1:1", "192.0.2.1")));
    assert_eq!(ask("127.0.0.1:1", "192.0.2.2"), 200, "another client of the same proxy");
    assert_eq!(ask("10.0.0.7:1", "192.0.2.3"), 200, "one of another proxy");
    // Who makes up an address stays the same client, and who is no proxy is not believed.
    assert!(runs_out(&|number| ask("127.0.0.1:1", &format!("203.0.113.{number}, 192.0.2.4"))));
    assert!(runs_out(&|number| ask("192.0.2.5:1", &format!("203.0.113.{number}"))));
}

#[test]
fn guesses_are_the_clients_and_not_the_proxys() {
    let server = Server::new(Access { trusted_proxies: proxies(), ..with_token("secret") }, false);
    let guess =
        |for_whom: &str| server.ask("127.0.0.1:1", empty(forwarded(for_whom).header("authorization", "Bearer guess")));
    assert!((0..100).any(|_| guess("192.0.2.1") == 429));
    assert_eq!(guess("192.0.2.2"), 401);
}

#[test]
fn nobody_changes_by_a_proxy_what_this_machine_may() {
    let server = Server::new(Access::default(), true);
    assert_eq!(server.change("127.0.0.1:1", 2), 200);
    let by_proxy = change().header("x-forwarded-for", "127.0.0.1").body(Body::from("{}"));
    assert_eq!(server.ask("127.0.0.1:1", by_proxy.expect("a request")), 403);
    // One that says nothing is known by its address.
    server.shared.set_access(Arc::new(Access { trusted_proxies: proxies(), ..Access::default() }));
    assert_eq!((server.change("127.0.0.1:1", 2), server.change("[::1]:1", 2)), (403, 200));
}

#[test]
fn a_page_without_tls_is_none_of_a_proxy_that_has_it() {
    let server = Server::new(Access { trusted_proxies: proxies(), ..with_token("secret") }, false);
    let change = |origin: &str, scheme: &str| {
        let request = Request::post("/echo").header("host", "perfmon.example").header("origin", origin);
        let request = request.header("content-type", "application/json").header("authorization", "Bearer secret");
        let request = request.header("x-forwarded-for", "192.0.2.1").header("x-forwarded-proto", scheme);
        server.ask("127.0.0.1:1", request.body(Body::from("{}")).expect("a request"))
    };
    let mut access = Access { trusted_proxies: proxies(), ..with_token("secret") };
    access.tokens[0].role = Role::Operate;
    server.shared.set_access(Arc::new(access));
    assert_eq!(change("https://perfmon.example", "https"), 200);
    assert_eq!(change("http://perfmon.example", "http"), 200);
    assert_eq!(change("http://perfmon.example", "https"), 403);
    // Another proxy farther out may have spoken TLS to the page.
    assert_eq!(change("https://perfmon.example", "http"), 200);
}

#[test]
fn the_log_names_the_client_behind_a_proxy() {
    let server = Server::new(Access { trusted_proxies: proxies(), ..with_token("secret") }, false);
    let text = logged(|| {
        server.ask("127.0.0.1:1", empty(forwarded("203.0.113.1, 192.0.2.1").header("authorization", "Bearer guess")));
    });
    assert!(text.contains("client=192.0.2.1 ") || text.contains("client=192.0.2.1\n"), "{text}");
}

#[test]
fn a_server_that_is_open_under_any_name_is_warned_of() {
    let warned = |access: Access, address: &str| {
        let mut door = Door::new(&Arc::new(access), true).expect("it makes sense");
        logged(|| door.stand_at(address.parse().expect("an address"))).contains("`hosts`")
    };
    let named = Access { hosts: vec![String::from("perfmon.example.com")], ..Access::default() };
    assert!(warned(Access::default(), "192.0.2.1:9464"));
    assert!(!warned(named, "192.0.2.1:9464"));
    assert!(!warned(with_token("secret"), "192.0.2.1:9464"));
    assert!(!warned(Access::default(), "127.0.0.1:9464"));
}

/// What is logged meanwhile.
fn logged(act: impl FnOnce()) -> String {
    let log = Arc::<Mutex<Vec<u8>>>::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || Lines(writer.clone())).finish();
    tracing::subscriber::with_default(subscriber, act);
    let log = log.lock().expect("no panic").clone();
    String::from_utf8(log).expect("text")
}

struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
