//! Parts of a snapshot: what each of its series counted in some time.

use std::{
    cmp::Ordering,
    time::{Duration, SystemTime},
};

use super::{
    Window, Windows,
    frame::by_series,
    sum::Sum,
    track::{Key, OwnedKey},
};
use crate::snapshot::{MetricSeries, Series, Slots, Snapshot};

/// Knows parts of series. Asked in a snapshot's order.
pub(super) trait Part {
    /// The part of a series, whose state is `now`. `None` when it is not known.
    fn of<T: Slots + Clone>(&mut self, key: Key<'_>, collected: bool, now: &T) -> Option<T>;
}

/// The parts of every series as a snapshot of so long a time, that ended then. What is not known is left out.
pub(super) fn parts(now: &Snapshot, span: Duration, taken_at: SystemTime, part: &mut impl Part) -> Snapshot {
    let losses = part.of(Key::Losses, false, &now.losses).unwrap_or_default();
    let sites = now.sites.iter().filter_map(|site| {
        let (kind, name) = (site.key.0, site.key.1.as_str());
        let total = part.of(Key::Site(kind, name, None), false, &site.total);
        let series = site.series.iter().filter_map(|series| {
            let stats = part.of(Key::Site(kind, name, Some(&series.values)), false, &series.stats)?;
            Some(Series { values: series.values.clone(), stats })
        });
        let series = series.collect();
        Some(site.with_stats(total?, series))
    });
    let sites = sites.collect();
    let metrics = now.metrics.iter().map(|metric| {
        let (name, kind) = (metric.key.0.as_str(), metric.key.1);
        let series = metric.series.iter().filter_map(|series| {
            let value = part.of(Key::Metric(name, kind, &series.values), metric.collected, &series.value)?;
            Some(MetricSeries { values: series.values.clone(), value, standing: false })
        });
        metric.with_series(series.collect())
    });
    let metrics = metrics.collect();
    let &Snapshot { process, own_cost, footprint, .. } = now;
    Snapshot { process, taken_at, span, sites, metrics, own_cost, footprint, losses }
}

/// Finds the places of series that come in a snapshot's order.
pub(super) struct Places<'a>(&'a [(OwnedKey, u32)]);

impl<'a> Places<'a> {
    pub(super) fn new(windows: &'a Windows) -> Self {
        Self(&windows.keys)
    }

    pub(super) fn find(&mut self, key: Key<'_>) -> Option<u32> {
        while let Some(((known, place), rest)) = self.0.split_first() {
            match known.as_key().cmp(&key) {
                Ordering::Greater => return None,
                Ordering::Less => self.0 = rest,
                Ordering::Equal => {
                    self.0 = rest;
                    return Some(*place);
                }
            }
        }
        None
    }
}

/// What was counted since a window began.
pub(super) struct Since<'a> {
    windows: &'a Windows,
    window: Window,
    start: Duration,
    /// Growth before the window's beginning that its base does not have yet, in the order of the tracks.
    leaving: Vec<(u32, &'a [u8])>,
    places: Places<'a>,
    sum: Sum,
    slots: Vec<(u32, u64)>,
}

impl<'a> Since<'a> {
    pub(super) fn new(windows: &'a Windows, window: Window) -> Self {
        let stage = &windows.stages[window as usize];
        Self {
            windows,
            window,
            start: stage.start,
            leaving: by_series(stage.leaving.iter(), |_| true),
            places: Places::new(windows),
            sum: Sum::default(),
            slots: Vec::new(),
        }
    }
}

impl Part for Since<'_> {
    fn of<T: Slots + Clone>(&mut self, key: Key<'_>, collected: bool, now: &T) -> Option<T> {
        let Some(place) = self.places.find(key) else {
            // If all are followed, this one has begun to count since the last tick; one that was collected, nobody knows when.
            let all = !self.windows.untracked.has(key);
            return ((all && !collected) || now.slots().next().is_none()).then(|| now.clone());
        };
        let track = self.windows.tracks.get(place as usize)?.as_ref();
        let track = track.filter(|track| track.since <= self.start)?;
        self.sum.add_of(place, &self.leaving);
        self.sum.add(track.base(self.window));
        self.sum.take(&mut self.slots);
        Some(now.since(self.slots.iter().copied()))
    }
}
