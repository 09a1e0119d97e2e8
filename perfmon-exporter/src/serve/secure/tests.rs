//! The gate in front of a route that takes bodies.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{Request, StatusCode},
    middleware::from_fn_with_state,
    routing::post,
};
use tower::ServiceExt;

use super::{Gate, Peer, gate::Standing, pass};
use crate::{connections::Connections, profiles::Profiles, settings::Access, state::Shared};

/// A change with a body that does not say how long it is.
fn change(peer: &str, bytes: usize) -> StatusCode {
    let access = Arc::new(Access::default());
    let gate = Gate::new(&access, Standing { loopback: false, open: true }).expect("it makes sense");
    let shared = Shared::new(Profiles::default(), Connections::new(1));
    shared.set_access(access);
    let app = Router::new().route("/echo", post(|body: Bytes| async move { body }));
    let app = app.layer(from_fn_with_state((Arc::new(gate), shared), pass));
    let request = Request::post("/echo")
        .header("host", "localhost")
        .header("origin", "http://localhost")
        .header("content-type", "application/json")
        .extension(Peer(peer.parse::<SocketAddr>().expect("an address")));
    let request = request.body(Body::from(vec![b' '; bytes])).expect("a request");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(app.oneshot(request)).expect("an answer").status()
}

#[test]
fn a_body_may_be_a_mebibyte() {
    assert_eq!(change("127.0.0.1:1", 1 << 20), StatusCode::OK);
    assert_eq!(change("127.0.0.1:1", (1 << 20) + 1), StatusCode::PAYLOAD_TOO_LARGE);
}

#[test]
fn an_open_server_is_changed_from_its_own_machine_only() {
    assert_eq!(change("[::1]:1", 2), StatusCode::OK);
    assert_eq!(change("[::ffff:127.0.0.1]:1", 2), StatusCode::OK);
    assert_eq!(change("192.0.2.1:1", 2), StatusCode::FORBIDDEN);
}
