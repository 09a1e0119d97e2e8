//! What nobody means well with: none of it is believed, and none of it keeps the server from answering others.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
};

use flate2::{Compression, write::GzEncoder};

use crate::{
    client::{OPERATE, ask, local, tokens, turn},
    support::LONG,
};

/// Sends bytes and reads until the other side hangs up; the status, if it is told one. Whatever is refused is refused with a problem document.
fn shout(address: SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(address).expect("the exporter takes connections");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    // It may have hung up already, and says why before it does.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut part) {
        answer.extend_from_slice(&part[..length]);
    }
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    if status >= 400 {
        let (head, body) = answer.split_once("\r\n\r\n").expect("a whole head");
        assert!(head.contains("content-type: application/problem+json"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(body).expect("a whole document");
        assert_eq!(problem["status"], status, "{body}");
    }
    Some(status)
}

/// A request of somebody who may do everything, after which the connection ends.
fn request(what: &[u8], headers: &[u8], body: &[u8]) -> Vec<u8> {
    let fixed = format!(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {OPERATE}\r\n");
    [what, fixed.as_bytes(), headers, b"\r\n", body].concat()
}

/// 64 MiB in 64 KiB.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..64 {
        encoder.write_all(&vec![b' '; 1 << 20]).expect("memory");
    }
    encoder.finish().expect("memory")
}

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn malformed_requests_are_refused_and_others_answered() {
    let _turn = turn();
    let exporter = local(tokens());
    let address = exporter.address();
    let long = "x".repeat(1 << 20);
    let many = "X: y\r\n".repeat(200);
    let bomb = bomb();
    let packed = |coding: &str| format!("{JSON}Content-Encoding: {coding}\r\nContent-Length: {}\r\n", bomb.len());
    let chunked = format!("{JSON}Transfer-Encoding: chunked\r\n");
    let both = format!("{JSON}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n");
    let twice = format!("{JSON}Content-Length: 2\r\nContent-Length: 3\r\n");
    let endless = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat().repeat(2);
    let large = format!("{JSON}Content-Length: 2097152\r\n");
    let query = format!("GET /api/v1/sites?labels={}", "a%3Ab&labels=".repeat(3_000));
    for (request, allowed) in [
        // Bodies: too large, of no length, packed so that they would grow a thousandfold.
        (request(b"PUT /api/v1/dashboard", large.as_bytes(), &vec![b' '; 2 << 20]), &[Some(413), None][..]),
        (request(b"PUT /api/v1/dashboard", chunked.as_bytes(), &endless), &[Some(405), Some(413), None]),
        (request(b"PUT /api/v1/dashboard", packed("gzip").as_bytes(), &bomb), &[Some(405), Some(415)]),
        (request(b"GET /api/v1/sites", packed("gzip").as_bytes(), &bomb), &[Some(200)]),
        (request(b"GET /api/v1/metrics?name=x", packed("deflate, gzip").as_bytes(), &bomb), &[Some(404)]),
        (request(b"PUT /api/v1/dashboard", chunked.as_bytes(), b"nonsense\r\n"), &[Some(400), Some(405)]),
        (request(b"PUT /api/v1/dashboard", chunked.as_bytes(), b"ffffffffffffffffff\r\n"), &[Some(400), Some(405)]),
        // Heads that two readers would read in two ways.
        (request(b"PUT /api/v1/dashboard", both.as_bytes(), b"0\r\n\r\n"), &[Some(400), Some(405)]),
        (request(b"PUT /api/v1/dashboard", twice.as_bytes(), b"{}"), &[Some(400)]),
        // Heads that are too long.
        (request(b"GET /api/v1/sites", format!("X: {long}\r\n").as_bytes(), b""), &[Some(431), None]),
        (request(b"GET /api/v1/sites", many.as_bytes(), b""), &[Some(431), None]),
        (request(format!("GET /api/v1/{long}").as_bytes(), b"", b""), &[Some(414), Some(431), None]),
        (request(query.as_bytes(), b"", b""), &[Some(400)]),
        // Texts that are none.
        (request(b"GET /api/v1/sites?kind=%ff%fe", b"", b""), &[Some(400)]),
        (request(b"GET /api/v1/sites/latency/%ff", b"", b""), &[Some(400)]),
        (request(b"GET /api/v1/sites/%00/%00", b"", b""), &[Some(400)]),
        (request(b"GET /api/v1/metrics?name=%", b"", b""), &[Some(400), Some(404)]),
        (request(b"GET /api/v1/metrics?name=\xff\xfe", b"", b""), &[Some(400), Some(404)]),
        (request(b"GET /api/v1/metrics?name=\0", b"", b""), &[Some(400)]),
        (request(b"GET /api/v1/sites", b"Accept-Encoding: \xff\xfe\r\n", b""), &[Some(200)]),
        (request(b"GET /api/v1/sites", b"X: a\0b\r\n", b""), &[Some(400)]),
        (request(b"GET /metrics", b"Accept: \xff;q=\xfe\r\n", b""), &[Some(200)]),
        // No HTTP at all.
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(), &[Some(400), None]),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[Some(400), Some(505), None]),
        (b"\r\n\r\n\0\0\0\0 HTTP/9.9\r\n\r\n".to_vec(), &[Some(400), None]),
    ] {
        let status = shout(address, &request);
        let shown = String::from_utf8_lossy(&request[..request.len().min(300)]).into_owned();
        assert!(allowed.contains(&status), "{status:?}: {shown}");
        assert_eq!(ask(address, "GET /health", &[]).status, 200, "{shown}");
    }
    // Whoever leaves in the middle leaves nothing behind.
    for cut in ["GET /api/v1/si", "PUT /api/v1/dashboard HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"] {
        let mut stream = TcpStream::connect(address).expect("the exporter takes connections");
        stream.write_all(cut.as_bytes()).expect("taken");
        stream.shutdown(Shutdown::Both).expect("open till now");
        assert_eq!(ask(address, "GET /health", &[]).status, 200, "{cut}");
    }
}

#[test]
fn packed_frames_are_not_unpacked() {
    let _turn = turn();
    let exporter = local(tokens());
    let upgrade = b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                    Sec-WebSocket-Extensions: permessage-deflate\r\n";
    let head = format!("Host: localhost\r\nConnection: Upgrade\r\nAuthorization: Bearer {OPERATE}\r\n");
    // A text whose first reserved bit says that it is packed, and one that never ends.
    for frame in [&[0xc1, 0x85, 0, 0, 0, 0, 0xca, 0x48, 0xcd, 0xc9, 0x01][..], &[0x01, 0x81, 0, 0, 0, 0, b'x']] {
        let mut bytes = [b"GET /ws HTTP/1.1\r\n", head.as_bytes(), upgrade, b"\r\n"].concat();
        bytes.extend(frame.repeat(20_000));
        assert_eq!(shout(exporter.address(), &bytes), Some(101));
        assert_eq!(ask(exporter.address(), "GET /health", &[]).status, 200);
    }
}
