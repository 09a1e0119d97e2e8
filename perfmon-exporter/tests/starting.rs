//! Starting and stopping, and what is said when that does not work.

mod support;

use std::net::TcpListener;

use perfmon_exporter::builder;

/// One after the other: a process has one exporter at a time.
#[test]
fn it_starts_once_stops_and_starts_again() {
    let first = support::exporter();
    let same_port = first.address().to_string();
    let again = builder().listen(same_port).start().expect_err("one is running, which has the port too");
    assert!(again.is_unavailable());
    assert_eq!(
        again.to_string(),
        "failed to start the exporter: one runs in this process already; start it once, in `main`, and keep its guard"
    );
    let address = first.address();
    drop(first);
    assert!(std::net::TcpStream::connect(address).is_err(), "it has let go of its port");

    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("last.json");
    let second = builder().listen(address.to_string()).final_report(&report).start().expect("the port is free again");
    let ticks = second.subscribe();
    second.stop().expect("the report is written");
    assert!(ticks.borrow().as_ref().is_some_and(|tick| tick.number >= 1), "a last round was made");
    let report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&report).expect("the report")).expect("JSON");
    assert_eq!(report["schema"], "perfmon.report/1");

    let gone = folder.path().join("gone");
    std::fs::create_dir(&gone).expect("a folder");
    let third = builder().listen("127.0.0.1:0").final_report(gone.join("last.txt")).start().expect("it starts");
    std::fs::remove_dir(&gone).expect("empty");
    let error = third.stop().expect_err("nowhere to write it");
    assert!(
        error.to_string().contains("failed to write the final report to") && error.to_string().contains("last.txt")
    );
    for (path, says) in
        [(gone.join("last.txt"), "there is no directory"), (folder.path().join("last.xyz"), "must end in")]
    {
        let error = builder().listen("127.0.0.1:0").final_report(path).start().expect_err("said at once");
        assert!(error.is_invalid() && error.to_string().contains(says), "{error}");
    }

    // What cannot be: each says what to do instead, and nothing is left running.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    for (address, kind, says) in [
        (taken.as_str(), "unavailable", "another program has the port"),
        ("0.0.0.0:0", "invalid", "refused to listen on 0.0.0.0:0"),
        ("[::]:0", "invalid", "allow_public()"),
        ("nonsense", "invalid", "write host and port, as in \"127.0.0.1:9464\""),
        ("", "invalid", "write host and port"),
        ("127.0.0.1:99999", "invalid", "write host and port"),
        ("192.0.2.1:0", "invalid", "refused to listen on 192.0.2.1:0"),
    ] {
        let error = builder().listen(address).start().expect_err(address);
        assert!(error.to_string().contains(says), "{address}: {error}");
        assert_eq!(error.is_invalid(), kind == "invalid", "{address}: {error}");
        assert_eq!(error.is_unavailable(), kind == "unavailable", "{address}: {error}");
    }
    // No machine has an address that is reserved; those of documentation are given to some.
    let error = builder().allow_public().listen("240.0.0.1:0").start().expect_err("not an address of this machine");
    assert!(error.is_unavailable() && error.to_string().contains("does not have that address"), "{error}");
    let error = builder().profile("mine", "nonsense").listen("127.0.0.1:0").start().expect_err("no profile");
    assert!(error.is_invalid() && error.to_string().contains("mine"), "{error}");
    let error = builder().default_profile("theirs").listen("127.0.0.1:0").start().expect_err("no such profile");
    assert!(error.to_string().contains("known are"), "{error}");
    drop(support::exporter());
}
