//! `/api/v1/metrics`: the values of a metric or a call site over time.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    answer::{Answer, json},
    labels::Wanted,
    params::{Params, Range, kind},
    query::{CANONICAL, Figure, Query},
    schema::{self, kind_schema},
    values::Values,
};
use crate::{
    serve::{coding::Coding, problem::Document},
    state::Shared,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MetricsAsked {
    /// The name of a metric or a call site; a metric comes first where both have it. Gauges and counters also by the name that `/metrics` shows.
    #[param(example = "cpu_usage_percent")]
    name: String,
    /// Looks for a call site of this kind only.
    #[param(schema_with = kind_schema, required = false)]
    kind: Option<String>,
    /// Seconds since 1970, a time (RFC 3339), or so long before now as `-15m`; an hour ago by default.
    #[param(schema_with = schema::time, required = false)]
    start: Option<String>,
    /// Seconds since 1970, a time (RFC 3339), or so long before now; `now` by default.
    #[param(schema_with = schema::time, required = false)]
    end: Option<String>,
    /// One value for each so many seconds, or for each `5m`, from multiples of that since 1970. Of call sites and histograms the last minute is known by seconds,
    /// the last quarter of an hour by ten seconds, the last hour by minutes: a shorter step gives what there is, and every point says its `start` and `end`.
    #[param(schema_with = schema::step, required = false)]
    step: Option<String>,
    /// How values become one: in each step, and over the whole range. `rate` and `increase` are of counters. Of a call site, the durations of its calls.
    /// Values older than ten minutes are kept as means of ten seconds, then of minutes, with their ends: percentiles are of those means.
    #[param(schema_with = schema::aggregate, required = false)]
    aggregate: Option<String>,
    /// The figure of a call site or a histogram; `calls` by default. Not together with `aggregate`.
    #[param(schema_with = schema::measure, required = false)]
    measure: Option<String>,
    /// Only series with this label, as `key:value`; several may be given, and of several values of one key any is right.
    #[serde(default)]
    #[param(schema_with = schema::pairs, required = false)]
    labels: Vec<String>,
}

/// The values of a gauge or counter for as long as the history keeps them, a day unless configured otherwise: single ones for ten minutes, by ten seconds
/// for an hour, by minutes before. Of a call site or a histogram the figures of the last hour, in pieces of one second to a minute or in steps; what was before that
/// is one piece, for whoever asks for all of it. Histograms are in base units, as in `/metrics`.
#[utoipa::path(get, path = "/api/v1/metrics", params(MetricsAsked), tag = "metrics", responses(
    (status = 200, body = Values),
    (status = 400, body = Document, content_type = "application/problem+json"),
    (status = 404, body = Document, content_type = "application/problem+json"),
    (status = 422, body = Document, content_type = "application/problem+json", description = "Right as it is written, and without a meaning here")
))]
pub(super) async fn metrics(State(shared): State<Arc<Shared>>, coding: Coding, asked: Params<MetricsAsked>) -> Answer {
    let MetricsAsked { name, kind: of_kind, start, end, step, aggregate, measure, labels } = asked.0;
    let query = Query {
        name,
        names: &[CANONICAL],
        kind: of_kind.as_deref().map(kind).transpose()?,
        range: Range::of(("start", start), ("end", end))?,
        figure: Figure::of(step, aggregate, measure)?,
        wanted: Wanted::of(&labels)?,
    };
    json(shared, coding, move |shared| query.answer(shared)).await
}
