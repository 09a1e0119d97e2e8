//! The exporter stops while somebody listens.

mod support;

use std::net::TcpStream;

use support::{LONG, exporter};
use tungstenite::{Message, client, protocol::frame::coding::CloseCode};

#[test]
fn listeners_are_told_when_it_stops() {
    let exporter = exporter();
    let stream = TcpStream::connect(exporter.address()).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    let (mut socket, _) = client(format!("ws://{}/ws", exporter.address()), stream).expect("an upgrade");
    drop(exporter);
    let closed = std::iter::repeat_with(|| socket.read().expect("a frame")).find_map(|message| match message {
        Message::Close(frame) => frame,
        _ => None,
    });
    assert_eq!(closed.map(|frame| frame.code), Some(CloseCode::Away));
}
