//! What the recorder held at one moment, and the difference of two such moments.
//!
//! Counts only grow, so `later - earlier` is everything that happened in between, exactly. That interval is a
//! [`Snapshot`] too: whatever answers for the one answers for the other.

mod algebra;
mod buckets;
mod collected;
mod metric;
#[cfg(feature = "serde")]
mod serde;
mod site;
mod stats;
mod take;
#[cfg(test)]
mod tests;

use std::{
    ops::Sub,
    time::{Duration, SystemTime},
};

use self::algebra::{Algebra, join, plain_slots, set_plain, subtract_plain};
pub(crate) use self::{algebra::Slots, take::label_values};
pub use self::{
    buckets::{Buckets, Edges},
    metric::{Distribution, Metric, MetricKind, MetricSeries, Value},
    site::{ObjectiveStatus, Series, Site},
    stats::Stats,
    take::snapshot,
};
use crate::{record::Footprint, site::Kind};

/// Every call site and custom metric at one moment; or, as `later - earlier`, what happened between two.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(::serde::Serialize, ::serde::Deserialize))]
pub struct Snapshot {
    /// Tells processes apart, so that only states of the same one are subtracted.
    pub(crate) process: u64,
    pub(crate) taken_at: SystemTime,
    pub(crate) span: Duration,
    /// Sorted by kind and name.
    pub(crate) sites: Vec<Site>,
    /// Sorted by name and kind.
    pub(crate) metrics: Vec<Metric>,
    pub(crate) own_cost: Duration,
    pub(crate) footprint: Footprint,
    pub(crate) losses: Losses,
}

/// What did not get its full due, counted. All zero in a healthy process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(any(feature = "serde", feature = "report"), derive(::serde::Serialize, ::serde::Deserialize))]
#[non_exhaustive]
pub struct Losses {
    /// Times a label set beyond its site's limit was turned away; its calls count in the series `other`.
    pub labels_refused: u64,
    /// (thread, series) pairs that share a slot with atomic adds since half of the memory limit was in use. Their counts stay exact.
    pub shared_pairs: u64,
    /// Calls that could not be counted: made from inside the recorder's own slow path (by an instrumented allocator), or of a site that
    /// was not registered and met a full arena.
    pub uncounted_calls: u64,
    /// Increments of counters beyond 2^53, which nobody means (a difference below zero looks like that); they were not added.
    #[cfg_attr(any(feature = "serde", feature = "report"), serde(default))]
    pub increments_refused: u64,
    /// Values of closures and collectors that were not shown, under a name that metrics cannot have or that somebody else has;
    /// [`collectors`](crate::collect::collectors) tells whose and why.
    #[cfg_attr(any(feature = "serde", feature = "report"), serde(default))]
    pub values_refused: u64,
}

impl Losses {
    fn counts(&mut self) -> [&mut u64; 5] {
        let Self { labels_refused, shared_pairs, uncounted_calls, increments_refused, values_refused } = self;
        [labels_refused, shared_pairs, uncounted_calls, increments_refused, values_refused]
    }
}

impl Algebra for Losses {
    fn add(&mut self, other: &Self) {
        let mut other = *other;
        self.counts().into_iter().zip(other.counts()).for_each(|(mine, theirs)| *mine = mine.saturating_add(*theirs));
    }

    fn subtract(&mut self, earlier: &Self) {
        let mut earlier = *earlier;
        self.counts().into_iter().zip(earlier.counts()).for_each(|(mine, theirs)| *mine = mine.saturating_sub(*theirs));
    }
}

impl Slots for Losses {
    fn slots(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let mut now = *self;
        plain_slots(now.counts().map(|count| *count).into_iter())
    }

    fn since(&self, earlier: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut since = *self;
        subtract_plain(since.counts().into_iter(), &mut earlier.peekable(), u64::saturating_sub);
        since
    }

    fn of(&self, slots: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut of = Self::default();
        set_plain(of.counts().into_iter(), &mut slots.peekable());
        of
    }
}

impl Snapshot {
    /// When it was taken; of an interval, its end.
    #[must_use]
    pub fn taken_at(&self) -> SystemTime {
        self.taken_at
    }

    /// The time it covers: since the process began to record, or between the two ends of an interval.
    #[must_use]
    pub fn span(&self) -> Duration {
        self.span
    }

