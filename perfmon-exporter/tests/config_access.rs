//! Who may ask changes with the file. A process has one exporter, so this test is alone.
#![cfg(feature = "config")]

mod support;

use std::{fs, net::TcpStream};

use perfmon_exporter::{Exporter, builder, config::Config};
use serde_json::Value;
use support::{LONG, eventually, get};
use tungstenite::{ClientRequestBuilder, Message, WebSocket, client};

/// The status for a bearer; changes come from the exporter's own page.
fn status(exporter: &Exporter, method: &str, path: &str, secret: &str) -> u16 {
    ask(exporter, method, path, secret).0
}

fn ask(exporter: &Exporter, method: &str, path: &str, secret: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(LONG)).build().into();
    let url = format!("{}{path}", exporter.url());
    let bearer = format!("Bearer {secret}");
    let mut response = match method {
        "GET" => agent.get(url).header("Authorization", bearer).call(),
        _ => agent.post(url).header("Authorization", bearer).content_type("application/json").send("{}"),
    }
    .expect("the exporter answers");
    (response.status().as_u16(), response.body_mut().read_to_string().expect("text"))
}

/// What health says of the configuration: points and reason.
fn told(exporter: &Exporter, secret: &str) -> Option<(u64, String)> {
    let health: Value = serde_json::from_str(&ask(exporter, "GET", "/health", secret).1).ok()?;
    let told = health["deductions"].as_array()?.iter().find(|one| one["rule"] == "configuration")?;
    Some((told["points"].as_u64()?, told["reason"].as_str()?.to_owned()))
}

/// A program with a token that listens.
fn listen(exporter: &Exporter, secret: &str) -> WebSocket<TcpStream> {
    let stream = TcpStream::connect(exporter.address()).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    let address = format!("ws://{}/ws", exporter.address()).parse().expect("an address");
    let request = ClientRequestBuilder::new(address).with_header("Authorization", format!("Bearer {secret}"));
    client(request, stream).expect("an upgrade").0
}

/// With what code it is told to leave.
fn farewell(listener: &mut WebSocket<TcpStream>) -> u16 {
    loop {
        if let Message::Close(frame) = listener.read().expect("a message") {
            return frame.expect("a reason").code.into();
        }
    }
}

#[test]
fn who_may_ask_changes_with_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    #[cfg(unix)]
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).expect("its owner");
    let file = folder.path().join("perfmon.toml");
    let text = |more: &str, secret: &str, role: &str| {
        format!(
            "[server]\nlisten = \"127.0.0.1:0\"\n{more}\n[[server.tokens]]\nname = \"t\"\nsecret = \"{secret}\"\nrole = \"{role}\"\n"
        )
    };
    let (first, second) = ("the-first-secret-there-is", "another-secret-altogether");
    fs::write(&file, text("", first, "read")).expect("writable");
    let config = Config::load(&file).expect("valid");
    let exporter = builder().config(config).expect("applied").start().expect("it starts");
    eventually("the exporter is ready", || (get(&exporter, "/ready").0 == 200).then_some(()));
    assert_eq!(get(&exporter, "/metrics").0, 401);
    assert_eq!(get(&exporter, "/api/v1/dashboard").0, 401);
    assert_eq!((status(&exporter, "GET", "/metrics", first), status(&exporter, "GET", "/metrics", second)), (200, 401));
    assert_eq!(status(&exporter, "POST", "/metrics", first), 403, "it only reads");

    // Another token with another role; the first is nobody's any more.
    fs::write(&file, text("", second, "operate")).expect("writable");
    eventually("the first token is gone", || (status(&exporter, "GET", "/metrics", first) == 401).then_some(()));
    assert_eq!(status(&exporter, "GET", "/metrics", second), 200);
    assert_eq!(status(&exporter, "POST", "/metrics", second), 405, "the role suffices");

    // What the gate cannot apply changes nothing at all, and is told to those who may know.
    fs::write(&file, text("origins = [\"*\"]", first, "operate")).expect("writable");
    let (points, reason) = eventually("the mistake is told", || told(&exporter, second));
    assert!(
        points == 5 && reason.contains("perfmon.toml") && reason.contains("the origin \"*\""),
        "{points}: {reason}"
    );
    assert!(reason.starts_with("what was configured before goes on: "), "{reason}");
    assert!(!reason.contains(first) && !reason.contains(second), "{reason}");
    assert!(!get(&exporter, "/health").1.contains("configuration"), "strangers are told the status alone");

    // Without anybody in the file nobody is let in, and whoever listened is told to leave. A new token lets its bearer in.
    let mut listener = listen(&exporter, second);
    fs::write(&file, "[server]\nlisten = \"127.0.0.1:0\"\n").expect("writable");
    eventually("the last token is gone", || (status(&exporter, "GET", "/metrics", second) == 401).then_some(()));
    assert_eq!(get(&exporter, "/metrics").0, 401);
    assert_eq!(get(&exporter, "/health").0, 200, "that it lives is told to anybody");
    assert_eq!(farewell(&mut listener), 1008);
    fs::write(&file, text("", first, "read")).expect("writable");
    eventually("there is a token again", || (status(&exporter, "GET", "/metrics", first) == 200).then_some(()));
}
