//! What cannot be done, and how it is told.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use crate::running::{perfmon, run};

const ASKING: [&str; 4] = ["health", "status", "report", "export"];

#[test]
fn nobody_is_there() {
    // Nobody listens at a client's own end of a connection, and nobody else can as long as it is there.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let client = listener.local_addr().and_then(TcpStream::connect).expect("a connection");
    let free = client.local_addr().expect("an address");
    for command in ASKING {
        let done = run(&mut perfmon(&[command, "--url", &format!("http://{free}")]));
        assert_eq!((done.code, done.stdout.as_str()), (Some(3), ""), "{done:?}");
        assert!(done.stderr.starts_with(&format!("perfmon: failed to reach http://{free}: ")), "{}", done.stderr);
        assert!(done.stderr.contains("is the program running"), "{}", done.stderr);
    }
    // A name that is too long for names of hosts is known to be none without asking the network.
    let mut command = perfmon(&["health", "--url", &format!("http://{}.invalid:9464", "x".repeat(64))]);
    let done = run(command.env("PERFMON_TOKEN", "a-token"));
    assert_eq!(done.code, Some(3), "{done:?}");
    // Whoever listens in between would have read it.
    assert!(done.stderr.contains("warning: the token travels in the clear"), "{}", done.stderr);
    assert!(!done.stderr.contains("a-token"), "{}", done.stderr);
    assert!(done.stderr.contains("check the name of the host") && !done.stderr.contains("io: "), "{}", done.stderr);
}

#[test]
fn nobody_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address");
    let done = run(&mut perfmon(&["health", "--timeout", "1", "--url", &format!("http://{address}")]));
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.stderr.contains("no answer in time") && done.stderr.contains("--timeout"), "{}", done.stderr);
}

/// One that answers as it is told, once.
fn answers(with: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let answer = with.to_owned();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer.as_bytes());
    });
    url
}

fn ok(body: &str) -> String {
    page("application/json", body)
}

fn page(kind: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

#[test]
fn somebody_else_is_there() {
    let done = run(&mut perfmon(&["health", "--url", &answers(&ok("<html>"))]));
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("is this perfmon"), "{}", done.stderr);
    // No token is carried to where it sends.
    let elsewhere = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let done = run(perfmon(&["health", "--url", &answers(elsewhere)]).env("PERFMON_TOKEN", "a-token"));
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("it sends elsewhere"), "{}", done.stderr);
    // Half an answer is none.
    let half = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    let done = run(&mut perfmon(&["export", "--url", &answers(half)]));
    assert_eq!((done.code, done.stdout.as_str()), (Some(3), ""), "{done:?}");
}

#[test]
fn pages_of_others_are_no_reports() {
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("kept");
    std::fs::write(&kept, "kept").expect("written");
    let file = kept.to_string_lossy().into_owned();
    for (arguments, kind, body) in [
        (&["report"][..], "text/html", "<html>"),
        (&["report", "--format", "csv"], "text/html", "<html>"),
        (&["report", "--format", "md"], "text/plain", "# perfmon"),
        (&["report", "--format", "json"], "application/json", "{\"schema\": \"another/1\"}"),
        (&["report", "--format", "json"], "application/json", "[]"),
        (&["export"], "application/json", "{\"timestamp\": 1}"),
        (&["export"], "application/json", "{"),
        (&["export"], "text/html; charset=utf-8", "<html>"),
        (&["status"], "application/problem+json", "{}"),
    ] {
        let mut command = perfmon(arguments);
        command.args(["--url", &answers(&page(kind, body))]);
        if arguments[0] != "status" {
            command.args(["--output", &file]);
        }
        let done = run(&mut command);
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{arguments:?} {done:?}");
        assert!(done.stderr.contains("is this perfmon"), "{arguments:?} {}", done.stderr);
        assert_eq!(std::fs::read_to_string(&kept).expect("there"), "kept");
    }
    // Colours go through, and nothing else that a terminal obeys.
    let url =
        answers(&page("text/plain; charset=utf-8", "\u{1b}[1mperfmon report\u{1b}[0m\u{1b}[2J\u{1b}]0;title\u{7}\r\n"));
    let done = run(&mut perfmon(&["report", "--url", &url]));
    assert_eq!(done.stdout, "\u{1b}[1mperfmon report\u{1b}[0m\u{fffd}[2J\u{fffd}]0;title\u{fffd}\r\n", "{done:?}");
}

