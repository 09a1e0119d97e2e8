//! Endpoints in the exporter's dashboard.

use serde_json::{Map, Value, json};

use super::{Endpoint, endpoints};
use crate::Snapshot;

/// How each endpoint did in a piece of time, as far as anybody asked it; nothing when nobody asked any.
pub(crate) fn section(recent: &Snapshot) -> Option<Value> {
    let asked = endpoints(recent).into_iter().filter(|endpoint| endpoint.count + endpoint.in_flight > 0);
    let told: Vec<Value> = asked.map(endpoint).collect();
    (!told.is_empty()).then(|| json!({"endpoints": told}))
}

/// An endpoint, its responses by status.
fn endpoint(mut endpoint: Endpoint) -> Value {
    let statuses = std::mem::take(&mut endpoint.statuses);
    let statuses: Map<_, _> = statuses.into_iter().map(|(status, count)| (status, count.into())).collect();
    let mut told = serde_json::to_value(endpoint).unwrap_or_default();
    if let Some(members) = told.as_object_mut() {
        members.insert("statuses".to_owned(), statuses.into());
    }
    told
}
