//! The environment: values of its own, and what `${…}` stands for.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    disguise::Written,
    example,
    mistake::{Mistake, Step},
    mistakes::Mistakes,
    node::{Entry, Node, Place, Table, Value},
    strangers,
};
use crate::near::hint;

/// What every variable begins with that is a value of the configuration.
pub(super) const PREFIX: &str = "PERFMON_";
/// Between two levels of keys.
pub(super) const LEVEL: &str = "__";

/// Environment variables.
#[derive(Debug, Default)]
pub(super) struct Environment {
    variables: BTreeMap<String, String>,
    /// Those that `${…}` stood for.
    named: RefCell<BTreeSet<String>>,
}

impl Environment {
    /// Those of the process. What is not Unicode is left out.
    pub(super) fn of_process() -> Self {
        let known = std::env::vars_os();
        let known = known.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { variables: known.collect(), ..Self::default() }
    }

    pub(super) fn of(variables: &[(&str, &str)]) -> Self {
        let known = variables.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        Self { variables: known.collect(), ..Self::default() }
    }

    /// What is told of variables that begin as ours do, and that neither the configuration nor the command line knows.
    pub(super) fn strangers(&self, sections: &[&str]) -> Vec<String> {
        let named = self.named.borrow();
        let others = self.variables.iter().filter(|(name, value)| !value.trim().is_empty() && !named.contains(*name));
        others.filter_map(|(name, value)| strangers::tell(name, value, sections)).collect()
    }

    /// Puts the values of `PERFMON_<SECTION>__<KEY>` in. Empty ones are as good as absent; names without a double underscore are no values: [`strangers`](Self::strangers).
    pub(super) fn override_in(&self, root: &mut Node, sections: &[&str], mistakes: &mut Mistakes) {
        for (name, value) in &self.variables {
            let Some(path) = name.strip_prefix(PREFIX).filter(|_| !value.trim().is_empty()) else { continue };
            let at = Place::Variable(Arc::from(name.as_str()));
            let Some((section, _)) = path.split_once(LEVEL) else {
                single_underscore(path, sections)
                    .into_iter()
                    .for_each(|message| mistakes.add(Mistake::new(at.clone(), message)));
                continue;
            };
            let section = section.to_lowercase();
            if !sections.contains(&section.as_str()) {
                let hint = hint(&section, sections.iter().copied());
                let message = format!("there is no section {section:?}{hint} There are {}", sections.join(", "));
                mistakes.add(Mistake::new(at, message));
                continue;
            }
            let path: Vec<String> = path.split(LEVEL).map(str::to_lowercase).collect();
            root.set(&path, Node::new(Value::Word(value.clone()), at));
        }
    }

    /// Puts values in the place of `${NAME}` and `${NAME:-default}`, and `$` in that of `$$`.
    pub(super) fn substitute_in(&self, root: &mut Node, mistakes: &mut Mistakes) {
        self.substitute(root, &mut |mistake| mistakes.add(mistake));
    }

    fn substitute(&self, node: &mut Node, tell: &mut dyn FnMut(Mistake)) {
        match &mut node.value {
            Value::Text(text) if text.contains('$') => match self.expand(text) {
                Ok((value, written)) => (node.value, node.written) = (value, written.map(Arc::new)),
                Err(message) => {
                    tell(Mistake::new(node.at.clone(), message));
                    node.value = Value::Told;
                }
            },
            Value::List(list) => {
                for (number, item) in list.iter_mut().enumerate() {
                    self.substitute(item, &mut |mistake| tell(mistake.below(Step::Number(number))));
                }
            }
            Value::Table(Table(entries)) => {
                for Entry { key, node, .. } in entries {
                    self.substitute(node, &mut |mistake| tell(mistake.below(Step::Key(key.clone()))));
                }
            }
            _ => {}
        }
    }

    fn expand(&self, text: &str) -> Result<(Value, Option<Written>), String> {
        let (mut expanded, mut rest) = (String::with_capacity(text.len()), text);
        let (mut written, mut variables) = (String::new(), Vec::new());
        while let Some((before, after)) = rest.split_once('$') {
            expanded += before;
            written += before;
            if let Some(after) = after.strip_prefix('$') {
                expanded.push('$');
                written += "$$";
                rest = after;
            } else if let Some(after) = after.strip_prefix('{') {
                let Some((inside, after)) = after.split_once('}') else {
                    return Err("\"${\" without \"}\"; write $$ for a dollar".to_owned());
                };
                expanded += self.value(inside)?;
                // What stands for a variable that is not there is written in the file, and may still be a secret.
                let variable = format!("${{{}}}", inside.split(":-").next().unwrap_or_default());
                written += &variable;
                variables.push(variable);
                rest = after;
            } else {
                expanded.push('$');
                written.push('$');
                rest = after;
            }
        }
        expanded += rest;
        written += rest;
        Ok(if variables.is_empty() {
            (Value::Text(expanded), None)
        } else {
            (Value::Word(expanded), Some(Written { text: written, variables: variables.join(" and ") }))
        })
    }

    fn value<'a>(&'a self, inside: &'a str) -> Result<&'a str, String> {
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(plain) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err("inside \"${…}\" there is no name of a variable; write ${NAME} or ${NAME:-default}".to_owned());
        }
        self.named.borrow_mut().insert(name.to_owned());
        let known = self.variables.get(name).map(String::as_str);
        match (known, default) {
            (Some(value), None) => Ok(value),
            (Some(value), Some(_)) if !value.is_empty() => Ok(value),
            (_, Some(default)) => Ok(default),
            (None, None) => Err(format!(
                "the environment variable {name} is not set; set it, or give what is no secret a default, as in ${{{name}:-default}}"
            )),
        }
    }
}

/// `PERFMON_SERVER_LISTEN` is a mistake; `PERFMON_SERVER_URL` is somebody else's, as there is no such key.
fn single_underscore(path: &str, sections: &[&str]) -> Option<String> {
    let path = path.to_lowercase();
    sections.iter().find(|section| path.strip_prefix(**section).is_some_and(|rest| rest.starts_with('_')))?;
    let keys = example::path_of(&path)?;
    let name = format!("{PREFIX}{}", keys.join(LEVEL)).to_uppercase();
    Some(format!("levels are told apart by two underscores; did you mean {name}?"))
}
