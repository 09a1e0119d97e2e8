//! What is known of a set of calls.

use std::{iter::Sum, sync::OnceLock, time::Duration};

use hdrhistogram::Histogram;

use super::{
    Buckets,
    algebra::{Algebra, BUCKETS, Slots, around, between, ends, plain_slots, set_plain, subtract_plain},
};

/// Counts, times and the distribution of a set of calls: a whole site's, or one labelled series'.
///
/// The counts agree with each other: [`calls`](Self::calls) is the sum of the four outcomes and the total of the
/// [histogram](Self::histogram).
#[derive(Debug, Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stats {
    pub(crate) started: u64,
    pub(crate) ok: u64,
    pub(crate) errors: u64,
    pub(crate) panics: u64,
    pub(crate) cancelled: u64,
    pub(crate) timed: u64,
    pub(crate) clamped: u64,
    pub(crate) coarse: u64,
    pub(crate) total_ns: u64,
    pub(crate) outermost_ns: u64,
    pub(crate) busy_ns: u64,
    /// `None` in an interval (bucket edges answer there) and when nothing finished.
    pub(crate) min_ns: Option<u64>,
    pub(crate) max_ns: Option<u64>,
    /// Of an interval the ends of all that was counted by its end: what its buckets stand for lies between them.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) within_ns: Option<(u64, u64)>,
    /// One count for each objective of the site.
    pub(crate) breaches: Vec<u64>,
    pub(crate) buckets: Buckets,
    /// Calls that came to this series while they ran, and that left it. Not in what was written before there were any.
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) arrived: u64,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) moved: u64,
    /// Made again from the buckets when asked for.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) histogram: OnceLock<Histogram<u64>>,
}