const UNWELL: &str = r#"{"status":"critical","score":55,"deductions":[
    {"rule":"memory","points":25,"reason":"memory is 97 % used, above 90 %"},
    {"rule":"cpu","points":20,"reason":"\u001b[2Jcleared"},
    {"rule":"configuration","points":0,"reason":"a change of server.listen needs a restart"}],
    "uptime_seconds":93784,"collectors":[{"name":"system.cpu","enabled":true,"error":"no /proc"},{"name":"system.disks","enabled":false},
    {"name":"broker","enabled":true,"hanging":true,"error":"still running after 45 s (hanging?)"},
    {"name":"queues","enabled":true,"hanging":false,"complaint":"queue_length is given twice"},{"name":"users","enabled":true,"hanging":false}],"pump":{}}"#;

#[test]
fn a_bad_score_has_a_status_of_its_own() {
    let done = run(&mut perfmon(&["health", "--url", &answers(&ok(UNWELL))]));
    assert_eq!(done.code, Some(4), "{done:?}");
    insta::assert_snapshot!(done.stdout);
    let done = run(&mut perfmon(&["health", "--format", "json", "--url", &answers(&ok(UNWELL))]));
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
    assert_eq!((done.code, json(&done.stdout)), (Some(4), json(UNWELL)));
    let warning = UNWELL.replace("critical", "warning");
    assert_eq!(run(&mut perfmon(&["health", "--url", &answers(&ok(&warning))])).code, Some(0));
}

#[test]
fn the_bad_score_is_in_the_status_too() {
    let dashboard = format!(
        r#"{{"timestamp":1,"health":{UNWELL},"performance":{{"window":"5m","span_seconds":300,"calls":1200,"errors":3,"panics":1,"in_flight":2,
        "calls_per_second":4,"error_rate":0.003,"objectives_missed":1}},"pnl":null,"alerts":[],
        "latency":[{{"kind":"order","name":"market","stats":{{"calls":1000,"errors":3,"panics":1,"p99_ns":1234567}}}},
        {{"kind":"latency","name":"once","stats":{{"calls":1,"errors":0,"panics":0,"p99_ns":35115700000000}}}}],"resources":{{}}}}"#
    );
    let url = answers(&ok(&dashboard));
    let done = run(&mut perfmon(&["status", "--url", &url]));
    assert_eq!(done.code, Some(0), "{done:?}");
    insta::assert_snapshot!(done.stdout.replace(&url, "http://address"));
}

#[test]
fn wrong_usage() {
    for (arguments, says) in [
        (&["health", "--url", "localhost:9464"][..], "http://127.0.0.1:9464"),
        (&["health", "--url", "ftp://localhost"], "does not begin with http://"),
        (&["health", "--url", "http://alice:secret@localhost"], "PERFMON_TOKEN"),
        (&["health", "--url", "http://localhost?token=secret"], "question mark"),
        (&["health", "--token-file", "/nowhere"], "failed to read the token from /nowhere"),
        (&["health", "--token-file", "/dev/null"], "is empty"),
        (&["health", "--ca", "/nowhere"], "failed to read certificates from /nowhere"),
        (&["health", "--token", "secret"], "--token"),
        (&["report", "--window", "2h"], "write 10s, 1m, 5m, 15m or 1h"),
        (&["report", "--format", "pdf"], "possible values: text, json, md, csv"),
        (&["check"], "--config <FILE>"),
        (&["check", "--example", "--schema"], "cannot be used with"),
        (&["nonsense"], "unrecognized subcommand"),
        (&[], "Usage: perfmon"),
    ] {
        let done = run(&mut perfmon(arguments));
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}: {done:?}");
        assert!(done.stderr.contains(says), "{arguments:?}: {}", done.stderr);
        assert!(!done.stderr.contains("alice") && !done.stderr.contains("panicked"), "{}", done.stderr);
    }
    let done = run(perfmon(&["health"]).env("PERFMON_TOKEN", "two words"));
    assert!(done.code == Some(2) && !done.stderr.contains("words"), "{done:?}");
}
