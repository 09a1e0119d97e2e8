//! What the bot tells whoever asks while it trades, over HTTP: its account, its orders. And a watchdog that asks.
//!
//! Any service has such a door, so its requests are measured like everything else: by one layer around all routes.

use std::{net::SocketAddr, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use perfmon::http::MonitorLayer;
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::watch,
    time::{MissedTickBehavior, interval},
};

use crate::{market::Date, store::Reader};

/// How often the watchdog asks, and how long it waits for an answer.
const WATCH: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(5);

/// The account after the last session.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Status {
    pub(crate) session: usize,
    pub(crate) date: Option<Date>,
    pub(crate) equity: f64,
    pub(crate) shares: i64,
    pub(crate) halted: bool,
}

#[derive(Clone)]
struct Desk {
    status: watch::Receiver<Status>,
    orders: Reader,
}

/// Answers at this address from now on, and has a watchdog ask. Gives the address, whose port may have been 0.
pub(crate) async fn serve(
    address: &str,
    status: watch::Receiver<Status>,
    orders: Reader,
) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    // A server's error counts as one; an order that never was is the asker's mistake.
    let app = Router::new().route("/status", get(account)).route("/orders/{id}", get(order)).layer(MonitorLayer::new());
    let server = axum::serve(listener, app.with_state(Desk { status, orders }));
    tokio::spawn(async {
        if let Err(error) = server.await {
            eprintln!("note: nobody can ask for the account any more: {error}");
        }
    });
    tokio::spawn(watch_over(format!("http://{address}/status")));
    Ok(address)
}

async fn account(State(desk): State<Desk>) -> Response {
    let Status { session, date, equity, shares, halted } = *desk.status.borrow();
    let date = date.map(|date| date.to_string());
    Json(json!({"session": session, "date": date, "equity": equity, "shares": shares, "halted": halted}))
        .into_response()
}

async fn order(State(desk): State<Desk>, Path(id): Path<u64>) -> Response {
    match desk.orders.order(id).await {
        Ok(Some(order)) => Json(order).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, format!("there is no order {id}\n")).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

/// Asks as an operator's watchdog would, and says when there is no answer.
async fn watch_over(url: String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
    let mut turns = interval(WATCH);
    turns.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        turns.tick().await;
        let (agent, url) = (agent.clone(), url.clone());
        // The client waits for the answer, which the runtime's own threads should not.
        let answer = tokio::task::spawn_blocking(move || agent.get(url).call().map(drop)).await;
        if let Ok(Err(error)) = answer {
            eprintln!("note: the watchdog got no answer: {error}");
        }
    }
}
