//! Where values stand, for mistakes that show only when they are used: a file that is not there, a port that somebody has.

use std::{collections::BTreeMap, fmt};

use perfmon_core::Error;

use super::{
    mistake::{Step, key},
    node::{Entry, Node, Place, Table, Value},
};

/// The place of every value and section, by its key as messages tell it.
#[derive(Clone, Default)]
pub(super) struct Places(BTreeMap<String, Place>);

impl Places {
    pub(super) fn of(root: &Node) -> Self {
        let mut places = Self::default();
        places.add(root, &mut Vec::new());
        places
    }

    fn add(&mut self, node: &Node, path: &mut Vec<Step>) {
        if !path.is_empty() {
            self.0.insert(key(path.iter()), node.at.clone());
        }
        match &node.value {
            Value::Table(Table(entries)) => {
                for Entry { key, node, .. } in entries {
                    path.push(Step::Key(key.clone()));
                    self.add(node, path);
                    path.pop();
                }
            }
            Value::List(list) => {
                for (number, node) in list.iter().enumerate() {
                    path.push(Step::Number(number));
                    self.add(node, path);
                    path.pop();
                }
            }
            _ => {}
        }
    }

    /// Says where the value stands that led to it. In an item of a list that stands in a variable, where the list does.
    pub(super) fn tell(&self, key: &str, error: Error) -> Error {
        let list = key.split('[').next().unwrap_or(key);
        let Some(place) = self.0.get(key).or_else(|| self.0.get(list)) else { return error };
        let text = format!("{place}, {key}: {error}");
        if error.is_unavailable() { Error::unavailable(text) } else { Error::invalid(text) }
    }
}

// They say nothing that the values do not.
impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}
