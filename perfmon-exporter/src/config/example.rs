//! The schema, and the example file that is made of it.

use std::fmt::Write;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::Config;

/// The key by which a file tells editors its schema.
pub(super) const SCHEMA_KEY: &str = "$schema";
/// The width of comments.
const WIDTH: usize = 100;

const HEAD: &str = "\
# perfmon's configuration. Every key is optional; a key's line is commented out with its default or with a value that could be.
# The same can be written in JSON or YAML. Every value can come from the environment too, which goes before the file:
# PERFMON_SERVER__LISTEN=127.0.0.1:9000. In texts ${NAME} stands for an environment variable, ${NAME:-default} for one that may be
# absent, and $$ for a dollar sign. The file is read again when it changes.
";

pub(super) fn schema() -> Value {
    let settings = SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<Config>().to_value();
    tidy(&mut schema);
    let described =
        json!({ "description": "The schema of this file, for editors. It changes nothing.", "type": "string" });
    if let Some(Value::Object(keys)) = schema.get_mut("properties") {
        keys.insert(SCHEMA_KEY.to_owned(), described);
    }
    schema
}

/// Descriptions on one line; no empty defaults, which say nothing.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(keys) => {
            keys.retain(|key, value| {
                let empty = matches!(value, Value::Null) || *value == json!([]) || *value == json!({});
                key != "default" || !empty
            });
            if let Some(Value::String(text)) = keys.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            keys.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

pub(super) fn example() -> String {
    let mut text = HEAD.to_owned();
    for (name, section) in properties(&schema()).filter(|(name, _)| *name != SCHEMA_KEY) {
        describe(&mut text, section);
        if section.get("additionalProperties").is_some_and(Value::is_object) {
            named(&mut text, name, section);
        } else {
            _ = writeln!(text, "[{name}]");
            keys(&mut text, name, section, &Value::Null, "");
        }
    }
    text
}

/// The keys of a section, then the sections below it. `defaults` are those given where the section is declared.
fn keys(text: &mut String, path: &str, section: &Value, defaults: &Value, mark: &str) {
    let (below, plain): (Vec<_>, Vec<_>) = properties(section).partition(|(_, schema)| is_section(schema));
    for (name, schema) in plain {
        let own = schema.get("default").or_else(|| schema.get("examples")?.get(0));
        let Some(value) = defaults.get(name).or(own).or_else(|| schema.get("enum")?.get(0)) else { continue };
        if let Some(description) = schema.get("description").and_then(Value::as_str) {
            wrap(text, description);
        }
        _ = writeln!(text, "#{name} = {}", toml(value));
    }
    for (name, schema) in below {
        describe(text, schema);
        let path = format!("{path}.{name}");
        if let Some(items) = schema.get("items") {
            _ = writeln!(text, "#[[{path}]]");
            keys(text, &path, items, &Value::Null, "#");
        } else if schema.get("additionalProperties").is_some_and(Value::is_object) {
            named(text, &path, schema);
        } else {
            let mark = if schema.get("required").is_some() { "#" } else { mark };
            _ = writeln!(text, "{mark}[{path}]");
            keys(text, &path, schema, schema.get("default").unwrap_or(&Value::Null), mark);
        }
    }
}

/// A section for each name, of which one stands for all.
fn named(text: &mut String, path: &str, section: &Value) {
    let name = section.pointer("/propertyNames/examples/0").and_then(Value::as_str).unwrap_or("name");
    let name = if name.contains('.') { format!("{name:?}") } else { name.to_owned() };
    _ = writeln!(text, "#[{path}.{name}]");
    if let Some(one) = section.get("additionalProperties") {
        keys(text, path, one, &Value::Null, "#");
    }
}

/// The section that has such a key.
pub(super) fn section_of(key: &str) -> Option<String> {
    let schema = schema();
    properties(&schema)
        .find(|(_, section)| properties(section).any(|(name, _)| name == key))
        .map(|(name, _)| name.to_owned())
}

/// Every key right below these sections, with its section.
pub(super) fn keys_of(sections: &[&str]) -> Vec<(String, String)> {
    let schema = schema();
    let known = properties(&schema).filter(|(name, _)| sections.contains(name));
    known
        .flat_map(|(name, section)| properties(section).map(move |(key, _)| (name.to_owned(), key.to_owned())))
        .collect()
}

/// The keys on the way to one whose names are joined by single underscores: `health_cpu_above` is `health`, `cpu`, `above`.
pub(super) fn path_of(name: &str) -> Option<Vec<String>> {
    fn below(schema: &Value, name: &str) -> Option<Vec<String>> {
        properties(schema).find_map(|(key, inner)| {
            let rest = match name.strip_prefix(key)? {
                "" => Vec::new(),
                rest => below(inner, rest.strip_prefix('_')?)?,
            };
            Some([vec![key.to_owned()], rest].concat())
        })
    }
    below(&schema(), name)
}

fn properties(schema: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let keys = schema.get("properties").and_then(Value::as_object);
    keys.into_iter().flatten().map(|(name, schema)| (name.as_str(), schema))
}

/// Whether it has keys, or is a list of what has; labels are written in one line.
fn is_section(schema: &Value) -> bool {
    let has_keys = |schema: &Value| {
        schema.get("properties").is_some() || schema.pointer("/additionalProperties/properties").is_some()
    };
    has_keys(schema) || schema.get("items").is_some_and(has_keys)
}

fn describe(text: &mut String, schema: &Value) {
    text.push('\n');
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        wrap(text, description);
    }
}

fn wrap(text: &mut String, description: &str) {
    let mut line = String::from("#");
    for word in description.split_whitespace() {
        if line.len() + word.len() >= WIDTH {
            _ = writeln!(text, "{line}");
            line = String::from("#");
        }
        line.push(' ');
        line += word;
    }
    _ = writeln!(text, "{line}");
}

/// A JSON value as TOML.
fn toml(value: &Value) -> String {
    toml::Value::try_from(value).map(|value| value.to_string()).unwrap_or_default()
}
