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
use utoipa::ToSchema;

use super::{performance::Summary, problem::Problem, secure::Caller};
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
#[derive(Serialize)]
struct Brief {
    status: HealthStatus,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How the exporter's seconds go.
#[derive(Serialize, ToSchema)]
#[schema(as = Pump)]
struct Pumping {
    ticks: u64,
    tick_seconds: f64,
    late_seconds: f64,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
}

/// How the process fares, and why: 200, or 503 when it is down.
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
            error: one.last_error,
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
