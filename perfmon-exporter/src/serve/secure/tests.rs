//! The gate of a public server, in front of a route that takes bodies.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    http::Request,
    middleware::from_fn_with_state,
    routing::post,
};
use tower::ServiceExt;

use super::{Gate, Peer, gate::Standing, pass};
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
        let request = Request::post("/echo")
            .header("host", "localhost")
            .header("origin", "http://localhost")
            .header("content-type", "application/json");
        self.ask(peer, request.body(Body::from(vec![b' '; bytes])).expect("a request"))
    }

    fn get(&self, host: &str) -> u16 {
        let request = Request::get("/echo").header("host", host).header("authorization", "Bearer secret");
        self.ask("192.0.2.7:1", request.body(Body::empty()).expect("a request"))
    }
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
