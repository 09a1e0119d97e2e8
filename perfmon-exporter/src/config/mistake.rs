//! What is wrong with a configuration, where, and what would be right.

use std::fmt::{self, Write};

use serde::de::{self, Expected, Unexpected};

use super::{
    example,
    node::{Node, Place},
};
use crate::near::hint;

/// A mistake in a configuration.
#[derive(Debug, Clone)]
pub(super) struct Mistake {
    at: Option<Place>,
    /// Keys from the inside out.
    path: Vec<Step>,
    sort: Sort,
    /// Apart, so that what can go wrong takes little room where it does not.
    said: Box<Said>,
}

/// What is said of it.
#[derive(Debug, Clone)]
struct Said {
    message: String,
    /// The same without what is written there; `None` if it is not known to be without.
    bare: Option<String>,
    /// It repeats nothing that nobody should read.
    is_clean: bool,
}

/// A message that repeats what is written, and one that does not, for what may be a secret.
pub(super) struct Repeats<A, B> {
    pub(super) with: A,
    pub(super) without: B,
}

const BARE: char = '\0';

impl<A: fmt::Display, B: fmt::Display> fmt::Display for Repeats<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // serde hands on what can be shown and nothing else, so the other one is asked for by a flag, and known by a sign that no text has.
        if f.alternate() { write!(f, "{BARE}{}", self.without) } else { self.with.fmt(f) }
    }
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
        Self { at: Some(at), ..<Self as de::Error>::custom(message.into()) }
    }

    fn of(sort: Sort, message: impl fmt::Display) -> Self {
        Self { sort, ..<Self as de::Error>::custom(message) }
    }

    /// With a message that repeats nothing.
    fn bare(message: String) -> Self {
        let mut mistake = <Self as de::Error>::custom(&message);
        mistake.said.bare = Some(message);
        mistake
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

    /// Repeats nothing of a value that came from variables, which may be a secret that stands in the wrong place, nor of one that is always kept.
    pub(super) fn hide(mut self, node: &Node) -> Self {
        let said = &mut *self.said;
        if node.written.is_none() && (!node.is_secret || said.is_clean) {
            return self;
        }
        if !said.is_clean {
            let bare = said.bare.take();
            said.message = bare.unwrap_or_else(|| {
                let message = std::mem::take(&mut said.message);
                if node.is_repeated_in(&message) { String::from("it is not right here") } else { message }
            });
            said.is_clean = true;
        }
        if let Some(written) = &node.written {
            // Keys below it came from there, too.
            said.message = format!("a value from {}, which is not shown: {}", written.variables, said.message);
            self.path.clear();
            self.sort = Sort::Value;
        }
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
            self.said.message = format!("there is no key {key:?} here; it belongs below [{section}]");
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
        write!(f, "{}: {}", parts.collect::<Vec<_>>().join(", "), self.said.message)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let (message, bare) = (message.to_string(), format!("{message:#}"));
        let bare = bare.strip_prefix(BARE).map(str::to_owned);
        let said = Box::new(Said { message, bare, is_clean: false });
        Self { at: None, path: Vec::new(), sort: Sort::Value, said }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::bare(format!("expected {}, found {}", wanted(expected), kind(&found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let wanted = wanted(expected);
        let without = format!("expected {wanted}, found another {}", kind(&found));
        // Numbers alone are told: a text may be a secret.
        let number = match found {
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Float(number) => number.to_string(),
            _ => return Self::bare(without),
        };
        Self::custom(Repeats { with: format_args!("expected {wanted}, found {number}"), without })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let sign = SIGNS.iter().find(|(sign, name)| *sign == variant && expected.contains(name));
        let hint = sign
            .map_or_else(|| hint(variant, expected.iter().copied()), |(_, name)| format!("; did you mean {name:?}?"));
        let rest = format!("is not allowed here{hint} Write {}", list(expected, "or"));
        Self::custom(Repeats { with: format_args!("{variant:?} {rest}"), without: format_args!("it {rest}") })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = hint(field, expected.iter().copied());
        let known = if expected.is_empty() { "none".to_owned() } else { list(expected, "and") };
        let sort = Sort::Unknown(field.to_owned());
        let with = format_args!("there is no key {field:?}{hint} Allowed here: {known}");
        Self::of(sort, Repeats { with, without: format_args!("there is no such key{hint} Allowed here: {known}") })
    }

    fn missing_field(field: &'static str) -> Self {
        Self { sort: Sort::Missing(field), ..Self::bare(format!("the key {field:?} is missing; it has no default")) }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self { sort: Sort::Twice(field), ..Self::bare(format!("the key {field:?} is written twice; remove one")) }
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
