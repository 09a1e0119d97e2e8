//! `perfmon check`.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use crate::running::{perfmon, run, said};

#[test]
fn a_right_configuration_is_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("perfmon.toml"),
        "[server]\nlisten = \"0.0.0.0:9470\"\nhosts = [\"perfmon.example.com\"]\ntrusted_proxies = [\"10.0.0.0/8\"]\nrequests_per_second = 50\n\
         [[server.tokens]]\nname = \"prometheus\"\nsecret = \"${SECRET}\"\n\
         [collectors.\"system.disk\"]\nenabled = false\n[collectors.\"shop.orders\"]\nenabled = true\n[collectors.\"system.cpu\"]\ninterval = \"2s\"\n\
         [history]\nretention = \"7d\"\n[log]\nfile = \"perfmon.log\"\n[report]\nfinal = \"last.md\"\n",
    )
    .expect("written");
    let mut command = perfmon(&["check", "--config", "perfmon.toml"]);
    let text = said(command.current_dir(folder.path()).env("SECRET", "a-secret-that-nobody-guesses"));
    insta::assert_snapshot!(text);
}

#[test]
fn a_wrong_one_is_told_with_place_and_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("perfmon.toml");
    fs::write(folder.path().join("bad.toml"), "famly = 1\n").expect("written");
    for (text, says) in [
        ("[server]\nlisen = 1\n", "perfmon.toml:2:1, server: there is no key \"lisen\"; did you mean \"listen\"?"),
        (
            "[server]\nlisen = 1\n[log]\nlevel = \"loud\"\n",
            "\n  perfmon.toml:4:9, log.level: \"loud\" is not allowed here.",
        ),
        (
            "[server]\nlisten = \"0.0.0.0:9464\"\n",
            "perfmon.toml:2:10, server.listen: refused to listen on 0.0.0.0:9464",
        ),
        ("[server]\nlisten = \"nonsense\"\n", "write host and port"),
        (
            "[server.tls]\ncertificate = \"no.pem\"\nkey = \"no.pem\"\n",
            "perfmon.toml:1:1, server.tls: failed to read the certificate no.pem",
        ),
        ("[report]\nfinal = \"last.pdf\"\n", "perfmon.toml:2:9, report.final: the final report cannot be written"),
        ("[profiles]\nfiles = [\"no.toml\"]\n", "perfmon.toml:2:10, profiles.files[0]: failed to read no.toml"),
        (
            "[profiles]\nfiles = [\"bad.toml\"]\n",
            "perfmon.toml:2:10, profiles.files[0]: bad.toml: failed to read profile `bad`: line 1: ",
        ),
        (
            "[profiles]\ndefault = \"trading-bot\"\n",
            "perfmon.toml:2:11, profiles.default: there is no profile of names \"trading-bot\"; did you mean \"trading_bot\"?",
        ),
        ("[log]\nfile = \"no/perfmon.log\"\n", "perfmon.toml:2:8, log.file: failed to open the log no/perfmon.log"),
        ("[server\n", "perfmon.toml:1:"),
    ] {
        fs::write(&path, text).expect("written");
        for command in ["check", "start"] {
            let done = run(perfmon(&[command, "--config", "perfmon.toml"]).current_dir(folder.path()));
            assert_eq!(done.code, Some(2), "{command} {text}: {done:?}");
            assert!(done.stderr.starts_with("perfmon: ") && done.stderr.contains(says), "{text}: {}", done.stderr);
            assert_eq!(done.stdout, "", "{text}");
        }
    }
    let check = |text: &str| {
        fs::write(&path, text).expect("written");
        run(perfmon(&["check", "--config", "perfmon.toml"]).current_dir(folder.path())).stderr
    };
    let told = check("[server]\nlisten = \"nonsense\"\norigins = [\"a b\"]\nhosts = [\"c d\"]\n");
    for says in ["3 mistakes:\n  ", ":2:10, server.listen: ", ":3:12, server.origins[0]: ", ":4:10, server.hosts[0]: "]
    {
        assert!(told.contains(says), "no {says} in {told}");
    }
    let told = check(
        "[report]\nfinal = \"last.pdf\"\n[server.tls]\ncertificate = \"no.pem\"\nkey = \"no.pem\"\n[log]\nfile = \".\"\n",
    );
    for says in ["3 things are wrong:\n  ", ":2:9, report.final: ", ":3:1, server.tls: ", ":7:8, log.file: "] {
        assert!(told.contains(says), "no {says} in {told}");
    }
    // What the command line says is not the file's mistake.
    fs::write(&path, "[server]\nlisten = \"127.0.0.1:0\"\n").expect("written");
    let done = run(perfmon(&["start", "--config", "perfmon.toml", "--listen", "0.0.0.0:0"]).current_dir(folder.path()));
    assert!(done.code == Some(2) && !done.stderr.contains("perfmon.toml:"), "{done:?}");
    let done = run(&mut perfmon(&["check", "--config", "/nowhere/perfmon.toml"]));
    assert!(done.code == Some(2) && done.stderr.contains("check its path"), "{done:?}");
}

