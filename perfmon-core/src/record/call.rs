//! The hot path: the beginning and the end of a call, from a site's static to the thread's record.
//!
//! Both ends are outlined: that is as fast as inlining (the time is in the counter's two readings), and keeps monitored programs small and
//! quick to compile. What does not happen on every call is `#[cold]`.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Outcome, Recorder,
    arena::index,
    labels::Key,
    recorder, running,
    storage::Word,
    thread,
    words::{OWN, TAGS, UNTIMED, record as r, value as v},
};
use crate::site::{CallSite, REGISTRY, Sample, SeriesId};

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

type Labels<'a> = Option<(&'a [&'a str], &'a Key<'a>)>;

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

/// The entry of the thread's record of a series, made if need be; 0 when the call cannot be recorded.
fn entry_slow(site: &'static CallSite, labels: Labels<'_>) -> u64 {
    let found = thread::once_at_a_time(|| {
        let recorder = recorder()?;
        let base = Recorder::base_series(&site.handle, &site.declaration);
        let Some((values, key)) = labels else { return Some(recorder.provide(base)) };
        let slot = thread::slot();
        let known = recorder.arena.cached(slot, base.0, key);
        if known != 0 {
            return Some(known);
        }
        let family = REGISTRY.info(base)?.family;
        let series = REGISTRY.labelled(family, values, &key.encoded());
        let entry = recorder.provide(series);
        let slot = thread::slot();
        if slot != super::arena::EMPTY_SLOT {
            recorder.arena.remember(slot, base.0, key, series.0, entry);
        }
        Some(entry)
    });
    let entry = found.flatten().unwrap_or(0);
    if entry == 0
        && let Some(recorder) = running()
    {
        recorder.count_uncounted();
    }
    entry
}

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
                    begin_due(recorder, site, entry);
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
    fn entry(self, recorder: &Recorder) -> u64 {
        #[expect(clippy::cast_possible_truncation, reason = "the lower half")]
        let series = self.bits as u32;
        let entry = recorder.arena.entry(thread::slot(), series, Ordering::Relaxed);
        if entry != 0 { entry } else { elsewhere(recorder, series) }
    }
}

/// The first time this thread meets a series: another one began the call.
#[cold]
#[inline(never)]
fn elsewhere(recorder: &Recorder, series: u32) -> u64 {
    thread::once_at_a_time(|| recorder.provide(SeriesId(series))).unwrap_or(0)
}

/// The current thread's entry for a site or custom metric with these label values; 0 when it cannot be recorded.
#[inline]
pub(crate) fn entry_of(site: &'static CallSite, values: &[&str]) -> u64 {
    let slot = thread::slot();
    let base = site.handle.series().0;
    if values.is_empty() {
        let entry = running().map_or(0, |recorder| recorder.arena.entry(slot, base, Ordering::Relaxed));
        return if entry & OWN == 0 { entry_slow(site, None) } else { entry };
    }
    let key = Key::new(values);
    let entry = running().map_or(0, |recorder| recorder.arena.cached(slot, base, &key));
    if entry == 0 { entry_slow(site, Some((values, &key))) } else { entry }
}

/// Counts a call that was timed by someone else, as finished without an error.
pub(crate) fn record(site: &'static CallSite, values: &[&str], duration: Duration) {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let entry = entry_of(site, values);
    let Some(recorder) = running().filter(|_| entry != 0) else { return };
    let record = index(entry & !TAGS);
    let ticks = recorder.clock.scale.ticks(nanos);
    let (arena, slot) = (&recorder.arena, thread::slot());
    if entry & OWN == 0 {
        arena.begin_shared(record);
        return arena.end_shared(record, ticks, nanos, Outcome::Ok, true);
    }
    arena.word(record + r::STARTED).bump(1);
    if site.declaration.sample == Sample::Every {
        arena.value_own(recorder.clock.scale, slot, record, nanos, ticks);
    } else {
        // A given duration costs no timing, so it is taken even where only some calls are timed.
        arena.end_sampled(recorder.clock.scale, slot, record, ticks, Outcome::Ok, true);
    }
}

/// Adds to a custom counter.
pub(crate) fn count(counter: &'static CallSite, values: &[&str], by: u64) {
    let entry = entry_of(counter, values);
    let Some(recorder) = running().filter(|_| entry != 0) else { return };
    let word = recorder.arena.word(index(entry & !TAGS) + v::VALUE);
    if entry & OWN == 0 {
        word.fetch_add(by, Ordering::Relaxed);
    } else {
        word.bump(by);
    }
}

/// Gives a value to a custom histogram.
pub(crate) fn observe(histogram: &'static CallSite, values: &[&str], value: u64) {
    let entry = entry_of(histogram, values);
    let Some(recorder) = running().filter(|_| entry != 0) else { return };
    let record = index(entry & !TAGS);
    if entry & OWN == 0 {
        recorder.arena.begin_shared(record);
        return recorder.arena.end_shared(record, value, value, Outcome::Ok, true);
    }
    recorder.arena.word(record + r::STARTED).bump(1);
    recorder.arena.value_own(recorder.clock.scale, thread::slot(), record, value, value);
}

/// Changes a custom gauge from its value now, 0 before it was ever set.
pub(crate) fn change(gauge: &'static CallSite, values: &[&str], change: impl Fn(f64) -> f64) {
    let changed = thread::once_at_a_time(|| {
        let recorder = recorder()?;
        let base = Recorder::base_series(&gauge.handle, &gauge.declaration);
        let series = match values {
            [] => base,
            _ => REGISTRY.labelled(REGISTRY.info(base)?.family, values, &Key::new(values).encoded()),
        };
        let record = recorder.provide_shared(series)?;
        let (value, set) = (recorder.arena.word(record + v::VALUE), recorder.arena.word(record + v::SET));
        loop {
            let before = value.load(Ordering::Acquire);
            if value.replace(before, change(f64::from_bits(before)).to_bits()).is_ok() {
                set.store(1, Ordering::Release);
                return Some(());
            }
        }
    });
    if changed.flatten().is_none()
        && let Some(recorder) = running()
    {
        recorder.count_uncounted();
    }
}
