//! Calls that may begin on one thread and end on another: futures, and guards that the user moves.

use std::{ptr, sync::atomic::Ordering, time::Duration};

use super::{
    Outcome, Recorder,
    arena::index,
    entry::{entry_beside, entry_of},
    running,
    storage::Word,
    thread,
    words::{OWN, TAGS, record as r},
};
use crate::site::{CallSite, REGISTRY, Sample, SeriesId, Variant};

/// A call that may begin and end on different threads: a future's, or a guard's that the user can move.
///
/// Two words, so that it travels in registers: when it began, and its series with what is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flight {
    start: u64,
    /// The series in the lower half, 0 when the call is not recorded; [`TIMED`] and the like in the upper.
    bits: u64,
}

const TIMED: u64 = 1 << 32;
const SAMPLED: u64 = 1 << 33;
const OUTERMOST: u64 = 1 << 34;
/// It counts in its site's depth on this thread: a future while it is polled.
const RUNNING: u64 = 1 << 35;

impl Flight {
    pub(crate) const NONE: Self = Self { start: 0, bits: 0 };

    /// A future's call begins: it counts as running on this thread until [`pause`](Self::pause) or [`end`](Self::end).
    #[inline(never)]
    pub(crate) fn begin(site: &'static CallSite) -> Self {
        let Some(recorder) = running() else { return Self::begin_slow(site, &[], RUNNING) };
        let series = site.handle.series().0;
        let entry = recorder.arena.entry(thread::slot(), series, Ordering::Relaxed);
        if entry & OWN == 0 || site.declaration.sample != Sample::Every {
            return Self::begin_slow(site, &[], RUNNING);
        }
        let outermost = if recorder.arena.begin_own(index(entry - OWN)) { OUTERMOST } else { 0 };
        Self { start: recorder.clock.ticks(), bits: u64::from(series) | TIMED | RUNNING | outermost }
    }

    /// The same with label values.
    pub(crate) fn begin_labelled(site: &'static CallSite, values: &[&str]) -> Self {
        Self::begin_slow(site, values, RUNNING)
    }

    /// A guard's call begins.
    pub(crate) fn begin_guard(site: &'static CallSite, values: &[&str]) -> Self {
        Self::begin_slow(site, values, 0)
    }

    /// A span's call begins. Whether another call of its site made it, the caller knows.
    pub(crate) fn begin_span(site: &'static CallSite, outermost: bool) -> Self {
        let mut flight = Self::begin_slow(site, &[], 0);
        if !outermost {
            flight.bits &= !OUTERMOST;
        }
        flight
    }

    /// The same, so many ticks ago; now if `start` is 0, from before there was a clock.
    pub(crate) fn begin_span_at(site: &'static CallSite, outermost: bool, start: u64) -> Self {
        let flight = Self::begin_span(site, outermost);
        Self { start: if start == 0 { flight.start } else { start.min(flight.start) }, ..flight }
    }

    #[inline(never)]
    fn begin_slow(site: &'static CallSite, values: &[&str], running_bit: u64) -> Self {
        let entry = entry_of(site, values);
        let Some(recorder) = running().filter(|_| entry != 0) else { return Self::NONE };
        let record = index(entry & !TAGS);
        let mut bits = recorder.arena.word(record + r::SERIES).get() | TIMED | OUTERMOST | running_bit;
        if entry & OWN == 0 {
            recorder.arena.begin_shared(record);
        } else {
            recorder.arena.word(record + r::STARTED).bump(1);
            if running_bit != 0 && !recorder.arena.enter_own(record) {
                bits &= !OUTERMOST;
            }
            if site.declaration.sample != Sample::Every {
                bits |= SAMPLED;
                if recorder.arena.is_due(record) {
                    recorder.draw_gap(record, site.declaration.sample);
                } else {
                    bits &= !TIMED;
                }
            }
        }
        // An untimed call has its start too: it may end on a thread whose record is shared, which times all.
        Self { start: recorder.clock.ticks(), bits }
    }

    #[inline(always)]
    pub(crate) fn is_some(self) -> bool {
        self.bits != 0
    }

    /// Whether it counts as running on this thread.
    #[inline(always)]
    pub(crate) fn is_running(self) -> bool {
        self.bits & RUNNING != 0
    }

    /// The thread goes on with the call.
    #[inline(never)]
    pub(crate) fn resume(&mut self) {
        if let Some(recorder) = running() {
            let entry = self.entry(recorder);
            if entry & OWN != 0 {
                recorder.arena.enter_own(index(entry - OWN));
            }
            self.bits |= RUNNING;
        }
    }

    /// The thread leaves the call for later.
    #[inline(never)]
    pub(crate) fn pause(&mut self) {
        if let Some(recorder) = running() {
            let entry = self.entry(recorder);
            if entry & OWN != 0 {
                recorder.arena.leave_own(index(entry - OWN));
            }
            self.bits &= !RUNNING;
        }
    }

