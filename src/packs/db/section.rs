//! Slow statements in the exporter's dashboard.

use serde_json::{Value, json};

use super::slow_queries;

/// The slow statements that are kept, without their values; nothing when there was none.
pub(crate) fn section() -> Option<Value> {
    let slow = slow_queries();
    // A call of a function is kept though no statement was seen.
    let any = slow.seen > 0 || !slow.recent.is_empty();
    any.then(|| json!({"slow_queries": slow}))
}
