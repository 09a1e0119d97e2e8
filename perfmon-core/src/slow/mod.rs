//! Slow calls, kept one by one: what they were, how long they took, in which trace.
//!
//! A slow call never waits for anything here. Each series has a place of its own for its newest calls, so that none pushes another's out;
//! how many it may keep in a second is bounded, so that the cost is; what finds its place in use is counted and forgotten.

mod trace;

use std::{
    cell::Cell,
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        LazyLock, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

pub use self::trace::Trace;
use crate::site::{Instrument, Kind, REGISTRY, SeriesId, SeriesInfo};

/// Places for series, and the calls in each.
const PLACES: usize = 1024;
const EACH: usize = 8;
const SECOND: u64 = 1_000_000_000;
/// Calls of a series that are kept in a second.
const KEPT_PER_SECOND: u64 = 10;
/// Of two series that have the same place (of more than so many), the one that had no slow call for so long yields.
const YIELDS_AFTER: u64 = 60 * SECOND;

/// A call that took longer than its series' threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlowCall {
    /// What sort of call.
    pub kind: Kind,
    /// The name of its site.
    pub name: String,
    /// Its labels, keys and values.
    pub labels: Vec<(String, String)>,
    /// How long it took.
    pub duration: Duration,
    /// When it ended.
    pub at: SystemTime,
    /// The trace it was made in, if a source of traces is set and knew one.
    pub trace: Option<Trace>,
    /// The highest latency bound of the site, if the call took longer than that: an objective was missed, not just the usual exceeded.
    pub bound: Option<Duration>,
}

/// What is kept of one.
#[derive(Debug, Clone, Copy)]
struct Kept {
    /// Counted over all series, to put them in order.
    number: u64,
    nanos: u64,
    /// Since recording began.
    uptime: u64,
    at: SystemTime,
    trace: Option<Trace>,
}

struct Place {
    series: SeriesId,
    calls: VecDeque<Kept>,
}

static KEPT: LazyLock<Box<[Mutex<Place>]>> =
    LazyLock::new(|| (0..PLACES).map(|_| Mutex::new(Place { series: SeriesId(0), calls: VecDeque::new() })).collect());
static NUMBER: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);
static LIMITED: AtomicU64 = AtomicU64::new(0);

type Source = fn() -> Option<Trace>;
type Hook = fn(&SlowCall, u64);

static SOURCE: RwLock<Option<Source>> = RwLock::new(None);
static HOOK: RwLock<Option<Hook>> = RwLock::new(None);

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Sets where calls learn which trace they are in. It is asked on the calling thread at the end of a call, and only for slow calls that are kept:
/// at most some tens of times a second for each series. What it calls may itself be monitored. If it panics, the call has no trace.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::evidence::{Trace, set_trace_source};
///
/// set_trace_source(|| "0af7651916cd43dd8448eb211c80319c".parse::<Trace>().ok());
/// ```
pub fn set_trace_source(source: fn() -> Option<Trace>) {
    *SOURCE.write().unwrap_or_else(PoisonError::into_inner) = Some(source);
}

/// Sets the source of traces if the program has set none.
#[doc(hidden)]
pub fn suggest_trace_source(source: fn() -> Option<Trace>) {
    SOURCE.write().unwrap_or_else(PoisonError::into_inner).get_or_insert(source);
}

/// The trace the calling thread is in now, by the source of traces; none if that panics.
#[must_use]
pub fn current_trace() -> Option<Trace> {
    let mut trace = None;
    alone(|| trace = get(&SOURCE).and_then(|source| contain(source).flatten()));
    trace
}

/// Sets who is told of calls beyond their site's highest latency bound: on the calling thread, after the call was recorded, at most once for each
/// site and second, with the number of such calls left out since. What it calls may be monitored: those calls are recorded, but
/// never told. If it panics, nothing comes of it.
pub fn on_breach(hook: fn(&SlowCall, u64)) {
    *HOOK.write().unwrap_or_else(PoisonError::into_inner) = Some(hook);
}

