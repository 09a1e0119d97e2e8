//! Synchronous calls: they begin and end on one thread.
//!
//! Both ends are outlined: that is as fast as inlining (the time is in the counter's two readings), and keeps monitored programs small and
//! quick to compile. What does not happen on every call is `#[cold]`.

use std::sync::atomic::Ordering;

use super::{
    Outcome, Recorder,
    arena::index,
    entry::{Labels, entry_slow},
    labels::Key,
    running, thread,
    words::{OWN, TAGS, UNTIMED},
};
use crate::site::{CallSite, Sample};

/// A synchronous call under way: its record, and when it began. Never leaves its thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket {
    /// 0 when the call is not recorded.
    entry: u64,
    start: u64,
}

impl Ticket {
    pub(crate) const NONE: Self = Self { entry: 0, start: 0 };

    /// A call that every time is timed begins.
    #[inline(never)]
    pub(crate) fn begin(site: &'static CallSite) -> Self {
        let Some(recorder) = running() else { return begin_slow(site, None) };
        let entry = recorder.arena.entry(thread::slot(), site.handle.series().0, Ordering::Relaxed);
        if entry & OWN == 0 {
            return begin_slow(site, None);
        }
        recorder.arena.begin_own(index(entry - OWN));
        Self { entry, start: recorder.clock.ticks() }
    }

    /// The same with label values.
    #[inline(never)]
    pub(crate) fn begin_labelled(site: &'static CallSite, values: &[&str]) -> Self {
        let key = Key::new(values);
        let Some(recorder) = running() else { return begin_slow(site, Some((values, &key))) };
        let entry = recorder.arena.cached(thread::slot(), site.handle.series().0, &key);
        if entry & OWN == 0 {
            return begin_slow(site, Some((values, &key)));
        }
        recorder.arena.begin_own(index(entry - OWN));
        Self { entry, start: recorder.clock.ticks() }
    }

    /// A call of a sampled site begins.
    #[inline(never)]
    pub(crate) fn begin_sampled(site: &'static CallSite) -> Self {
        let Some(recorder) = running() else { return begin_slow(site, None) };
        let entry = recorder.arena.entry(thread::slot(), site.handle.series().0, Ordering::Relaxed);
        if entry & OWN == 0 {
            return begin_slow(site, None);
        }
        if recorder.arena.begin_sampled(index(entry - OWN)) {
            return begin_due(recorder, site, entry);
        }
        Self { entry: entry | UNTIMED, start: 0 }
    }

    /// The same with label values.
    #[inline(never)]
    pub(crate) fn begin_labelled_sampled(site: &'static CallSite, values: &[&str]) -> Self {
        let key = Key::new(values);
        let Some(recorder) = running() else { return begin_slow(site, Some((values, &key))) };
        let entry = recorder.arena.cached(thread::slot(), site.handle.series().0, &key);
        if entry & OWN == 0 {
            return begin_slow(site, Some((values, &key)));
        }
        if recorder.arena.begin_sampled(index(entry - OWN)) {
            return begin_due(recorder, site, entry);
        }
        Self { entry: entry | UNTIMED, start: 0 }
    }

    /// A call that was begun by [`begin`](Self::begin) or [`begin_labelled`](Self::begin_labelled) ends.
    #[inline(never)]
    pub(crate) fn end(self, outcome: Outcome) {
        let Some(recorder) = running() else { return };
        let ticks = recorder.clock.ticks().saturating_sub(self.start);
        if self.entry & OWN == 0 {
            return self.end_shared(recorder, ticks, outcome);
        }
        let record = index(self.entry - OWN);
        let outermost = recorder.arena.leave_own(record);
        recorder.arena.end_own(recorder.clock.scale, thread::slot(), record, ticks, outcome, outermost);
    }

    /// A call of a sampled site ends.
    #[inline(never)]
    pub(crate) fn end_sampled(self, outcome: Outcome) {
        let Some(recorder) = running() else { return };
        if self.entry & UNTIMED == 0 {
            return self.end_due(recorder, outcome);
        }
        let record = index(self.entry - OWN - UNTIMED);
        recorder.arena.leave_own(record);
        recorder.arena.end_untimed(record, outcome);
    }

    #[cold]
    #[inline(never)]
    fn end_due(self, recorder: &Recorder, outcome: Outcome) {
        let ticks = recorder.clock.ticks().saturating_sub(self.start);
        if self.entry & OWN == 0 {
            return self.end_shared(recorder, ticks, outcome);
        }
        let record = index(self.entry - OWN);
        let outermost = recorder.arena.leave_own(record);
        recorder.arena.end_sampled(recorder.clock.scale, thread::slot(), record, ticks, outcome, outermost);
    }

    /// Whether the call is recorded at all.
    #[inline(always)]
    pub(crate) fn is_some(self) -> bool {
        self.entry != 0
    }

    #[cold]
    fn end_shared(self, recorder: &Recorder, ticks: u64, outcome: Outcome) {
        let record = index(self.entry & !TAGS);
        recorder.arena.end_shared(record, ticks, recorder.clock.scale.nanos(ticks), outcome, true);
    }
}

/// The first call of a thread and series, and every call of a pair that shares its record.
#[cold]
#[inline(never)]
fn begin_slow(site: &'static CallSite, labels: Labels<'_>) -> Ticket {
    let entry = entry_slow(site, labels);
    let Some(recorder) = running().filter(|_| entry != 0) else { return Ticket::NONE };
    let record = index(entry & !TAGS);
    if entry & OWN == 0 {
        recorder.arena.begin_shared(record);
    } else {
        if site.declaration.sample != Sample::Every {
            let due = recorder.arena.begin_sampled(record);
            let untimed = Ticket { entry: entry | UNTIMED, start: 0 };
            return if due { begin_due(recorder, site, entry) } else { untimed };
        }
        recorder.arena.begin_own(record);
    }
    Ticket { entry, start: recorder.clock.ticks() }
}

/// A sampled call that is timed: draws when the next one is.
#[cold]
#[inline(never)]
fn begin_due(recorder: &Recorder, site: &'static CallSite, entry: u64) -> Ticket {
    recorder.draw_gap(index(entry - OWN), site.declaration.sample);
    Ticket { entry, start: recorder.clock.ticks() }
}
