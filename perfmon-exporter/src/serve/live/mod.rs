//! `/ws`: figures pushed each second.
//!
//! A client names what it wants to hear of; each is a *topic*. After every tick of the pump the hub writes one frame for each topic that anybody listens
//! to, and wakes the clients; each sends what it has not sent yet. So a topic is serialised once for all, and a client that is slow, or reads nothing
//! at all, finds the newest frame when it is ready and holds up nobody. What clients say and hear is described with the API, by its tag `live`.

mod client;
mod hub;
mod message;
mod topic;

use std::sync::Arc;

use axum::{
    Extension, Router,
    extract::{
        State,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::watch;

use self::{
    client::{Client, Way},
    hub::Hub,
};
use super::{
    problem::Problem,
    secure::{Caller, Gate, PROTOCOL},
};
use crate::state::Shared;

/// Bytes of a message that a client may send; those that mean anything are far shorter.
const MOST_BYTES: usize = 16 << 10;
/// Bytes kept for reading, and gathered before writing, of each client.
const BUFFER: usize = 4 << 10;

/// The route. Clients are told to leave when `stop` says so.
pub(crate) fn routes(shared: &Arc<Shared>, gate: Arc<Gate>, stop: watch::Receiver<bool>) -> Router<Arc<Shared>> {
    let hub = Hub::start(shared.clone());
    let upgrade = async move |State(shared): State<Arc<Shared>>, Extension(caller): Extension<Caller>, upgrade| {
        welcome(Way { shared, gate, caller, stop }, hub, upgrade)
    };
    Router::new().route("/ws", get(upgrade))
}

fn welcome(
    way: Way,
    hub: Arc<Hub>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return Ok(no_websocket(&error)),
    };
    let Some(seat) = way.shared.audience.enter() else {
        return Err(Problem::unavailable(format!(
            "all {} places for WebSocket clients are taken: close some, or allow the process more open files (ulimit -n), a quarter of which are for them",
            way.shared.audience.most()
        )));
    };
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .max_message_size(MOST_BYTES)
        .max_frame_size(MOST_BYTES)
        .read_buffer_size(BUFFER)
        .write_buffer_size(BUFFER);
    Ok(upgrade.on_upgrade(move |socket| Client::new(socket, hub, seat).serve(way)))
}

/// Says what it takes. Who did not ask for a WebSocket is told that it takes one.
fn no_websocket(error: &WebSocketUpgradeRejection) -> Response {
    use WebSocketUpgradeRejection::{InvalidConnectionHeader, InvalidUpgradeHeader, MethodNotGet};
    let detail = format!("{error}: /ws speaks WebSocket, /api/v1 plain HTTP");
    if !matches!(error, InvalidConnectionHeader(_) | InvalidUpgradeHeader(_) | MethodNotGet(_)) {
        return Problem::bad_request(detail).into_response();
    }
    let headers = [(header::UPGRADE, "websocket"), (header::CONNECTION, "upgrade")];
    (headers, Problem::new(StatusCode::UPGRADE_REQUIRED, detail)).into_response()
}
