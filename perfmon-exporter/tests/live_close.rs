//! How a conversation over the WebSocket ends, by the bytes: RFC 6455, 5.5.1 and 7.4.1.

mod support;

use std::io::{Read, Write};

use support::{eventually, exporter, get, listen};

/// A frame as a client sends it, masked by zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("short");
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

fn close(code: u16, reason: &[u8]) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes()[..], reason].concat())
}

#[test]
fn whoever_closes_is_answered_and_every_violation_has_its_code() {
    let exporter = exporter();
    let big = [vec![0x82, 0xfe, 0x4e, 0x20, 0, 0, 0, 0], vec![0; 20_000]].concat();
    let endless = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
    for (bytes, code) in [
        (close(1000, b"done"), Some(1000)),
        (close(1001, b""), Some(1001)),
        (close(4000, b"ours"), Some(4000)),
        (frame(0x88, b""), None),
        // Codes that no frame may have, half a code, a reason that is no text.
        (close(1005, b""), Some(1002)),
        (close(1006, b""), Some(1002)),
        (close(999, b""), Some(1002)),
        (frame(0x88, b"x"), Some(1002)),
        (close(1000, &[0xff, 0xfe]), Some(1007)),
        // Not masked; reserved bits; an unknown opcode; a continuation of nothing; a ping in pieces.
        (vec![0x81, 0x02, b'h', b'i'], Some(1002)),
        (frame(0xf1, b"hi"), Some(1002)),
        (frame(0x83, b""), Some(1002)),
        (frame(0x80, b"hi"), Some(1002)),
        (frame(0x09, b""), Some(1002)),
        // No UTF-8; too big, whether it comes or is only said to.
        (frame(0x81, &[0xff, 0xfe]), Some(1007)),
        (big, Some(1009)),
        (endless.to_vec(), Some(1009)),
    ] {
        let mut client = listen(&exporter);
        let stream = client.get_mut();
        stream.write_all(&bytes).expect("it takes bytes");
        let mut said = Vec::new();
        // After what it says it hangs up, which ends the stream; unread bytes of ours may end it less politely.
        let _ = stream.read_to_end(&mut said);
        let start = &bytes[..bytes.len().min(12)];
        assert_eq!(said.first(), Some(&0x88), "a Close comes back to {start:x?}");
        let told = said.get(2..4).map(|code| u16::from_be_bytes([code[0], code[1]]));
        assert_eq!(told, code, "{start:x?}");
        assert_eq!(said.len(), 2 + usize::from(said[1]), "and nothing behind it");
        assert_eq!(get(&exporter, "/ready").0, 200);
    }
    eventually("all of them are gone", || {
        get(&exporter, "/metrics").1.lines().any(|line| line == "perfmon_websocket_clients 0").then_some(())
    });
}
