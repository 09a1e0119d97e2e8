//! What can be written, in the file and in the environment, and the files that are generated.

use std::{fs, path::Path, time::Duration};

use perfmon_core::{
    analyse::{Condition, HealthCheck, HealthPolicy, MetricCheck},
    series::Bounds,
};
use perfmon_exporter::{
    config::{Config, Format, Level, Theme},
    settings::{Access, Role},
};

const TOKEN: &str = "a-long-text-that-nobody-guesses";
const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo";

fn toml(text: &str, variables: &[(&str, &str)]) -> Config {
    Config::parse_with(text, Format::Toml, "perfmon.toml", variables).expect("a valid configuration")
}

/// A file of the repository is what the code generates; with `PERFMON_WRITE` in the environment, it is made so.
fn is_generated(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    if std::env::var_os("PERFMON_WRITE").is_some() {
        fs::write(&path, generated).expect("writable");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == generated,
        "{name} is old: run `PERFMON_WRITE=1 cargo test -p perfmon-exporter --features config --test config`"
    );
}

#[test]
fn generated_files_are_up_to_date() {
    is_generated("perfmon.example.toml", &Config::example());
    let schema = serde_json::to_string_pretty(&Config::schema()).expect("JSON");
    is_generated("perfmon.schema.json", &format!("{schema}\n"));
}

#[test]
fn the_example_changes_nothing() {
    let config = toml(&Config::example(), &[]);
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    assert_eq!(config.health.policy(&HealthPolicy::default()), HealthPolicy::default());
}

#[test]
fn the_example_without_its_comment_marks_is_valid_and_has_the_defaults() {
    let live: String = Config::example()
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ') && !rest.is_empty()).unwrap_or(line))
        .flat_map(|line| [line, "\n"])
        .collect();
    let config = toml(&live, &[("PERFMON_TOKEN", TOKEN), ("PERFMON_PASSWORD_HASH", HASH)]);
    assert_eq!(config.server.listen.as_deref(), Some(perfmon_exporter::DEFAULT_ADDRESS));
    assert_eq!(config.windows.memory_limit, Some(16 << 20));
    let mut others = Bounds::default();
    (others.retention, others.max_series, others.memory_limit) = (Duration::from_secs(60), 1, 1 << 20);
    assert_eq!(config.history.bounds(others), Bounds::default());
    assert_eq!((config.dashboard.theme, config.log.level), (Some(Theme::default()), Some(Level::default())));
    assert_eq!(config.collectors["system.cpu"].interval, Some(Duration::from_secs(5)));
    let policy = config.health.policy(&HealthPolicy::default());
    assert_eq!(policy.clone().without("queue"), HealthPolicy::default());
    let queue = MetricCheck {
        labels: vec![("queue".to_owned(), "orders".to_owned())],
        text: "{series} has {value} orders waiting".to_owned(),
        ..MetricCheck::new("queue_length", Condition::Above, 1_000.0)
    };
    let rule = policy.rule("queue").expect("a rule of one's own");
    assert_eq!((rule.points, &rule.check), (10, &HealthCheck::Metric(queue)));
    let access = config.access(&Access::default());
    assert_eq!((access.tokens[0].secret.expose(), access.users[0].password_hash.expose()), (TOKEN, HASH));
    assert!(access.tls.is_some() && access.tokens[0].role == Role::Read);
}

#[test]
fn the_schema_knows_every_key_and_allows_no_other() {
    fn closed(schema: &serde_json::Value, path: &str) {
        if let Some(properties) = schema.get("properties").and_then(|found| found.as_object()) {
            assert_eq!(schema["additionalProperties"], false, "{path}");
            for (name, one) in properties {
                let path = format!("{path}.{name}");
                let described = one.get("description").or_else(|| one["items"].get("description"));
                assert!(described.is_some(), "{path} says nothing about itself");
                closed(one, &path);
            }
        }
        for inner in [&schema["items"], &schema["additionalProperties"]].into_iter().filter(|inner| inner.is_object()) {
            closed(inner, path);
        }
    }
    let schema = Config::schema();
    closed(&schema, "");
    assert_eq!(
        schema["properties"]["server"]["properties"]["tokens"]["items"]["properties"]["secret"]["writeOnly"],
        true
    );
}

