//! A custom metric as a snapshot sees it.

use super::{
    Buckets,
    algebra::{Algebra, BUCKETS, Slots, around, between, ends, join, plain_slots, set_plain, subtract_plain},
};

/// A custom counter, gauge or histogram: what was declared, and its values.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Metric {
    /// Name and kind: what makes a metric the same one.
    pub(crate) key: (String, MetricKind),
    pub(crate) help: String,
    pub(crate) unit: String,
    pub(crate) label_keys: Vec<String>,
    /// Read from a closure or collector, so that its counters did not begin at zero when they were first seen.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) collected: bool,
    pub(crate) series: Vec<MetricSeries>,
}

/// What sort of custom metric it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum MetricKind {
    /// A sum that only grows.
    Counter,
    /// The last value set or observed.
    Gauge,
    /// A distribution of values.
    Histogram,
}

impl MetricKind {
    /// The name used in output: `"counter"` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A custom metric's value for one set of label values.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MetricSeries {
    pub(crate) values: Vec<String>,
    pub(crate) value: Value,
    /// A collected count that began at a time nobody saw, so that it has no rate. Its growth since an earlier snapshot has one.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) standing: bool,
}

/// The value of a custom metric.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Value {
    /// A sum that only grows; in an interval, its growth.
    Counter(u64),
    /// The last value set or observed.
    Gauge(f64),
    /// A distribution of values in the metric's unit.
    Histogram(Distribution),
}

/// The values a custom histogram was given.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Distribution {
    pub(crate) sum: u64,
    /// `None` in an interval (bucket edges answer there) and without values.
    pub(crate) min: Option<u64>,
    pub(crate) max: Option<u64>,
    /// Of an interval the ends of all that was counted by its end: what its buckets stand for lies between them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) within: Option<(u64, u64)>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) clamped: u64,
    pub(crate) coarse: u64,
    pub(crate) buckets: Buckets,
}

impl Distribution {
    /// How many values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.total()
    }

    /// The values added up, of those beyond 2^53 only so much.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// The value at a percentile in 0 ..= 100, within 0.4 %; 0 is [`min`](Self::min) and 100 [`max`](Self::max) where those are known exactly, which is not
    /// in an interval. `None` without values.
    #[must_use]
    pub fn percentile(&self, percentile: f64) -> Option<u64> {
        // An interval knows its ends as edges of buckets only, and their middle is nearer.
        let end = if percentile <= 0.0 { self.min } else { self.max.filter(|_| percentile >= 100.0) };
        if end.is_some() {
            return end;
        }
        Some(between(self.buckets.percentile(percentile)?, self.around()))
    }

    /// The smallest value; in an interval the lower edge of the lowest bucket, or the smallest value of all where that is larger. `None` without values.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        self.min.or_else(|| Some(between(self.buckets.lowest()?, self.within)))
    }

    /// The largest value; in an interval the upper edge of the highest bucket, or the largest value of all where that is smaller. `None` without values.
    #[must_use]
    pub fn max(&self) -> Option<u64> {
        self.max.or_else(|| Some(between(self.buckets.highest()?, self.within)))
    }

    /// Values beyond 2^45 − 1, which are counted as that large.
    #[must_use]
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// Values counted at the resolution of an octave, because the memory limit was reached.
    #[must_use]
    pub fn coarse(&self) -> u64 {
        self.coarse
    }

    /// The counts by bucket.
    #[must_use]
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }
}

impl Distribution {
    /// What all values lie between, where that is known.
    fn around(&self) -> Option<(u64, u64)> {
        self.min.zip(self.max).or(self.within)
    }

    fn ends_with(&self, other: &Self) -> (Option<u64>, Option<u64>) {
        ends((self.min, self.max, self.count()), (other.min, other.max, other.count()))
    }
}

impl Metric {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.key.0
    }

    /// What sort of metric it is; of all its series, used yet or not.
    #[must_use]
    pub fn kind(&self) -> MetricKind {
        self.key.1
    }

    /// What it means, in a sentence.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The unit of its values; empty when it has none.
    #[must_use]
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// The keys of its labels.
    #[must_use]
    pub fn label_keys(&self) -> &[String] {
        &self.label_keys
    }

    /// Its series, sorted by label values; one with no values when it has no labels. Empty until first used.
    #[must_use]
    pub fn series(&self) -> &[MetricSeries] {
        &self.series
    }

    /// The value for these label values, in the order of the keys.
    #[must_use]
    pub fn with_labels(&self, values: &[&str]) -> Option<&Value> {
        self.series.iter().find(|series| series.values == values).map(|series| &series.value)
    }

    /// All label sets together: counters and histograms added up; of gauges the value of the only series, `None` when there are several.
    #[must_use]
    pub fn total(&self) -> Option<Value> {
        self.total_of(|_| true)
    }

    /// The same of those label sets alone whose values, in the order of the keys, are wanted. `None` without any.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// let buys = perfmon::snapshot().metric("orders").and_then(|orders| orders.total_of(|values| values[0] == "buy"));
    /// assert_eq!(buys, None);
    /// ```
    #[must_use]
    pub fn total_of(&self, wanted: impl Fn(&[String]) -> bool) -> Option<Value> {
        let mut series = self.series.iter().filter(|series| wanted(&series.values));
        let mut total = series.next()?.value.clone();
        for other in series {
            if matches!(total, Value::Gauge(_)) {
                return None;
            }
            total.add(&other.value);
        }
        Some(total)
    }
}

