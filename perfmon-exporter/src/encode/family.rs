//! What encoders are given: a family, and one series of it after the other.

use std::borrow::Cow;

use perfmon_core::snapshot::Buckets;
use serde::Deserialize;

use super::{edges::Edge, exemplar::Exemplar, unit::Scale};

/// A quantile that a summary shows.
#[derive(Debug, Clone)]
pub(super) struct Quantile {
    /// In 0 ..= 1.
    pub(super) at: f64,
    /// As the label `quantile` has it.
    pub(super) text: String,
}

/// What sort of family it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FamilyType {
    Counter,
    Gauge,
    Histogram,
    Summary,
    /// Always 1; its labels are what it tells.
    Info,
}

impl FamilyType {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Info => "info",
        }
    }

    /// What OpenMetrics takes off a family's name, and puts on its samples'.
    pub(super) const fn own_suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            _ => "",
        }
    }

    /// What samples may add to the family's name: OpenMetrics 1.0, "Suffixes".
    pub(super) const fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "_created"],
            Self::Gauge => &[],
            Self::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Self::Summary => &["_count", "_sum", "_created"],
            Self::Info => &["_info"],
        }
    }
}

/// Labels that histograms and summaries keep for themselves; readers are misled by them on other families too.
pub(super) const RESERVED: [&str; 2] = ["le", "quantile"];

/// What is said of a family before its series.
#[derive(Debug)]
pub(super) struct Head<'a> {
    /// With `_total` or `_info` where the type asks for it.
    pub(super) name: Cow<'a, str>,
    pub(super) kind: FamilyType,
    pub(super) help: Cow<'a, str>,
    /// What the name (without its type's suffix) ends in; empty without.
    pub(super) unit: Cow<'a, str>,
}

impl Head<'_> {
    /// The name that OpenMetrics gives the family.
    pub(super) fn stem(&self) -> &str {
        self.name.strip_suffix(self.kind.own_suffix()).unwrap_or(&self.name)
    }
}

/// Labels in the order they are written: key and value.
pub(super) type Labels<'a> = [(&'a str, &'a str)];

/// A counter's or gauge's value.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Whole(u64),
    Float(f64),
}

/// One series of a histogram.
#[derive(Debug)]
pub(super) struct HistogramPoint<'a> {
    pub(super) edges: &'a [Edge],
    /// How many values are at most each edge.
    pub(super) cumulative: &'a [u64],
    pub(super) count: u64,
    pub(super) sum: f64,
    /// The recorder's own buckets, and from their unit to the one that is shown, for native histograms.
    pub(super) native: Option<(&'a Buckets, Scale)>,
    /// Newest last.
    pub(super) exemplars: &'a [&'a Exemplar],
}

/// One series of a summary.
#[derive(Debug)]
pub(super) struct SummaryPoint<'a> {
    /// Ascending, each with its value.
    pub(super) quantiles: &'a [(&'a Quantile, f64)],
    pub(super) count: Option<u64>,
    pub(super) sum: Option<f64>,
}

/// Writes a document, family by family.
pub(super) trait Encoder {
    /// Begins a family.
    fn open(&mut self, head: &Head<'_>);
    fn number(&mut self, labels: &Labels<'_>, value: Number);
    fn histogram(&mut self, labels: &Labels<'_>, point: &HistogramPoint<'_>);
    fn summary(&mut self, labels: &Labels<'_>, point: &SummaryPoint<'_>);
    /// Ends the family begun last.
    fn close(&mut self);
}