impl Stats {
    /// Calls that finished: ok + errors + panics + cancelled.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.ok + self.errors + self.panics + self.cancelled
    }

    /// Calls that returned, and not an error.
    #[must_use]
    pub fn ok(&self) -> u64 {
        self.ok
    }

    /// Calls that returned an error: `Err`, or what the site's `err =` or `ok =` says is one.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.errors
    }

    /// Calls that ended by unwinding.
    #[must_use]
    pub fn panics(&self) -> u64 {
        self.panics
    }

    /// Futures that were polled and dropped before they finished. One never polled is no call.
    #[must_use]
    pub fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// Calls that began, finished or not. A call counts here in the series that it began in, and everywhere else in the one that it ended in
    /// ([`Guard::relabel`](crate::call::Guard::relabel)).
    #[must_use]
    pub fn started(&self) -> u64 {
        self.started
    }

    /// Calls running when the snapshot was taken. In an interval: how many more were running at its end than at its
    /// start, 0 if fewer.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        (self.started + self.arrived).saturating_sub(self.moved + self.calls())
    }

    /// Calls whose duration was measured: all of them unless the site is sampled.
    #[must_use]
    pub fn timed(&self) -> u64 {
        self.timed
    }

    /// Calls longer than the histogram reaches (9.7 hours), counted in its last bucket.
    #[must_use]
    pub fn clamped(&self) -> u64 {
        self.clamped
    }

    /// Calls counted at the resolution of an octave, because the memory limit was reached.
    #[must_use]
    pub fn coarse(&self) -> u64 {
        self.coarse
    }

    /// Errors and panics as a fraction of the calls; 0 when there were none.
    #[must_use]
    pub fn error_rate(&self) -> f64 {
        match self.calls() {
            0 => 0.0,
            calls => (self.errors + self.panics) as f64 / calls as f64,
        }
    }

    /// The duration at a percentile in 0 ..= 100: the midpoint of its bucket, within 0.4 % (at the default precision); 0 is [`min`](Self::min) and
    /// 100 [`max`](Self::max) where those are known exactly, which is not in an interval. Zero when nothing finished.
    #[must_use]
    pub fn percentile(&self, percentile: f64) -> Duration {
        // An interval knows its ends as edges of buckets only, and their middle is nearer.
        let end = if percentile <= 0.0 { self.min_ns } else { self.max_ns.filter(|_| percentile >= 100.0) };
        if let Some(end) = end {
            return Duration::from_nanos(end);
        }
        // A midpoint may lie outside what was seen; the ends are known exactly.
        let value = self.buckets.percentile(percentile).map(|value| between(value, self.around()));
        Duration::from_nanos(value.unwrap_or(0))
    }

    /// [`total`](Self::total) ÷ [`calls`](Self::calls); zero when nothing finished.
    #[must_use]
    pub fn mean(&self) -> Duration {
        Duration::from_nanos(self.total_ns.checked_div(self.calls()).unwrap_or(0))
    }

    /// The shortest call; in an interval the lower edge of the lowest bucket, or the shortest call of all where that is longer. Zero when nothing finished.
    #[must_use]
    pub fn min(&self) -> Duration {
        Duration::from_nanos(self.end(self.min_ns, self.buckets.lowest()))
    }

    /// The longest call; in an interval the upper edge of the highest bucket, or the longest call of all where that is shorter. Zero when nothing finished.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.end(self.max_ns, self.buckets.highest()))
    }

    /// An end as it is known exactly, or by the edge of a bucket.
    fn end(&self, exact: Option<u64>, edge: Option<u64>) -> u64 {
        exact.or_else(|| edge.map(|edge| between(edge, self.within_ns))).unwrap_or(0)
    }

    /// What all durations lie between, where that is known.
    fn around(&self) -> Option<(u64, u64)> {
        self.min_ns.zip(self.max_ns).or(self.within_ns)
    }

    /// The durations of all finished calls added up. A function that calls itself counts its inner calls here again;
    /// see [`outermost`](Self::outermost).
    #[must_use]
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.total_ns)
    }

    /// The durations of finished calls that were not made, directly or not, by another call of the same site on the same thread (or in the
    /// same task). Without recursion the same as [`total`](Self::total).
    #[must_use]
    pub fn outermost(&self) -> Duration {
        Duration::from_nanos(self.outermost_ns)
    }

    /// Time spent polling, of sites with the option `busy`; zero otherwise.
    #[must_use]
    pub fn busy(&self) -> Duration {
        Duration::from_nanos(self.busy_ns)
    }

    /// How far the durations lie from their mean: the standard deviation of the finished calls (the population's, not a sample's estimate),
    /// each standing at the midpoint of its bucket. Zero when nothing finished.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// use std::time::Duration;
    ///
    /// assert_eq!(perfmon::snapshot::Stats::default().stddev(), Duration::ZERO);
    /// ```
    #[must_use]
    pub fn stddev(&self) -> Duration {
        let total = self.buckets.total() as f64;
        if total == 0.0 {
            return Duration::ZERO;
        }
        // Around the mean of the midpoints, not around zero: a small spread on large values would drown in rounding.
        let weighted = self.buckets.midpoints().map(|(value, count)| value as f64 * count as f64);
        let mean = weighted.sum::<f64>() / total;
        let squares = self.buckets.midpoints().map(|(value, count)| (value as f64 - mean).powi(2) * count as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the largest value")]
        Duration::from_nanos((squares.sum::<f64>() / total).sqrt().round() as u64)
    }

    /// The Apdex score, 0 (all frustrated) to 1 (all satisfied): (satisfied + tolerating ÷ 2) ÷ [`calls`](Self::calls). `None` without calls.
    ///
    /// A call within `target` satisfies, one within 4 × `target` is tolerated, a longer one frustrates
    /// (Apdex Alliance, "Application Performance Index, Technical Specification", version 1.1, 2007). A bucket that straddles a bound
    /// is within it, so a call of exactly the bound is. Errors and panics frustrate whatever they took; as buckets do not tell outcomes apart, their durations are taken to be spread
    /// like those of all calls. A cancelled call counts by the time it ran, so timeouts frustrate.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// use std::time::Duration;
    ///
    /// assert_eq!(perfmon::snapshot::Stats::default().apdex(Duration::from_millis(250)), None);
    /// ```
    #[must_use]
    pub fn apdex(&self, target: Duration) -> Option<f64> {
        let calls = self.calls();
        let total = self.buckets.total();
        if calls == 0 || total == 0 {
            return None;
        }
        let within = |bound: Duration| self.buckets.at_most(u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX)) as f64;
        // The satisfied count once more among those within 4 × target, so the halves add up to 1 for them and to ½ for the tolerating.
        let by_duration = f64::midpoint(within(target), within(target.saturating_mul(4))) / total as f64;
        let unfailed = calls.saturating_sub(self.errors).saturating_sub(self.panics);
        Some(by_duration * (unfailed as f64 / calls as f64))
    }

    /// The distribution of durations in nanoseconds.
    #[must_use]
    pub fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// The distribution of durations in nanoseconds as an `hdrhistogram`, made when first asked for.
    #[must_use]
    pub fn histogram(&self) -> &Histogram<u64> {
        self.histogram.get_or_init(|| self.buckets.to_histogram())
    }
}

