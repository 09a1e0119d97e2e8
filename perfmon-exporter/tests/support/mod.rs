//! What the tests of a running exporter share.
#![allow(dead_code, reason = "each test uses its part")]

use std::{net::TcpStream, time::Duration};

use perfmon_exporter::{Builder, Exporter};
use tokio::time::Instant;
use tungstenite::{ClientRequestBuilder, WebSocket, client};

/// Long enough for the slowest machine; a test waits for a condition, not for this.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Status, and the body as text.
pub(crate) fn get(exporter: &Exporter, path: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(LONG)).build().into();
    let mut response = agent.get(format!("{}{path}", exporter.url())).call().expect("the exporter answers");
    (response.status().as_u16(), response.body_mut().read_to_string().expect("text"))
}

/// `/health` as JSON.
pub(crate) fn health(exporter: &Exporter) -> serde_json::Value {
    serde_json::from_str(&get(exporter, "/health").1).expect("JSON")
}

/// Listens as a page of the exporter's own does.
pub(crate) fn listen(exporter: &Exporter) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(exporter.address()).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    let address = format!("ws://{}/ws", exporter.address()).parse().expect("an address");
    let (socket, _) =
        client(ClientRequestBuilder::new(address).with_header("Origin", exporter.url()), stream).expect("an upgrade");
    socket
}

/// Asks until there is an answer.
pub(crate) fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + LONG;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < until, "not within {LONG:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An exporter at any free port.
pub(crate) fn exporter() -> Exporter {
    started(perfmon_exporter::builder())
}

/// One with choices of its own, at any free port.
pub(crate) fn started(builder: Builder) -> Exporter {
    let exporter = builder.listen("127.0.0.1:0").start().expect("the exporter starts");
    eventually("the exporter is ready", || (get(&exporter, "/ready").0 == 200).then_some(()));
    exporter
}
