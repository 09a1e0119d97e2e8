//! `/api/metrics`, `/api/health`, `/api/alerts`: as programs written for the Agent Cellphone system's dashboard expect them.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::extract::State;
use perfmon_core::{
    Snapshot,
    analyse::Window,
    collect::collectors,
    series::{collected_at, series_over},
    snapshot,
    snapshot::{Metric, Value},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    answer::{Answer, json, unix},
    openapi::time,
    params::{Params, Range},
    site::{labels, owned},
};
use crate::{
    encode::{Scrape, Values},
    near::hint,
    serve::{
        coding::Coding,
        problem::{Document, Problem},
    },
    state::Shared,
};

/// The names that these programs know.
const PROFILE: &str = "agent_cellphone";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct MetricsAsked {
    /// A gauge or counter, by its own name or the one that it has in that system, as `app_requests_total`.
    #[param(example = "cpu_usage_percent")]
    metric_name: String,
    /// Seconds since 1970, or a time (RFC 3339); an hour ago by default.
    #[param(schema_with = time, required = false)]
    start_time: Option<String>,
    /// Seconds since 1970, or a time (RFC 3339); now by default.
    #[param(schema_with = time, required = false)]
    end_time: Option<String>,
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

/// A value of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DataPoint {
    /// `null` when it is not a finite number.
    value: Option<f64>,
    /// Seconds since 1970.
    timestamp: f64,
    tags: BTreeMap<String, String>,
    unit: String,
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

/// The values of a gauge or counter.
#[utoipa::path(get, path = "/api/metrics", operation_id = "compatible_metrics", params(MetricsAsked), tag = "compatible", responses(
    (status = 200, body = Success<MetricData>),
    (status = 400, body = Document, content_type = "application/problem+json"),
    (status = 404, body = Document, content_type = "application/problem+json"),
    (status = 422, body = Document, content_type = "application/problem+json", description = "Right as it is written, and without a meaning here")
))]
pub(super) async fn metrics(State(shared): State<Arc<Shared>>, coding: Coding, asked: Params<MetricsAsked>) -> Answer {
    let MetricsAsked { metric_name, start_time, end_time } = asked.0;
    let range = Range::of(("start_time", start_time), ("end_time", end_time))?;
    json(shared, coding, move |shared| {
        let now = snapshot();
        let at = unix(now.taken_at());
        range.check("start_time", at)?;
        let (start, end) = range.until(at);
        let back = Duration::try_from_secs_f64((at - start).max(0.0)).unwrap_or(Duration::MAX);
        let mut data_points = if let Some(metric) = now.metric(&metric_name) {
            past(&metric_name, back, metric.unit(), |value| value)
        } else {
            match named(shared, &metric_name, &now) {
                Some(Values { behind: Some(behind), unit, .. }) => {
                    past(&behind.metric, back, unit, |value| behind.shown(value))
                }
                // What is added up or is of calls has no past, only a present.
                Some(values) => present(values, at),
                None => {
                    let hint = hint(&metric_name, now.metrics().iter().map(Metric::name));
                    return Err(Problem::not_found(format!(
                        "there is no metric {metric_name:?}{hint} /api/v1/catalogue has all names"
                    )));
                }
            }
        };
        data_points.retain(|point| (start..=end).contains(&point.timestamp));
        data_points.sort_by(|a, b| a.timestamp.total_cmp(&b.timestamp));
        Ok(success(MetricData { metric_name, data_points }))
    })
    .await
}

/// The values that a metric had during the last while.
fn past(metric: &str, back: Duration, unit: &str, shown: impl Fn(f64) -> f64) -> Vec<DataPoint> {
    let mut points = Vec::new();
    for history in series_over(metric, back) {
        let tags: BTreeMap<_, _> = history.labels.into_iter().collect();
        points.extend(history.points.iter().map(|point| DataPoint {
            value: Some(shown(point.value)).filter(|value| value.is_finite()),
            timestamp: unix(point.at),
            tags: tags.clone(),
            unit: unit.to_owned(),
        }));
    }
    points
}

/// A figure by the name that it has in the Agent Cellphone system.
fn named(shared: &Shared, name: &str, now: &Snapshot) -> Option<Values> {
    named_by(shared, PROFILE, name, now)
}

/// A figure by the name that a profile gives it.
pub(super) fn named_by(shared: &Shared, profile: &str, name: &str, now: &Snapshot) -> Option<Values> {
    let profile = shared.profiles().get(Some(profile)).ok()?;
    if !profile.has_values(name) {
        return None;
    }
    let shown = Window::ALL.into_iter().filter(|window| profile.asks_for(*window));
    let windows: Vec<_> = shown.map(|window| (window.as_str(), shared.window(window, now))).collect();
    profile.values(name, &Scrape { snapshot: now, windows: &windows, slow: &[] })
}

fn present(values: Values, timestamp: f64) -> Vec<DataPoint> {
    let Values { unit, series, .. } = values;
    let point = |(tags, value): (_, f64)| {
        let value = Some(value).filter(|value| value.is_finite());
        DataPoint { value, timestamp, tags, unit: unit.to_owned() }
    };
    series.into_iter().map(point).collect()
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

/// The newest values of a gauge or counter, in this shape; `None` when there is no such metric.
pub(crate) fn data_points(shared: &Shared, name: &str, now: &Snapshot) -> Option<Vec<DataPoint>> {
    if let Some(metric) = now.metric(name) {
        return Some(newest(metric, now, metric.unit(), |value| value));
    }
    let values = named(shared, name, now)?;
    let behind = values.behind.as_ref().and_then(|behind| Some((behind, now.metric(&behind.metric)?)));
    Some(match behind {
        Some((behind, metric)) => newest(metric, now, values.unit, |value| behind.shown(value)),
        None => present(values, unix(now.taken_at())),
    })
}

/// The values of a metric, each with the time when it was collected.
fn newest(metric: &Metric, now: &Snapshot, unit: &str, shown: impl Fn(f64) -> f64) -> Vec<DataPoint> {
    let points = metric.series().iter().filter_map(|series| {
        let value = match series.value() {
            Value::Counter(count) => *count as f64,
            Value::Gauge(value) => *value,
            _ => return None,
        };
        let labels: Vec<_> = labels(metric.label_keys(), series.values()).collect();
        let at = collected_at(metric.name(), &labels).map_or(now.taken_at(), |at| at.min(now.taken_at()));
        let value = Some(shown(value)).filter(|value| value.is_finite());
        Some(DataPoint { value, timestamp: unix(at), tags: owned(labels.into_iter()), unit: unit.to_owned() })
    });
    points.collect()
}
