//! Values of gauges and counters, one by one, as dashboards of other systems expect them.

use std::{collections::BTreeMap, time::Duration};

use perfmon_core::{
    Snapshot,
    analyse::Window,
    series::{collected_at, series_over},
    snapshot::{Metric, Value},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::labels::{Wanted, labels, owned};
use crate::{
    encode::{Scrape, Values},
    serve::number::unix,
    state::Shared,
};

/// The names that programs written for the Agent Cellphone system know.
pub(super) const PROFILE: &str = "agent_cellphone";

/// A value of a metric.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DataPoint {
    /// `null` when it is not a finite number.
    pub(super) value: Option<f64>,
    /// Seconds since 1970.
    pub(super) timestamp: f64,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) unit: String,
}

/// The values that a metric had during the last while.
pub(super) fn past(metric: &str, back: Duration, unit: &str, shown: impl Fn(f64) -> f64) -> Vec<DataPoint> {
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

pub(super) fn present(values: Values, timestamp: f64) -> Vec<DataPoint> {
    let Values { unit, series, .. } = values;
    let point = |(tags, value): (_, f64)| {
        let value = Some(value).filter(|value| value.is_finite());
        DataPoint { value, timestamp, tags, unit: unit.to_owned() }
    };
    series.into_iter().map(point).collect()
}

impl DataPoint {
    /// Whether it has the labels that are wanted.
    pub(super) fn has(&self, wanted: &Wanted) -> bool {
        wanted.are_in(&self.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())))
    }
}

/// The newest values of a gauge or counter that have these labels; `None` when there is no such metric.
pub(crate) fn data_points(shared: &Shared, name: &str, now: &Snapshot, wanted: &Wanted) -> Option<Vec<DataPoint>> {
    let mut points = newest_of(shared, name, now)?;
    points.retain(|point| point.has(wanted));
    Some(points)
}

fn newest_of(shared: &Shared, name: &str, now: &Snapshot) -> Option<Vec<DataPoint>> {
    if let Some(metric) = now.metric(name) {
        return Some(newest(metric, now, metric.unit(), |value| value));
    }
    let values = named_by(shared, PROFILE, name, now)?;
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
