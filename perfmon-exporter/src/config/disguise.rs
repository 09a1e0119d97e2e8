//! What came from variables, and how it is shown: as it is written, `${NAME}`, so that no secret shows wherever somebody has put it.

use std::{fmt, sync::Arc};

use super::node::{Entry, Node, Table, Value};
use crate::settings::Secret;

/// How a value is written that variables are part of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// The whole text, without defaults: `https://${HOST}`.
    pub(super) text: String,
    /// The variables alone: `${HOST}`.
    pub(super) variables: String,
}

/// Values and how they are shown.
#[derive(Clone, Default)]
pub(super) struct Disguise(Arc<Vec<(Secret, String)>>);

/// Shorter ones are no secrets, and parts of ordinary words.
const SHORTEST: usize = 8;

impl Disguise {
    pub(super) fn of(root: &Node) -> Self {
        let mut values = Vec::new();
        add(root, &mut values);
        // A value that is part of another one comes after it.
        values.sort_by_key(|(value, _)| std::cmp::Reverse(value.expose().len()));
        Self(Arc::new(values))
    }

    /// A text without those values.
    pub(super) fn put_on(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, written) in self.0.iter() {
            let value = value.expose();
            let quoted = format!("{value:?}");
            let escaped = quoted.trim_matches('"');
            for shown in [value, escaped] {
                if text.contains(shown) {
                    text = text.replace(shown, written);
                }
            }
        }
        text
    }
}

fn add(node: &Node, values: &mut Vec<(Secret, String)>) {
    match &node.value {
        Value::Word(word) if word.trim().len() >= SHORTEST => {
            if let Some(written) = &node.written {
                values.push((Secret::from(word.trim()), written.text.clone()));
                // In a variable a list or table may stand, whose items are used one by one.
                let parts = word.split(|c: char| c.is_whitespace() || ",=[]{}\"'".contains(c));
                // Of a path its folder may be told, of an address its host.
                let parts = parts.chain(word.match_indices(['/', ':']).map(|(at, _)| &word[..at]));
                let parts = parts.filter(|part| (SHORTEST..word.trim().len()).contains(&part.len()));
                values.extend(parts.map(|part| (Secret::from(part), written.variables.clone())));
            }
        }
        Value::List(list) => list.iter().for_each(|node| add(node, values)),
        Value::Table(Table(entries)) => entries.iter().for_each(|Entry { node, .. }| add(node, values)),
        _ => {}
    }
}

// It says nothing of what it hides.
impl fmt::Debug for Disguise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
