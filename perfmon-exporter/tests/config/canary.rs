//! What came from a variable, and what is below tokens and users, is repeated nowhere.

use perfmon_exporter::{
    builder,
    config::{Config, Format},
};
use serde_json::Value;

/// In the shapes in which it is nearly right somewhere.
const SHAPES: [&str; 12] = [
    "canarySECRET51",
    "canary SECRET51",
    "canarySECRET51:1",
    "127.0.0.1:canarySECRET51",
    "https://canarySECRET51/x",
    "canarySECRET51.json",
    "98765432109",
    "98765432109%",
    "98765432109s",
    "98765432109MB",
    "{ canarySECRET51 = 1 }",
    "[{ canarySECRET51 = 98765432109 }, { name = 'canarySECRET51' }]",
];

fn is_clean(what: &str, text: &str) {
    for part in ["canary", "SECRET51", "98765432"] {
        assert!(!text.contains(part), "{what}: {text}");
    }
}

/// Every key of the schema: the section in which it stands, and its name.
fn keys(schema: &Value, path: &str, list: bool, found: &mut Vec<(String, String)>) {
    for (key, schema) in schema["properties"].as_object().into_iter().flatten() {
        let header = match (path, list) {
            ("", _) => String::new(),
            (path, true) => format!("[[{path}]]\n"),
            (path, false) => format!("[{path}]\n"),
        };
        found.push((header, key.clone()));
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        keys(schema, &below, false, found);
        keys(&schema["items"], &below, true, found);
        keys(&schema["additionalProperties"], &format!("{below}.one"), false, found);
    }
}

#[test]
fn what_came_from_a_variable_is_repeated_nowhere() {
    let mut all = Vec::new();
    keys(&Config::schema(), "", false, &mut all);
    assert!(all.len() > 50 && all.contains(&("[[server.tokens]]\n".to_owned(), "role".to_owned())), "{all:?}");
    let mut mistakes = 0;
    for (header, key) in &all {
        for shape in SHAPES {
            for written in ["${SEC}", "x${SEC}", "${NONE:-canarySECRET51}"] {
                let text = format!("{header}{key} = \"{written}\"\n");
                match Config::parse_with(&text, Format::Toml, "perfmon.toml", &[("SEC", shape)]) {
                    Err(error) => {
                        mistakes += 1;
                        is_clean(&format!("{text}{shape}"), &error.to_string());
                    }
                    // What only the start can judge.
                    Ok(config) => {
                        if let Err(error) = builder().config(config).and_then(|builder| builder.check()) {
                            is_clean(&format!("{text}{shape}"), &error.to_string());
                        }
                    }
                }
            }
        }
    }
    assert!(mistakes > 1_000, "{mistakes}");
}

#[test]
fn where_it_came_from_and_what_is_allowed_is_told() {
    let role = "[[server.tokens]]\nname = \"t\"\nsecret = \"0123456789abcdef\"\nrole = \"${SEC}\"";
    let tell = |text: &str| {
        Config::parse_with(text, Format::Toml, "perfmon.toml", &[("SEC", "canarySECRET51")])
            .expect_err(text)
            .to_string()
    };
    let listen = "[server]\nlisten = \"${SEC}\"\norigins = [\"https://a.example\", \"${SEC}\"]";
    let found = [tell(role), tell(listen), tell("[health.latency]\nabove = \"1${SEC}\"")].join("\n");
    insta::assert_snapshot!(found, @r#"
    failed to read the configuration, perfmon.toml:4:8, server.tokens[0].role: a value from ${SEC}, which is not shown: it is not allowed here. Write read or operate
    failed to read the configuration, in which there are 2 mistakes:
      perfmon.toml:2:10, server.listen: a value from ${SEC}, which is not shown: it is no address: it needs a host and a port; write host and port, as in "127.0.0.1:9464"
      perfmon.toml:3:33, server.origins[1]: a value from ${SEC}, which is not shown: it is no origin: write scheme, host and, if it is not the usual one, port, as in "https://status.example.com"
    failed to read the configuration, perfmon.toml:2:9, health.latency.above: a value from ${SEC}, which is not shown: expected a duration as in "1m 30s"
    "#);
}

#[test]
fn nothing_below_tokens_and_users_is_repeated() {
    for text in [
        "[[server.tokens]]\nname = \"t\"\nsecret = \"0123456789abcdef\"\nrole = \"canarySECRET51\"",
        "[[server.tokens]]\nname = \"t\"\nsecret = \"canary SECRET51 canary\"",
        "[[server.tokens]]\nname = \"t\"\nsecret = \"canary\"",
        "[[server.tokens]]\nname = \"t\"\ncanarySECRET51 = 1",
        "[[server.tokens]]\nname = \"t\"\ntoken_file = \"canarySECRET51\"",
        "[[server.tokens]]\nname = { canarySECRET51 = 1 }",
        "[[server.tokens]]\nname = \"canarySECRET51\"\nsecret = \"0123456789abcdef\"\n[[server.tokens]]\nname = \"canarySECRET51\"\nsecret = \"0123456789abcdeg\"",
        "[server]\ntokens = \"canarySECRET51\"",
        "[server]\ntokens = [\"canarySECRET51\"]",
        "[[server.users]]\nname = \"canary:SECRET51\"\npassword_hash = \"$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo\"",
        "[[server.users]]\nname = \"u\"\npassword_hash = \"$argon2id$canarySECRET51\"",
        "[[server.users]]\nname = \"u\"\npassword_hash = \"canarySECRET51\"",
        "[[server.users]]\nname = \"u\"\npassword_hash_file = \"canarySECRET51\"",
    ] {
        let error = Config::parse(text, Format::Toml, "perfmon.toml").expect_err(text).to_string();
        is_clean(text, &error);
        assert!(error.contains("perfmon.toml:") && error.contains("server."), "{error}");
    }
}

#[test]
fn a_right_value_is_shown_as_it_is_written() {
    let text = "[server]\nlisten = \"${ADDRESS}\"\n[log]\nfile = \"${FOLDER}/perfmon.log\"";
    let variables = [("ADDRESS", "canarySECRET51.invalid:1"), ("FOLDER", "/no/such/canarySECRET51")];
    let config = Config::parse_with(text, Format::Toml, "perfmon.toml", &variables).expect("valid");
    let serves = format!("serves http://{}", config.server.listen.clone().expect("it is written"));
    assert_eq!(config.shown(&serves), "serves http://${ADDRESS}");
    let error = builder().config(config).and_then(|builder| builder.check()).expect_err("no such folder").to_string();
    is_clean("check", &error);
    assert!(error.contains("${FOLDER}/perfmon.log"), "{error}");
}
