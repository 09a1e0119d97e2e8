//! What is said of mistakes.

use perfmon_exporter::config::{Config, Format};

fn mistake(text: &str, format: Format, variables: &[(&str, &str)]) -> String {
    let name = match format {
        Format::Json => "perfmon.json",
        Format::Yaml => "perfmon.yaml",
        _ => "perfmon.toml",
    };
    let error = Config::parse_with(text, format, name, variables).expect_err(text);
    assert!(error.is_invalid());
    let error = error.to_string();
    assert!(!error.contains("hunter2"), "{error}");
    error
}

#[test]
fn mistakes_are_told_with_place_key_and_remedy() {
    let toml = |text: &str| mistake(text, Format::Toml, &[]);
    let json = |text: &str| mistake(text, Format::Json, &[]);
    let yaml = |text: &str| mistake(text, Format::Yaml, &[]);
    let mistakes = [
        // Keys.
        toml("[server]\nlisen = \"127.0.0.1:1\""),
        json("{\n  \"server\": {\n    \"lisen\": \"127.0.0.1:1\"\n  }\n}"),
        yaml("server:\n  lisen: 127.0.0.1:1\n"),
        toml("[servers]\nlisten = \"127.0.0.1:1\""),
        toml("[collectors.system.cpu]\nintervall = \"5s\""),
        toml("[[server.tokens]]\nname = \"a\"\nsecret = \"0123456789abcdef\"\nroles = \"read\""),
        toml("[health.queue]\nmetric = \"queue_length\""),
        toml("[health.rules.queue]\nmetric = \"queue_length\"\nthreshold = 1"),
        // Types.
        toml("server = 7"),
        toml("[server]\nlisten = 9464"),
        toml("[server]\nallow_public = \"yes\""),
        toml("[server]\norigins = \"https://a.example\""),
        yaml("server:\n  tokens: hunter2hunter2hunter2\n"),
        toml("[server]\nmax_connections = 12.5"),
        json("[]"),
        yaml("- server\n"),
        // Values.
        toml("[server]\nmax_connections = 0"),
        toml("[server]\nrequests_per_second = -1"),
        toml("[health.cpu]\npoints = 300"),
        toml("[health.error_rate]\nabove = 5"),
        toml("[health.latency]\nabove = \"soon\""),
        toml("[collectors.\"system.cpu\"]\ninterval = \"0s\""),
        toml("[collectors.\"system.cpu\"]\ninterval = \"-5s\""),
        toml("[windows]\nmemory_limit = \"16 megs\""),
        toml("[dashboard]\ntheme = \"drak\""),
        json("{\"log\": {\"level\": \"verbose\"}}"),
        toml("[[server.tokens]]\nname = \"short\"\nsecret = \"hunter2\""),
        toml("[[server.tokens]]\nname = \"number\"\nsecret = 1234567"),
        toml("[[server.users]]\nname = \"alice\"\npassword_hash = \"hunter2\""),
        toml("[[server.users]]\nname = \"alice\"\npassword_hash = \"$argon2id$\"\nrole = \"admin\""),
        // What is no TOML, JSON or YAML at all; what was written is not repeated.
        toml("[server]\nlisten = \"127.0.0.1:1"),
        toml("[server]\nlisten = hunter2"),
        toml("[server]\nhosts = []\nhosts = []"),
        json("{\"server\": {\"listen\": hunter2}}"),
        json("{\"server\": {},\n \"server\": {}}"),
        yaml("server:\n  listen: \"hunter2\n"),
        yaml("server:\n\tlisten: hunter2\n"),
        yaml("server: {}\nserver: {}\n"),
        // Variables.
        toml("[[server.tokens]]\nname = \"a\"\nsecret = \"${PERFMON_TOKEN}\""),
        yaml("server:\n  listen: ${HOST"),
        yaml("server:\n  listen: ${}:1"),
        mistake("[server]\nmax_connections = \"${MOST}\"", Format::Toml, &[("MOST", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__LISEN", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVR__LISTEN", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER_LISTEN", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__MAX_CONNECTIONS", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__TLS", "{ hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__TOKENS", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_HEALTH__CPU__ABOVE", "101")]),
    ];
    insta::assert_snapshot!("mistakes", mistakes.join("\n"));
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("large.toml"), "#".repeat((1 << 20) + 1)).expect("writable");
    std::fs::write(path("bytes.toml"), [0x66, 0xff]).expect("writable");
    for (name, says) in [
        ("none.toml", "none.toml: No such file"),
        ("perfmon.ini", "name it .toml, .json, .yaml or .yml"),
        ("large.toml", "larger than 1 MiB"),
        ("bytes.toml", "valid UTF-8"),
    ] {
        let error = Config::load(path(name)).expect_err(name).to_string();
        assert!(error.contains(says), "{error}");
    }
    std::fs::write(path("profiles.toml"), "[profiles]\nfiles = [\"gone.toml\"]").expect("writable");
    let config = Config::load(path("profiles.toml")).expect("valid as far as it goes");
    let error = perfmon_exporter::builder().config(config).expect_err("no such profile").to_string();
    assert!(error.contains("gone.toml"), "{error}");
}
