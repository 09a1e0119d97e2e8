//! The edges of classic histogram buckets, and what lies below them.

use std::time::Duration;

use perfmon_core::snapshot::{self, Buckets};

use super::{number, unit::Scale};

/// An upper edge, included in its bucket.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// In the unit that is shown.
    pub(super) value: f64,
    /// As the label `le` has it.
    pub(super) le: Box<str>,
}

/// Ascending edges; above the last one there is always `+Inf`.
#[derive(Debug, Clone)]
pub(super) struct Edges {
    shown: Vec<Edge>,
    /// In the unit of the recorder's values.
    raw: snapshot::Edges,
}

impl Edges {
    /// From ascending values in the unit that is shown.
    pub(super) fn new(values: &[f64], scale: Scale) -> Self {
        let raw = |&value: &f64| {
            let exact = scale.undo(value);
            let nearest = exact.round();
            // 1e-6 s are 1000 ns, though binary fractions may say 999.99….
            let whole = if (exact - nearest).abs() <= 1e-9 * nearest.abs() { nearest } else { exact.floor() };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, as it should")]
            let raw = whole as u64;
            raw
        };
        let raw: Vec<u64> = values.iter().map(raw).collect();
        Self { shown: values.iter().map(|&value| Edge::at(value)).collect(), raw: of_recorder(&raw) }
    }

    /// With edges at these durations too; for values in nanoseconds.
    pub(super) fn with_bounds(&self, bounds: impl Iterator<Item = Duration>, scale: Scale) -> Self {
        let (mut shown, mut raw) = (self.shown.clone(), self.raw.values().to_vec());
        for bound in bounds {
            let bound = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
            if let Err(at) = raw.binary_search(&bound) {
                raw.insert(at, bound);
                shown.insert(at, Edge::at(scale.apply(bound as f64)));
            }
        }
        Self { shown, raw: of_recorder(&raw) }
    }

    pub(super) fn as_slice(&self) -> &[Edge] {
        &self.shown
    }

    /// How many values are at most each edge. A bucket of the recorder that straddles an edge counts whole, so that a value of the edge itself does.
    pub(super) fn cumulate(&self, buckets: &Buckets, counts: &mut Vec<u64>) {
        counts.clear();
        buckets.cumulative(&self.raw, counts);
    }
}

impl Edge {
    fn at(value: f64) -> Self {
        Self { value, le: number::canonical(value).into_boxed_str() }
    }
}

/// Cut for the recorder's default precision; another one is answered for too.
fn of_recorder(raw: &[u64]) -> snapshot::Edges {
    snapshot::Edges::new(Buckets::default().layout(), raw)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hdrhistogram::Histogram;
    use perfmon_core::snapshot::Buckets;

    use super::Edges;
    use crate::encode::unit::Scale;

    fn buckets(values: &[u64]) -> Buckets {
        let mut histogram = Histogram::new_with_max((1 << 45) - 1, 2).expect("bounds");
        values.iter().for_each(|&value| histogram.record(value).expect("in range"));
        Buckets::from_histogram(&histogram).expect("two digits")
    }

    #[test]
    fn a_value_of_the_edge_is_below_it() {
        // 999,424 ..= 1,003,519 ns is one bucket, in the middle of which the edge of 1 ms lies.
        let edges = Edges::new(&[0.000_999, 0.001, 0.0025], Scale::NANOSECONDS);
        let mut counts = Vec::new();
        edges.cumulate(&buckets(&[995_000, 1_000_000, 1_004_000]), &mut counts);
        assert_eq!(counts, [1, 2, 3]);
    }

    #[test]
    fn bounds_are_edges_once() {
        let edges = Edges::new(&[0.1, 0.25, 0.5], Scale::NANOSECONDS);
        let bounds = [250, 300].map(Duration::from_millis);
        let edges = edges.with_bounds(bounds.into_iter(), Scale::NANOSECONDS);
        let les: Vec<&str> = edges.as_slice().iter().map(|edge| &*edge.le).collect();
        assert_eq!(les, ["0.1", "0.25", "0.3", "0.5"]);
    }
}
