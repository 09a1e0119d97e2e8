//! A strict reader of Prometheus text 0.0.4: it refuses what Prometheus would let pass.

use std::collections::{BTreeMap, BTreeSet};

/// Labels, sorted by key.
pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    /// Name of the sample, its labels and value, in the order of the document.
    pub(crate) samples: Vec<(String, Labels, f64)>,
}

/// The families of a document, by name. Panics where it is not valid.
pub(crate) fn parse(document: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut open = String::new();
    for line in document.split_terminator('\n') {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a help text");
            assert!(is_name(name, true) && !help.is_empty(), "{line}");
            let help = unescape(help, &[('\\', '\\'), ('n', '\n')]);
            let family = Family { help, ..Family::default() };
            assert!(families.insert(name.to_owned(), family).is_none(), "{name} twice");
            name.clone_into(&mut open);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a type");
            assert_eq!(name, open, "TYPE follows HELP");
            let family = families.get_mut(name).expect("HELP comes first");
            assert!(family.kind.is_empty() && family.samples.is_empty(), "{line}");
            assert!(["counter", "gauge", "histogram", "summary"].contains(&kind), "{line}");
            kind.clone_into(&mut family.kind);
        } else {
            let (name, labels, value) = sample(line);
            let family = families.get_mut(&open).expect("HELP and TYPE come first");
            let suffix = name.strip_prefix(&open).unwrap_or_else(|| panic!("{name} in family {open}"));
            let suffixes: &[&str] = match family.kind.as_str() {
                "histogram" => &["_bucket", "_sum", "_count"],
                "summary" => &["", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.contains(&suffix), "{line}");
            family.samples.push((name, labels, value));
        }
    }
    check(&families);
    families
}

fn check(families: &BTreeMap<String, Family>) {
    let mut seen = BTreeSet::new();
    for (name, family) in families {
        assert!(!family.samples.is_empty(), "{name} has no samples");
        for (sample, labels, _) in &family.samples {
            assert!(seen.insert((sample, labels)), "{sample}{labels:?} twice");
        }
        if family.kind == "histogram" {
            histogram(name, family);
        }
    }
}

fn histogram(name: &str, family: &Family) {
    let mut last: BTreeMap<Labels, (f64, f64)> = BTreeMap::new();
    for (sample, labels, value) in &family.samples {
        let mut labels = labels.clone();
        if sample.ends_with("_bucket") && sample.len() == name.len() + "_bucket".len() {
            let le: f64 = labels.remove("le").expect("a bucket has an edge").parse().expect("a number");
            let (edge, count) = last.get(&labels).copied().unwrap_or((f64::NEG_INFINITY, 0.0));
            assert!(le > edge && *value >= count, "{name}: {labels:?} at {le}");
            last.insert(labels, (le, *value));
        } else if sample.ends_with("_count") {
            assert_eq!(last.get(&labels), Some(&(f64::INFINITY, *value)), "{name}: {labels:?}");
        }
    }
}

fn sample(line: &str) -> (String, Labels, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no sample: {line}"));
    let name = &line[..end];
    assert!(is_name(name, true), "{line}");
    let mut labels = Labels::new();
    let mut rest = &line[end..];
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (key, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
            assert!(is_name(key, false) && !key.starts_with("__"), "{line}");
            let end = closing_quote(after).unwrap_or_else(|| panic!("an open label: {line}"));
            let value = unescape(&after[..end], &[('\\', '\\'), ('n', '\n'), ('"', '"')]);
            assert!(!value.is_empty(), "an empty label is none: {line}");
            assert!(labels.insert(key.to_owned(), value).is_none(), "{key} twice: {line}");
            rest = &after[end + 1..];
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no value: {line}"));
    (name.to_owned(), labels, value.parse().unwrap_or_else(|_| panic!("no number: {line}")))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let found = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        found
    })
}

fn unescape(text: &str, allowed: &[(char, char)]) -> String {
    let mut plain = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character == '\\' {
            let code = rest.next().expect("something is escaped");
            let (_, meant) = allowed.iter().find(|(known, _)| *known == code).unwrap_or_else(|| panic!("\\{code}"));
            plain.push(*meant);
        } else {
            plain.push(character);
        }
    }
    plain
}

fn is_name(text: &str, colon: bool) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':');
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(allowed)
}
