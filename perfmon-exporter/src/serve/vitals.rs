//! `/health` and `/ready`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use perfmon_core::{
    analyse::{Deduction, HealthStatus, Window},
    collect::{CollectorStatus, collectors},
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Schema, schema::AnyOfBuilder},
};

use super::{
    performance::Summary,
    problem::{Document, Problem},
    secure::Caller,
};
use crate::state::{Shared, Tick};

/// What `/health` says.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct Vitals {
    #[schema(value_type = String, example = "healthy")]
    status: HealthStatus,
    /// 0 to 100.
    #[schema(maximum = 100)]
    score: u8,
    #[schema(value_type = Vec<DeductionView>)]
    deductions: Vec<Deduction>,
    uptime_seconds: f64,
    collectors: Vec<Collecting>,
    pump: Pumping,
    performance: Summary,
}

/// What it says to those who may not read.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthInShort)]
struct Brief {
    #[schema(value_type = String, example = "healthy")]
    status: HealthStatus,
}

/// Either, as the API describes it.
struct Told;

impl PartialSchema for Told {
    fn schema() -> RefOr<Schema> {
        let names = [Vitals::name(), Brief::name()];
        let either =
            names.into_iter().fold(AnyOfBuilder::new(), |either, name| either.item(Ref::from_schema_name(name)));
        either.description(Some("Everything, or the status alone for those who may not read.")).into()
    }
}

impl ToSchema for Told {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Brief::name().into_owned(), Brief::schema()));
    }
}

/// What took points from the score, as the API describes it.
#[derive(ToSchema)]
#[schema(as = Deduction)]
#[expect(dead_code, reason = "describes core's type")]
struct DeductionView {
    rule: String,
    points: u8,
    reason: String,
}

/// How a collector fares.
#[derive(Serialize, ToSchema)]
#[schema(as = Collector)]
struct Collecting {
    name: String,
    enabled: bool,
    runs: u64,
    failures: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    running_for_seconds: Option<f64>,
    /// Whether its run has lasted so long that it seems to hang.
    hanging: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Values that were not shown, under a name that metrics cannot have or that somebody else has.
    turned_away: u64,
    /// What was wrong with its last values; as a failure, it takes points.
    #[serde(skip_serializing_if = "Option::is_none")]
    complaint: Option<String>,
    /// Values that were no finite number, and so not shown.
    not_finite: u64,
    /// What else there is to know of it, no fault by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
}

/// How the exporter's seconds go.
#[derive(Serialize, ToSchema)]
#[schema(as = Pump)]
struct Pumping {
    ticks: u64,
    tick_seconds: f64,
    late_seconds: f64,
}

#[derive(Serialize, ToSchema)]
struct Readiness {
    ready: bool,
}

/// How the process fares, and why. Whoever may not read, or shows a wrong credential, is told the status alone; other parameters are left alone.
#[utoipa::path(get, path = "/health", operation_id = "vital_health", tag = "health", responses(
    (status = 200, body = Told),
    (status = 503, description = "The process is down, or has just been started", content(
        (Told = "application/json"), (Document = "application/problem+json")
    ))
))]
pub(crate) async fn health(State(shared): State<Arc<Shared>>, Extension(caller): Extension<Caller>) -> Response {
    let Some(tick) = shared.latest() else { return starting() };
    let status =
        if tick.health.status == HealthStatus::Down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    if caller.may_read() {
        (status, Json(Vitals::of(&tick, collectors()))).into_response()
    } else {
        (status, Json(Brief { status: tick.health.status })).into_response()
    }
}

/// Whether the exporter does its work: 200 after the first tick.
#[utoipa::path(get, path = "/ready", tag = "health", responses(
    (status = 200, body = Readiness),
    (status = 503, body = Document, content_type = "application/problem+json", description = "Just started")
))]
pub(crate) async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    match shared.latest() {
        Some(_) => Json(Readiness { ready: true }).into_response(),
        None => starting(),
    }
}

fn starting() -> Response {
    Problem::unavailable("the exporter has just been started: ask again in a moment").into_response()
}

impl Vitals {
    pub(crate) fn of(tick: &Tick, collectors: Vec<CollectorStatus>) -> Self {
        let collecting = |one: CollectorStatus| Collecting {
            name: one.name,
            enabled: one.enabled,
            runs: one.runs,
            failures: one.failures,
            running_for_seconds: one.running_for.map(|age| age.as_secs_f64()),
            hanging: one.hanging,
            error: one.last_error,
            turned_away: one.turned_away,
            complaint: one.complaint,
            not_finite: one.not_finite,
            remark: one.remark,
        };
        Self {
            status: tick.health.status,
            score: tick.health.score,
            deductions: tick.health.deductions.clone(),
            uptime_seconds: tick.snapshot.span().as_secs_f64(),
            collectors: collectors.into_iter().map(collecting).collect(),
            pump: Pumping {
                ticks: tick.number,
                tick_seconds: tick.took.as_secs_f64(),
                late_seconds: tick.late.as_secs_f64(),
            },
            performance: Summary::of(Window::FiveMinutes, &tick.recent, &tick.snapshot),
        }
    }
}
