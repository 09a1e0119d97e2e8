//! A call site as a snapshot sees it.

use std::ops::Deref;

use super::{
    Stats,
    algebra::{Algebra, join},
};
use crate::site::{Kind, Objective, Place, Sample, Statistic};

/// A call site: what was declared, and what its calls did. Dereferences to the [`Stats`] of all its labels together.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Site {
    /// Kind and name: what makes a site the same one.
    pub(crate) key: (Kind, String),
    pub(crate) parts: Vec<String>,
    pub(crate) label_keys: Vec<String>,
    pub(crate) objectives: Vec<Objective>,
    pub(crate) sample: Sample,
    pub(crate) busy: bool,
    pub(crate) places: Vec<Place>,
    pub(crate) total: Stats,
    pub(crate) series: Vec<Series>,
}

/// The calls of a site with one set of label values.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Series {
    pub(crate) values: Vec<String>,
    pub(crate) stats: Stats,
}

/// How an objective stands over the calls of a snapshot or interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ObjectiveStatus {
    /// What was promised.
    pub objective: Objective,
    /// Calls that were slower than the bound (exact, whatever the bucket edges), or failed.
    pub breaches: u64,
    /// Whether it holds: at most 1 % of the calls over a p99 bound, an error rate at most the bound. `None` without calls.
    pub met: Option<bool>,
}

impl Site {
    /// What sort of site it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.key.0
    }

    /// Its name: `"order_execution"`, `"select orders"`, `"GET /orders"`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.key.1
    }

    /// The parts of its name, as [`Kind::name_labels`] calls them. One part, the whole name, when none were written.
    #[must_use]
    pub fn name_parts(&self) -> &[String] {
        &self.parts
    }

    /// The keys of its labels; empty without labels.
    #[must_use]
    pub fn label_keys(&self) -> &[String] {
        &self.label_keys
    }

    /// Where it is declared: more than one place when several share kind and name, and so their figures; none where it was
    /// [made](crate::site::CallSite::made) at run time, as routes and statements are.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// Whether only some of its calls are timed.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.sample != Sample::Every
    }

    /// Which of its calls are timed.
    #[must_use]
    pub fn sample(&self) -> Sample {
        self.sample
    }

    /// Whether time spent polling is measured.
    #[must_use]
    pub fn is_busy_measured(&self) -> bool {
        self.busy
    }

    /// Its labelled series, sorted by values; empty without labels.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// The series with these label values, in the order of the keys.
    #[must_use]
    pub fn with_labels(&self, values: &[&str]) -> Option<&Stats> {
        self.series.iter().find(|series| series.values == values).map(|series| &series.stats)
    }

    /// The same of those calls alone whose label values, in the order of the keys, are wanted: its figures are theirs.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// let now = perfmon::snapshot();
    /// let buys = now.get("order_execution").map(|site| site.only(|values| values[0] == "buy"));
    /// assert!(buys.is_none());
    /// ```
    #[must_use]
    pub fn only(&self, wanted: impl Fn(&[String]) -> bool) -> Self {
        let series: Vec<Series> = self.series.iter().filter(|series| wanted(&series.values)).cloned().collect();
        let mut total: Stats = series.iter().map(Series::stats).sum();
        total.breaches.resize(self.total.breaches.len().max(total.breaches.len()), 0);
        self.with_stats(total, series)
    }

    /// The same, found by halves.
    pub(crate) fn series_of(&self, values: &[String]) -> Option<&Stats> {
        let at = self.series.binary_search_by(|series| series.values.as_slice().cmp(values)).ok()?;
        Some(&self.series[at].stats)
    }

    /// The same site with other figures.
    pub(crate) fn with_stats(&self, total: Stats, series: Vec<Series>) -> Self {
        Self {
            key: self.key.clone(),
            parts: self.parts.clone(),
            label_keys: self.label_keys.clone(),
            objectives: self.objectives.clone(),
            sample: self.sample,
            busy: self.busy,
            places: self.places.clone(),
            total,
            series,
        }
    }

    /// All calls of the site together.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.total
    }

    /// How its objectives stand.
    pub fn objectives(&self) -> impl Iterator<Item = ObjectiveStatus> + '_ {
        let calls = self.total.calls();
        self.objectives.iter().enumerate().map(move |(index, &objective)| {
            let breaches = match objective.statistic() {
                Statistic::ErrorRate => self.total.errors() + self.total.panics(),
                _ => self.total.breaches.get(index).copied().unwrap_or(0),
            };
            let allowed = match objective.statistic().percentile() {
                Some(percentile) => (100.0 - percentile) / 100.0,
                None => objective.error_rate_bound().unwrap_or(0.0),
            };
            // The tolerance keeps 1 breach in 1,000 within 99.9 % in binary fractions.
            let met = breaches as f64 <= allowed * calls as f64 * (1.0 + 1e-9);
            ObjectiveStatus { objective, breaches, met: (calls > 0).then_some(met) }
        })
    }
}

impl Deref for Site {
    type Target = Stats;

    fn deref(&self) -> &Stats {
        &self.total
    }
}

impl Series {
    /// The label values, in the order of the site's keys. A set beyond the site's limit is counted with every value `"other"`.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Its calls.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }
}

impl Algebra for Site {
    fn add(&mut self, other: &Self) {
        for place in &other.places {
            if let Err(at) = self.places.binary_search(place) {
                self.places.insert(at, place.clone());
            }
        }
        // Breaches are counted by position, so the union of objectives must put equal ones in one place.
        let mut other = other.clone();
        align_objectives(&mut self.objectives, &mut other);
        self.total.add(&other.total);
        join(&mut self.series, &other.series, |series| series.values.as_slice(), |a, b| a.stats.add(&b.stats), true);
    }

    fn subtract(&mut self, earlier: &Self) {
        let mut earlier = earlier.clone();
        align_objectives(&mut self.objectives, &mut earlier);
        self.total.subtract(&earlier.total);
        let combine = |a: &mut Series, b: &Series| a.stats.subtract(&b.stats);
        join(&mut self.series, &earlier.series, |series| series.values.as_slice(), combine, false);
    }
}

/// Brings `other`'s breach counts into the order of `mine`, which takes over what only `other` has.
fn align_objectives(mine: &mut Vec<Objective>, other: &mut Site) {
    if *mine == other.objectives {
        return;
    }
    let places: Vec<usize> = other
        .objectives
        .iter()
        .map(|objective| {
            mine.iter().position(|known| known == objective).unwrap_or_else(|| {
                mine.push(*objective);
                mine.len() - 1
            })
        })
        .collect();
    let reorder = |stats: &mut Stats| {
        let mut breaches = vec![0; mine.len()];
        for (from, to) in places.iter().enumerate() {
            breaches[*to] += stats.breaches.get(from).copied().unwrap_or(0);
        }
        stats.breaches = breaches;
    };
    reorder(&mut other.total);
    other.series.iter_mut().for_each(|series| reorder(&mut series.stats));
}
