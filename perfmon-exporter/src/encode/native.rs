//! Native histograms: exponential buckets, 64 to each factor of two.
//!
//! At schema 6 a bucket is 1.1 % wide, near the recorder's own (0.8 %), so little is lost. Each of the recorder's buckets goes by its midpoint.
//! Source: <https://prometheus.io/docs/specs/native_histograms/>.

use perfmon_core::snapshot::Buckets;

use super::{proto::BucketSpan, unit::Scale};

pub(super) const SCHEMA: i32 = 6;

/// Values up to this one are in the zero bucket: what Prometheus' own client takes, 2^-128.
pub(super) const ZERO_THRESHOLD: f64 = 2.938_735_877_055_719e-39;

/// Empty buckets that cost less than a new span.
const BRIDGED: i32 = 2;

/// The counts as a `Histogram` message has them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Native {
    pub(super) zero_count: u64,
    pub(super) spans: Vec<BucketSpan>,
    /// Each bucket's count less the one before.
    pub(super) deltas: Vec<i64>,
}

/// The bucket of a value above zero: number 0 ends at 1, every next one ends at 2^(1/64) times as much.
fn bucket_of(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "at most 64 × 1024")]
    let index = (value.log2() * f64::from(1 << SCHEMA)).ceil() as i32;
    index
}

impl Native {
    pub(super) fn of(buckets: &Buckets, scale: Scale) -> Self {
        let mut native = Self::default();
        let mut counts: Vec<(i32, u64)> = Vec::new();
        for (midpoint, count) in buckets.midpoints() {
            let value = scale.apply(midpoint as f64);
            if value <= ZERO_THRESHOLD {
                native.zero_count += count;
                continue;
            }
            let index = bucket_of(value);
            match counts.last_mut() {
                Some(last) if last.0 == index => last.1 += count,
                _ => counts.push((index, count)),
            }
        }
        let mut before = 0;
        let mut end: Option<i32> = None;
        for (index, count) in counts {
            let gap = end.map_or(index, |end| index - end);
            if end.is_some() && gap <= BRIDGED {
                (0..gap).for_each(|_| native.push(&mut before, 0));
            } else {
                native.spans.push(BucketSpan { offset: Some(gap), length: Some(0) });
            }
            native.push(&mut before, count);
            end = Some(index + 1);
        }
        if native.spans.is_empty() {
            // Tells an empty native histogram from a classic one.
            native.spans.push(BucketSpan { offset: Some(0), length: Some(0) });
        }
        native
    }

    /// One more bucket in the last span.
    fn push(&mut self, before: &mut i64, count: u64) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.deltas.push(count - *before);
        *before = count;
        if let Some(length) = self.spans.last_mut().and_then(|span| span.length.as_mut()) {
            *length += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;
    use perfmon_core::snapshot::Buckets;
    use proptest::prelude::*;

    use super::{Native, bucket_of};
    use crate::encode::unit::Scale;

    fn buckets(values: &[u64]) -> Buckets {
        let mut histogram = Histogram::new_with_max((1 << 45) - 1, 2).expect("bounds");
        values.iter().for_each(|&value| histogram.record(value).expect("in range"));
        Buckets::from_histogram(&histogram).expect("two digits")
    }

    /// Bucket number and count, as a reader takes spans and deltas apart.
    fn read(native: &Native) -> Vec<(i32, i64)> {
        let mut deltas = native.deltas.iter();
        let (mut index, mut count) = (0, 0);
        let mut read = Vec::new();
        for span in &native.spans {
            index += span.offset();
            for _ in 0..span.length() {
                count += deltas.next().expect("a delta for each bucket");
                read.push((index, count));
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None);
        read.retain(|&(_, count)| count != 0);
        read
    }

    #[test]
    fn powers_of_two_end_buckets() {
        assert_eq!([0.5, 1.0, 1.001, 2.0, 4.0].map(bucket_of), [-64, 0, 1, 64, 128]);
    }

    #[test]
    fn empty_and_zero() {
        let empty = Native::of(&Buckets::default(), Scale::ONE);
        assert_eq!((empty.spans.len(), empty.zero_count), (1, 0));
        let zeros = Native::of(&buckets(&[0, 0, 1]), Scale::ONE);
        assert_eq!((zeros.zero_count, read(&zeros)), (2, vec![(0, 1)]));
    }

    proptest! {
        #[test]
        fn every_value_is_where_it_belongs(values in prop::collection::vec(0..1_u64 << 44, 0..300)) {
            let buckets = buckets(&values);
            let native = Native::of(&buckets, Scale::NANOSECONDS);
            let mut wanted = std::collections::BTreeMap::new();
            for (midpoint, count) in buckets.midpoints().filter(|&(midpoint, _)| midpoint > 0) {
                #[expect(clippy::cast_precision_loss)]
                let seconds = midpoint as f64 / 1e9;
                let index = bucket_of(seconds);
                prop_assert!(seconds <= 2_f64.powf(f64::from(index) / 64.0) * (1.0 + 1e-12));
                prop_assert!(seconds > 2_f64.powf(f64::from(index - 1) / 64.0) * (1.0 - 1e-12));
                *wanted.entry(index).or_insert(0) += i64::try_from(count).expect("small");
            }
            prop_assert_eq!(read(&native), wanted.into_iter().collect::<Vec<_>>());
            let total: i64 = read(&native).iter().map(|&(_, count)| count).sum();
            prop_assert_eq!(total.unsigned_abs() + native.zero_count, buckets.total());
        }
    }
}
