//! `/api/v1/health`.

use std::sync::Arc;

use axum::extract::State;
use perfmon_core::collect::collectors;

use super::{
    answer::{Answer, json},
    params::{Nothing, Params},
};
use crate::{
    serve::{
        coding::Coding,
        problem::{Document, Problem},
        vitals::Vitals,
    },
    state::Shared,
};

/// How healthy the process is, and why. The status is 200 also when it is not; `/health` is for those who go by the status.
#[utoipa::path(get, path = "/api/v1/health", tag = "health", responses(
    (status = 200, body = Vitals),
    (status = 400, body = Document, content_type = "application/problem+json"),
    (status = 503, body = Document, content_type = "application/problem+json", description = "Started a moment ago")
))]
pub(super) async fn health(State(shared): State<Arc<Shared>>, coding: Coding, _: Params<Nothing>) -> Answer {
    json(shared, coding, |shared| match shared.latest() {
        Some(tick) => Ok(Vitals::of(&tick, collectors())),
        None => Err(Problem::unavailable("the exporter has just been started: ask again in a moment")),
    })
    .await
}
