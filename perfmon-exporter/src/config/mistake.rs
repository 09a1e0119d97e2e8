//! What is wrong with a configuration, where, and what would be right.

use std::fmt::{self, Write};

use serde::de::{self, Expected, Unexpected};

use super::{example, node::Place};
use crate::near::hint;

/// A mistake in a configuration.
#[derive(Debug, Clone)]
pub(super) struct Mistake {
    at: Option<Place>,
    /// Keys from the inside out.
    path: Vec<Step>,
    sort: Sort,
    message: String,
}

/// What is wrong where the path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sort {
    /// The value itself.
    Value,
    /// A key of the section that it does not have.
    Unknown(String),
    /// A key that the section has to have.
    Missing(&'static str),
    /// A key that the section has twice.
    Twice(&'static str),
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Key(String),
    Number(usize),
}

impl Mistake {
    pub(super) fn new(at: Place, message: impl Into<String>) -> Self {
        Self { at: Some(at), path: Vec::new(), sort: Sort::Value, message: message.into() }
    }

    fn of(sort: Sort, message: impl fmt::Display) -> Self {
        Self { sort, ..<Self as de::Error>::custom(message) }
    }

    /// Where it is: in the order in which a reader comes by, the environment last.
    pub(super) fn place(&self) -> Option<&Place> {
        self.at.as_ref()
    }

    /// Keys from the outside in.
    pub(super) fn path(&self) -> impl Iterator<Item = &Step> {
        self.path.iter().rev()
    }

    pub(super) fn sort(&self) -> &Sort {
        &self.sort
    }

    /// Says where, unless that is known more closely already.
    pub(super) fn at(mut self, at: &Place) -> Self {
        self.at.get_or_insert_with(|| at.clone());
        self
    }

    /// Says below which key.
    pub(super) fn below(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }

    /// A key that is unknown where it stands may have a section that is missing above it.
    pub(super) fn with_section(mut self) -> Self {
        if let (Sort::Unknown(key), []) = (&self.sort, self.path.as_slice())
            && let Some(section) = example::section_of(key)
        {
            self.message = format!("there is no key {key:?} here; it belongs below [{section}]");
        }
        self
    }
}

/// A path from the outside in, as people write it.
pub(super) fn key<'a>(path: impl Iterator<Item = &'a Step>) -> String {
    let mut key = String::new();
    for step in path {
        match step {
            Step::Key(name) => {
                let dot = if key.is_empty() { "" } else { "." };
                let plain = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-') && !name.is_empty();
                _ = if plain { write!(key, "{dot}{name}") } else { write!(key, "{dot}{name:?}") };
            }
            Step::Number(number) => _ = write!(key, "[{number}]"),
        }
    }
    key
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.as_ref().map(Place::to_string);
        let parts = at.into_iter().chain([key(self.path())]).filter(|part| !part.is_empty());
        write!(f, "{}: {}", parts.collect::<Vec<_>>().join(", "), self.message)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { at: None, path: Vec::new(), sort: Sort::Value, message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("expected {}, found {}", wanted(expected), kind(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let wanted = wanted(expected);
        // Numbers alone are told: a text may be a secret.
        match found {
            Unexpected::Unsigned(number) => Self::custom(format_args!("expected {wanted}, found {number}")),
            Unexpected::Signed(number) => Self::custom(format_args!("expected {wanted}, found {number}")),
            Unexpected::Float(number) => Self::custom(format_args!("expected {wanted}, found {number}")),
            found => Self::custom(format_args!("expected {wanted}, found another {}", kind(&found))),
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let sign = SIGNS.iter().find(|(sign, name)| *sign == variant && expected.contains(name));
        let hint = sign
            .map_or_else(|| hint(variant, expected.iter().copied()), |(_, name)| format!("; did you mean {name:?}?"));
        Self::custom(format_args!("{variant:?} is not allowed here{hint} Write {}", list(expected, "or")))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = hint(field, expected.iter().copied());
        let known = if expected.is_empty() { "none".to_owned() } else { list(expected, "and") };
        let sort = Sort::Unknown(field.to_owned());
        Self::of(sort, format_args!("there is no key {field:?}{hint} Allowed here: {known}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::of(Sort::Missing(field), format_args!("the key {field:?} is missing; it has no default"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::of(Sort::Twice(field), format_args!("the key {field:?} is written twice; remove one"))
    }
}

/// What some write for a word.
const SIGNS: [(&str, &str); 8] = [
    (">", "above"),
    (">=", "at_least"),
    ("<", "below"),
    ("<=", "at_most"),
    ("=", "equal"),
    ("==", "equal"),
    ("!=", "not_equal"),
    ("<>", "not_equal"),
];

fn list(names: &[&str], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., one] => format!("{} {last} {one}", some.join(", ")),
    }
}

/// What serde's code expects, in words for people.
fn wanted(expected: &dyn Expected) -> String {
    match expected.to_string().as_str() {
        "a string" | "a borrowed string" | "string or map" => "a text",
        "a boolean" => "true or false",
        "u8" => "a whole number from 0 to 255",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "usize" => "a whole number, 0 or more",
        "a nonzero u32" => "a whole number from 1 to 4294967295",
        "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "a section",
        "path string" => "a path",
        other if other.starts_with("struct ") => "a section",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// What there is instead, without telling it.
fn kind(found: &Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a section",
        _ => "nothing",
    }
}
