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
        toml("[history]\nretention_period = 86400"),
        toml("[history]\nmax_data_points = 5000"),
        toml("listen = \"127.0.0.1:1\""),
        toml("level = \"info\""),
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
        toml("[windows]\nmemory_limit = 16777216"),
        toml("[history]\nretention = 86400"),
        toml("[history]\nretention = \"10s\""),
        toml("[history]\nretention = true"),
        toml("[history]\nmemory_limit = \"64KiB\""),
        toml("[history]\nmax_series = 0"),
        toml("[dashboard]\ntheme = \"drak\""),
        toml("[collectors.\"system.cpu\"]\ninterval = 5"),
        toml("[collectors.\"system.cpu\"]\ninterval = 2.5"),
        toml("[collectors.\"system.cpu\"]\ninterval = \"100ms\""),
        toml("[dashboard]\nrefresh = \"1ms\""),
        toml("[windows]\nmemory_limit = \"0\""),
        toml("[windows]\nmemory_limit = \"16MB\""),
        toml("[windows]\nmemory_limit = \"16m\""),
        toml("[health.error_rate]\nabove = \"5%\""),
        toml("[health.cpu]\nabove = \"95 %\""),
        toml("[log]\nlevel = \"warning\""),
        toml("[health.rules.queue]\nmetric = \"queue\"\ncondition = \">\"\nthreshold = 1"),
        toml("[health.rules.queue]\nmetric = \"my queue!\"\ncondition = \"above\"\nthreshold = 1"),
        toml(
            "[health.rules.queue]\nmetric = \"queue\"\ncondition = \"above\"\nthreshold = 1\ntext = \"{serie} is {nope}\"",
        ),
        toml("[server]\nlisten = \"nonsense\""),
        toml("[server]\nlisten = \"http://127.0.0.1:9464\""),
        toml("[server]\nlisten = \"127.0.0.1:65536\""),
        toml("[server]\nhosts = [\"a.example\", \"c d\"]"),
        toml("[server]\nhosts = [\"*\"]"),
        json("{\"server\": {\"origins\": [\"https://a.example\", \"a b\"]}}"),
        yaml("server:\n  origins:\n    - https://*.example.com\n"),
        json("{\"log\": {\"level\": \"verbose\"}}"),
        toml("[[server.tokens]]\nname = \"short\"\nsecret = \"hunter2\""),
        toml("[[server.tokens]]\nname = \"number\"\nsecret = 1234567"),
        toml("[[server.users]]\nname = \"alice\"\npassword_hash = \"hunter2\""),
        toml(
            "[[server.users]]\nname = \"alice\"\npassword_hash = \"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo\"\nrole = \"admin\"",
        ),
        toml("[[server.tokens]]\nname = \"a\"\nsecret = \"hunter2 and a blank\""),
        toml(
            "[[server.tokens]]\nname = \"a\"\nsecret = \"hunter2hunter2hunter2\"\n[[server.tokens]]\nname = \"b\"\nsecret = \"hunter2hunter2hunter2\"",
        ),
        toml(
            "[[server.tokens]]\nname = \"a\"\nsecret = \"hunter2hunter2hunter2\"\n[[server.tokens]]\nname = \"a\"\nsecret = \"another-hunter2-another\"",
        ),
        // What is no TOML, JSON or YAML at all; what was written is not repeated.
        toml("[server]\nlisten = \"127.0.0.1:1"),
        toml("[server]\nlisten = hunter2"),
        toml("[server]\nhosts = []\nhosts = []"),
        json("{\"server\": {\"listen\": hunter2}}"),
        json("{\"server\": {},\n \"server\": {}}"),
        yaml("server:\n  listen: \"hunter2\n"),
        yaml("server:\n\tlisten: hunter2\n"),
        yaml("server: {}\nserver: {}\n"),
        yaml("? [hunter2]\n: 1\n"),
        yaml(&format!("server: [{}]\n", "1,".repeat(300_000))),
        // Variables.
        toml("[[server.tokens]]\nname = \"a\"\nsecret = \"${PERFMON_TOKEN}\""),
        yaml("server:\n  listen: ${HOST"),
        yaml("server:\n  listen: ${}:1"),
        mistake("[server]\nmax_connections = \"${MOST}\"", Format::Toml, &[("MOST", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__LISEN", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVR__LISTEN", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER_LISTEN", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_HEALTH_MEMORY_GROWING_POINTS", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__MAX_CONNECTIONS", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__TLS", "{ hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_SERVER__TOKENS", "hunter2")]),
        mistake("", Format::Toml, &[("PERFMON_HEALTH__CPU__ABOVE", "101")]),
        mistake("", Format::Toml, &[("PERFMON_HISTORY__RETENTION", "86400")]),
    ];
    insta::assert_snapshot!("mistakes", mistakes.join("\n"));
}