#[test]
fn every_value_can_come_from_the_environment() {
    let config = toml(
        "[server]\nlisten = \"127.0.0.1:1\"\n[[server.tokens]]\nname = \"first\"\nsecret = \"an-old-secret-that-is-long\"\n[collectors.\"system.cpu\"]\nenabled = true",
        &[
            ("PERFMON_SERVER__LISTEN", "127.0.0.1:2"),
            ("PERFMON_SERVER__ALLOW_PUBLIC", "true"),
            ("PERFMON_SERVER__ORIGINS", "https://a.example, https://b.example"),
            ("PERFMON_SERVER__HOSTS", "[\"a.example\"]"),
            ("PERFMON_SERVER__TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"),
            ("PERFMON_SERVER__REQUESTS_PER_SECOND", "50"),
            ("PERFMON_SERVER__TOKENS__0__SECRET", TOKEN),
            ("PERFMON_SERVER__USERS__0__NAME", "alice"),
            ("PERFMON_SERVER__USERS__0__PASSWORD_HASH", HASH),
            ("PERFMON_SERVER__USERS__0__ROLE", "operate"),
            ("PERFMON_SERVER__TLS", "{ certificate = \"c.pem\", key = \"k.pem\" }"),
            ("PERFMON_COLLECTORS__SYSTEM__CPU__INTERVAL", "1m 30s"),
            ("PERFMON_HEALTH__CPU__ABOVE", "99.5"),
            ("PERFMON_HEALTH__RULES__QUEUE", "{ metric = \"queue\", condition = \"at_least\", threshold = 7 }"),
            ("PERFMON_HISTORY__RETENTION", "7d"),
            ("PERFMON_HISTORY__MAX_SERIES", "100"),
            ("PERFMON_HISTORY__MEMORY_LIMIT", "2 MiB"),
            ("PERFMON_LOG__LEVEL", "debug"),
            ("PERFMON_LOG__FILE", ""),
            ("PERFMON_CONFIG", "is somebody else's"),
            ("HOME", "/"),
        ],
    );
    assert_eq!(config.server.listen.as_deref(), Some("127.0.0.1:2"));
    assert_eq!((config.server.allow_public, config.server.requests_per_second.map(u32::from)), (Some(true), Some(50)));
    assert_eq!(config.server.origins, ["https://a.example", "https://b.example"]);
    assert_eq!(config.server.hosts, ["a.example"]);
    assert_eq!(config.server.trusted_proxies, ["127.0.0.1", "10.0.0.0/8"]);
    let [token] = config.server.tokens.as_slice() else { panic!("{:?}", config.server.tokens) };
    assert_eq!((token.name.as_str(), token.secret.expose()), ("first", TOKEN));
    assert_eq!((config.server.users[0].password_hash.expose(), config.server.users[0].role), (HASH, Role::Operate));
    assert_eq!(config.server.tls.map(|tls| tls.key), Some("k.pem".into()));
    let cpu = config.collectors["system.cpu"];
    assert_eq!((cpu.enabled, cpu.interval), (Some(true), Some(Duration::from_secs(90))));
    assert_eq!((config.health.cpu.above, config.health.rules["queue"].threshold), (Some(99.5), 7.0));
    let bounds = config.history.bounds(Bounds::default());
    assert_eq!((bounds.retention, bounds.max_series), (Duration::from_secs(7 * 86_400), 100));
    assert_eq!(bounds.memory_limit, 2 << 20);
    assert_eq!((config.log.level, config.log.file), (Some(Level::Debug), None));
    assert!(Config::from_env().is_ok());
}

