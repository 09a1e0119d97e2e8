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
fn signals_that_come_together_are_one() {
    // `timeout` sends one to the process and one to its group.
    for _ in 0..8 {
        let running = Running::start("[report]\nfinal = \"last.json\"\n");
        let kept = tempfile::tempdir().expect("a folder");
        let kept = kept.path().join("last.json");
        fs::write(running.path("last.json"), "").expect("written");
        fs::hard_link(running.path("last.json"), &kept).expect("a link");
        running.signal(Signal::SIGINT);
        let (status, said) = running.end(Signal::SIGINT);
        assert!(status.success() && said.contains("perfmon has stopped"), "{status} {said}");
    }
}

#[test]
fn a_later_signal_ends_it_at_once() {
    use std::os::unix::process::ExitStatusExt as _;
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let mut running = Running::start("[report]\nfinal = \"last.json\"\n");
        // Whoever writes to a pipe waits for a reader, so the last report takes for ever.
        nix::unistd::mkfifo(&running.path("last.json"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let status = eventually("it ends", || {
            let ended = running.ended();
            if ended.is_none() {
                running.signal(signal);
            }
            ended
        });
        assert_eq!((status.code(), status.signal()), (Some(code), None));
    }
}

#[test]
fn a_configuration_from_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("written"), "{\"$schema\": \"x\", \"server\": {\"listen\": \"127.0.0.1:0\"}}")
        .expect("written");
    fs::write(folder.path().join("perfmon"), "server: {listen: '127.0.0.1:0'}\n").expect("written");
    for (path, format) in [("-", "json"), ("/dev/stdin", "json"), ("perfmon", "yaml")] {
        let mut command = perfmon(&["start", "--config", path, "--config-format", format]);
        command.stdin(fs::File::open(folder.path().join("written")).expect("there"));
        let begun = tempfile::tempdir().expect("a folder");
        fs::copy(folder.path().join("perfmon"), begun.path().join("perfmon")).expect("copied");
        let running = Running::begin(begun, command).ready();
        running.signal(Signal::SIGHUP);
        let again = if path == "perfmon" { "the configuration has changed" } else { "nothing to read again" };
        eventually("it is read again, if it can be", || running.log().contains(again).then_some(()));
        let (status, _) = running.end(Signal::SIGTERM);
        assert!(status.success(), "{status}");
    }
    let done = run(perfmon(&["check", "--config", "-"]).stdin(std::process::Stdio::null()));
    assert!(done.code == Some(2) && done.stderr.contains("write --config-format toml, json or yaml"), "{done:?}");
    let done = run(&mut perfmon(&["check", "--config", "perfmon.conf"]));
    assert!(done.code == Some(2) && done.stderr.contains("--config-format"), "{done:?}");
}

#[test]
fn variables_that_mean_nothing_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("perfmon.toml"), "").expect("written");
    let mut command = perfmon(&["start", "--listen", "127.0.0.1:0", "--config", "perfmon.toml"]);
    command.env("PERFMON_LISTEN", "127.0.0.1:1").env("PERFMON_TOKEN", "x").env("PERFMON_PORT", "tcp://10.0.0.1:9464");
    let running = Running::begin(folder, command);
    let log = eventually("it is told", || Some(running.log()).filter(|log| log.contains(" WARN ")));
    assert!(log.contains("PERFMON_LISTEN means nothing; did you mean PERFMON_SERVER__LISTEN?"), "{log}");
    assert!(!log.contains("PERFMON_TOKEN") && !log.contains("PERFMON_PORT"), "{log}");
    let done = run(perfmon(&["check", "--config", "perfmon.toml"])
        .current_dir(running.folder.path())
        .env("PERFMON_LISTEN", "x"));
    assert!(
        done.code == Some(0) && done.stdout.contains("\n  warning: the environment variable PERFMON_LISTEN"),
        "{done:?}"
    );
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
        running.log().contains("nothing to read again: it runs without a file in --config").then_some(())
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