impl PartialEq for Stats {
    fn eq(&self, other: &Self) -> bool {
        self.counts() == other.counts()
            && (self.min_ns, self.max_ns) == (other.min_ns, other.max_ns)
            && self.breaches == other.breaches
            && self.buckets == other.buckets
    }
}

impl Stats {
    /// Every plain count, in one place for the algebra.
    pub(super) fn counts(&self) -> [u64; 13] {
        [
            self.started,
            self.ok,
            self.errors,
            self.panics,
            self.cancelled,
            self.timed,
            self.clamped,
            self.coarse,
            self.total_ns,
            self.outermost_ns,
            self.busy_ns,
            self.arrived,
            self.moved,
        ]
    }

    fn counts_mut(&mut self) -> [&mut u64; 13] {
        [
            &mut self.started,
            &mut self.ok,
            &mut self.errors,
            &mut self.panics,
            &mut self.cancelled,
            &mut self.timed,
            &mut self.clamped,
            &mut self.coarse,
            &mut self.total_ns,
            &mut self.outermost_ns,
            &mut self.busy_ns,
            &mut self.arrived,
            &mut self.moved,
        ]
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        for (mine, theirs) in self.counts_mut().into_iter().zip(other.counts()) {
            *mine = with(*mine, theirs);
        }
        if self.breaches.len() < other.breaches.len() {
            self.breaches.resize(other.breaches.len(), 0);
        }
        for (mine, theirs) in self.breaches.iter_mut().zip(&other.breaches) {
            *mine = with(*mine, *theirs);
        }
        self.histogram = OnceLock::new();
    }
}

impl Algebra for Stats {
    fn add(&mut self, other: &Self) {
        let counts = (self.buckets.total(), other.buckets.total());
        let (min, max) = ends((self.min_ns, self.max_ns, counts.0), (other.min_ns, other.max_ns, counts.1));
        self.within_ns = around((self.around(), counts.0), (other.around(), counts.1));
        self.combine(other, u64::wrapping_add);
        self.buckets.add(&other.buckets);
        (self.min_ns, self.max_ns) = (min, max);
    }

    fn subtract(&mut self, earlier: &Self) {
        self.combine(earlier, u64::saturating_sub);
        self.buckets.subtract(&earlier.buckets);
        if earlier.buckets.total() > 0 {
            (self.within_ns, self.min_ns, self.max_ns) = (self.around(), None, None);
        }
    }
}

/// The calls of several sites as those of one, whose percentiles are exact merges. Of intervals, ends are bucket edges as in each of them.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::{site::Kind, snapshot::{Site, Stats}};
///
/// let requests: Stats = perfmon::snapshot().of_kind(Kind::Request).map(Site::stats).sum();
/// assert_eq!(requests.calls(), 0);
/// ```
impl<'a> Sum<&'a Stats> for Stats {
    fn sum<I: Iterator<Item = &'a Self>>(parts: I) -> Self {
        parts.fold(Self::default(), |mut sum, part| {
            sum.add(part);
            sum
        })
    }
}

impl Slots for Stats {
    fn slots(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let plain = plain_slots(self.counts().into_iter().chain(self.breaches.iter().copied()));
        plain.chain(self.buckets.by_index().map(|(index, count)| (BUCKETS + index, count)))
    }

    fn since(&self, earlier: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut since = Self::default();
        let mut breaches = self.breaches.clone();
        for (count, now) in since.counts_mut().into_iter().zip(self.counts()) {
            *count = now;
        }
        let mut earlier = earlier.peekable();
        subtract_plain(since.counts_mut().into_iter().chain(&mut breaches), &mut earlier, u64::saturating_sub);
        if earlier.peek().is_none() {
            (since.min_ns, since.max_ns) = (self.min_ns, self.max_ns);
        }
        since.within_ns = self.around();
        since.breaches = breaches;
        since.buckets = self.buckets.since(earlier.map(|(slot, count)| (slot - BUCKETS, count)));
        since
    }

    fn of(&self, slots: impl Iterator<Item = (u32, u64)>) -> Self {
        let mut of = Self { breaches: vec![0; self.breaches.len()], within_ns: self.around(), ..Self::default() };
        let mut breaches = std::mem::take(&mut of.breaches);
        let mut slots = slots.peekable();
        set_plain(of.counts_mut().into_iter().chain(&mut breaches), &mut slots);
        of.breaches = breaches;
        of.buckets = self.buckets.of(slots.map(|(slot, count)| (slot - BUCKETS, count)));
        of
    }
}