#[test]
fn variables_are_put_into_texts() {
    let config = toml(
        "server.listen = \"${HOST}:${PORT:-9464}\"\nserver.max_connections = \"${MOST}\"\nlog.file = \"$$a$b${EMPTY:-c}\"",
        &[("HOST", "127.0.0.1"), ("MOST", "7"), ("EMPTY", "")],
    );
    assert_eq!(config.server.listen.as_deref(), Some("127.0.0.1:9464"));
    assert_eq!(config.server.max_connections.map(u32::from), Some(7));
    assert_eq!(config.log.file, Some("$a$bc".into()));
    // What a variable contains is not looked at again, and a hash's dollars are its own.
    let secret = "[[server.tokens]]\nname = \"a\"\nsecret = \"${SECRET}\"";
    let value = "$$${X}$long-and-its-own";
    assert_eq!(toml(secret, &[("SECRET", value)]).server.tokens[0].secret.expose(), value);
    let user = |hash: &str| format!("[[server.users]]\nname = \"alice\"\npassword_hash = \"{hash}\"");
    for text in [user("${HASH}"), user(HASH)] {
        assert_eq!(toml(&text, &[("HASH", HASH)]).server.users[0].password_hash.expose(), HASH);
    }
}

#[test]
fn a_variable_empties_a_list_and_stands_for_what_the_file_needs() {
    let text = "server.origins = [\"https://a.example\"]\n[[server.tokens]]\nname = \"a\"\nsecret = \"${NOT_SET}\"";
    let config = toml(text, &[("PERFMON_SERVER__ORIGINS", "[]"), ("PERFMON_SERVER__TOKENS__0__SECRET", TOKEN)]);
    assert!(config.server.origins.is_empty());
    assert_eq!(config.server.tokens[0].secret.expose(), TOKEN);
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    for (text, format) in [
        ("\u{feff}[log]\nlevel = \"debug\"", Format::Toml),
        ("\u{feff}{\"log\": {\"level\": \"debug\"}}", Format::Json),
        ("\u{feff}log:\n  level: debug\n", Format::Yaml),
    ] {
        let config = Config::parse_with(text, format, "x", &[]).expect(text);
        assert_eq!(config.log.level, Some(Level::Debug));
    }
    let error = Config::parse_with("\u{feff}{\"logg\": 1}", Format::Json, "x", &[]).expect_err("no such section");
    assert!(error.to_string().contains("x:1:2: there is no key"), "{error}");
}

#[test]
fn dots_in_the_names_of_collectors_may_be_levels() {
    for text in [
        "[collectors]\nsystem.cpu.enabled = false\nsystem.disk.enabled = false\nsystem.enabled = true",
        "[collectors.\"system.cpu\"]\nenabled = false\n[collectors.system]\nenabled = true\n[collectors.system.disk]\nenabled = false",
    ] {
        let found = toml(text, &[]).collectors;
        let found: Vec<_> = found.iter().map(|(name, one)| (name.as_str(), one.enabled)).collect();
        assert_eq!(found, [("system", Some(true)), ("system.cpu", Some(false)), ("system.disk", Some(false))]);
    }
}

#[test]
fn health_changes_only_what_is_written() {
    let base = HealthPolicy::default().without("losses");
    let text = "[health.latency]\nabove = \"200ms\"\n[health.cpu]\npoints = 0\n[health.losses]\npoints = 7";
    let policy = toml(text, &[]).health.policy(&base);
    let check = HealthCheck::Latency { percentile: 99.0, above: Duration::from_millis(200), calls: 3 };
    assert_eq!(policy.rule("latency").map(|rule| (rule.points, &rule.check)), Some((20, &check)));
    assert_eq!((policy.rule("cpu"), policy.rule("losses").map(|rule| rule.points)), (None, Some(7)));
    assert_eq!(policy.rules.len(), base.rules.len());
}

#[test]
fn secrets_are_not_shown() {
    let config = toml(
        &format!(
            "[[server.tokens]]\nname = \"t\"\nsecret = \"{TOKEN}\"\n[[server.users]]\nname = \"u\"\npassword_hash = \"{HASH}\""
        ),
        &[],
    );
    let access = config.access(&Access::default());
    for shown in
        [format!("{config:?}"), format!("{access:?}"), format!("{:#?}", perfmon_exporter::builder().config(config))]
    {
        assert!(!shown.contains(TOKEN) && !shown.contains("argon2"), "{shown}");
    }
}
