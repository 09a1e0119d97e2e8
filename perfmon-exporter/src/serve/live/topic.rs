//! What a client can hear of, and the frame that tells it.

use std::slice;

use axum::extract::ws::Utf8Bytes;
use perfmon_core::site::Kind;
use serde::Serialize;

use crate::{
    serve::api::{DataPoint, SiteView, data_points, unix},
    state::{Shared, Tick},
};

/// A metric, or a call site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Topic {
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
        let (Self::Metric(name) | Self::Site(_, name)) = self;
        name
    }

    /// The frame of a second; `None` while there is no such thing.
    pub(super) fn frame(&self, shared: &Shared, tick: &Tick) -> Option<Utf8Bytes> {
        let now = &tick.snapshot;
        let timestamp = unix(now.taken_at());
        match self {
            Self::Metric(name) => {
                let data = MetricUpdate { metric_name: name, timestamp, data_points: data_points(shared, name, now)? };
                update(data)
            }
            Self::Site(kind, name) => {
                let site = kind.map_or_else(|| now.get(name), |kind| now.site(kind, name))?;
                update(SiteUpdate {
                    site: name,
                    timestamp,
                    view: SiteView::brief(site, now, slice::from_ref(&tick.minute), &tick.verdicts),
                })
            }
        }
    }
}

fn update(data: impl Serialize) -> Option<Utf8Bytes> {
    serde_json::to_string(&Update { r#type: "metrics_update", data }).ok().map(Utf8Bytes::from)
}