#[test]
fn proxies_that_make_no_sense_are_told_likewise() {
    let toml = |text: &str| mistake(text, Format::Toml, &[]);
    let mistakes = [
        toml("[server]\ntrusted_proxies = [\"127.0.0.1\", \"10.1.2.3/8\"]"),
        toml("[server]\ntrusted_proxies = [\"0.0.0.0/0\"]"),
        mistake("server:\n  trusted_proxies: [localhost]\n", Format::Yaml, &[]),
    ];
    insta::assert_snapshot!(mistakes.join("\n"), @r#"
    failed to read the configuration, perfmon.toml:2:33, server.trusted_proxies[1]: the trusted proxy "10.1.2.3/8" names one address and a network of many: write "10.0.0.0/8" for all of them, or "10.1.2.3" for that one
    failed to read the configuration, perfmon.toml:2:20, server.trusted_proxies[0]: the trusted proxy "0.0.0.0/0" is everybody, who could then say to be anybody: write the addresses of your proxies
    failed to read the configuration, perfmon.yaml:2:21, server.trusted_proxies[0]: the trusted proxy "localhost" is no address: write the proxy's as in "127.0.0.1", or its network's as in "10.0.0.0/8"
    "#);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = r#"
[server]
listen = 9464
lisen = "127.0.0.1:1"
origins = ["https://a.example", 7, "${ORIGIN}"]

[[server.tokens]]
name = "prometheus"
secret = "hunter2"
role = "admin"

[[server.tokens]]
name = "bob"
secert = "0123456789abcdef"

[[server.tokens]]
secret = "${TOKEN}"

[[server.users]]

[server.tls]
certificate = 1

[collectors]
system.cpu.interval = "5"
system.disk = 7

[collectors."system.cpu"]
interval = "1s"

[health.cpu]
points = 300
abvoe = 80

[health.rules.queue]
condition = "over"

[health.rules.orders]
metric = "orders"

[dashbord]
theme = "dark"
"#;
    let variables = [
        ("PERFMON_LOG__LEVEL", "verbose"),
        ("PERFMON_LOG_FILE", "perfmon.log"),
        ("PERFMON_SERVR__LISTEN", "hunter2"),
        ("PERFMON_SERVER__HOSTS", "[\"a\", 7"),
        ("PERFMON_HEALTH__RULES__MEMORY", "{ metric = \"memory\", threshold = \"hunter2\" }"),
    ];
    let json = r#"{
  "server": { "listen": 1, "hosts": { "a": 1 }, "tls": [] },
  "log": 7,
  "history": { "retention": 86400, "max_data_points": 5000 }
}"#;
    let yaml =
        "server:\n  listen: 1\n  tokens:\n    - hunter2hunter2hunter2\n    - { name: a, role: nobody }\nwindows: [1]\n";
    let mistakes = [
        mistake(text, Format::Toml, &[]),
        mistake("[log]\nlevel = \"info\"\nfile = 7\n", Format::Toml, &variables),
        mistake(json, Format::Json, &[]),
        mistake(yaml, Format::Yaml, &[]),
        // With something that is right around them.
        mistake("[server]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = 1\nfile = 2\n", Format::Toml, &[]),
    ];
    insta::assert_snapshot!("all_at_once", mistakes.join("\n\n"));
}

#[test]
fn very_many_mistakes_are_counted() {
    let keys = |number: usize| {
        let keys: Vec<String> = (0..number).map(|number| format!("key{number} = 1")).collect();
        mistake(&format!("[server]\n{}", keys.join("\n")), Format::Toml, &[])
    };
    let (some, many) = (keys(23), keys(50_000));
    assert_eq!(some.lines().count(), 1 + 20 + 1);
    assert!(some.contains("there are 23 mistakes:") && some.ends_with("\n  … and 3 more"), "{some}");
    assert!(some.lines().nth(20).is_some_and(|line| line.contains("perfmon.toml:21:1")), "in their order: {some}");
    assert!(many.contains("at least 100 mistakes:") && many.ends_with("\n  … and at least 80 more"), "{many}");
}

#[test]
fn files_that_cannot_be_read_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("large.toml"), "#".repeat((1 << 20) + 1)).expect("writable");
    std::fs::write(path("bytes.toml"), [0x66, 0xff]).expect("writable");
    std::fs::create_dir(path("folder.toml")).expect("writable");
    for (name, says) in [
        ("none.toml", "none.toml: No such file"),
        ("perfmon.ini", "name it .toml, .json, .yaml or .yml"),
        ("large.toml", "larger than 1 MiB"),
        ("bytes.toml", "no UTF-8; save it"),
        ("folder.toml", "it is a folder"),
    ] {
        let error = Config::load(path(name)).expect_err(name).to_string();
        assert!(error.contains(says), "{error}");
    }
    std::fs::write(path("profiles.toml"), "[profiles]\nfiles = [\"gone.toml\"]").expect("writable");
    let config = Config::load(path("profiles.toml")).expect("valid as far as it goes");
    let error = perfmon_exporter::builder().config(config).expect_err("no such profile").to_string();
    assert!(error.contains("gone.toml"), "{error}");
}

#[test]
fn variables_of_others_stop_nobody() {
    let others = [
        ("PERFMON_SERVER_URL", "x"),
        ("PERFMON_LOG_DIRECTORY", "x"),
        ("PERFMON_REPORT_EMAIL", "x"),
        ("PERFMON_URL", "x"),
    ];
    Config::parse_with("", Format::Toml, "perfmon.toml", &others).expect("not ours");
}

#[cfg(feature = "auth")]
#[test]
fn hashes_and_names_that_nobody_can_log_in_with_are_told_where_they_stand() {
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";
    for (users, says) in [
        (
            &[("alice", "$argon2id$hunter2")][..],
            "1:1, server.users[0]: the password hash of user \"alice\" is none of argon2",
        ),
        (&[("al:ice", hash)], "1:1, server.users[0]: the user name \"al:ice\" cannot be logged in with"),
        (&[("alice", hash), ("alice", hash)], "4:1, server.users[1]: there is a user \"alice\" before it; remove one"),
    ] {
        let user =
            |(name, hash): &(&str, &str)| format!("[[server.users]]\nname = \"{name}\"\npassword_hash = \"{hash}\"\n");
        let told = mistake(&users.iter().map(user).collect::<String>(), Format::Toml, &[]);
        assert!(told.contains(says), "{told}");
    }
}
