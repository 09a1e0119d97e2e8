//! The current thread's entry for a series: looked up on the hot path, made on the slow one.

use std::sync::atomic::Ordering;

use super::{Recorder, arena::EMPTY_SLOT, labels::Key, recorder, running, thread, words::OWN};
use crate::site::{CallSite, REGISTRY, SeriesId, Variant};

/// Label values and their key; `None` without labels.
pub(super) type Labels<'a> = Option<(&'a [&'a str], &'a Key<'a>)>;

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

/// The series of a site or custom metric with these label values, for whoever looks it up once and keeps it. `None` when it is asked for from inside the
/// recorder's slow path.
pub(crate) fn series_of(site: &'static CallSite, values: &[&str]) -> Option<SeriesId> {
    let found = thread::once_at_a_time(|| {
        let base = Recorder::base_series(&site.handle, &site.declaration);
        match values {
            [] => Some(base),
            _ => Some(REGISTRY.labelled(REGISTRY.info(base)?.variant, values, &Key::new(values).encoded())),
        }
    });
    found.flatten()
}

/// The current thread's entry for a series; 0 when it cannot be recorded.
#[inline]
pub(crate) fn entry_of_series(series: SeriesId) -> u64 {
    let entry = running().map_or(0, |recorder| recorder.arena.entry(thread::slot(), series.0, Ordering::Relaxed));
    if entry & OWN == 0 {
        counted(thread::once_at_a_time(|| Some(recorder()?.provide(series))).flatten().unwrap_or(0))
    } else {
        entry
    }
}

/// The current thread's entry for another series of a site, for a call of it that is under way; 0 when there is none.
pub(super) fn entry_beside(recorder: &Recorder, variant: &'static Variant, values: &[&str]) -> u64 {
    let base = REGISTRY.base_of(variant);
    let (slot, key) = (thread::slot(), Key::new(values));
    let (known, labels) = match values {
        [] => (recorder.arena.entry(slot, base.0, Ordering::Relaxed), None),
        _ => (recorder.arena.cached(slot, base.0, &key), Some((values, &key))),
    };
    if known == 0 { made(|| base, labels) } else { known }
}

/// The entry of the thread's record of a series, made if need be; 0 when the call cannot be recorded.
pub(super) fn entry_slow(site: &'static CallSite, labels: Labels<'_>) -> u64 {
    counted(made(|| Recorder::base_series(&site.handle, &site.declaration), labels))
}

/// The entry of the thread's record of a series of the site whose series without labels `base` is, made if need be; 0 when it cannot be.
#[cold]
#[inline(never)]
fn made(base: impl FnOnce() -> SeriesId, labels: Labels<'_>) -> u64 {
    let found = thread::once_at_a_time(|| {
        let recorder = recorder()?;
        let base = base();
        let Some((values, key)) = labels else { return Some(recorder.provide(base)) };
        let slot = thread::slot();
        let known = recorder.arena.cached(slot, base.0, key);
        if known != 0 {
            return Some(known);
        }
        let series = REGISTRY.labelled(REGISTRY.info(base)?.variant, values, &key.encoded());
        let entry = recorder.provide(series);
        let slot = thread::slot();
        if slot != EMPTY_SLOT {
            recorder.arena.remember(slot, base.0, key, series.0, entry);
        }
        Some(entry)
    });
    found.flatten().unwrap_or(0)
}

/// An entry, with the call counted as lost where there is none.
fn counted(entry: u64) -> u64 {
    if entry == 0
        && let Some(recorder) = running()
    {
        recorder.count_uncounted();
    }
    entry
}
