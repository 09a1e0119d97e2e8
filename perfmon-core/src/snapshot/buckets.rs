//! A distribution: how many values fell into each bucket.

use hdrhistogram::Histogram;

use crate::layout::Layout;

/// Counts by bucket, empty ones left out. Adds, subtracts, and answers percentiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets {
    layout: Layout,
    /// Bucket index and its count, ascending, no zero counts.
    counts: Vec<(u32, u64)>,
    total: u64,
}

impl Default for Buckets {
    fn default() -> Self {
        Self::new(Layout::DEFAULT)
    }
}

/// Edges for [`Buckets::cumulative`], with where they cut the buckets of one layout found once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edges {
    layout: Layout,
    /// Ascending.
    values: Vec<u64>,
    /// For each edge the first bucket above it.
    cuts: Vec<u32>,
}

impl Edges {
    /// Edges in the unit of the values, brought into ascending order. Distributions of another layout are answered for as well, a little slower.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// use perfmon::snapshot::{Buckets, Edges};
    ///
    /// let edges = Edges::new(Buckets::default().layout(), &[1_000, 2_500, 5_000]);
    /// assert_eq!(edges.values(), [1_000, 2_500, 5_000]);
    /// ```
    #[must_use]
    pub fn new(layout: Layout, edges: &[u64]) -> Self {
        let mut values = edges.to_vec();
        values.sort_unstable();
        let cuts = values.iter().map(|&edge| cut(layout, edge)).collect();
        Self { layout, values, cuts }
    }

    /// The edges, ascending.
    #[must_use]
    pub fn values(&self) -> &[u64] {
        &self.values
    }
}

/// The first bucket that lies above the edge as a whole. One that straddles it lies below: what equals an edge is at most the edge, wherever in its bucket
/// that is, and a bucket does not tell its values apart.
fn cut(layout: Layout, edge: u64) -> u32 {
    layout.index_of(edge) + 1
}

impl Buckets {
    /// An empty distribution.
    #[must_use]
    pub const fn new(layout: Layout) -> Self {
        Self { layout, counts: Vec::new(), total: 0 }
    }

    /// From counts by bucket in ascending order; zero counts are left out.
    pub(crate) fn from_ascending(layout: Layout, counts: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let counts: Vec<_> = counts.into_iter().filter(|&(_, count)| count > 0).collect();
        debug_assert!(counts.is_sorted_by(|a, b| a.0 < b.0), "buckets come in ascending order");
        let total = counts.iter().map(|&(_, count)| count).sum();
        Self { layout, counts, total }
    }

