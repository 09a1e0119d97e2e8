//! `/api/v1/metrics`: the values of a metric or a call site over time.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use perfmon_core::site::Kind;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{Answer, json},
    openapi,
    params::{Params, Range, Wanted, kind_schema},
    query::Query,
};
use crate::{
    serve::{
        coding::Coding,
        problem::{Document, Problem},
    },
    state::Shared,
};

const STEPS: std::ops::RangeInclusive<f64> = 1.0..=86_400.0;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MetricsAsked {
    /// The name of a metric or a call site; a metric comes first where both have it.
    #[param(example = "cpu_usage_percent")]
    name: String,
    /// Looks for a call site of this kind only.
    #[param(schema_with = kind_schema, required = false)]
    kind: Option<Kind>,
    /// Seconds since 1970; an hour ago by default.
    #[param(minimum = 0)]
    start: Option<f64>,
    /// Seconds since 1970; now by default.
    #[param(minimum = 0)]
    end: Option<f64>,
    /// One value for each so many seconds.
    #[param(minimum = 1, maximum = 86400)]
    step: Option<f64>,
    /// How values become one: in each step, and over the whole range. Of a call site, the durations of its calls.
    #[param(schema_with = openapi::aggregate, required = false)]
    aggregate: Option<String>,
    /// The figure of a call site or a histogram; `calls` by default.
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
    /// Of the values; empty if they have none.
    pub(super) unit: String,
    /// Seconds since 1970.
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
    (status = 404, body = Document, content_type = "application/problem+json")
))]
pub(super) async fn metrics(State(shared): State<Arc<Shared>>, coding: Coding, asked: Params<MetricsAsked>) -> Answer {
    let asked = asked.0;
    let range = Range::of(("start", asked.start), ("end", asked.end))?;
    if let Some(step) = asked.step.filter(|step| !STEPS.contains(step)) {
        return Err(Problem::bad_request(format!("step is {step}: write seconds from 1 to 86400")));
    }
    let query = Query {
        kind: asked.kind,
        range,
        step: asked.step,
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
