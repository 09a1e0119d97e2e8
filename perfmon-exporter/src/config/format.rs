//! TOML, JSON and YAML, each read to nodes.

use std::{borrow::Cow, fmt, path::Path, sync::Arc};

use perfmon_core::Error;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use serde_saphyr::Spanned;
use toml::de::{DeTable, DeValue};

use super::{
    mistake::Mistake,
    node::{Entry, Node, Place, Source, Table, Value},
};

/// How a configuration is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `.toml`
    Toml,
    /// `.json`
    Json,
    /// `.yaml`, `.yml`
    Yaml,
}

impl Format {
    /// By a file's ending.
    ///
    /// # Errors
    /// When the ending is none of `toml`, `json`, `yaml`, `yml`.
    pub fn of_path(path: &Path) -> Result<Self, Error> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("toml") => Ok(Self::Toml),
            Some("json") => Ok(Self::Json),
            Some("yaml" | "yml") => Ok(Self::Yaml),
            _ => Err(Error::invalid(format!(
                "failed to read the configuration {}: its ending says no format; name it .toml, .json, .yaml or .yml, or say it with --config-format",
                path.display()
            ))),
        }
    }

    pub(super) fn read(self, name: &Arc<str>, text: &str) -> Result<Node, Mistake> {
        let node = match self {
            Self::Toml => toml(name, text),
            Self::Json => json(name, text),
            Self::Yaml => yaml(name, text),
        }?;
        match node.value {
            Value::Table(_) => Ok(node),
            Value::Null => Ok(Node::new(Value::Table(Table::default()), node.at)),
            _ => Err(Mistake::new(
                node.at.clone(),
                format!("expected sections such as \"server\", found {}", node.kind()),
            )),
        }
    }
}

/// Nobody nests so deep.
const DEEPEST: usize = 64;

fn toml(name: &Arc<str>, text: &str) -> Result<Node, Mistake> {
    let place = places(name, text);
    let table = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or_default();
        if error.message() == "duplicate key" {
            let key = text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
            return Mistake::new(place(span.start), format!("the key {key:?} is written twice; remove one"));
        }
        Mistake::new(place(span.start), format!("this is no TOML: {}", error.message()))
    })?;
    toml_table(table.into_inner(), &place, Place::start(name))
}

/// The places of a text's bytes.
fn places(name: &Arc<str>, text: &str) -> impl Fn(usize) -> Place + use<> {
    let source = Arc::new(Source { name: name.clone(), text: text.to_owned() });
    move |byte| Place::Byte(source.clone(), byte)
}

fn toml_table(table: DeTable<'_>, place: &dyn Fn(usize) -> Place, at: Place) -> Result<Node, Mistake> {
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        let at = place(key.span().start);
        entries.push(Entry { key: key.into_inner().into_owned(), at, node: toml_node(value, place)? });
    }
    Ok(Node::new(Value::Table(Table(entries)), at))
}

fn toml_node(value: toml::Spanned<DeValue<'_>>, place: &dyn Fn(usize) -> Place) -> Result<Node, Mistake> {
    let at = place(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => return Err(Mistake::new(at, "the number is too large")),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => return Err(Mistake::new(at, "this is no number")),
        },
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(list) => {
            Value::List(list.into_iter().map(|item| toml_node(item, place)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => return toml_table(table, place, at),
    };
    Ok(Node::new(value, at))
}

/// A list as it stands in an environment variable: `a, b` or, as in TOML, `["a", "b"]`.
pub(super) fn words(word: &str, at: &Place) -> Result<Vec<Node>, Mistake> {
    if word.trim_start().starts_with('[') {
        return match inline(word, at)?.value {
            Value::List(list) => Ok(list),
            _ => Ok(Vec::new()),
        };
    }
    let parts = word.split(',').map(str::trim).filter(|part| !part.is_empty());
    Ok(parts.map(|part| Node::new(Value::Word(part.to_owned()), at.clone())).collect())
}

/// A list or table as it stands in an environment variable, as in TOML.
pub(super) fn inline(word: &str, at: &Place) -> Result<Node, Mistake> {
    let value = DeValue::parse(word)
        .map_err(|error| Mistake::new(at.clone(), format!("this is no TOML value: {}", error.message())))?;
    toml_node(value, &|_| at.clone())
}

/// A JSON text a level at a time: a raw value borrows from the text, which tells its place.
fn json(name: &Arc<str>, text: &str) -> Result<Node, Mistake> {
    let at = places(name, text);
    let place = |part: &str| at((part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize));
    if text.trim().is_empty() {
        return Ok(Node::new(Value::Null, Place::start(name)));
    }
    let raw: &RawValue = serde_json::from_str(text).map_err(|error| {
        let at = Place::Line { name: name.clone(), line: error.line().max(1), column: error.column().max(1) };
        Mistake::new(at, format!("this is no JSON: {}", json_message(&error)))
    })?;
    json_node(raw, &place, text, 0)
}

/// Without the place, which is told already.
fn json_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).to_owned()
}

