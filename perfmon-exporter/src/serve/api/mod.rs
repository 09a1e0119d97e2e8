//! `/api`: everything there is to ask, as JSON.

mod aggregate;
mod alike;
mod answer;
mod catalogue;
mod counted;
mod dashboard;
mod guarded;
mod health;
mod labels;
mod measure;
mod metrics;
mod openapi;
mod params;
mod pieces;
mod points;
mod query;
mod report;
mod schema;
mod site;
mod sites;
mod stats;
mod time;
mod values;

use std::sync::Arc;

use axum::{Router, routing::get};

pub(crate) use self::{
    labels::Wanted,
    points::{DataPoint, data_points},
    site::SiteView,
};
use crate::state::Shared;

/// The routes below `/api`.
pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v1/catalogue", get(catalogue::catalogue))
        .route("/api/v1/sites", get(sites::sites))
        .route("/api/v1/sites/{kind}/{name}", get(sites::site))
        .route("/api/v1/metrics", get(metrics::metrics))
        .route("/api/v1/health", get(health::health))
        .route("/api/v1/report", get(report::report))
        .route("/api/v1/dashboard", get(dashboard::dashboard))
        .route("/api/v1/openapi.json", get(openapi::openapi))
        .route("/api/metrics", get(alike::metrics))
        .route("/api/health", get(alike::health))
        .route("/api/alerts", get(alike::alerts))
}