    /// How values map to buckets here.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// The number of values.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// `(lowest value, highest value, count)` of every bucket that has a count, ascending.
    #[must_use = "iterators do nothing unless consumed"]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, u64, u64)> + '_ {
        self.counts.iter().map(|&(index, count)| (self.layout.lowest_of(index), self.layout.highest_of(index), count))
    }

    /// `(midpoint, count)` of every bucket that has a count, ascending.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// let mut histogram = perfmon::snapshot::Buckets::default().to_histogram();
    /// histogram.record_n(1_000, 3).expect("in range");
    /// let buckets = perfmon::snapshot::Buckets::from_histogram(&histogram)?;
    /// assert_eq!(buckets.midpoints().collect::<Vec<_>>(), [(1_001, 3)]);
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    #[must_use = "iterators do nothing unless consumed"]
    pub fn midpoints(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> + '_ {
        self.counts.iter().map(|&(index, count)| (self.layout.midpoint_of(index), count))
    }

    /// How many values are at most each edge, in the order of the edges; appended to `into`, so that one vector serves many distributions.
    /// A bucket that straddles an edge counts whole: every value up to the edge is counted, that of the edge itself too, and of those above it some that are
    /// less than 1/128, 0.8 %, away (at the default precision). One pass over the buckets.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// use perfmon::snapshot::{Buckets, Edges};
    ///
    /// let mut histogram = Buckets::default().to_histogram();
    /// for value in [5, 10, 11, 700] {
    ///     histogram.record(value).expect("in range");
    /// }
    /// let buckets = Buckets::from_histogram(&histogram)?;
    /// let mut cumulative = Vec::new();
    /// buckets.cumulative(&Edges::new(buckets.layout(), &[10, 100, 1_000]), &mut cumulative);
    /// assert_eq!(cumulative, [2, 3, 4]);
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    pub fn cumulative(&self, edges: &Edges, into: &mut Vec<u64>) {
        if edges.layout == self.layout {
            self.count_below(edges.cuts.iter().copied(), into);
        } else {
            self.count_below(edges.values.iter().map(|&edge| cut(self.layout, edge)), into);
        }
    }

    fn count_below(&self, cuts: impl Iterator<Item = u32>, into: &mut Vec<u64>) {
        let (mut counts, mut seen) = (self.counts.iter().peekable(), 0);
        into.extend(cuts.map(|cut| {
            while let Some((_, count)) = counts.next_if(|(index, _)| *index < cut) {
                seen += count;
            }
            seen
        }));
    }

    /// How many values are at most this one; the bucket that holds it counts whole, see [`cumulative`](Self::cumulative).
    pub(super) fn at_most(&self, value: u64) -> u64 {
        let cut = cut(self.layout, value);
        self.counts.iter().take_while(|(index, _)| *index < cut).map(|(_, count)| count).sum()
    }

    /// The value at a percentile in 0 ..= 100: the midpoint of the bucket that holds the value of rank
    /// ⌈percentile / 100 × total⌉ in ascending order (at least 1). `None` when empty. Percentiles outside the range count as its ends.
    #[must_use]
    pub fn percentile(&self, percentile: f64) -> Option<u64> {
        // The rank is computed as HdrHistogram does, with the product nudged so that 99.9 % of 1000 is 999.
        let fraction = (percentile / 100.0).clamp(0.0, 1.0);
        let exact = fraction * self.total as f64;
        let nearest = exact.round();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0 ..= total")]
        let rank = if (exact - nearest).abs() < 1e-9 * nearest.max(1.0) { nearest } else { exact.ceil() } as u64;
        let rank = rank.clamp(1, self.total.max(1));
        let mut seen = 0;
        self.counts.iter().find_map(|&(index, count)| {
            seen += count;
            (seen >= rank).then(|| self.layout.midpoint_of(index))
        })
    }

    /// The lower edge of the lowest bucket in use.
    #[must_use]
    pub fn lowest(&self) -> Option<u64> {
        self.counts.first().map(|&(index, _)| self.layout.lowest_of(index))
    }

    /// The upper edge of the highest bucket in use.
    #[must_use]
    pub fn highest(&self) -> Option<u64> {
        self.counts.last().map(|&(index, _)| self.layout.highest_of(index))
    }

    /// The same counts as an `hdrhistogram`.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "a layout's values are all valid for hdrhistogram")]
    pub fn to_histogram(&self) -> Histogram<u64> {
        let high = self.highest().unwrap_or(0).max(2);
        // Bounds and digits come from a `Layout`, whose every value hdrhistogram accepts.
        let mut histogram = Histogram::new_with_bounds(1, high, self.layout.digits())
            .expect("a layout's bounds are valid for hdrhistogram");
        histogram.auto(true);
        for &(index, count) in &self.counts {
            histogram
                .record_n(self.layout.lowest_of(index), count)
                .expect("a resizing histogram takes every value of the layout");
        }
        histogram
    }

    /// From an `hdrhistogram`; values of 2^45 (of durations 9.7 h) and more fall into the last bucket.
    ///
    /// # Errors
    /// When its digits are outside 1 ..= 3.
    pub fn from_histogram(histogram: &Histogram<u64>) -> Result<Self, crate::Error> {
        let layout = Layout::with_digits(histogram.sigfig())?;
        let steps = histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()));
        Ok(Self::from_ascending(layout, by_bucket(layout, steps)))
    }

    /// Adds the counts of another distribution. If that one is coarser or finer, its values move to the buckets here by midpoint; an empty
    /// distribution takes over the other's layout.
    pub fn add(&mut self, other: &Self) {
        if self.counts.is_empty() {
            self.clone_from(other);
            return;
        }
        self.merge(other);
    }

    /// Takes away the counts of an earlier state of the same distribution; never below zero.
    pub fn subtract(&mut self, earlier: &Self) {
        *self = if earlier.layout == self.layout {
            self.since(earlier.by_index())
        } else {
            self.since(earlier.moved_to(self.layout).into_iter())
        };
    }

    /// Bucket indices and their counts, ascending, without zeros.
    pub(super) fn by_index(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.counts.iter().copied()
    }

    /// What is left without the counts of an earlier state of the same layout, given by ascending index; never below zero.
    pub(super) fn since(&self, mut earlier: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut since = Self::new(self.layout);
        let mut before = earlier.next();
        for &(index, count) in &self.counts {
            while before.is_some_and(|(known, _)| known < index) {
                before = earlier.next();
            }
            let known = before.filter(|(known, _)| *known == index).map_or(0, |(_, count)| count);
            if count > known {
                since.counts.push((index, count - known));
                since.total += count - known;
            }
        }
        since
    }

    /// Counts of the same layout.
    pub(super) fn of(&self, counts: impl Iterator<Item = (u32, u64)>) -> Self {
        Self::from_ascending(self.layout, counts)
    }

    fn merge(&mut self, other: &Self) {
        if other.counts.is_empty() {
            return;
        }
        let moved;
        let theirs = if other.layout == self.layout {
            &other.counts
        } else {
            moved = other.moved_to(self.layout);
            &moved
        };
        let mut merged = Vec::with_capacity(self.counts.len() + theirs.len());
        let (mut mine, mut theirs) = (self.counts.iter().peekable(), theirs.iter().peekable());
        loop {
            let (index, a, b) = match (mine.peek(), theirs.peek()) {
                (None, None) => break,
                (Some(m), Some(t)) if m.0 == t.0 => (m.0, m.1, t.1),
                (Some(m), Some(t)) if m.0 > t.0 => (t.0, 0, t.1),
                (Some(m), _) => (m.0, m.1, 0),
                (None, Some(t)) => (t.0, 0, t.1),
            };
            mine.next_if(|m| m.0 == index);
            theirs.next_if(|t| t.0 == index);
            merged.push((index, a + b));
        }
        *self = Self::from_ascending(self.layout, merged);
    }

    fn moved_to(&self, layout: Layout) -> Vec<(u32, u64)> {
        by_bucket(layout, self.counts.iter().map(|&(index, count)| (self.layout.midpoint_of(index), count)))
    }
}

/// Counts by bucket of values in ascending order, each with its count.
fn by_bucket(layout: Layout, values: impl Iterator<Item = (u64, u64)>) -> Vec<(u32, u64)> {
    let mut counts: Vec<(u32, u64)> = Vec::new();
    for (value, count) in values {
        let index = layout.index_of(value);
        match counts.last_mut() {
            Some(last) if last.0 == index => last.1 += count,
            _ => counts.push((index, count)),
        }
    }
    counts
}
