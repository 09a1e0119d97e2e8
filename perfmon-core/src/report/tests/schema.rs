//! The JSON Schema and the JSON agree: as much of the standard as the schema uses.

use serde_json::Value;

use super::fixture;
use crate::report::{Report, SCHEMA};

/// Fails when the report's JSON is not what the schema says, or has a member that the schema does not know.
pub(super) fn check(report: &Report) {
    let root = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let document = serde_json::from_str(&report.to_json()).expect("the report is JSON");
    validate(&root, &root, &document, "report");
}

fn validate(root: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolved(root, schema);
    if let Some(constant) = schema.get("const") {
        assert_eq!(constant, value, "{at}");
    }
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{at}: {value}");
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    };
    assert!(types.is_empty() || types.iter().any(|name| is(name, value)), "{at} is no {types:?}: {value}");
    if let Some(items) = value.as_array() {
        items
            .iter()
            .enumerate()
            .for_each(|(index, item)| validate(root, &schema["items"], item, &format!("{at}[{index}]")));
    }
    let Some(members) = value.as_object() else { return };
    let parts = schema["allOf"].as_array().cloned().unwrap_or_default();
    let parts: Vec<&Value> = parts.iter().map(|part| resolved(root, part)).chain([schema]).collect();
    for name in parts.iter().filter_map(|part| part["required"].as_array()).flatten() {
        assert!(members.contains_key(name.as_str().expect("a name")), "{at} lacks {name}");
    }
    for (name, member) in members {
        let declared =
            parts.iter().find_map(|part| part["properties"].get(name).or_else(|| part.get("additionalProperties")));
        let declared = declared.unwrap_or_else(|| panic!("{at}.{name} is not in the schema"));
        validate(root, declared, member, &format!("{at}.{name}"));
    }
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(pointer) => root.pointer(pointer.trim_start_matches('#')).expect("a definition"),
        None => schema,
    }
}

fn is(name: &Value, value: &Value) -> bool {
    match name.as_str().expect("a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

#[test]
fn json_is_what_the_schema_says() {
    check(&Report::new(fixture::rich()));
    check(&Report::new(fixture::empty()));
}

#[test]
fn every_member_is_explained() {
    let root: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let mut objects = vec![("report".to_owned(), root["properties"].clone())];
    objects.extend(
        root["$defs"]
            .as_object()
            .expect("definitions")
            .iter()
            .map(|(name, part)| (name.clone(), part["properties"].clone())),
    );
    for (object, members) in objects {
        for (name, member) in members.as_object().expect("members") {
            assert!(member["description"].is_string(), "{object}.{name} is not explained");
        }
    }
}