    /// Counts time spent polling, since the tick `from`.
    pub(crate) fn add_busy(self, from: u64) {
        let Some(recorder) = running().filter(|_| self.is_some()) else { return };
        let ticks = recorder.clock.ticks().saturating_sub(from);
        let entry = self.entry(recorder);
        let busy = recorder.arena.word(index(entry & !TAGS) + r::BUSY);
        if entry & OWN != 0 {
            busy.bump(ticks);
        } else if entry != 0 {
            busy.fetch_add(ticks, Ordering::Relaxed);
        }
    }

    /// The call goes on in the series of its site with these label values. Not of a call that runs: its depth is counted where it began.
    #[inline(never)]
    pub(crate) fn relabel(&mut self, values: &[&str]) {
        let Some(recorder) = running() else { return };
        let Some(variant) = self.variant() else { return };
        // What has no key is no label.
        let values = values.get(..variant.labels.len()).unwrap_or(values);
        self.move_to(recorder, entry_beside(recorder, variant, values));
    }

    /// The call goes on in a series of its site; of another one's it does not.
    #[inline(never)]
    pub(crate) fn relabel_as(&mut self, series: SeriesId) {
        let Some(recorder) = running() else { return };
        let Some(variant) = self.variant() else { return };
        if REGISTRY.info(series).is_some_and(|info| ptr::eq(info.variant, variant)) {
            self.move_to(recorder, entry_for(recorder, series.0));
        }
    }

    /// Without an entry it stays where it is: what cannot be moved is not lost.
    fn move_to(&mut self, recorder: &Recorder, to: u64) {
        let from = self.entry(recorder);
        if from == 0 || to == 0 || from == to {
            return;
        }
        recorder.arena.hand_over(from, to);
        self.bits = self.bits >> 32 << 32 | recorder.arena.word(index(to & !TAGS) + r::SERIES).get();
    }

    /// What the series of a site have in common; `None` of a call that is not recorded.
    fn variant(self) -> Option<&'static Variant> {
        REGISTRY.info(self.series()).map(|info| info.variant)
    }

    /// When it began, in ticks.
    pub(crate) fn start(self) -> u64 {
        self.start
    }

    /// How long it has lasted.
    pub(crate) fn elapsed(self) -> Option<Duration> {
        let recorder = running().filter(|_| self.is_some())?;
        let ticks = recorder.clock.ticks().saturating_sub(self.start);
        Some(Duration::from_nanos(recorder.clock.scale.nanos(ticks)))
    }

    /// The time now, in ticks.
    pub(crate) fn tick() -> u64 {
        running().map_or(0, |recorder| recorder.clock.ticks())
    }

    /// The call ends.
    #[inline(never)]
    pub(crate) fn end(self, outcome: Outcome) {
        let Some(recorder) = running() else { return };
        let ticks = recorder.clock.ticks().saturating_sub(self.start);
        let entry = self.entry(recorder);
        let outermost = self.bits & OUTERMOST != 0;
        if entry & OWN == 0 || self.bits & SAMPLED != 0 {
            return self.end_slow(recorder, entry, ticks, outcome, outermost);
        }
        let record = index(entry - OWN);
        if self.is_running() {
            recorder.arena.leave_own(record);
        }
        recorder.arena.end_own(recorder.clock.scale, thread::slot(), record, ticks, outcome, outermost);
    }

    #[inline(never)]
    fn end_slow(self, recorder: &Recorder, entry: u64, ticks: u64, outcome: Outcome, outermost: bool) {
        let record = index(entry & !TAGS);
        let (arena, scale) = (&recorder.arena, recorder.clock.scale);
        if entry & OWN == 0 {
            return if entry == 0 {
                recorder.count_uncounted();
            } else {
                arena.end_shared(record, ticks, scale.nanos(ticks), outcome, outermost);
            };
        }
        if self.is_running() {
            arena.leave_own(record);
        }
        if self.bits & TIMED == 0 && arena.has_timing(record) {
            arena.end_untimed(record, outcome);
        } else {
            arena.end_sampled(scale, thread::slot(), record, ticks, outcome, outermost);
        }
    }

    #[inline(always)]
    fn series(self) -> SeriesId {
        #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
        let series = self.bits as u32;
        SeriesId(series)
    }

    #[inline(always)]
    fn entry(self, recorder: &Recorder) -> u64 {
        entry_for(recorder, self.series().0)
    }
}

/// The current thread's entry for a series of a call that began; 0 when there is neither one nor memory.
#[inline(always)]
fn entry_for(recorder: &Recorder, series: u32) -> u64 {
    let entry = recorder.arena.entry(thread::slot(), series, Ordering::Relaxed);
    if entry != 0 { entry } else { elsewhere(recorder, series) }
}

/// The first time this thread meets a series: another one began the call.
#[cold]
#[inline(never)]
fn elsewhere(recorder: &Recorder, series: u32) -> u64 {
    thread::once_at_a_time(|| recorder.provide(SeriesId(series))).unwrap_or(0)
}
