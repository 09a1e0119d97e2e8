//! Prometheus' protobuf format: `io.prometheus.client.MetricFamily`, each with its length before it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::Message;

use super::{
    exemplar::{self, Exemplar},
    family::{Encoder, FamilyType, Head, HistogramPoint, Labels, Number, SummaryPoint},
    native::{self, Native},
    profile::Quantile,
    proto,
};

/// Writes messages.
#[derive(Debug)]
pub(super) struct Protobuf {
    out: Vec<u8>,
    family: proto::MetricFamily,
    /// When counting began.
    created: proto::Timestamp,
}

impl Protobuf {
    pub(super) fn new(created: SystemTime, capacity: usize) -> Self {
        let created = timestamp(created.duration_since(UNIX_EPOCH).unwrap_or_default());
        Self { out: Vec::with_capacity(capacity), family: proto::MetricFamily::default(), created }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.out
    }
}

impl Encoder for Protobuf {
    fn open(&mut self, head: &Head<'_>) {
        let kind = match head.kind {
            FamilyType::Counter => proto::MetricType::Counter,
            FamilyType::Gauge | FamilyType::Info => proto::MetricType::Gauge,
            FamilyType::Histogram => proto::MetricType::Histogram,
            FamilyType::Summary => proto::MetricType::Summary,
        };
        let unit = (!head.unit.is_empty()).then(|| head.unit.to_string());
        self.family = proto::MetricFamily {
            name: Some(head.name.to_string()),
            help: Some(head.help.to_string()),
            r#type: Some(kind as i32),
            metric: Vec::new(),
            unit,
        };
    }

    fn number(&mut self, labels: &Labels<'_>, value: Number) {
        let value = Some(match value {
            Number::Whole(value) => value as f64,
            Number::Float(value) => value,
        });
        let mut metric = proto::Metric { label: pairs(labels.iter().copied()), ..proto::Metric::default() };
        if self.family.r#type() == proto::MetricType::Counter {
            metric.counter = Some(proto::Counter { value });
        } else {
            metric.gauge = Some(proto::Gauge { value });
        }
        self.family.metric.push(metric);
    }

    fn histogram(&mut self, labels: &Labels<'_>, point: &HistogramPoint<'_>) {
        let newest = exemplar::by_bucket(point.edges, point.exemplars);
        let ends = point.edges.iter().map(|edge| edge.value).chain([f64::INFINITY]);
        let counts = point.cumulative.iter().copied().chain([point.count]);
        let bucket = ends.zip(counts).zip(&newest).map(|((end, count), exemplar)| proto::Bucket {
            cumulative_count: Some(count),
            upper_bound: Some(end),
            exemplar: exemplar.map(message),
        });
        let mut histogram = proto::Histogram {
            sample_count: Some(point.count),
            sample_sum: Some(point.sum),
            bucket: bucket.collect(),
            created_timestamp: Some(self.created),
            ..proto::Histogram::default()
        };
        if let Some((buckets, scale)) = point.native {
            let native = Native::of(buckets, scale);
            histogram.schema = Some(native::SCHEMA);
            histogram.zero_threshold = Some(native::ZERO_THRESHOLD);
            histogram.zero_count = Some(native.zero_count);
            histogram.positive_span = native.spans;
            histogram.positive_delta = native.deltas;
            histogram.exemplars = newest.into_iter().flatten().map(message).collect();
            histogram.exemplars.sort_by_key(|one| one.timestamp.map(|at| (at.seconds, at.nanos)));
        }
        let label = pairs(labels.iter().copied());
        self.family.metric.push(proto::Metric { label, histogram: Some(histogram), ..proto::Metric::default() });
    }

    fn summary(&mut self, labels: &Labels<'_>, point: &SummaryPoint<'_>) {
        let quantile =
            |&(quantile, value): &(&Quantile, f64)| proto::Quantile { quantile: Some(quantile.at), value: Some(value) };
        let summary = proto::Summary {
            sample_count: point.count,
            sample_sum: point.sum,
            quantile: point.quantiles.iter().map(quantile).collect(),
        };
        let label = pairs(labels.iter().copied());
        self.family.metric.push(proto::Metric { label, summary: Some(summary), ..proto::Metric::default() });
    }

    fn close(&mut self) {
        let family = std::mem::take(&mut self.family);
        self.out.reserve(family.encoded_len() + 10);
        // Room was made; the only error is a buffer too small.
        let _ = family.encode_length_delimited(&mut self.out);
    }
}

fn pairs<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<proto::LabelPair> {
    labels.map(|(key, value)| proto::LabelPair { name: Some(key.to_owned()), value: Some(value.to_owned()) }).collect()
}

fn message(exemplar: &Exemplar) -> proto::Exemplar {
    proto::Exemplar {
        label: pairs(exemplar.pairs()),
        value: Some(exemplar.seconds()),
        timestamp: Some(timestamp(exemplar.since_epoch())),
    }
}

fn timestamp(since_epoch: Duration) -> proto::Timestamp {
    proto::Timestamp {
        seconds: i64::try_from(since_epoch.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(since_epoch.subsec_nanos()).unwrap_or(0),
    }
}
