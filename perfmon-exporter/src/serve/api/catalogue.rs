//! `/api/v1/catalogue`: the names of everything there is.

use std::sync::Arc;

use axum::extract::State;
use perfmon_core::snapshot;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    answer::{Answer, json},
    params::{Nothing, Params},
    schema::kind_schema,
};
use crate::{
    serve::{coding::Coding, problem::Document},
    state::Shared,
};

/// What can be asked for by name.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Catalogue {
    sites: Vec<SiteName>,
    metrics: Vec<MetricName>,
}

/// A call site.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SiteName {
    #[schema(schema_with = kind_schema)]
    kind: &'static str,
    name: String,
    label_keys: Vec<String>,
}

/// A custom metric, collected or declared.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MetricName {
    name: String,
    /// `counter`, `gauge` or `histogram`.
    #[serde(rename = "type")]
    kind: &'static str,
    unit: String,
    help: String,
    label_keys: Vec<String>,
}

/// The names of all call sites and metrics.
#[utoipa::path(get, path = "/api/v1/catalogue", tag = "metrics", responses(
    (status = 200, body = Catalogue), (status = 400, body = Document, content_type = "application/problem+json")
))]
pub(super) async fn catalogue(State(shared): State<Arc<Shared>>, coding: Coding, _: Params<Nothing>) -> Answer {
    json(shared, coding, |_| {
        let now = snapshot();
        let site = |site: &perfmon_core::snapshot::Site| SiteName {
            kind: site.kind().as_str(),
            name: site.name().to_owned(),
            label_keys: site.label_keys().to_vec(),
        };
        let metric = |metric: &perfmon_core::snapshot::Metric| MetricName {
            name: metric.name().to_owned(),
            kind: metric.kind().as_str(),
            unit: metric.unit().to_owned(),
            help: metric.help().to_owned(),
            label_keys: metric.label_keys().to_vec(),
        };
        Ok(Catalogue {
            sites: now.sites().iter().map(site).collect(),
            metrics: now.metrics().iter().map(metric).collect(),
        })
    })
    .await
}
