//! Ten thousand clients that connect and say nothing.

mod support;

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const CLIENTS: usize = 10_000;

#[test]
fn ten_thousand_half_open_connections_keep_nobody_out() {
    // The clients live in this process too.
    let limit = getrlimit(Resource::Nofile);
    let enough = CLIENTS as u64 + 1_000;
    assert!(
        limit.maximum.is_none_or(|most| most >= enough),
        "this test needs {enough} open files: raise the hard limit (ulimit -Hn)"
    );
    // The exporter takes its share of what the process had before.
    let exporter = support::exporter();
    let raised = Rlimit { current: Some(enough.max(limit.current.unwrap_or(enough))), ..limit };
    setrlimit(Resource::Nofile, raised).expect("below the hard limit");

    let mut clients = Vec::with_capacity(CLIENTS);
    for number in 0..CLIENTS {
        let mut client = TcpStream::connect(exporter.address()).expect("the exporter takes connections");
        if number % 2 == 0 {
            // Half of them begin to say something. It may have been closed already.
            let _ = client.write_all(b"GET /metrics HTTP/1.1\r\nHost: ");
        }
        clients.push(client);
        if number % 1_000 == 999 {
            assert_eq!(support::get(&exporter, "/health").0, 200, "after {number}");
        }
    }
    let metrics = support::eventually("most were closed to make room", || {
        let (status, text) = support::get(&exporter, "/metrics");
        assert_eq!(status, 200);
        let value = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.rsplit(' ').next()?.parse::<f64>().ok()
        };
        let (open, evicted) = (value("perfmon_connections_open ")?, value("perfmon_connections_evicted_total ")?);
        (evicted >= 9_000.0).then_some((open, evicted))
    });
    assert!(metrics.0 <= 512.0, "{metrics:?}");
    // The first to come was the first to go: end of file, or a reset.
    let mut first = &clients[1];
    first.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    assert!(matches!(first.read(&mut [0; 8]), Ok(0) | Err(_)));
    drop(clients);
    assert_eq!(support::get(&exporter, "/health").0, 200);
}