impl MetricSeries {
    /// The label values, in the order of the metric's keys.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }
}

impl Algebra for Value {
    fn add(&mut self, other: &Self) {
        match (self, other) {
            (Self::Counter(mine), Self::Counter(theirs)) => *mine = mine.saturating_add(*theirs),
            (Self::Histogram(mine), Self::Histogram(theirs)) => {
                mine.within = around((mine.around(), mine.count()), (theirs.around(), theirs.count()));
                (mine.min, mine.max) = mine.ends_with(theirs);
                mine.sum = mine.sum.wrapping_add(theirs.sum);
                mine.clamped += theirs.clamped;
                mine.coarse += theirs.coarse;
                mine.buckets.add(&theirs.buckets);
            }
            // A gauge is sampled, not summed: the one merged in is taken to be the newer.
            (mine, theirs) => *mine = theirs.clone(),
        }
    }

    fn subtract(&mut self, earlier: &Self) {
        match (self, earlier) {
            (Self::Counter(mine), Self::Counter(theirs)) => *mine = mine.saturating_sub(*theirs),
            (Self::Histogram(mine), Self::Histogram(theirs)) => {
                mine.sum = mine.sum.wrapping_sub(theirs.sum);
                mine.clamped = mine.clamped.saturating_sub(theirs.clamped);
                mine.coarse = mine.coarse.saturating_sub(theirs.coarse);
                mine.buckets.subtract(&theirs.buckets);
                if theirs.count() > 0 {
                    (mine.within, mine.min, mine.max) = (mine.around(), None, None);
                }
            }
            _ => {}
        }
    }
}

/// Of a gauge nothing: it does not count.
impl Slots for Value {
    fn slots(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let (plain, buckets) = match self {
            Self::Counter(count) => ([*count, 0, 0], None),
            Self::Gauge(_) => ([0; 3], None),
            Self::Histogram(Distribution { sum, clamped, coarse, buckets, .. }) => {
                ([*sum, *clamped, *coarse], Some(buckets))
            }
        };
        let buckets = buckets.into_iter().flat_map(Buckets::by_index);
        plain_slots(plain.into_iter()).chain(buckets.map(|(index, count)| (BUCKETS + index, count)))
    }

    fn since(&self, earlier: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut earlier = earlier.peekable();
        match self {
            Self::Counter(count) => {
                let mut count = *count;
                subtract_plain([&mut count].into_iter(), &mut earlier, u64::saturating_sub);
                Self::Counter(count)
            }
            Self::Gauge(value) => Self::Gauge(*value),
            Self::Histogram(now) => {
                let (mut sum, mut clamped, mut coarse) = (now.sum, now.clamped, now.coarse);
                // Of snapshots merged over and over the sum may wrap, and then its growth is the wrapping difference.
                subtract_plain([&mut sum, &mut clamped, &mut coarse].into_iter(), &mut earlier, u64::wrapping_sub);
                let (within, min, max) =
                    if earlier.peek().is_some() { (now.around(), None, None) } else { (now.within, now.min, now.max) };
                let buckets = now.buckets.since(earlier.map(|(slot, count)| (slot - BUCKETS, count)));
                Self::Histogram(Distribution { sum, min, max, within, clamped, coarse, buckets })
            }
        }
    }

    fn of(&self, slots: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut slots = slots.peekable();
        let [mut first, mut second, mut third] = [0, 0, 0];
        set_plain([&mut first, &mut second, &mut third].into_iter(), &mut slots);
        match self {
            // One that fell, because what it was read from began anew, has grown by nothing that is known.
            Self::Counter(_) => Self::Counter(u64::try_from(first.cast_signed()).unwrap_or(0)),
            Self::Gauge(value) => Self::Gauge(*value),
            Self::Histogram(now) => {
                let buckets = now.buckets.of(slots.map(|(slot, count)| (slot - BUCKETS, count)));
                let (within, clamped, coarse) = (now.around(), second, third);
                Self::Histogram(Distribution { sum: first, min: None, max: None, within, clamped, coarse, buckets })
            }
        }
    }
}

impl Metric {
    /// The same metric with other series.
    pub(crate) fn with_series(&self, series: Vec<MetricSeries>) -> Self {
        Self {
            key: self.key.clone(),
            help: self.help.clone(),
            unit: self.unit.clone(),
            label_keys: self.label_keys.clone(),
            collected: self.collected,
            series,
        }
    }
}

impl Algebra for Metric {
    fn add(&mut self, other: &Self) {
        let combine = |a: &mut MetricSeries, b: &MetricSeries| {
            a.value.add(&b.value);
            a.standing |= b.standing;
        };
        join(&mut self.series, &other.series, |series| series.values.as_slice(), combine, true);
    }

    fn subtract(&mut self, earlier: &Self) {
        let combine = |a: &mut MetricSeries, b: &MetricSeries| {
            a.value.subtract(&b.value);
            a.standing = false;
        };
        join(&mut self.series, &earlier.series, |series| series.values.as_slice(), combine, false);
    }
}