/// A pipe has nothing to read, and whoever opened it would wait for ever.
#[cfg(unix)]
#[test]
fn only_regular_files_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.toml")).status();
    assert!(made.expect("mkfifo").success());
    fs::write(folder.path().join("tls.toml"), "[server.tls]\ncertificate = \"pipe.toml\"\nkey = \"pipe.toml\"\n")
        .expect("written");
    for (file, says) in [
        ("pipe.toml", "failed to read pipe.toml: it is a pipe; name a regular file"),
        ("tls.toml", "tls.toml:1:1, server.tls: failed to read the certificate pipe.toml: it is a pipe"),
    ] {
        for command in ["check", "start"] {
            let done = run(perfmon(&[command, "--config", file]).current_dir(folder.path()));
            assert!(done.code == Some(2) && done.stderr.contains(says), "{command} {file}: {done:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn files_that_everybody_may_read_are_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let allow = |name: &str, mode| {
        fs::set_permissions(folder.path().join(name), PermissionsExt::from_mode(mode)).expect("its owner");
    };
    fs::write(folder.path().join("token"), "a-secret-that-nobody-guesses\n").expect("written");
    let text = "[[server.tokens]]\nname = \"file\"\ntoken_file = \"token\"\n[[server.tokens]]\nname = \"here\"\nsecret = \"another-that-nobody-guesses\"\n";
    fs::write(folder.path().join("perfmon.toml"), text).expect("written");
    let check = || said(perfmon(&["check", "--config", "perfmon.toml"]).current_dir(folder.path()));
    allow(".", 0o755);
    allow("token", 0o644);
    allow("perfmon.toml", 0o606);
    let told = check();
    for says in [
        "  warning: perfmon.toml: every user of this machine may read the secrets in it",
        "  warning: perfmon.toml: every user of this machine may change who may ask",
        "  warning: token: every user of this machine may read the secret in it",
    ] {
        assert!(told.contains(says), "no {says} in {told}");
    }
    // Nobody else can come there.
    allow(".", 0o700);
    assert!(!check().contains("warning"));
}

/// What came from a variable may be a secret that stands in the wrong place.
#[test]
fn what_came_from_a_variable_is_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |text: &str| {
        fs::write(folder.path().join("perfmon.toml"), text).expect("written");
        let mut command = perfmon(&["check", "--config", "perfmon.toml"]);
        let done = run(command.current_dir(folder.path()).env("SEC", "canary-secret.invalid:1"));
        let told = done.stdout + &done.stderr;
        assert!(!told.contains("canary"), "{told}");
        told
    };
    for (text, says) in [
        ("[server]\nlisten = \"${SEC}\"\n", "${SEC}"),
        ("[server]\norigins = [\"${SEC}\"]\n", "a value from ${SEC}, which is not shown: it is no origin"),
        ("[server.tls]\ncertificate = \"${SEC}\"\nkey = \"${SEC}\"\n", "failed to read the certificate ${SEC}"),
        ("[report]\nfinal = \"${SEC}\"\n", "cannot be written to ${SEC}"),
        ("[server]\nhosts = [\"${SEC}\"]\n", "hosts: ${SEC}"),
    ] {
        let told = check(text);
        assert!(told.contains(says), "{text}: {told}");
    }
}

