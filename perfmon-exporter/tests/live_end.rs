//! The exporter stops while somebody listens.

mod support;

use support::{exporter, listen};
use tungstenite::{Message, protocol::frame::coding::CloseCode};

#[test]
fn listeners_are_told_when_it_stops() {
    let exporter = exporter();
    let mut socket = listen(&exporter);
    drop(exporter);
    let closed = std::iter::repeat_with(|| socket.read().expect("a frame")).find_map(|message| match message {
        Message::Close(frame) => frame,
        _ => None,
    });
    assert_eq!(closed.map(|frame| frame.code), Some(CloseCode::Away));
}
