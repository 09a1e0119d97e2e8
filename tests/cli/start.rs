//! Starting, reloading and ending.

use std::fs;

use nix::sys::signal::Signal;

use crate::running::{Running, eventually, mode, perfmon, run};

#[test]
fn signals_end_it_with_a_last_report() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let running = Running::start("[report]\nfinal = \"last.json\"\n");
        let folder = tempfile::tempdir().expect("a folder");
        let kept = folder.path().join("last.json");
        // The folder goes with what runs; a link to the report stays.
        let path = running.path("last.json");
        fs::write(&path, "").expect("written");
        fs::hard_link(&path, &kept).expect("a link");
        let (status, said) = running.end(signal);
        assert!(status.success(), "{signal}: {status}");
        assert!(said.contains("perfmon has stopped; the last report is "), "{said}");
        assert!(fs::read_to_string(&kept).expect("readable").contains("perfmon.report/1"));
        assert_eq!(mode(&kept), 0o600);
    }
}

#[test]
fn a_hangup_reads_the_configuration_again() {
    // The file has not changed, so only the signal can have it read.
    let running = Running::start("").ready();
    running.signal(Signal::SIGHUP);
    eventually("it is read again", || running.log().contains("the configuration has changed").then_some(()));
    let (status, said) = running.end(Signal::SIGTERM);
    assert!(status.success() && said.ends_with("perfmon has stopped\n"), "{status} {said}");
}

#[test]
fn a_changed_file_is_read_again() {
    let running = Running::start("").ready();
    let file = running.path("perfmon.toml");
    let health = || run(&mut running.ask(&["health"])).stdout;
    fs::write(&file, "[server]\nlisen = 1\n[log]\nlevel = 7\n").expect("written");
    let told = eventually("the mistakes are told", || Some(health()).filter(|text| text.contains("configuration")));
    assert!(told.contains("-5  configuration: ") && told.contains("did you mean \"listen\"?"), "{told}");
    assert!(told.contains("\n        perfmon.toml:4:9, log.level: "), "each on a line of its own: {told}");
    fs::write(&file, "[collectors.\"system.disk\"]\nenabled = false\n").expect("written");
    eventually("it is mended", || Some(health()).filter(|text| text.contains("1 off") && !text.contains("listen")));
}

#[test]
fn it_runs_without_a_file_too() {
    let mut command = perfmon(&["start", "--debug"]);
    command.env("PERFMON_SERVER__LISTEN", "127.0.0.1:0");
    let running = Running::begin(tempfile::tempdir().expect("a folder"), command);
    running.signal(Signal::SIGHUP);
    eventually("it says that there is none to read", || {
        running.log().contains("nothing to read again: it runs without --config").then_some(())
    });
    // A port that is taken is told with what to do.
    let taken = running.url.trim_start_matches("http://");
    let done = run(perfmon(&["start"]).env("PERFMON_SERVER__LISTEN", taken));
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.stderr.contains("another program has the port"), "{}", done.stderr);
}
