//! `perfmon check`.

use std::fs;

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
            let wrong = if command == "start" && text.contains("[log]\nfile") { 1 } else { 2 };
            assert_eq!(done.code, Some(wrong), "{command} {text}: {done:?}");
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

#[test]
fn example_and_schema_are_those_of_the_repository() {
    let root = |name: &str| fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).expect("readable");
    let example = said(&mut perfmon(&["check", "--example"]));
    assert_eq!(example.trim_end(), root("perfmon.example.toml").trim_end());
    let schema = said(&mut perfmon(&["check", "--schema"]));
    assert_eq!(schema.trim_end(), root("perfmon.schema.json").trim_end());
}
