//! `/api/metrics`, `/api/health`, `/api/alerts`: as programs written for the Agent Cellphone system's dashboard expect them.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use perfmon_core::{collect::collectors, snapshot, snapshot::MetricKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{Answer, json},
    labels::Wanted,
    params::{Params, Range},
    points::{DataPoint, PROFILE, named_by, past, present},
    query::{CANONICAL, Figure, Query},
    schema::{self, time},
};
use crate::{
    encode::Values,
    serve::{
        coding::Coding,
        number::unix,
        problem::{Document, Problem},
    },
    state::Shared,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MetricsAsked {
    /// A gauge or counter, by its own name or the one that it has in that system, as `app_requests_total`; or a call site or a histogram, as of /api/v1/metrics.
    #[param(example = "cpu_usage_percent")]
    metric_name: String,
    /// Seconds since 1970, or a time (RFC 3339); an hour ago by default.
    #[param(schema_with = time, required = false)]
    start_time: Option<String>,
    /// Seconds since 1970, or a time (RFC 3339); now by default.
    #[param(schema_with = time, required = false)]
    end_time: Option<String>,
    /// As of /api/v1/metrics.
    #[param(schema_with = schema::step, required = false)]
    step: Option<String>,
    /// As of /api/v1/metrics.
    #[param(schema_with = schema::aggregate, required = false)]
    aggregate: Option<String>,
    /// As of /api/v1/metrics.
    #[param(schema_with = schema::measure, required = false)]
    measure: Option<String>,
    /// As of /api/v1/metrics.
    #[serde(default)]
    #[param(schema_with = schema::pairs, required = false)]
    labels: Vec<String>,
}

/// The envelope of all three.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Success<T> {
    /// Always `success`.
    status: &'static str,
    data: T,
}

/// Values of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MetricData {
    metric_name: String,
    /// The oldest first.
    data_points: Vec<DataPoint>,
}

/// How the monitoring fares.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HealthData {
    running: bool,
    collectors_count: usize,
    active_alerts: usize,
    /// Seconds.
    uptime: f64,
}

/// Alerts that are active.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertData {
    alerts: Vec<Alert>,
}

/// An active alert.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "these are the names of the other system")]
pub(super) struct Alert {
    alert_id: String,
    rule_name: String,
    severity: String,
    current_value: f64,
    threshold: f64,
    /// Seconds since 1970.
    timestamp: f64,
}

fn success<T>(data: T) -> Success<T> {
    Success { status: "success", data }
}

/// The values of a gauge or counter, or the figures of a call site over time.
#[utoipa::path(get, path = "/api/metrics", operation_id = "compatible_metrics", params(MetricsAsked), tag = "compatible", responses(
    (status = 200, body = Success<MetricData>),
    (status = 400, body = Document, content_type = "application/problem+json"),
    (status = 404, body = Document, content_type = "application/problem+json"),
    (status = 422, body = Document, content_type = "application/problem+json", description = "Right as it is written, and without a meaning here")
))]
pub(super) async fn metrics(State(shared): State<Arc<Shared>>, coding: Coding, asked: Params<MetricsAsked>) -> Answer {
    let MetricsAsked { metric_name, start_time, end_time, step, aggregate, measure, labels } = asked.0;
    let range = Range::of(("start_time", start_time), ("end_time", end_time))?;
    let (figure, wanted) = (Figure::of(step, aggregate, measure)?, Wanted::of(&labels)?);
    json(shared, coding, move |shared| {
        let query = Query { name: metric_name, names: &[PROFILE, CANONICAL], kind: None, range, figure, wanted };
        let plain = if query.figure.is_plain() { plain(shared, &query)? } else { None };
        let mut data_points = match plain {
            Some(points) => points,
            None => flat(query.answer(shared)?),
        };
        data_points.retain(|point| point.has(&query.wanted));
        data_points.sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
        Ok(success(MetricData { metric_name: query.name, data_points }))
    })
    .await
}

/// The values of a gauge or counter, one by one; `None` if it is something else, or nothing.
fn plain(shared: &Shared, query: &Query) -> Result<Option<Vec<DataPoint>>, Problem> {
    let now = snapshot();
    let at = unix(now.taken_at());
    let (start, end) = query.range.until(at)?;
    let back = Duration::try_from_secs_f64((at - start).max(0.0)).unwrap_or(Duration::MAX);
    let metric = now.metric(&query.name).filter(|metric| metric.kind() != MetricKind::Histogram);
    let points = match (metric, named_by(shared, PROFILE, &query.name, &now)) {
        (Some(metric), _) => Some(past(&query.name, back, metric.unit(), |value| value)),
        (None, Some(Values { behind: Some(behind), unit, .. })) => {
            Some(past(&behind.metric, back, unit, |value| behind.shown(value)))
        }
        // What is added up or is of calls has no past, only a present.
        (None, Some(values)) => Some(present(values, at)),
        (None, None) => None,
    };
    Ok(points.map(|mut points| {
        points.retain(|point| (start..=end).contains(&point.timestamp));
        points
    }))
}

/// The points of all series.
fn flat(values: super::values::Values) -> Vec<DataPoint> {
    let super::values::Values { unit, series, .. } = values;
    let of_series = series.into_iter().flat_map(|series| {
        let tags = series.labels;
        series.points.into_iter().map(move |point| (tags.clone(), point))
    });
    let point = |(tags, point): (_, super::values::PointView)| DataPoint {
        value: point.value,
        timestamp: point.timestamp,
        tags,
        unit: unit.clone(),
    };
    of_series.map(point).collect()
}

/// Whether the monitoring runs.
#[utoipa::path(get, path = "/api/health", operation_id = "compatible_health", tag = "compatible", responses(
    (status = 200, body = Success<HealthData>)
))]
pub(super) async fn health(State(shared): State<Arc<Shared>>, coding: Coding) -> Answer {
    json(shared, coding, |shared| {
        let uptime = shared.latest().map_or(0.0, |tick| tick.snapshot.span().as_secs_f64());
        Ok(success(HealthData { running: true, collectors_count: collectors().len(), active_alerts: 0, uptime }))
    })
    .await
}

/// The active alerts.
#[utoipa::path(get, path = "/api/alerts", operation_id = "compatible_alerts", tag = "compatible", responses(
    (status = 200, body = Success<AlertData>)
))]
pub(super) async fn alerts(State(shared): State<Arc<Shared>>, coding: Coding) -> Answer {
    json(shared, coding, |_| Ok(success(AlertData { alerts: Vec::new() }))).await
}
