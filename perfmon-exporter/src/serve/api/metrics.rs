//! `/api/v1/metrics`: the values of a metric or a call site over time.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{Answer, json},
    openapi,
    params::{Params, Range, Wanted, kind, kind_schema},
    query::Query,
    time::step,
};
use crate::{
    serve::{
        coding::Coding,
        problem::{Document, Problem},
    },
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
    /// Seconds since 1970, or a time (RFC 3339); an hour ago by default.
    #[param(schema_with = openapi::time, required = false)]
    start: Option<String>,
    /// Seconds since 1970, or a time (RFC 3339); now by default.
    #[param(schema_with = openapi::time, required = false)]
    end: Option<String>,
    /// One value for each so many seconds, or for each `5m`. Of gauges and counters only: what is known of calls is in pieces of its own.
    #[param(schema_with = openapi::step, required = false)]
    step: Option<String>,
    /// How values become one: in each step, and over the whole range. `rate` and `increase` are of counters. Of a call site, the durations of its calls.
    /// Values older than ten minutes are kept as means of ten seconds, then of minutes, with their ends: percentiles are of those means.
    #[param(schema_with = openapi::aggregate, required = false)]
    aggregate: Option<String>,
    /// The figure of a call site or a histogram; `calls` by default. Not together with `aggregate`.
    #[param(schema_with = openapi::measure, required = false)]
    measure: Option<String>,
    /// Only series with this label, as `key:value`; several may be given.
    #[serde(default)]
    #[param(schema_with = openapi::pairs, required = false)]
    labels: Vec<String>,
}

/// The values of a metric or a call site.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Values {
    pub(super) name: String,
    /// `metric` or `site`.
    pub(super) source: &'static str,
    /// Of a metric counter, gauge or histogram; of a site its kind.
    pub(super) kind: &'static str,
    /// Of the points; empty if they have none.
    pub(super) unit: String,
    /// Of `value`, as `count` or `bytes_per_second`.
    pub(super) value_unit: String,
    /// Seconds since 1970. Of a call site or a histogram this range is the one that its pieces cover, which may be wider than what was asked for.
    pub(super) start: f64,
    pub(super) end: f64,
    /// All series over the whole range as one value, if that was asked for; `null` where there is none.
    pub(super) value: Option<f64>,
    pub(super) series: Vec<SeriesView>,
}

/// The values for one set of labels.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Series)]
pub(super) struct SeriesView {
    pub(super) labels: BTreeMap<String, String>,
    /// The whole range as one value, if that was asked for; `null` where there is none.
    pub(super) value: Option<f64>,
    /// The oldest first.
    pub(super) points: Vec<PointView>,
}

/// A value, or several that are close in time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Point)]
pub(super) struct PointView {
    /// Seconds since 1970: when it was collected; of several, when their step began; of a call site, when what it is of ended.
    pub(super) timestamp: f64,
    /// `null` where the values of a step do not make one.
    pub(super) value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<f64>,
    /// How many values it stands for; of a call site, calls.
    pub(super) count: u64,
    /// Of a call site or a histogram, the time it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span_seconds: Option<f64>,
}

/// The values of a gauge or counter for as long as the history keeps them, a day unless configured otherwise: single ones for ten minutes, by ten seconds
/// for an hour, by minutes before. Of a call site or a histogram, what the live windows tell of the range, in pieces that get longer with age.
#[utoipa::path(get, path = "/api/v1/metrics", params(MetricsAsked), tag = "metrics", responses(
    (status = 200, body = Values),
    (status = 400, body = Document, content_type = "application/problem+json"),
    (status = 404, body = Document, content_type = "application/problem+json"),
    (status = 422, body = Document, content_type = "application/problem+json", description = "Right as it is written, and without a meaning here")
))]
pub(super) async fn metrics(State(shared): State<Arc<Shared>>, coding: Coding, asked: Params<MetricsAsked>) -> Answer {
    let asked = asked.0;
    let range = Range::of(("start", asked.start), ("end", asked.end))?;
    let query = Query {
        kind: asked.kind.as_deref().map(kind).transpose()?,
        range,
        step: asked.step.map(|text| step("step", &text)).transpose()?,
        aggregate: chosen(
            "aggregate",
            asked.aggregate,
            "avg, min, max, sum, last, count, increase, rate, or a percentile such as p99.9",
        )?,
        measure: chosen(
            "measure",
            asked.measure,
            "calls, ok, errors, panics, cancelled, in_flight, rate, error_rate, mean, min, max, total, or a percentile such as p99.9",
        )?,
        wanted: Wanted::of(&asked.labels)?,
        name: asked.name,
    };
    json(shared, coding, move |shared| query.answer(shared)).await
}

fn chosen<T: std::str::FromStr>(parameter: &str, name: Option<String>, known: &str) -> Result<Option<T>, Problem> {
    let parse = |name: String| {
        name.parse().map_err(|_| Problem::bad_request(format!("unknown {parameter} {name:?}: write {known}")))
    };
    name.map(parse).transpose()
}
