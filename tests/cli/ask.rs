//! Asking one that runs.

use std::fs;

use serde_json::Value;

use crate::running::{Running, mode, run, said};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn what_people_ask() {
    let running = Running::start("").ready();
    let health = said(&mut running.ask(&["health"]));
    let (first, rest) = health.split_once('\n').expect("lines");
    assert!(first.contains(" of 100, up "), "{health}");
    assert!(rest.contains("collectors: "), "{health}");
    assert!(!health.contains('\x1b'), "colour is for terminals: {health}");
    let coloured = said(running.ask(&["health"]).env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR"));
    assert!(coloured.contains('\x1b'), "{coloured}");

    let status = said(&mut running.ask(&["status"]));
    assert!(status.starts_with(&format!("{}  ", running.url)), "{status}");
    for expected in [" of 100, up ", "0 calls (0.0/s), 0 errors, 0 panics in the last 5m", "objectives: 0"] {
        assert!(status.contains(expected), "no {expected} in {status}");
    }

    // Nobody watches yet, so there are none to tell of.
    assert!(!status.contains("alerts"), "{status}");

    let widest = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    for (format, columns) in [("text", "60"), ("txt", "100")] {
        let report = said(running.ask(&["report", "--format", format, "--output", "-"]).env("COLUMNS", columns));
        assert!(report.contains("perfmon report") && !report.contains('\x1b'), "{report}");
        assert!(widest(&report) <= columns.parse().expect("a number"), "{report}");
    }
    let coloured = said(running.ask(&["report"]).env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR"));
    assert!(coloured.contains("\x1b[1m"), "{coloured}");
}

#[test]
fn what_programs_ask() {
    let running = Running::start("").ready();
    assert!(json(&said(&mut running.ask(&["health", "--format", "json"])))["score"].is_u64());
    let status = json(&said(&mut running.ask(&["status", "--format", "json"])));
    assert_eq!(status["url"], running.url.as_str());
    assert_eq!(status["performance"]["window"], "5m");
    assert!(status["health"]["deductions"].is_array());
    assert_eq!(json(&said(&mut running.ask(&["report", "--format", "json"])))["schema"], "perfmon.report/1");
    assert!(said(&mut running.ask(&["report", "--format", "csv"])).starts_with("scope,kind,name,"));
    assert!(said(&mut running.ask(&["report", "--format", "md", "--window", "1h"])).starts_with('#'));
    let export = said(&mut running.ask(&["export", "--window", "1m"]));
    assert!(export.starts_with("{\n  \"timestamp\": "), "a line for each member: {export}");
    let export = json(&export);
    assert_eq!(export["performance"]["window"], "1m");
    for part in ["timestamp", "health", "performance", "pnl", "alerts", "latency", "resources"] {
        assert!(export.get(part).is_some(), "no {part}");
    }
}

#[test]
fn files_are_for_their_owner() {
    let running = Running::start("");
    let path = running.path("all.json");
    let name = path.to_string_lossy().into_owned();
    // One that was there for everybody to read no longer is.
    fs::write(&path, "old").expect("written");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("a mode");
    assert_eq!(said(&mut running.ask(&["export", "--output", &name])), "");
    assert_eq!(mode(&path), 0o600);
    assert!(json(&fs::read_to_string(&path).expect("readable"))["performance"].is_object());
    assert_eq!(said(&mut running.ask(&["report", "--output", &name])), "");
    assert!(fs::read_to_string(&path).expect("readable").contains("perfmon report"));

    let nowhere = running.path("nowhere/all.json").to_string_lossy().into_owned();
    let done = run(&mut running.ask(&["export", "--output", &nowhere]));
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("failed to write") && done.stderr.contains("choose a file"), "{}", done.stderr);
}

#[test]
fn whoever_runs_is_found_by_environment_and_configuration() {
    let running = Running::start("").ready();
    let by = |name: &str, value: &str| {
        let mut command = crate::running::perfmon(&["health"]);
        command.env(name, value);
        command
    };
    assert!(said(&mut by("PERFMON_URL", &running.url)).contains(" of 100"));
    assert!(said(&mut by("PERFMON_URL", &format!("{}/", running.url))).contains(" of 100"));
    let listen = running.url.trim_start_matches("http://");
    let file = running.path("other.toml");
    fs::write(&file, format!("[server]\nlisten = \"{listen}\"\n")).expect("written");
    let file = file.to_string_lossy().into_owned();
    // The command line goes before the environment.
    let mut command = by("PERFMON_URL", "http://127.0.0.1:1");
    assert!(said(command.args(["--config", &file])).contains(" of 100"));
    fs::write(&file, "[server]\nlisten = \"127.0.0.1:0\"\n").expect("written");
    let done = run(crate::running::perfmon(&["health", "--config"]).arg(&file));
    assert_eq!(done.code, Some(2));
    assert!(done.stderr.contains("leaves the port open"), "{}", done.stderr);
    // Where the variables have it serve, unless something says whom to ask.
    assert!(said(&mut by("PERFMON_SERVER__LISTEN", listen)).contains(" of 100"));
    let mut command = by("PERFMON_SERVER__LISTEN", "127.0.0.1:1");
    assert!(said(command.env("PERFMON_URL", &running.url)).contains(" of 100"));
    // What only the server needs stops nobody who asks: its secrets, and mistakes elsewhere.
    let text = format!(
        "[server]\nlisten = \"{listen}\"\norigins = [\"${{NOT_SET_HERE}}\"]\n[[server.tokens]]\nname = \"a\"\n\
         secret = \"${{NOT_SET_HERE}}\"\n[log]\nlevel = \"loud\"\n"
    );
    fs::write(&file, text).expect("written");
    let mut command = by("PERFMON_LOG__LEVEL", "loud");
    assert!(said(command.args(["--config", &file])).contains(" of 100"));
}

#[test]
fn debug_tells_what_is_done() {
    let running = Running::start("").ready();
    let done = run(&mut running.ask(&["health", "--debug"]));
    assert_eq!(done.code, Some(0));
    assert!(done.stderr.contains("asking") && done.stderr.contains("/api/v1/health"), "{}", done.stderr);
}

#[test]
fn who_stops_reading_ends_it_quietly() {
    let running = Running::start("").ready();
    let script = "\"$0\" export --url \"$1\" | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}";
    let mut bash = std::process::Command::new("bash");
    // Of a locale that this machine does not have bash would say so.
    bash.args(["-c", script, env!("CARGO_BIN_EXE_perfmon"), &running.url]).env("LC_ALL", "C");
    let done = run(&mut bash);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
}
