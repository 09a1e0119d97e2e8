//! A process that has run out of file descriptors: the exporter says so, and comes back by itself.

mod support;

use std::{fs::File, net::TcpStream};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[test]
fn it_comes_back_when_there_are_files_again() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(256), ..limit }).expect("below the limit");
    let exporter = support::exporter();
    let mut files = Vec::new();
    let mut clients = Vec::new();
    let told = support::eventually("it is told", || {
        while let Ok(file) = File::open("/dev/null") {
            files.push(file);
        }
        // The last one is for a client, whose connection then cannot be accepted.
        files.pop();
        clients.extend(TcpStream::connect(exporter.address()));
        let health = exporter.health()?;
        health.deductions.into_iter().find(|one| one.rule == "no_connections")
    });
    assert!(told.reason.contains("open files"), "{}", told.reason);
    drop((files, clients));
    let (status, text) = support::get(&exporter, "/health");
    assert_eq!(status, 200);
    assert!(text.contains("no_connections"), "{text}");
    let failed = support::get(&exporter, "/metrics").1;
    assert!(failed.lines().any(|line| line.starts_with("perfmon_connections_failed_total ")), "{failed}");
}
