//! A configuration as it was written, in whatever format: values, and where they stand.

use std::{fmt, sync::Arc};

use zeroize::Zeroize;

use super::disguise::Written;

/// A value and its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Place,
    /// How it is written, if variables are part of it.
    pub(super) written: Option<Arc<Written>>,
    /// It is, or is beside, what nobody should read.
    pub(super) is_secret: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    /// As good as absent.
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    /// From the environment, where everything is text: read as whatever is asked for.
    Word(String),
    List(Vec<Node>),
    Table(Table),
    /// It was a mistake, or missing where it has to be. That is told, and it reads as whatever is asked for, so that what is around it can be read.
    Told,
    /// As [`Told`](Self::Told), and not even that helped: as good as absent.
    Gone,
}

/// Keys in the order in which they are written.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(pub(super) Vec<Entry>);

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: Place,
    pub(super) node: Node,
}

/// A text that a configuration is read from.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    pub(super) text: String,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// At a byte of a text. Its line is only counted when it is told.
    Byte(Arc<Source>, usize),
    /// In a text; line and column count from 1, the column in characters.
    Line { name: Arc<str>, line: usize, column: usize },
    /// In an environment variable.
    Variable(Arc<str>),
}

impl Source {
    /// Line and column of a byte.
    fn line_of(&self, byte: usize) -> (usize, usize) {
        let mut byte = byte.min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

// The text may contain secrets, and is kept as long as its places are.
impl Drop for Source {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Place {
    /// The beginning of a text.
    pub(super) fn start(name: &Arc<str>) -> Self {
        Self::Line { name: name.clone(), line: 1, column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(source, byte) => {
                let (line, column) = source.line_of(*byte);
                write!(f, "{}:{line}:{column}", source.name)
            }
            Self::Line { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
        }
    }
}

impl Node {
    pub(super) fn new(value: Value, at: Place) -> Self {
        Self { value, at, written: None, is_secret: false }
    }

    /// What it is, in a word. Never its value, which may be a secret.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null | Value::Told | Value::Gone => "nothing",
            Value::Bool(_) => "true or false",
            Value::Integer(_) | Value::Float(_) => "a number",
            Value::Text(_) | Value::Word(_) => "a text",
            Value::List(_) => "a list",
            Value::Table(_) => "a section",
        }
    }

    /// Puts a value where a path of keys leads, making what is not there yet.
    pub(super) fn set(&mut self, path: &[String], node: Self) {
        let Some((key, rest)) = path.split_first() else {
            *self = node;
            return;
        };
        let number = key.parse::<usize>().ok();
        if let (Value::List(list), Some(number)) = (&mut self.value, number) {
            if let Some(one) = list.get_mut(number) {
                return one.set(rest, node);
            }
            let mut one = Self::new(Value::Null, node.at.clone());
            one.set(rest, node);
            list.push(one);
            return;
        }
        if let (Value::Null, Some(0)) = (&self.value, number) {
            self.value = Value::List(Vec::new());
            return self.set(path, node);
        }
        if !matches!(self.value, Value::Table(_)) {
            *self = Self::new(Value::Table(Table::default()), node.at.clone());
        }
        let Value::Table(table) = &mut self.value else { return };
        let known = table.0.iter().position(|entry| entry.key.eq_ignore_ascii_case(key));
        let at = known.unwrap_or_else(|| {
            let null = Self::new(Value::Null, node.at.clone());
            table.0.push(Entry { key: key.clone(), at: node.at.clone(), node: null });
            table.0.len() - 1
        });
        table.0[at].node.set(rest, node);
    }

    /// The value of a key, of a table.
    pub(super) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        let Value::Table(table) = &mut self.value else { return None };
        table.0.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
    }

    /// Has messages repeat nothing of what it is and has.
    pub(super) fn keep_secret(&mut self) {
        self.is_secret = true;
        match &mut self.value {
            Value::List(list) => list.iter_mut().for_each(Self::keep_secret),
            Value::Table(Table(entries)) => entries.iter_mut().for_each(|entry| entry.node.keep_secret()),
            _ => {}
        }
    }

    /// Whether a text repeats something of what it is and has.
    pub(super) fn is_repeated_in(&self, text: &str) -> bool {
        match &self.value {
            Value::Text(own) | Value::Word(own) => !own.trim().is_empty() && text.contains(own.trim()),
            Value::List(list) => list.iter().any(|node| node.is_repeated_in(text)),
            Value::Table(Table(entries)) => entries.iter().any(|entry| entry.node.is_repeated_in(text)),
            _ => false,
        }
    }

    /// Leaves a key out.
    pub(super) fn drop_key(&mut self, key: &str) {
        if let Value::Table(table) = &mut self.value {
            table.0.retain(|entry| entry.key != key);
        }
    }

    /// Leaves out what a table has under other keys.
    pub(super) fn keep(&mut self, keys: &[&str]) {
        if let Value::Table(table) = &mut self.value {
            table.0.retain(|entry| keys.contains(&entry.key.as_str()));
        }
    }

    /// Makes one section of those below each other: `a.b.c` is the name of a section, not a path.
    pub(super) fn join_names(&mut self) {
        let Value::Table(table) = &mut self.value else { return };
        let mut joined = Table::default();
        for entry in std::mem::take(&mut table.0) {
            joined.join(entry);
        }
        *table = joined;
    }
}

impl Table {
    fn join(&mut self, mut entry: Entry) {
        let mut below = Vec::new();
        if let Value::Table(table) = &mut entry.node.value {
            let (tables, own) = std::mem::take(&mut table.0)
                .into_iter()
                .partition(|entry: &Entry| matches!(entry.node.value, Value::Table(_)));
            (below, table.0) = (tables, own);
            if table.0.is_empty() && !below.is_empty() {
                return below.into_iter().for_each(|inner| self.join(inner.below(&entry.key)));
            }
        }
        let key = entry.key.clone();
        match self.0.iter_mut().find(|known| known.key == key) {
            // Written both as one name and as a path.
            Some(known) => match (&mut known.node.value, entry.node.value) {
                (Value::Table(known), Value::Table(more)) => known.0.extend(more.0),
                (value, more) => *value = more,
            },
            None => self.0.push(entry),
        }
        below.into_iter().for_each(|inner| self.join(inner.below(&key)));
    }
}

impl Entry {
    fn below(self, key: &str) -> Self {
        Self { key: format!("{key}.{}", self.key), ..self }
    }
}