fn json_node(raw: &RawValue, place: &dyn Fn(&str) -> Place, text: &str, depth: usize) -> Result<Node, Mistake> {
    let at = place(raw.get());
    if depth > DEEPEST {
        return Err(Mistake::new(at, format!("this is nested more than {DEEPEST} deep")));
    }
    let wrong =
        |error: serde_json::Error| Mistake::new(at.clone(), format!("this is no JSON: {}", json_message(&error)));
    let value = match raw.get().as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(raw.get()).map_err(wrong)?;
            let mut entries: Vec<Entry> = Vec::with_capacity(members.len());
            for (key, member) in members {
                let at = place(key_of(member, text));
                if entries.iter().any(|entry| entry.key == key) {
                    return Err(Mistake::new(at, format!("the key {key:?} is written twice; remove one")));
                }
                let node = json_node(member, place, text, depth + 1)?;
                entries.push(Entry { key: key.into_owned(), at, node });
            }
            Value::Table(Table(entries))
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw.get()).map_err(wrong)?;
            Value::List(
                items.into_iter().map(|item| json_node(item, place, text, depth + 1)).collect::<Result<_, _>>()?,
            )
        }
        Some(b'"') => Value::Text(serde_json::from_str(raw.get()).map_err(wrong)?),
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'n') => Value::Null,
        // The standard library's nearest number, as in the other formats.
        _ => match (raw.get().parse(), raw.get().parse::<f64>()) {
            (Ok(number), _) => Value::Integer(number),
            (_, Ok(number)) if number.is_finite() => Value::Float(number),
            _ => return Err(Mistake::new(at, "the number is too large")),
        },
    };
    Ok(Node::new(value, at))
}

/// The text from a member's key on: back from its value over the colon to the quote that is not escaped.
fn key_of<'a>(member: &RawValue, text: &'a str) -> &'a str {
    let value = (member.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text[..value].trim_end().trim_end_matches(':').trim_end();
    let inside = before.strip_suffix('"').unwrap_or(before);
    let is_escaped = |at: usize| inside[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1;
    let start = inside.rmatch_indices('"').map(|(at, _)| at).find(|at| !is_escaped(*at));
    &text[start.unwrap_or(value)..]
}

/// An object's members in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn yaml(name: &Arc<str>, text: &str) -> Result<Node, Mistake> {
    let place = |at: Option<serde_saphyr::Location>| {
        let of = |part: u64| usize::try_from(part).unwrap_or(usize::MAX).max(1);
        at.map_or(Place::start(name), |at| Place::Line {
            name: name.clone(),
            line: of(at.line()),
            column: of(at.column()),
        })
    };
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Node::new(Value::Null, Place::start(name)));
    }
    let options = serde_saphyr::options! { reject_unsupported_tags: true };
    let loose: Spanned<Loose> = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        // What it says after the first line shows the text, in which there may be secrets.
        let message = error.without_snippet().to_string();
        let message = message.lines().next().unwrap_or_default();
        let message = message.split(" at line ").next().unwrap_or_default();
        let message = match message.split(", set DuplicateKeyPolicy").next().unwrap_or_default() {
            "expected string scalar" => "a key has to be a text",
            other if other.starts_with("budget breached") => "it has more in it than any configuration",
            other if other.contains("from_str_multiple") => {
                "there is more than one document in it; write one only, without `---` between"
            }
            other if other.starts_with("unsupported tag") => "tags, as in `!name`, mean nothing here; leave it out",
            other => other,
        };
        Mistake::new(place(error.location()), format!("this is no YAML: {message}"))
    })?;
    Ok(loose.value.node(place(Some(loose.referenced)), &|at| place(Some(at))))
}

/// A YAML value of any type.
enum Loose {
    One(Value),
    List(Vec<Spanned<Loose>>),
    Map(Vec<(Spanned<String>, Spanned<Loose>)>),
}

impl Loose {
    fn node(self, at: Place, place: &dyn Fn(serde_saphyr::Location) -> Place) -> Node {
        let value = match self {
            Self::One(value) => value,
            Self::List(list) => {
                Value::List(list.into_iter().map(|one| one.value.node(place(one.referenced), place)).collect())
            }
            Self::Map(map) => Value::Table(Table(
                map.into_iter()
                    .map(|(key, one)| Entry {
                        key: key.value,
                        at: place(key.referenced),
                        node: one.value.node(place(one.referenced), place),
                    })
                    .collect(),
            )),
        };
        Node::new(value, at)
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Loose, E> {
                Ok(Loose::One(Value::Bool(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Loose, E> {
                Ok(Loose::One(Value::Integer(value.into())))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Loose, E> {
                Ok(Loose::One(Value::Integer(value.into())))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Loose, E> {
                Ok(Loose::One(Value::Float(value)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
                Ok(Loose::One(Value::Text(text.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::One(Value::Null))
            }

            fn visit_none<E>(self) -> Result<Loose, E> {
                Ok(Loose::One(Value::Null))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose, D::Error> {
                Loose::deserialize(deserializer)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Loose::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Loose::Map(entries))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