    /// So many, spread over the [`span`](Self::span): their rate per second. 0 when it covers no time.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// let now = perfmon::snapshot();
    /// let calls = now.get("order_execution").map_or(0, |site| site.calls());
    /// assert_eq!(now.per_second(calls), 0.0);
    /// ```
    #[must_use]
    pub fn per_second(&self, count: u64) -> f64 {
        if self.span.is_zero() { 0.0 } else { count as f64 / self.span.as_secs_f64() }
    }

    /// The site of this name, all labels together: `"order_execution"`, `"select orders"`, `"GET /orders"`. Where sites of several
    /// kinds share the name, the first in the order of [`Kind::ALL`]; see [`site`](Self::site).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Site> {
        self.sites.iter().find(|site| site.name() == name)
    }

    /// The site of this kind and name.
    #[must_use]
    pub fn site(&self, kind: Kind, name: &str) -> Option<&Site> {
        let at = self.sites.binary_search_by(|site| (site.key.0, site.key.1.as_str()).cmp(&(kind, name)));
        at.ok().map(|at| &self.sites[at])
    }

    /// Every registered site, called or not, sorted by kind and name.
    #[must_use]
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The sites of one kind, sorted by name.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Site> {
        self.sites.iter().filter(move |site| site.kind() == kind)
    }

    /// Sites no call of which has begun. A crate that the program never names is not linked, and its sites are not known here.
    pub fn never_called(&self) -> impl Iterator<Item = &Site> {
        self.sites.iter().filter(|site| site.started() == 0 && site.calls() == 0)
    }

    /// Every custom metric, sorted by name.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The custom metric of this name; where a counter and a gauge, say, share it, the first in the order of [`MetricKind`].
    #[must_use]
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name() == name)
    }

    /// What perfmon itself adds to a call, measured when recording began.
    #[must_use]
    pub fn own_cost(&self) -> Duration {
        self.own_cost
    }

    /// The memory the recorder had in use.
    #[must_use]
    pub fn footprint(&self) -> Footprint {
        self.footprint
    }

    /// What was turned away or degraded by a bound.
    #[must_use]
    pub fn losses(&self) -> Losses {
        self.losses
    }

    /// The same with these sites and metrics only.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// let orders = perfmon::snapshot().only(|site| site.name() == "order_execution", |_| false);
    /// assert!(orders.metrics().is_empty());
    /// ```
    #[must_use]
    pub fn only(&self, sites: impl Fn(&Site) -> bool, metrics: impl Fn(&Metric) -> bool) -> Self {
        Self {
            sites: self.sites.iter().filter(|site| sites(site)).cloned().collect(),
            metrics: self.metrics.iter().filter(|metric| metrics(metric)).cloned().collect(),
            ..*self
        }
    }

    /// Adds the figures of another process (or of another interval of this one). Histograms merge exactly.
    pub fn merge(&mut self, other: &Self) {
        self.process = self.process.wrapping_add(other.process);
        self.taken_at = self.taken_at.max(other.taken_at);
        self.span = self.span.max(other.span);
        self.own_cost = self.own_cost.max(other.own_cost);
        self.losses.add(&other.losses);
        self.footprint.add(&other.footprint);
        join(&mut self.sites, &other.sites, |site| &site.key, Site::add, true);
        join(&mut self.metrics, &other.metrics, |metric| &metric.key, Metric::add, true);
    }
}

impl Sub for &Snapshot {
    type Output = Snapshot;

    /// What happened after `earlier` and up to `self`. States of different processes have nothing in common, so then (after a restart, say) all
    /// of `self` happened since.
    fn sub(self, earlier: &Snapshot) -> Snapshot {
        let mut interval = self.clone();
        if self.process != earlier.process {
            return interval;
        }
        interval.span = self.span.saturating_sub(earlier.span);
        interval.losses.subtract(&earlier.losses);
        join(&mut interval.sites, &earlier.sites, |site| &site.key, Site::subtract, false);
        join(&mut interval.metrics, &earlier.metrics, |metric| &metric.key, Metric::subtract, false);
        interval
    }
}

impl Sub for Snapshot {
    type Output = Snapshot;

    fn sub(self, earlier: Snapshot) -> Snapshot {
        &self - &earlier
    }
}
