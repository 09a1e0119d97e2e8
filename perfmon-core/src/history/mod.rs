//! The values that gauges and counters had recently, in memory.
//!
//! Single values for ten minutes, cells of ten seconds for an hour, cells of a minute for a day; within a number of series and of bytes. The day and
//! both numbers can be chosen, also while it runs.

mod bounds;
#[cfg(test)]
mod tests;
mod tiers;
mod wall;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

pub use self::bounds::Bounds;
pub(crate) use self::tiers::{Item, Range};
use self::{tiers::Tiers, wall::Wall};

/// How often what has become old is moved on, in milliseconds.
const SWEEP: u64 = 60_000;
/// A series without a value for so long makes room for another, in milliseconds.
const STALE: u64 = 600_000;

/// The history of the process.
pub(crate) fn history() -> MutexGuard<'static, History> {
    static HISTORY: Mutex<History> = Mutex::new(History::new(Bounds::DEFAULT));
    HISTORY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What sort of value a series has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gauge,
    Counter,
}

/// Label keys and values.
pub(crate) type Labels = Vec<(String, String)>;

/// What a series is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    pub(crate) labels: &'a [(&'a str, &'a str)],
}

/// Now, by two clocks: milliseconds of one that never goes back, and the one on the wall.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub(crate) at: u64,
    pub(crate) wall: SystemTime,
}

/// The memory of [`series`](crate::series()) and what it had to turn away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Footprint {
    /// Series that have a history.
    pub series: usize,
    /// The most there can be ([`Bounds::max_series`]). Further ones have none until others have not been given for ten minutes.
    pub series_limit: usize,
    /// Bytes in use.
    pub bytes: usize,
    /// The most there can be ([`Bounds::memory_limit`]). From there on histories are shorter than [`Bounds::retention`].
    pub limit_bytes: usize,
    /// Values of series beyond the limit.
    pub turned_away: u64,
    /// Values and cells dropped before they were as old as they might be: for want of bytes, or because [`Bounds`] became narrower.
    pub dropped: u64,
}

#[derive(Debug, Default)]
struct Family {
    /// Closures or collectors give it.
    collected: bool,
    /// Sorted by labels.
    series: Vec<(Labels, Tiers)>,
}

/// Every series by kind, name and labels.
#[derive(Debug)]
pub(crate) struct History {
    families: [BTreeMap<String, Family>; 2],
    bounds: Bounds,
    wall: Wall,
    footprint: Footprint,
    swept_at: u64,
    remembered_at: Option<u64>,
}

