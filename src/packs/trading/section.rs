//! The books in the exporter's dashboard.

use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use super::{Book, KillSwitch, books};

/// Every book with its kill switches; nothing when there is none.
pub(crate) fn section() -> Option<Value> {
    let books: Vec<Value> = books().iter().map(book).collect();
    (!books.is_empty()).then(|| json!({"books": books}))
}

/// A book as its summary has it, without the days that are over: twenty years of them are a megabyte.
fn book(book: &Book) -> Value {
    let mut told = serde_json::to_value(book.view(false, None)).unwrap_or_default();
    if let Some(members) = told.as_object_mut() {
        members.remove("days");
        let switches: Vec<Value> = book.kill_switches().all().iter().map(switch).collect();
        members.insert("kill_switches".to_owned(), switches.into());
    }
    told
}

fn switch(switch: &KillSwitch) -> Value {
    let state = switch.state();
    // Seconds since 1970, as all times in the dashboard.
    let since = state.since.and_then(|since| since.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs_f64());
    json!({
        "name": switch.name(),
        "active": state.active,
        "reason": state.reason,
        "since": since,
        "activations": state.activations,
    })
}
