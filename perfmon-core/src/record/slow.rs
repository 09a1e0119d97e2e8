//! Calls that took longer than their record's threshold: what moves it, and what becomes of them.

use std::sync::atomic::Ordering;

use super::{
    Recorder,
    arena::index,
    running,
    storage::Word,
    thread,
    words::{OWN, SHARED, TAGS, record as r, slot as s},
};
use crate::{
    clock::Scale,
    layout::Layout,
    site::{Instrument, REGISTRY, SeriesId, SeriesInfo},
    slow,
};

/// A call that took longer than its record's threshold has ended and is recorded. 0 is no series: records of tests have none.
#[cold]
#[inline(never)]
pub(super) fn keep(series: u64, ticks: u64) {
    let Some(recorder) = running().filter(|_| series != 0 && !cfg!(loom)) else { return };
    let series = SeriesId(u32::try_from(series).unwrap_or(0));
    let Some(info) = REGISTRY.info(series) else { return };
    if !matches!(info.variant.family.instrument, Instrument::Calls(_)) {
        return;
    }
    let nanos = recorder.scale_of(info).nanos(ticks);
    // From inside the recorder's slow path, which holds locks, nobody is asked or told anything.
    if nanos > info.gate.threshold() && !thread::is_disturbed() {
        let (uptime, at) = recorder.moment();
        slow::offer(series, info, nanos, uptime, at);
    }
}

impl Recorder {
    /// What a tick of a series' durations is.
    pub(super) fn scale_of(&self, info: &SeriesInfo) -> Scale {
        if info.variant.family.instrument == Instrument::Histogram { Scale::NANOS } else { self.clock.scale }
    }

    /// The threshold of a series' records, in ticks: what is longer is beyond the last bucket, beyond one of the objectives, or slow.
    pub(super) fn threshold(&self, info: &SeriesInfo) -> u64 {
        let bounds = info.variant.family.latency_bounds().take(r::OBJECTIVES);
        let nanos = bounds.chain([info.gate.threshold(), Layout::MAX_VALUE]).min().unwrap_or(0);
        self.scale_of(info).most_ticks(nanos)
    }

    /// All slots there are now, the shared one too.
    pub(crate) fn slots(&self) -> Vec<usize> {
        let next = |slot: &usize| Some(index(self.arena.word(slot + s::NEXT).get())).filter(|&slot| slot != 0);
        let first = Some(self.arena.first_slot()).filter(|&slot| slot != 0);
        std::iter::successors(first, next).chain([self.shared()]).collect()
    }

    /// Writes a series' threshold into its records. One made at this moment may miss it, until the next time.
    pub(crate) fn apply_threshold(&self, slots: &[usize], series: SeriesId, info: &SeriesInfo) {
        let threshold = self.threshold(info);
        for &slot in slots {
            let entry = self.arena.entry(slot, series.0, Ordering::Acquire);
            if entry & (OWN | SHARED) != 0 {
                self.arena.word(index(entry & !TAGS) + r::THRESHOLD).set(threshold);
            }
        }
    }
}
