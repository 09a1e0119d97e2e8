//! The three formats say the same, and no input makes any of them panic.

use perfmon_exporter::config::{Config, Format};
use proptest::{collection::vec, prelude::*};
use serde_json::{Map, Value, json};

/// Without what is absent, so that there is something to choose from.
fn section(keys: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let keys: Vec<_> = keys
        .into_iter()
        .map(|(key, value)| {
            proptest::option::of(value).prop_map(move |value| value.map(|value| (key.to_owned(), value)))
        })
        .collect();
    keys.prop_map(|keys| Value::Object(keys.into_iter().flatten().collect::<Map<_, _>>())).boxed()
}

fn one_of(values: &[Value]) -> BoxedStrategy<Value> {
    proptest::sample::select(values.to_vec()).boxed()
}

fn text() -> BoxedStrategy<Value> {
    prop_oneof![
        "[a-z.:/ é\"'\\\\#-]{1,12}",
        Just("yes".to_owned()),
        Just("1e3".to_owned()),
        Just("~".to_owned()),
        Just("0x1".to_owned())
    ]
    .prop_map(Value::from)
    .boxed()
}

fn config() -> impl Strategy<Value = Value> {
    let bools = || any::<bool>().prop_map(Value::from).boxed();
    let points = || (0_u8..=100).prop_map(Value::from).boxed();
    let numbers = || prop_oneof![(0_u8..=100).prop_map(Value::from), (0.0..=100.0).prop_map(|n: f64| json!(n))].boxed();
    let durations = || one_of(&[json!("1s"), json!("1m 30s"), json!("1500ms"), json!("1h")]);
    // Nobody has the name or the secret of another.
    let tokens = vec(text(), 0..3).prop_map(|names| {
        let token = |(number, name): (usize, Value)| {
            let name = format!("{number}{}", name.as_str().unwrap_or_default());
            json!({ "name": name, "secret": format!("0123456789abcdef{number}"), "role": "operate" })
        };
        names.into_iter().enumerate().map(token).collect()
    });
    let server = section(std::vec![
        ("listen", one_of(&[json!("127.0.0.1:0"), json!("[::1]:9464"), json!("localhost:65535")])),
        ("allow_public", bools()),
        ("origins", one_of(&[json!([]), json!(["https://a.example", "http://b.example:1"])])),
        ("hosts", one_of(&[json!([]), json!(["a.example"]), json!(["a.example:1", "[::1]"])])),
        ("trusted_proxies", one_of(&[json!([]), json!(["127.0.0.1"]), json!(["::1", "10.0.0.0/8"])])),
        ("requests_per_second", (1_u32..).prop_map(Value::from).boxed()),
        ("tokens", tokens.boxed()),
    ]);
    let collector = section(std::vec![("enabled", bools()), ("interval", durations())]);
    let collectors = proptest::collection::btree_map("[a-z]{1,5}(\\.[a-z]{1,5})?", collector, 0..3)
        .prop_map(|found| Value::Object(found.into_iter().collect()));
    let usage = || section(std::vec![("points", points()), ("above", numbers())]);
    let rule = (text(), numbers()).prop_map(|(text, threshold)| {
        json!({ "r": { "metric": "m", "condition": "at_most", "threshold": threshold, "labels": { "a b": text }, "text": text } })
    });
    let health = section(std::vec![("cpu", usage()), ("memory", usage()), ("rules", rule.boxed())]);
    let log = section(std::vec![("level", one_of(&[json!("off"), json!("trace")])), ("file", text())]);
    let windows = section(std::vec![("memory_limit", one_of(&[json!("16MiB"), json!("1048576")]))]);
    let history = section(std::vec![
        ("retention", one_of(&[json!("90s"), json!("12h"), json!("1d"), json!("1w 2d")])),
        ("max_series", (1_u32..).prop_map(Value::from).boxed()),
        ("memory_limit", one_of(&[json!("1MiB"), json!("33554432")])),
    ]);
    section(std::vec![
        ("server", server),
        ("collectors", collectors.boxed()),
        ("health", health),
        ("log", log),
        ("windows", windows),
        ("history", history),
    ])
}

