//! What a client can hear of, and the frame that tells it.

use std::slice;

use axum::extract::ws::Utf8Bytes;
use perfmon_core::site::Kind;
use serde::Serialize;

use crate::{
    serve::{
        api::{DataPoint, SiteView, Wanted, data_points},
        number::unix,
    },
    state::{Shared, Tick},
};

/// Figures of a metric or a call site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Topic {
    pub(super) of: Of,
    /// Only of series with these labels.
    pub(super) labels: Wanted,
}

/// A metric, or a call site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    Metric(String),
    /// Of any kind unless it says which.
    Site(Option<Kind>, String),
}

#[derive(Serialize)]
struct Update<T> {
    r#type: &'static str,
    data: T,
}

#[derive(Serialize)]
struct MetricUpdate<'a> {
    metric_name: &'a str,
    /// Seconds since 1970.
    timestamp: f64,
    data_points: Vec<DataPoint>,
}

#[derive(Serialize)]
struct SiteUpdate<'a> {
    site: &'a str,
    /// Seconds since 1970.
    timestamp: f64,
    #[serde(flatten)]
    view: SiteView,
}

impl Topic {
    pub(super) fn name(&self) -> &str {
        let (Of::Metric(name) | Of::Site(_, name)) = &self.of;
        name
    }

    /// The frame of a second; `None` while there is no such thing.
    pub(super) fn frame(&self, shared: &Shared, tick: &Tick) -> Option<Utf8Bytes> {
        let now = &tick.snapshot;
        let timestamp = unix(now.taken_at());
        match &self.of {
            Of::Metric(name) => {
                let data_points = data_points(shared, name, now, &self.labels)?;
                // A metric has no series before its first value, labels that nobody has may come.
                let is_there = self.labels.is_empty() || !data_points.is_empty();
                is_there.then(|| update(MetricUpdate { metric_name: name, timestamp, data_points }))?
            }
            Of::Site(kind, name) => {
                let site = kind.map_or_else(|| now.get(name), |kind| now.site(kind, name))?;
                let view = SiteView::brief(site, now, slice::from_ref(&tick.minute), &self.labels, &tick.verdicts)?;
                update(SiteUpdate { site: name, timestamp, view })
            }
        }
    }
}

fn update(data: impl Serialize) -> Option<Utf8Bytes> {
    serde_json::to_string(&Update { r#type: "metrics_update", data }).ok().map(Utf8Bytes::from)
}
