//! Secrets that stand in files of their own, as Kubernetes and Docker give them to a process.

use std::path::Path;

use super::{
    mistake::{Mistake, Step},
    mistakes::Mistakes,
    node::{Entry, Node, Table, Value},
    watcher::Watched,
};
use crate::file;

/// The list, the key of the file, and the key that it stands for.
const KEYS: [(&str, &str, &str); 2] =
    [("tokens", "token_file", "secret"), ("users", "password_hash_file", "password_hash")];

/// Puts what is in the files in the place of their names. Returns the files, as they were before they were read.
pub(super) fn read_in(root: &mut Node, folder: &Path, mistakes: &mut Mistakes) -> Vec<Watched> {
    let mut files = Vec::new();
    let Some(server) = root.get_mut("server") else { return files };
    for (list, file_key, key) in KEYS {
        let Some(Value::List(items)) = server.get_mut(list).map(|node| &mut node.value) else { continue };
        for (number, item) in items.iter_mut().enumerate() {
            let Value::Table(table) = &mut item.value else { continue };
            if let Err(mistake) = read_one(table, (file_key, key), folder, &mut files) {
                let path = [Step::Key(file_key.to_owned()), Step::Number(number), Step::Key(list.to_owned())];
                let path = path.into_iter().chain([Step::Key("server".to_owned())]);
                mistakes.add(path.fold(mistake, Mistake::below));
            }
        }
    }
    files
}

fn read_one(
    table: &mut Table,
    (file_key, key): (&str, &str),
    folder: &Path,
    files: &mut Vec<Watched>,
) -> Result<(), Mistake> {
    let is_there = table.0.iter().any(|entry| entry.key == key);
    let Some(entry) = table.0.iter_mut().find(|entry| entry.key == file_key) else { return Ok(()) };
    let (Value::Text(name) | Value::Word(name)) = &entry.node.value else { return Ok(()) };
    let at = entry.node.at.clone();
    let file = Watched::new(&folder.join(name));
    // Whatever comes of it, there is nothing more to be said of the name.
    entry.node.value = Value::Gone;
    if is_there {
        return Err(Mistake::new(at, format!("there are both {key:?} and {file_key:?}; remove one")));
    }
    // Which file that is stands at the place that is told, and may be the secret itself.
    let read = file::read(&file.path).map_err(|error| format!("failed to read that file: {error}; {}", error.remedy()));
    files.push(file);
    let read = read.and_then(|bytes| {
        let text = String::from_utf8(bytes).map_err(|_| String::from("that file is no UTF-8"))?;
        match text.trim_end() {
            "" => Err(String::from("that file is empty")),
            secret => Ok(Value::Text(secret.to_owned())),
        }
    });
    let (value, result) = match read {
        Ok(secret) => (secret, Ok(())),
        Err(message) => (Value::Told, Err(Mistake::new(at.clone(), message))),
    };
    table.0.push(Entry { key: key.to_owned(), at: at.clone(), node: Node::new(value, at) });
    result
}

/// Whether a secret stands in the file itself.
pub(super) fn stands_in(root: &mut Node) -> bool {
    let Some(server) = root.get_mut("server") else { return false };
    KEYS.iter().any(|(list, _, key)| {
        let Some(Value::List(items)) = server.get_mut(list).map(|node| &mut node.value) else { return false };
        let secrets = items.iter_mut().filter_map(|item| item.get_mut(key));
        secrets.into_iter().any(|secret| matches!(secret.value, Value::Text(_)))
    })
}