#[test]
fn example_and_schema_are_those_of_the_repository() {
    let root = |name: &str| fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).expect("readable");
    let example = said(&mut perfmon(&["check", "--example"]));
    assert_eq!(example.trim_end(), root("perfmon.example.toml").trim_end());
    let schema = said(&mut perfmon(&["check", "--schema"]));
    assert_eq!(schema.trim_end(), root("perfmon.schema.json").trim_end());
}

/// A command of somebody who may do little. The superuser may do everything, so the program becomes nobody.
fn as_nobody(program: &Path, arguments: &[&str]) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = Command::new(program);
    command.args(arguments).env_clear().current_dir("/");
    if nix::unistd::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    command
}

#[test]
fn what_this_user_may_not_do_is_told_before_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("perfmon");
    fs::copy(env!("CARGO_BIN_EXE_perfmon"), &program).expect("copied");
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    let (logs, path) = (folder.path().join("logs"), folder.path().join("perfmon.toml"));
    fs::create_dir(&logs).expect("a folder");
    mode(&logs, 0o555);
    mode(folder.path(), 0o755);
    let mut cases = vec![
        (format!("[log]\nfile = \"{}\"\n", logs.join("perfmon.log").display()), "log.file", "may not make files in"),
        (
            format!("[report]\nfinal = \"{}\"\n", logs.join("last.txt").display()),
            "report.final",
            "may not make files in",
        ),
        (
            String::from("[server]\nlisten = \"240.0.0.1:9464\"\nallow_public = true\n"),
            "server.listen",
            "does not have that address",
        ),
    ];
    let unprivileged = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").unwrap_or_default();
    if unprivileged.trim().parse::<u16>().is_ok_and(|first| first > 80) {
        cases.push((
            String::from("[server]\nlisten = \"127.0.0.1:80\"\n"),
            "server.listen",
            "ports below 1024 need privileges",
        ));
    }
    for (text, key, says) in cases {
        fs::write(&path, &text).expect("written");
        mode(&path, 0o644);
        for command in ["check", "start"] {
            let done = run(&mut as_nobody(&program, &[command, "--config", &path.to_string_lossy()]));
            assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{command} {text}: {done:?}");
            assert!(done.stderr.contains(key) && done.stderr.contains(says), "{command} {text}: {done:?}");
        }
    }
    mode(&logs, 0o755);
}

#[test]
fn a_port_that_somebody_has_is_no_mistake() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("perfmon.toml");
    let listen = taken.local_addr().expect("an address");
    fs::write(&path, format!("[server]\nlisten = \"{listen}\"\n")).expect("written");
    let check = || said(&mut perfmon(&["check", "--config", &path.to_string_lossy()]));
    let text = check();
    assert!(text.contains(&format!("\n  note: somebody listens on {listen} at present")), "{text}");
    // Looking takes nothing away.
    drop(taken);
    assert!(!check().contains("note:"));
    TcpListener::bind(listen).expect("still free");
}

#[test]
fn all_mistakes_are_told_to_whoever_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("perfmon.toml");
    let keys = (0..26).map(|number| format!("key{number} = 1")).collect::<Vec<_>>().join("\n");
    fs::write(&path, format!("[server]\n{keys}")).expect("written");
    let told = |command: &str| run(&mut perfmon(&[command, "--config", &path.to_string_lossy()])).stderr;
    let (all, some) = (told("check"), told("start"));
    assert!(all.lines().count() == 27 && all.contains(":27:1, ") && !all.contains('…'), "{all}");
    assert!(some.trim_end().ends_with("… and 6 more; `perfmon check --config` tells all"), "{some}");
}
