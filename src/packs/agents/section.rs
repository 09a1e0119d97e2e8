//! Agents in the exporter's dashboard.

use serde_json::Value;

use super::summary;

/// What agents did and used; nothing when there are none.
pub(crate) fn section() -> Option<Value> {
    let summary = summary();
    let any = !summary.agents.is_empty() || !summary.tools.is_empty();
    any.then(|| serde_json::to_value(summary).ok()).flatten()
}
