//! The values of a metric or a call site as the API shows them.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// The values of a metric or a call site.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Values {
    pub(super) name: String,
    /// `metric` or `site`.
    pub(super) source: &'static str,
    /// Of a metric counter, gauge or histogram; of a site its kind.
    pub(super) kind: &'static str,
    /// Of the points; empty if they have none.
    pub(super) unit: String,
    /// Of `value`, as `count` or `bytes_per_second`.
    pub(super) value_unit: String,
    /// Seconds since 1970. Of a call site or a histogram this range is the one that its pieces cover: what was asked for, with its ends at the nearest edges of
    /// pieces. Without pieces it is what was asked for.
    pub(super) start: f64,
    pub(super) end: f64,
    /// All series over the whole range as one value, if that was asked for; `null` where there is none.
    pub(super) value: Option<f64>,
    pub(super) series: Vec<SeriesView>,
}

/// The values for one set of labels.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Series)]
pub(super) struct SeriesView {
    pub(super) labels: BTreeMap<String, String>,
    /// The whole range as one value, if that was asked for; `null` where there is none.
    pub(super) value: Option<f64>,
    /// The oldest first.
    pub(super) points: Vec<PointView>,
}

/// A value, or several that are close in time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Point)]
pub(super) struct PointView {
    /// Seconds since 1970: when it was collected; of several, when their step began; of a call site or a histogram without steps, when what it is of ended.
    pub(super) timestamp: f64,
    /// `null` where the values of a step do not make one.
    pub(super) value: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max: Option<f64>,
    /// How many values it stands for; of a call site, calls.
    pub(super) count: u64,
    /// Of a call site or a histogram, the time that it is of truly begins here and ends at `end`: a step, up to the nearest edges there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) start: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) end: Option<f64>,
    /// From `start` to `end`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span_seconds: Option<f64>,
}
