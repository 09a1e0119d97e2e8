//! Figures that need no clock: durations measured elsewhere, and custom counters, histograms and gauges.

use std::{sync::atomic::Ordering, time::Duration};

use super::{
    Outcome,
    arena::index,
    entry::entry_of,
    recorder, running,
    storage::Word,
    thread,
    words::{OWN, TAGS, record as r, value as v},
};
use crate::site::{CallSite, Sample, SeriesId};

/// The largest value that is added to a sum: exact as a floating-point number, and a thousand of them do not wrap.
const LARGEST: u64 = 1 << 53;
/// The longest duration, in nanoseconds: 417 days. Its sum is in ticks; of a clock of 5 GHz a hundred of them do not wrap.
const LONGEST: u64 = 1 << 55;

/// Counts a call that was timed by someone else, as finished without an error.
pub(crate) fn record(site: &'static CallSite, values: &[&str], duration: Duration) {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX).min(LONGEST);
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

/// Adds to a custom counter, by its entry.
pub(crate) fn count(entry: u64, by: u64) {
    let Some(recorder) = running().filter(|_| entry != 0) else { return };
    if by > LARGEST {
        return recorder.count_refused_increment();
    }
    let word = recorder.arena.word(index(entry & !TAGS) + v::VALUE);
    if entry & OWN == 0 {
        word.fetch_add(by, Ordering::Relaxed);
    } else {
        word.bump(by);
    }
}

/// Gives a value to a custom histogram, by its entry. What is beyond the last bucket is counted as clamped anyway; here it is the sum that is kept from it.
pub(crate) fn observe(entry: u64, value: u64) {
    let value = value.min(LARGEST);
    let Some(recorder) = running().filter(|_| entry != 0) else { return };
    let record = index(entry & !TAGS);
    if entry & OWN == 0 {
        recorder.arena.begin_shared(record);
        return recorder.arena.end_shared(record, value, value, Outcome::Ok, true);
    }
    recorder.arena.word(record + r::STARTED).bump(1);
    recorder.arena.value_own(recorder.clock.scale, thread::slot(), record, value, value);
}

/// Changes a custom gauge from its value now, 0 before it was ever set. Without a series it is counted as lost.
pub(crate) fn change(series: Option<SeriesId>, change: impl Fn(f64) -> f64) {
    let changed = thread::once_at_a_time(|| {
        let recorder = recorder()?;
        let record = recorder.provide_shared(series?)?;
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
