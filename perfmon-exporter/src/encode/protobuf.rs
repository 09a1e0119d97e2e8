//! Prometheus' protobuf format: `io.prometheus.client.MetricFamily`, each with its length before it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prost::Message;

use super::{
    exemplar::{self, Exemplar},
    family::{Encoder, FamilyType, Head, HistogramPoint, Labels, Number, Quantile, SummaryPoint},
    native::{self, Native},
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

    /// Readers of this format make up a count and a sum of zero where a summary has none, so quantiles alone are gauges, of the same name and labels.
    fn summary(&mut self, labels: &Labels<'_>, point: &SummaryPoint<'_>) {
        if point.count.is_none() {
            self.family.r#type = Some(proto::MetricType::Gauge as i32);
            for &(quantile, value) in point.quantiles {
                let label = pairs(labels.iter().copied().chain([("quantile", quantile.text.as_str())]));
                let gauge = Some(proto::Gauge { value: Some(value) });
                self.family.metric.push(proto::Metric { label, gauge, ..proto::Metric::default() });
            }
            return;
        }
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use hdrhistogram::Histogram;
    use perfmon_core::{site::Kind, snapshot::Buckets};
    use prost::Message;

    use super::Protobuf;
    use crate::encode::{
        edges::Edges,
        exemplar::Exemplar,
        family::{Encoder, FamilyType, Head, HistogramPoint, Number, Quantile, SummaryPoint},
        proto::{BucketSpan, MetricFamily, MetricType, Summary},
        unit::Scale,
    };

    fn head(name: &'static str, kind: FamilyType) -> Head<'static> {
        Head { name: name.into(), kind, help: "What it is.".into(), unit: "seconds".into() }
    }

    /// The families of a document.
    fn read(mut document: &[u8]) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        while !document.is_empty() {
            families.push(MetricFamily::decode_length_delimited(&mut document).expect("a whole message"));
        }
        families
    }

    #[test]
    fn families_follow_each_other() {
        let mut protobuf = Protobuf::new(UNIX_EPOCH, 0);
        for (name, kind) in [("a_seconds_total", FamilyType::Counter), ("b_info", FamilyType::Info)] {
            protobuf.open(&head(name, kind));
            protobuf.number(&[("key", "va\"lue\n")], Number::Whole(7));
            protobuf.close();
        }
        let families = read(&protobuf.finish());
        assert_eq!(families.iter().map(MetricFamily::name).collect::<Vec<_>>(), ["a_seconds_total", "b_info"]);
        assert_eq!((families[0].r#type(), families[1].r#type()), (MetricType::Counter, MetricType::Gauge));
        assert_eq!(families[0].metric[0].label[0].value(), "va\"lue\n");
        assert_eq!(families[0].metric[0].counter.and_then(|counter| counter.value), Some(7.0));
        assert_eq!(families[1].metric[0].gauge.and_then(|gauge| gauge.value), Some(7.0));
    }

    #[test]
    fn quantiles_alone_have_no_count() {
        let quantile = Quantile { at: 0.5, text: "0.5".to_owned() };
        let quantiles = [(&quantile, 0.25)];
        let mut protobuf = Protobuf::new(UNIX_EPOCH, 0);
        for (count, sum) in [(None, None), (Some(4), Some(1.5))] {
            protobuf.open(&head("x_seconds", FamilyType::Summary));
            protobuf.summary(&[("window", "5m")], &SummaryPoint { quantiles: &quantiles, count, sum });
            protobuf.close();
        }
        let families = read(&protobuf.finish());
        assert_eq!((families[0].r#type(), families[1].r#type()), (MetricType::Gauge, MetricType::Summary));
        let alone = &families[0].metric[0];
        let labels: Vec<_> = alone.label.iter().map(|pair| (pair.name(), pair.value())).collect();
        assert_eq!(labels, [("window", "5m"), ("quantile", "0.5")]);
        assert_eq!(alone.gauge.and_then(|gauge| gauge.value), Some(0.25));
        assert_eq!(families[1].metric[0].summary.as_ref().map(Summary::sample_count), Some(4));
    }

    #[test]
    fn histograms_are_classic_and_native() {
        let mut histogram = Histogram::new_with_max(1 << 40, 2).expect("bounds");
        [0, 1 << 29, 1 << 30].into_iter().for_each(|value| histogram.record(value).expect("in range"));
        let buckets = Buckets::from_histogram(&histogram).expect("two digits");
        let edges = Edges::new(&[0.25, 1.0], Scale::NANOSECONDS);
        let exemplar = Exemplar {
            kind: Kind::Latency,
            name: "x".to_owned(),
            labels: Vec::new(),
            value: Duration::from_millis(500),
            at: UNIX_EPOCH + Duration::from_millis(1_500),
            trace_id: "abc".to_owned(),
            span_id: None,
        };
        let mut protobuf = Protobuf::new(UNIX_EPOCH + Duration::from_secs(9), 0);
        protobuf.open(&head("x_seconds", FamilyType::Histogram));
        let (cumulative, exemplars) = ([1, 2], [&exemplar]);
        let native = Some((&buckets, Scale::NANOSECONDS));
        let edges = edges.as_slice();
        let point =
            HistogramPoint { edges, cumulative: &cumulative, count: 3, sum: 1.6, native, exemplars: &exemplars };
        protobuf.histogram(&[], &point);
        protobuf.close();
        let families = read(&protobuf.finish());
        let read = families[0].metric[0].histogram.as_ref().expect("a histogram");
        let classic: Vec<_> =
            read.bucket.iter().map(|bucket| (bucket.upper_bound(), bucket.cumulative_count())).collect();
        assert_eq!(classic, [(0.25, 1), (1.0, 2), (f64::INFINITY, 3)]);
        assert_eq!(read.bucket[1].exemplar, read.exemplars.first().cloned());
        assert_eq!(read.exemplars[0].timestamp.map(|at| (at.seconds, at.nanos)), Some((1, 500_000_000)));
        assert_eq!((read.sample_count(), read.schema(), read.zero_count()), (3, 6, 1));
        // 0.54 s and 1.08 s, a factor of two and so 64 buckets apart.
        let span = |offset| BucketSpan { offset: Some(offset), length: Some(1) };
        assert_eq!((&*read.positive_span, &*read.positive_delta), (&[span(-57), span(63)][..], &[1, 0][..]));
        assert_eq!(read.created_timestamp.map(|at| at.seconds), Some(9));
    }
}