impl History {
    const fn new(bounds: Bounds) -> Self {
        let (series_limit, limit_bytes) = (bounds.series_limit(), bounds.memory_limit);
        Self {
            families: [const { BTreeMap::new() }; 2],
            bounds,
            wall: Wall::new(),
            footprint: Footprint { series: 0, series_limit, bytes: 0, limit_bytes, turned_away: 0, dropped: 0 },
            swept_at: 0,
            remembered_at: None,
        }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Takes other bounds, drops at once what is beyond them, and says how many values and cells that were.
    pub(crate) fn set_bounds(&mut self, bounds: Bounds, now: u64) -> u64 {
        // What is too old by the bounds till now is not lost to the new ones.
        self.sweep(now);
        let before = self.footprint.dropped;
        self.bounds = bounds;
        (self.footprint.series_limit, self.footprint.limit_bytes) = (bounds.series_limit(), bounds.memory_limit);
        self.drop_longest_silent();
        self.footprint.dropped += self.sweep(now);
        self.footprint.dropped - before
    }

    /// Takes the values that a closure or collector has found.
    pub(crate) fn collect<'a>(&mut self, now: Now, values: impl IntoIterator<Item = (Key<'a>, f64)>) {
        self.begin(now);
        values.into_iter().for_each(|(key, value)| self.add(now.at, key, value, true, None));
    }

    /// Takes the values of declared metrics.
    pub(crate) fn remember<'a>(&mut self, now: Now, values: impl IntoIterator<Item = (Key<'a>, f64)>) {
        self.begin(now);
        let before = self.remembered_at.replace(now.at);
        values.into_iter().for_each(|(key, value)| self.add(now.at, key, value, false, before));
    }

    /// Whether closures or collectors have given values of this kind and name.
    pub(crate) fn is_collected(&self, kind: Kind, name: &str) -> bool {
        self.families[kind as usize].get(name).is_some_and(|family| family.collected)
    }

    /// The values of every series of a kind and name since a time.
    pub(crate) fn since(&self, kind: Kind, name: &str, from: u64) -> Vec<(Labels, Range)> {
        let series = self.families[kind as usize].get(name).into_iter().flat_map(|family| &family.series);
        let ranges = series.map(|(labels, tiers)| (labels.clone(), tiers.since(from)));
        ranges.filter(|(_, range)| !range.items.is_empty()).collect()
    }

    /// What the wall clock said at a time.
    pub(crate) fn wall(&self, at: u64) -> SystemTime {
        self.wall.at(at).unwrap_or(SystemTime::UNIX_EPOCH)
    }

    pub(crate) fn see(&mut self, now: Now) {
        self.wall.see(now.at, now.wall);
    }

    pub(crate) fn footprint(&self) -> Footprint {
        self.footprint
    }

    fn begin(&mut self, now: Now) {
        self.see(now);
        if now.at >= self.swept_at + SWEEP {
            self.swept_at = now.at;
            self.sweep(now.at);
        }
    }

    fn add(&mut self, now: u64, key: Key<'_>, value: f64, collected: bool, zero_at: Option<u64>) {
        let families = &mut self.families[key.kind as usize];
        let known = families.get(key.name).map(|family| find(&family.series, key.labels));
        let full = self.footprint.series >= self.footprint.series_limit;
        if full && !matches!(known, Some(Ok(_))) {
            self.footprint.turned_away += 1;
            return;
        }
        if known.is_none() {
            families.insert(key.name.to_owned(), Family::default());
        }
        let Some(family) = families.get_mut(key.name) else { return };
        family.collected |= collected;
        let at = match known.unwrap_or(Err(0)) {
            Ok(at) => at,
            Err(at) => {
                let zero_at = zero_at.filter(|_| key.kind == Kind::Counter);
                let labels = key.labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
                family.series.insert(at, (labels, zero_at.map_or_else(Tiers::default, Tiers::from_zero)));
                self.footprint.series += 1;
                self.footprint.bytes += cost(&family.series[at]);
                at
            }
        };
        let series = &mut family.series[at];
        let before = cost(series);
        series.1.age(now, self.bounds.retention_ms());
        series.1.add(now, value, key.kind);
        fit(series, &mut self.footprint);
        self.footprint.bytes = self.footprint.bytes + cost(series) - before;
    }

    /// Makes do with as many series as there may be: the longest silent go.
    fn drop_longest_silent(&mut self) {
        let Some(at) = self.footprint.series.checked_sub(self.footprint.series_limit + 1) else { return };
        let families = self.families.iter().flat_map(BTreeMap::values);
        let mut newest: Vec<u64> = families.flat_map(|family| &family.series).map(|series| series.1.newest()).collect();
        newest.sort_unstable();
        // Up to this one they go; of those that are as old, as many as are too many.
        let Some(last) = newest.get(at).copied() else { return };
        let mut of_last = newest[..=at].iter().filter(|at| **at == last).count();
        for family in self.families.iter_mut().flat_map(BTreeMap::values_mut) {
            family.series.retain(|series| {
                let at = series.1.newest();
                let gone = at < last || (at == last && of_last > 0);
                if gone {
                    of_last -= usize::from(at == last);
                    self.footprint.dropped += series.1.len() as u64;
                }
                !gone
            });
        }
    }

    /// Moves on what has become old in every series, also in those that nobody gives any more, and says how many values and cells were too old.
    fn sweep(&mut self, now: u64) -> u64 {
        let full = self.footprint.series >= self.footprint.series_limit;
        let (mut count, mut bytes, mut old) = (0, 0, 0);
        for families in &mut self.families {
            families.retain(|_, family| {
                family.series.retain_mut(|series| {
                    old += series.1.age(now, self.bounds.retention_ms()) as u64;
                    fit(series, &mut self.footprint);
                    series.1.shrink();
                    let stale = series.1.newest() + STALE <= now;
                    let gone = series.1.is_empty() || (full && stale);
                    if !gone {
                        count += 1;
                        bytes += cost(series);
                    }
                    !gone
                });
                !family.series.is_empty()
            });
        }
        (self.footprint.series, self.footprint.bytes) = (count, bytes);
        old
    }
}

fn find(series: &[(Labels, Tiers)], labels: &[(&str, &str)]) -> Result<usize, usize> {
    series.binary_search_by(|(known, _)| {
        known.iter().map(|(key, value)| (key.as_str(), value.as_str())).cmp(labels.iter().copied())
    })
}

/// Makes a series as short as its share of the bytes, if they are all in use.
fn fit(series: &mut (Labels, Tiers), footprint: &mut Footprint) {
    if footprint.bytes <= footprint.limit_bytes {
        return;
    }
    let share = footprint.limit_bytes / footprint.series.max(1);
    while cost(series) > share {
        match series.1.shorten() {
            0 => return,
            dropped => footprint.dropped += dropped as u64,
        }
    }
}

/// The bytes of a series, names and places in collections included.
fn cost(series: &(Labels, Tiers)) -> usize {
    let text: usize = series.0.iter().map(|(key, value)| key.capacity() + value.capacity()).sum();
    size_of::<(Labels, Tiers)>() + series.0.capacity() * size_of::<(String, String)>() + text + series.1.bytes()
}
