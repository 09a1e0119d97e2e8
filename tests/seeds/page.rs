//! A page of the dashboard system, as far as it listens.

use std::net::TcpStream;

use serde_json::Value;
use tungstenite::{ClientRequestBuilder, Message, WebSocket, client};

use crate::{support::LONG, world::World};

/// What is on the other side of `new WebSocket('ws://localhost:8080/ws')`.
pub(crate) struct Page(WebSocket<TcpStream>);

impl Page {
    pub(crate) fn open(world: &World) -> Self {
        let stream = TcpStream::connect(world.address).expect("it listens");
        stream.set_read_timeout(Some(LONG)).expect("a timeout");
        // A browser says where the page is from.
        let address = format!("ws://{}/ws", world.address).parse().expect("an address");
        let request = ClientRequestBuilder::new(address).with_header("Origin", format!("http://{}", world.address));
        Self(client(request, stream).expect("an upgrade").0)
    }

    /// `ws.send(JSON.stringify(…))`
    pub(crate) fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).expect("it takes it");
    }

    /// What `ws.onmessage` gets next of this type.
    pub(crate) fn hear(&mut self, kind: &str) -> Value {
        loop {
            let Message::Text(text) = self.0.read().expect("a frame") else { continue };
            let frame: Value = serde_json::from_str(&text).expect("JSON");
            assert_ne!(frame["type"], "error", "{frame}");
            if frame["type"] == kind {
                return frame;
            }
        }
    }
}