/// The newest slow calls, up to 8 of each series for 1,024 series (beyond these, some share a place and the one without slow calls for a
/// minute yields), the newest last; 0.7 MB at most. A call with a trace outlasts those without. At most 10 a second are kept of a series, and 10 more of those beyond its site's bound.
///
/// Without [`aim`](crate::evidence::aim) a call is slow when it takes longer than the highest latency objective of its site.
#[must_use]
pub fn slow_calls() -> Vec<SlowCall> {
    let mut found = Vec::with_capacity(PLACES * EACH);
    // Memory is taken beforehand, so that a place is held for a moment only; and a monitored allocator does not come back in.
    alone(|| {
        for place in KEPT.iter() {
            let place = place.lock().unwrap_or_else(PoisonError::into_inner);
            found.extend(place.calls.iter().map(|kept| (place.series, *kept)));
        }
    });
    found.sort_unstable_by_key(|(_, kept)| kept.number);
    found.iter().filter_map(|(series, kept)| told(REGISTRY.info(*series)?, kept)).collect()
}

/// Slow calls that were not kept, whatever the rate: another thread had the place at that moment, another series had it, or the call was made by
/// the source of traces or by whoever was told of a breach.
#[must_use]
pub fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// Slow calls beyond the number that is kept of a series in a second, counted when the next one is kept.
#[must_use]
pub fn limited() -> u64 {
    LIMITED.load(Ordering::Relaxed)
}

/// A call over its series' threshold ended, so long after recording began.
pub(crate) fn offer(series: SeriesId, info: &SeriesInfo, nanos: u64, uptime: Duration, at: SystemTime) {
    // Of what this thread does for another slow call nothing is kept: there would be no end to it.
    if INSIDE.get() {
        DROPPED.fetch_add(1, Ordering::Relaxed);
        return;
    }
    let uptime = u64::try_from(uptime.as_nanos()).unwrap_or(u64::MAX);
    let keep = info.gate.rate(nanos).admit(uptime, SECOND / KEPT_PER_SECOND, KEPT_PER_SECOND);
    let breach = info.gate.exceeded(nanos).and_then(|_| get(&HOOK));
    let tell = breach.and_then(|hook| Some((hook, info.variant.family.told.admit(uptime, SECOND, 1)?)));
    if keep.is_none() && tell.is_none() {
        return;
    }
    alone(|| {
        let trace = current_trace();
        let kept = Kept { number: NUMBER.fetch_add(1, Ordering::Relaxed), nanos, uptime, at, trace };
        if let Some(limited) = keep {
            LIMITED.fetch_add(limited, Ordering::Relaxed);
            if !put(series, kept) {
                DROPPED.fetch_add(1, Ordering::Relaxed);
            }
        }
        if let Some((hook, left_out)) = tell
            && let Some(call) = told(info, &kept)
        {
            contain(|| hook(&call, left_out));
        }
    });
}

/// Puts a call into its series' place. False when that is in use.
fn put(series: SeriesId, kept: Kept) -> bool {
    let Ok(mut place) = KEPT[series.0 as usize % PLACES].try_lock() else { return false };
    if place.series != series {
        if place.calls.back().is_some_and(|last| kept.uptime.saturating_sub(last.uptime) < YIELDS_AFTER) {
            return false;
        }
        place.series = series;
        place.calls.clear();
    }
    if place.calls.len() == EACH {
        // Of a service that samples its traces few calls have one: they stay longer.
        let untraced = place.calls.iter().position(|call| call.trace.is_none());
        place.calls.remove(untraced.unwrap_or(0));
    }
    place.calls.push_back(kept);
    true
}

/// What is told of a call. `None` for what is no call.
fn told(info: &SeriesInfo, kept: &Kept) -> Option<SlowCall> {
    let family = info.variant.family;
    let Instrument::Calls(kind) = family.instrument else { return None };
    let labels = info.variant.labels.iter().map(ToString::to_string).zip(info.values.iter().cloned()).collect();
    Some(SlowCall {
        kind,
        name: family.name.clone(),
        labels,
        duration: Duration::from_nanos(kept.nanos),
        at: kept.at,
        trace: kept.trace,
        bound: info.gate.exceeded(kept.nanos).map(Duration::from_nanos),
    })
}

/// What is set, unless it is being set right now.
fn get<T: Copy>(what: &RwLock<Option<T>>) -> Option<T> {
    *what.try_read().ok()?
}

/// Runs code that is not ours: a panic in it ends here, with its payload, whose destructor is not ours either.
fn contain<T>(code: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(code)).map_err(std::mem::forget).ok()
}

/// Runs `work`, and keeps slow calls that it makes out of here.
fn alone(work: impl FnOnce()) {
    struct Leave(bool);
    impl Drop for Leave {
        fn drop(&mut self) {
            INSIDE.set(self.0);
        }
    }
    let _leave = Leave(INSIDE.replace(true));
    work();
}
