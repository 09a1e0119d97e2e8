//! `/api/v1/dashboard`: everything at a glance, as one document.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use perfmon_core::{
    Snapshot,
    analyse::{Verdict, Window},
    collect::collectors,
    snapshot,
    snapshot::{Metric, Site, Stats, Value},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    alike::Alert,
    answer::{Answer, json},
    labels::{labels, owned},
    params::{Params, windows},
    schema::{kind_schema, window_schema},
    stats::StatsView,
};
use crate::{
    serve::{coding::Coding, number::unix, problem::Document, vitals::Vitals},
    state::Shared,
};

const DEFAULT_WINDOW: Window = Window::FiveMinutes;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DashboardAsked {
    /// The live window that performance and latency are of; `5m` by default.
    #[param(schema_with = window_schema, required = false)]
    window: Option<String>,
}

/// Everything at a glance.
#[derive(Serialize, ToSchema)]
pub(super) struct Dashboard {
    /// Seconds since 1970.
    timestamp: f64,
    /// `null` in the first second.
    health: Option<Vitals>,
    performance: Performance,
    /// Profit and loss: `null` where nobody tells it.
    #[schema(value_type = serde_json::Value)]
    pnl: Option<serde_json::Value>,
    /// Those that are active; `null` as long as nobody watches for any.
    alerts: Option<Vec<Alert>>,
    /// By component: call sites that were called, those that took most time first.
    latency: Vec<Component>,
    /// The newest value of every gauge and counter, by name.
    resources: BTreeMap<String, Vec<Resource>>,
    /// What the program and its packs tell besides.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    sections: BTreeMap<&'static str, Option<serde_json::Value>>,
}

/// All calls of all sites together.
#[derive(Serialize, ToSchema)]
pub(super) struct Performance {
    /// The live window.
    window: &'static str,
    /// The time it truly covers.
    span_seconds: f64,
    calls: u64,
    errors: u64,
    panics: u64,
    in_flight: u64,
    calls_per_second: f64,
    /// 0 to 1.
    error_rate: f64,
    /// Objectives that do not hold: each over its own window, whatever the one asked for, and for as long as its `for` says.
    objectives_missed: usize,
}

/// A call site in the window.
#[derive(Serialize, ToSchema)]
pub(super) struct Component {
    #[schema(schema_with = kind_schema)]
    kind: &'static str,
    name: String,
    stats: StatsView,
}

/// The newest value of a gauge or counter.
#[derive(Serialize, ToSchema)]
pub(super) struct Resource {
    labels: BTreeMap<String, String>,
    /// `null` when it is not a finite number.
    value: Option<f64>,
    unit: String,
}

/// The whole dashboard as one document.
#[utoipa::path(get, path = "/api/v1/dashboard", params(DashboardAsked), tag = "dashboard", responses(
    (status = 200, body = Dashboard), (status = 400, body = Document, content_type = "application/problem+json")
))]
pub(super) async fn dashboard(
    State(shared): State<Arc<Shared>>,
    coding: Coding,
    asked: Params<DashboardAsked>,
) -> Answer {
    let window = windows(asked.0.window.as_slice(), &[DEFAULT_WINDOW])?.first().copied().unwrap_or(DEFAULT_WINDOW);
    json(shared, coding, move |shared| {
        let now = snapshot();
        let recent = shared.window(window, &now);
        let mut sections = shared.sections(&recent);
        let tick = shared.latest();
        let verdicts = tick.as_ref().map_or(&[][..], |tick| &tick.verdicts);
        Ok(Dashboard {
            timestamp: unix(now.taken_at()),
            health: tick.as_ref().map(|tick| Vitals::of(tick, collectors())),
            performance: performance(window, &recent, &now, verdicts),
            pnl: sections.remove("pnl").flatten(),
            alerts: None,
            latency: components(&recent),
            resources: now.metrics().iter().filter_map(resource).collect(),
            sections,
        })
    })
    .await
}

fn performance(window: Window, recent: &Snapshot, now: &Snapshot, verdicts: &[Verdict]) -> Performance {
    let sum = |of: fn(&Stats) -> u64| recent.sites().iter().map(|site| of(site)).sum::<u64>();
    let (calls, errors, panics) = (sum(Stats::calls), sum(Stats::errors), sum(Stats::panics));
    Performance {
        window: window.as_str(),
        span_seconds: recent.span().as_secs_f64(),
        calls,
        errors,
        panics,
        in_flight: now.sites().iter().map(|site| site.in_flight()).sum(),
        calls_per_second: recent.per_second(calls),
        error_rate: if calls == 0 { 0.0 } else { (errors + panics) as f64 / calls as f64 },
        objectives_missed: verdicts.iter().filter(|verdict| verdict.is_missed()).count(),
    }
}

fn components(recent: &Snapshot) -> Vec<Component> {
    let mut called: Vec<&Site> = recent.sites().iter().filter(|site| site.calls() > 0).collect();
    called.sort_by_key(|site| std::cmp::Reverse(site.outermost()));
    let component = |site: &Site| Component {
        kind: site.kind().as_str(),
        name: site.name().to_owned(),
        stats: StatsView::of(site, recent),
    };
    called.into_iter().map(component).collect()
}

fn resource(metric: &Metric) -> Option<(String, Vec<Resource>)> {
    let values = metric.series().iter().filter_map(|series| {
        let value = match series.value() {
            Value::Counter(count) => *count as f64,
            Value::Gauge(value) => *value,
            _ => return None,
        };
        Some(Resource {
            labels: owned(labels(metric.label_keys(), series.values())),
            value: Some(value).filter(|value| value.is_finite()),
            unit: metric.unit().to_owned(),
        })
    });
    let values: Vec<_> = values.collect();
    (!values.is_empty()).then(|| (metric.name().to_owned(), values))
}
