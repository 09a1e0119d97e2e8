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
    assert!(!running.log().contains("a log of its own"), "{}", running.log());
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

#[test]
fn debug_is_told_besides_the_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("perfmon.log");
    // One that everybody could read.
    fs::write(&log, "before\n").expect("written");
    fs::set_permissions(&log, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("a mode");
    fs::write(folder.path().join("perfmon.toml"), "[log]\nfile = \"perfmon.log\"\nlevel = \"warn\"\n")
        .expect("written");
    let running =
        Running::begin(folder, perfmon(&["start", "--debug", "--listen", "127.0.0.1:0", "--config", "perfmon.toml"]));
    assert_eq!(mode(&log), 0o600);
    let told = eventually("what is done", || Some(running.log()).filter(|log| log.contains("name=system.cpu")));
    for says in
        ["perfmon.toml", &format!("url={}", running.url), "readers=everybody who reaches it", " INFO ", "DEBUG "]
    {
        assert!(told.contains(says), "no {says} in {told}");
    }
    assert!(!told.contains("a log of its own"), "{told}");
    assert_eq!(fs::read_to_string(&log).expect("there"), "before\n", "of the level that is configured");
    // The file's level goes on to follow the configuration.
    fs::write(running.path("perfmon.toml"), "[log]\nfile = \"perfmon.log\"\nlevel = \"debug\"\n#\n").expect("written");
    eventually("the level", || {
        fs::read_to_string(&log).ok().filter(|log| log.contains("the configuration has changed"))
    });
}

#[test]
fn a_hangup_opens_the_log_again() {
    let running = Running::start("[log]\nfile = \"perfmon.log\"\n").ready();
    let (log, rotated) = (running.path("perfmon.log"), running.path("perfmon.log.1"));
    let begun = fs::read_to_string(&log).expect("there");
    for says in ["serving", &format!("url={}", running.url), "version=", "readers=everybody"] {
        assert!(begun.contains(says), "no {says} in {begun}");
    }
    fs::rename(&log, &rotated).expect("renamed");
    running.signal(Signal::SIGHUP);
    eventually("a new one", || fs::read_to_string(&log).ok().filter(|log| log.contains("has changed")));
    assert_eq!(fs::read_to_string(&rotated).expect("there"), begun);
    assert_eq!(mode(&log), 0o600);
}
