//! The edges of classic histogram buckets, and what lies below them.

use std::time::Duration;

use perfmon_core::snapshot::Buckets;

use super::{number, unit::Scale};

/// An upper edge, included in its bucket.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// In the unit of the recorder's values.
    raw: u64,
    /// In the unit that is shown.
    pub(super) value: f64,
    /// As the label `le` has it.
    pub(super) le: Box<str>,
}

/// Ascending edges; above the last one there is always `+Inf`.
#[derive(Debug, Clone, Default)]
pub(super) struct Edges(Vec<Edge>);

impl Edges {
    /// From ascending values in the unit that is shown.
    pub(super) fn new(values: &[f64], scale: Scale) -> Self {
        let edge = |&value: &f64| {
            let exact = scale.undo(value);
            let nearest = exact.round();
            // 1e-6 s are 1000 ns, though binary fractions may say 999.99….
            let raw = if (exact - nearest).abs() <= 1e-9 * nearest.abs() { nearest } else { exact.floor() };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as it should")]
            Edge { raw: raw as u64, value, le: number::canonical(value).into_boxed_str() }
        };
        Self(values.iter().map(edge).collect())
    }

    /// With edges at these durations too; for values in nanoseconds.
    pub(super) fn with_bounds(&self, bounds: impl Iterator<Item = Duration>, scale: Scale) -> Self {
        let mut edges = self.clone();
        for bound in bounds {
            let raw = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
            if let Err(at) = edges.0.binary_search_by_key(&raw, |edge| edge.raw) {
                let value = scale.apply(raw as f64);
                edges.0.insert(at, Edge { raw, value, le: number::canonical(value).into_boxed_str() });
            }
        }
        edges
    }

    pub(super) fn as_slice(&self) -> &[Edge] {
        &self.0
    }

    /// How many values are at most each edge. A bucket of the recorder that straddles an edge goes by its midpoint.
    pub(super) fn cumulate(&self, buckets: &Buckets, counts: &mut Vec<u64>) {
        counts.clear();
        let mut below = 0;
        let mut rest = midpoints(buckets).peekable();
        for edge in &self.0 {
            while let Some((_, count)) = rest.next_if(|&(midpoint, _)| midpoint <= edge.raw) {
                below += count;
            }
            counts.push(below);
        }
    }
}

/// The middle of every bucket that has a count, and that count, ascending.
pub(super) fn midpoints(buckets: &Buckets) -> impl Iterator<Item = (u64, u64)> + '_ {
    buckets.iter().map(|(low, high, count)| (low + (high - low) / 2, count))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hdrhistogram::Histogram;
    use perfmon_core::snapshot::Buckets;
    use proptest::prelude::*;

    use super::{Edges, midpoints};
    use crate::encode::unit::Scale;

    pub(crate) fn buckets(values: &[u64]) -> Buckets {
        let mut histogram = Histogram::new_with_max((1 << 45) - 1, 2).expect("bounds");
        values.iter().for_each(|&value| histogram.record(value).expect("in range"));
        Buckets::from_histogram(&histogram).expect("two digits")
    }

    #[test]
    fn straddling_buckets_go_by_their_midpoint() {
        // 999,424 ..= 1,003,519 ns is one bucket, its midpoint 1,001,471: above 1 ms.
        let edges = Edges::new(&[0.001, 0.0025], Scale::NANOSECONDS);
        let mut counts = Vec::new();
        edges.cumulate(&buckets(&[995_000, 999_500, 1_000_000]), &mut counts);
        assert_eq!(counts, [1, 3]);
    }

    #[test]
    fn bounds_are_edges_once() {
        let edges = Edges::new(&[0.1, 0.25, 0.5], Scale::NANOSECONDS);
        let bounds = [250, 300].map(Duration::from_millis);
        let edges = edges.with_bounds(bounds.into_iter(), Scale::NANOSECONDS);
        let les: Vec<&str> = edges.as_slice().iter().map(|edge| &*edge.le).collect();
        assert_eq!(les, ["0.1", "0.25", "0.3", "0.5"]);
    }

    proptest! {
        #[test]
        fn as_counted_one_by_one(
            values in prop::collection::vec(0..10_000_000_u64, 0..200),
            edges in prop::collection::btree_set(1..10_000_000_u64, 0..20),
        ) {
            let buckets = buckets(&values);
            #[expect(clippy::cast_precision_loss)]
            let wanted: Vec<f64> = edges.iter().map(|&edge| edge as f64).collect();
            let mut counts = Vec::new();
            Edges::new(&wanted, Scale::ONE).cumulate(&buckets, &mut counts);
            let slow: Vec<u64> = edges
                .iter()
                .map(|&edge| midpoints(&buckets).filter(|&(middle, _)| middle <= edge).map(|(_, count)| count).sum())
                .collect();
            prop_assert_eq!(counts, slow);
        }
    }
}
