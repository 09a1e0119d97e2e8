//! `perfmon check`.

use std::fs;

use crate::running::{perfmon, run, said};

#[test]
fn a_right_configuration_is_explained() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(
        folder.path().join("perfmon.toml"),
        "[server]\nlisten = \"0.0.0.0:9470\"\nhosts = [\"perfmon.example.com\"]\nrequests_per_second = 50\n\
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
    for (text, says) in [
        ("[server]\nlisen = 1\n", "perfmon.toml:2:1, server: there is no key \"lisen\"; did you mean \"listen\"?"),
        (
            "[server]\nlisen = 1\n[log]\nlevel = \"loud\"\n",
            "\n  perfmon.toml:4:9, log.level: \"loud\" is not allowed here.",
        ),
        ("[server]\nlisten = \"0.0.0.0:9464\"\n", "allow_public = true"),
        ("[server]\nlisten = \"nonsense\"\n", "write host and port"),
        ("[server.tls]\ncertificate = \"no.pem\"\nkey = \"no.pem\"\n", "no.pem"),
        ("[report]\nfinal = \"last.pdf\"\n", ".json, .md, .csv or .txt"),
        ("[profiles]\nfiles = [\"no.toml\"]\n", "no.toml"),
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