/// YAML as people write it: in blocks. Texts stay quoted.
fn yaml(value: &Value, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(keys) if !keys.is_empty() => keys
            .iter()
            .map(|(key, value)| format!("\n{indent}{key:?}: {}", yaml(value, depth + 1)))
            .collect::<Vec<_>>()
            .concat(),
        Value::Array(items) if !items.is_empty() => {
            items.iter().map(|item| format!("\n{indent}- {}", yaml(item, depth + 1))).collect::<Vec<_>>().concat()
        }
        other => other.to_string(),
    }
}

fn read(text: &str, format: Format) -> Result<String, String> {
    Config::parse_with(text, format, "x", &[]).map(|config| format!("{config:?}")).map_err(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn formats_agree(config in config()) {
        let json = read(&config.to_string(), Format::Json);
        prop_assert!(json.is_ok(), "{:?}", json);
        let toml = toml::to_string(&config).expect("TOML");
        prop_assert_eq!(&read(&toml, Format::Toml), &json, "{}", toml);
        let blocks = yaml(&config, 0);
        prop_assert_eq!(&read(&blocks, Format::Yaml), &json, "{}", blocks);
        // JSON is YAML, too.
        prop_assert_eq!(&read(&config.to_string(), Format::Yaml), &json);
    }

    #[test]
    fn no_input_panics(text in "\\PC{0,60}|[\\[\\]{}:=\"'$#&*<>|,\\-\n\t .a-e0-9_x!]{0,80}", name in "PERFMON_[A-Z]{0,3}(SERVER|HEALTH|COLLECTORS|)_{0,3}[A-Z0-9_]{0,12}") {
        for format in [Format::Toml, Format::Json, Format::Yaml] {
            let _ = Config::parse_with(&text, format, "x", &[(&name, &text)]);
            let _ = Config::parse_with("", format, "x", &[(&name, &text)]);
        }
    }

    #[test]
    fn damaged_files_do_not_panic(config in config(), cut in any::<prop::sample::Index>(), with in "[\\[\\]{}:=\"'$#&*|,\n é]{0,3}") {
        let texts = [(toml::to_string(&config).expect("TOML"), Format::Toml), (config.to_string(), Format::Json), (yaml(&config, 0), Format::Yaml)];
        for (text, format) in texts {
            let at = text.char_indices().map(|(at, _)| at).nth(cut.index(text.chars().count().max(1))).unwrap_or(0);
            let _ = Config::parse_with(&format!("{}{with}{}", &text[..at], &text[at..]), format, "x", &[]);
            let _ = Config::parse_with(&text[..at], format, "x", &[]);
        }
    }
}

#[test]
fn nothing_is_a_configuration_too() {
    for (text, format) in [
        ("", Format::Toml),
        ("{}", Format::Json),
        ("", Format::Json),
        ("", Format::Yaml),
        ("# all\n---\n", Format::Yaml),
        ("server:\nhealth:\n  cpu:\n", Format::Yaml),
        (r#"{"server": null}"#, Format::Json),
    ] {
        assert_eq!(read(text, format), Ok(format!("{:?}", Config::default())), "{text:?}");
    }
}

#[test]
fn bombs_are_harmless() {
    let laughs: Vec<String> = (0..12)
        .map(|level| {
            let inner = if level == 0 { "\"ha\"".to_owned() } else { format!("*l{}", level - 1) };
            format!("l{level}: &l{level} [{}]\n", [inner.as_str(); 10].join(", "))
        })
        .collect();
    assert!(read(&laughs.concat(), Format::Yaml).is_err());
    for format in [Format::Toml, Format::Json, Format::Yaml] {
        let deep = format!(
            "{}{}{}",
            if format == Format::Toml { "a = " } else { "" },
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(read(&deep, format).is_err());
    }
}
