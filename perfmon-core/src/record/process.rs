//! The process' recorder: made at the first call, there until the end.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use super::{
    Footprint,
    arena::{Arena, Claim, UNIT, index},
    reader::Reader,
    sample::Pace,
    storage::{Mapped, Storage, Word},
    thread,
    words::{OWN, PAGE_BITS, PAGE_WORDS, PAGES, SHARED, TAGS, record as r, slot as s, value as v},
    writer::Outcome,
};
use crate::{
    clock::Clock,
    layout::Layout,
    settings,
    site::{Declaration, Family, Handle, Instrument, REGISTRY, Registry, Sample, SeriesId, SeriesInfo},
};

static RECORDER: OnceLock<Recorder> = OnceLock::new();
static ENABLED: AtomicBool = AtomicBool::new(true);

/// Switches all recording on or off while the program runs. Off, a monitored call costs one relaxed load; calls that
/// began before are still counted when they end.
pub fn set_enabled(enabled: bool) {
    ENABLED.store(enabled, Ordering::Relaxed);
}

/// Whether calls are recorded.
#[inline(always)]
#[must_use]
pub fn is_enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// The recorder if it was started: the hot path's way to it.
#[inline(always)]
pub(crate) fn running() -> Option<&'static Recorder> {
    RECORDER.get()
}

/// The recorder, started if need be (which calibrates the clock: 10 to 200 ms, once). `None` when the system gives it no memory at all; recording is off then.
pub(crate) fn recorder() -> Option<&'static Recorder> {
    static STARTING: Mutex<()> = Mutex::new(());
    if let Some(recorder) = RECORDER.get() {
        return Some(recorder);
    }
    thread::undisturbed(|| {
        let _one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if RECORDER.get().is_none() {
            match Recorder::new() {
                Some(recorder) => _ = RECORDER.set(recorder),
                None => set_enabled(false),
            }
        }
        RECORDER.get()
    })
}

/// The memory that recording has in use now; all zero before the first monitored call.
///
/// ```
/// # use perfmon_core as perfmon;
/// perfmon::init();
/// let footprint = perfmon::footprint();
/// assert!(footprint.arena_bytes <= footprint.limit_bytes);
/// ```
#[must_use]
pub fn footprint() -> Footprint {
    running().map_or_else(Footprint::default, Recorder::footprint)
}

/// A reader of the process' recorder.
pub(crate) type RecorderReader = Reader<'static, Mapped>;

/// Everything that recording needs.
pub(crate) struct Recorder {
    pub(crate) arena: Arena<Mapped>,
    pub(crate) clock: Clock,
    /// The slot of records that threads share.
    shared: usize,
    /// Taken while a shared record is made.
    making: Mutex<()>,
    process: u64,
    started_at: SystemTime,
    started_tick: u64,
    own_cost_ticks: u64,
    shared_pairs: AtomicU64,
    uncounted: AtomicU64,
    refused_increments: AtomicU64,
}

impl Recorder {
    fn new() -> Option<Self> {
        let settings = settings::fix();
        let sites = Registry::registered() + 64;
        // Every site may need a shared record, and one for `other`, each perhaps on a directory page of its own.
        let base = 2 * sites * record_words(settings.layout) + PAGES.min(2 * sites) * PAGE_WORDS + s::WORDS + UNIT;
        let least = Arena::<Mapped>::least(base);
        let mut words = (settings.memory_limit / size_of::<u64>()).max(least);
        let storage = loop {
            match Mapped::new(words) {
                Ok(storage) => break storage,
                Err(_) if words / 2 >= least => words /= 2,
                Err(_) => return None,
            }
        };
        REGISTRY.set_label_bytes_limit(words * size_of::<u64>() / 4);
        let clock = Clock::new();
        let arena = Arena::new(storage, settings.layout, base);
        let shared = arena.take(s::WORDS, Claim::Base)?;
        let own_cost_ticks = measure_own_cost(&arena, &clock)?;
        let started_at = SystemTime::now();
        Some(Self {
            shared,
            making: Mutex::new(()),
            process: RandomState::new().hash_one((std::process::id(), started_at)),
            started_at,
            started_tick: clock.ticks(),
            own_cost_ticks,
            shared_pairs: AtomicU64::new(0),
            uncounted: AtomicU64::new(0),
            refused_increments: AtomicU64::new(0),
            arena,
            clock,
        })
    }

    pub(crate) fn process(&self) -> u64 {
        self.process
    }

    /// The time since recording began, by the recorder's clock.
    pub(crate) fn running_for(&self) -> Duration {
        Duration::from_nanos(self.clock.scale.nanos(self.clock.ticks().saturating_sub(self.started_tick)))
    }

    /// The wall clock, with its corrections and jumps; under a mock clock when recording began plus what the mock has moved since.
    pub(crate) fn now(&self) -> SystemTime {
        self.moment().1
    }

    /// The time since recording began, and the time now.
    pub(crate) fn moment(&self) -> (Duration, SystemTime) {
        let uptime = self.running_for();
        (uptime, if self.clock.mocked { self.started_at + uptime } else { SystemTime::now() })
    }

    /// The slot of records that threads share.
    pub(super) fn shared(&self) -> usize {
        self.shared
    }

    pub(crate) fn own_cost(&self) -> Duration {
        Duration::from_nanos(self.clock.scale.nanos(self.own_cost_ticks))
    }

    pub(crate) fn shared_pairs(&self) -> u64 {
        self.shared_pairs.load(Ordering::Relaxed)
    }

    pub(crate) fn uncounted(&self) -> u64 {
        self.uncounted.load(Ordering::Relaxed)
    }

    pub(crate) fn refused_increments(&self) -> u64 {
        self.refused_increments.load(Ordering::Relaxed)
    }

    pub(crate) fn reader(&'static self) -> RecorderReader {
        Reader::new(&self.arena, self.clock.scale, self.shared)
    }

    pub(crate) fn footprint(&self) -> Footprint {
        let bytes = |words: usize| (words * size_of::<u64>()) as u64;
        Footprint {
            arena_bytes: bytes(self.arena.used()),
            limit_bytes: bytes(self.arena.limit()),
            label_bytes: REGISTRY.label_bytes() as u64,
            slots: self.arena.slots(),
            series: u64::from(REGISTRY.series_count()),
        }
    }

    /// Draws when the next call of a sampled site is timed, in a record of one's own.
    pub(crate) fn draw_gap(&self, record: usize, sample: Sample) {
        self.arena.draw_gap(thread::slot(), record, sample, || Pace {
            tick: self.clock.ticks(),
            cost: self.own_cost_ticks,
            threads: self.arena.slots().saturating_sub(thread::free_slots()),
        });
    }

    /// A declaration's series without labels, told to its handle for the next time.
    pub(crate) fn base_series(handle: &Handle, declaration: &'static Declaration) -> SeriesId {
        let known = handle.series();
        if known.0 != 0 {
            return known;
        }
        let series = REGISTRY.base_of(REGISTRY.variant_of(declaration));
        handle.assign(series);
        series
    }

    /// Whether a call of one of these series runs on this thread. Of records that threads share that is not known.
    pub(crate) fn runs_here(&self, series: &[SeriesId]) -> bool {
        let entries = series.iter().map(|series| self.arena.entry(thread::slot(), series.0, Ordering::Relaxed));
        entries.filter(|entry| entry & OWN != 0).any(|entry| self.arena.runs_own(index(entry - OWN)))
    }

    /// Calls of these series that have begun and not ended; each that began before this call, as this thread sees it, is among them until it ends.
    pub(crate) fn in_flight(&self, series: &[SeriesId]) -> u64 {
        let slots = || {
            let next = |slot: &usize| Some(index(self.arena.word(slot + s::NEXT).get())).filter(|slot| *slot != 0);
            let first = Some(self.arena.first_slot()).filter(|slot| *slot != 0);
            std::iter::successors(first, next).map(|slot| (slot, OWN)).chain([(self.shared, SHARED)])
        };
        let sum = |of: &dyn Fn(usize) -> u64| {
            let entries = slots().flat_map(|(slot, tag)| {
                let entry = move |series: &SeriesId| self.arena.entry(slot, series.0, Ordering::Acquire);
                // A pair that shares has its entry in its own slot too.
                series.iter().map(entry).filter(move |entry| entry & tag != 0)
            });
            entries.map(|entry| of(index(entry & !TAGS))).fold(0, u64::wrapping_add)
        };
        let ended = sum(&|record| self.arena.finished(record));
        // Whatever was seen to end, its start is seen now.
        Arena::<Mapped>::fence(Ordering::Acquire);
        sum(&|record| self.arena.word(record + r::STARTED).get()).saturating_sub(ended)
    }

    /// Counts a call that cannot be recorded.
    pub(crate) fn count_uncounted(&self) {
        self.uncounted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts an increment of a counter that is too large to be meant.
    #[cold]
    pub(crate) fn count_refused_increment(&self) {
        self.refused_increments.fetch_add(1, Ordering::Relaxed);
    }

    /// The current thread's entry for a series: its own record, made if there is memory for it, else the shared one. 0 when there is neither.
    #[cold]
    #[inline(never)]
    pub(crate) fn provide(&self, series: SeriesId) -> u64 {
        let Some(info) = REGISTRY.info(series) else { return 0 };
        let slot = thread::acquire(|| self.new_slot());
        if let Some(slot) = slot {
            let entry = self.arena.entry(slot, series.0, Ordering::Relaxed);
            if entry != 0 {
                return entry;
            }
            if let Some(entry) = self.own_record(slot, series, info) {
                return entry;
            }
        }
        let Some(shared) = self.shared_record(series, info) else {
            // No memory for one more label set: its calls count in `other`, for which memory is held back.
            return if info.is_base { 0 } else { self.provide(REGISTRY.other_of(info.variant)) };
        };
        let entry = shared | SHARED;
        if let Some(slot) = slot
            && self.set_entry(slot, series, entry, Claim::OwnRecord)
        {
            self.shared_pairs.fetch_add(1, Ordering::Relaxed);
        }
        entry
    }

    /// The shared record of a series, of a gauge say, made if need be.
    pub(crate) fn provide_shared(&self, series: SeriesId) -> Option<usize> {
        let info = REGISTRY.info(series)?;
        let entry = self.arena.entry(self.shared, series.0, Ordering::Acquire);
        if entry != 0 {
            return Some(index(entry & !TAGS));
        }
        match self.shared_record(series, info) {
            Some(record) => Some(index(record)),
            None if info.is_base => None,
            None => self.provide_shared(REGISTRY.other_of(info.variant)),
        }
    }

    fn own_record(&self, slot: usize, series: SeriesId, info: &SeriesInfo) -> Option<u64> {
        // The page first: a record that could not be found again would be lost.
        if !self.set_entry(slot, series, 0, Claim::OwnRecord) {
            return None;
        }
        let record = self.arena.take(words_of(info.variant.family, self.arena.layout()), Claim::OwnRecord)?;
        // Depth is the site's, whatever the labels, so it is counted in one place.
        let base = match info.variant.family.instrument {
            Instrument::Calls(_) if series != REGISTRY.base_of(info.variant) => {
                self.provide(REGISTRY.base_of(info.variant))
            }
            _ => 0,
        };
        let depth_at = if base & OWN != 0 { index(base & !TAGS) } else { record } + r::DEPTH;
        self.prepare(record, depth_at, series, info);
        let entry = record as u64 | OWN;
        self.set_entry(slot, series, entry, Claim::OwnRecord).then_some(entry)
    }

    fn shared_record(&self, series: SeriesId, info: &SeriesInfo) -> Option<u64> {
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = self.arena.entry(self.shared, series.0, Ordering::Acquire);
        if entry != 0 {
            return Some(entry & !TAGS);
        }
        let claim = if info.is_base { Claim::Base } else { Claim::SharedRecord };
        if !self.set_entry(self.shared, series, 0, claim) {
            return None;
        }
        let record = self.arena.take(words_of(info.variant.family, self.arena.layout()), claim)?;
        self.prepare(record, record + r::DEPTH, series, info);
        self.set_entry(self.shared, series, record as u64 | SHARED, claim).then_some(record as u64)
    }

    /// Writes what a new record needs to know. All else is zero.
    fn prepare(&self, record: usize, depth_at: usize, series: SeriesId, info: &SeriesInfo) {
        let family = info.variant.family;
        let word = |at: usize| self.arena.word(record + at);
        if !has_buckets(family.instrument) {
            return;
        }
        let scale = self.scale_of(info);
        word(r::DEPTH_AT).set(depth_at as u64);
        word(r::SERIES).set(u64::from(series.0));
        word(r::CLAMP_LIMIT).set(scale.most_ticks(Layout::MAX_VALUE));
        (0..r::OBJECTIVES).for_each(|objective| word(r::LIMITS + objective).set(u64::MAX));
        for (objective, nanos) in family.latency_bounds().enumerate().take(r::OBJECTIVES) {
            word(r::LIMITS + objective).set(scale.most_ticks(nanos));
        }
        word(r::THRESHOLD).set(self.threshold(info));
    }

    /// Writes an entry into a slot's directory. False when there is no memory for the page.
    fn set_entry(&self, slot: usize, series: SeriesId, entry: u64, claim: Claim) -> bool {
        let page = self.arena.word(slot + s::DIRECTORY + (series.0 >> PAGE_BITS) as usize);
        if page.get() == 0 {
            let Some(taken) = self.arena.take(PAGE_WORDS, claim) else { return false };
            page.store(taken as u64, Ordering::Release);
        }
        if entry != 0 {
            let within = series.0 as usize & (PAGE_WORDS - 1);
            self.arena.word(index(page.get()) + within).store(entry, Ordering::Release);
        }
        true
    }

    fn new_slot(&self) -> Option<usize> {
        let slot = self.arena.take(s::WORDS, Claim::OwnRecord)?;
        self.arena.word(slot + s::RANDOM).set(self.process ^ slot as u64);
        self.arena.publish_slot(slot, slot + s::NEXT);
        Some(slot)
    }
}

fn has_buckets(instrument: Instrument) -> bool {
    matches!(instrument, Instrument::Calls(_) | Instrument::Histogram)
}

fn words_of(family: &Family, layout: Layout) -> usize {
    if has_buckets(family.instrument) { record_words(layout) } else { v::WORDS }
}

fn record_words(layout: Layout) -> usize {
    (r::CHUNKS + layout.chunks()).next_multiple_of(UNIT)
}

/// What a call costs in ticks, both ends: the best of some rounds on a record that no reader knows.
fn measure_own_cost<S: Storage>(arena: &Arena<S>, clock: &Clock) -> Option<u64> {
    const ROUNDS: u64 = 16;
    const CALLS: u64 = 128;
    let slot = arena.take(s::WORDS, Claim::Base)?;
    let record = arena.take(record_words(arena.layout()), Claim::Base)?;
    arena.word(record + r::DEPTH_AT).set((record + r::DEPTH) as u64);
    arena.word(record + r::THRESHOLD).set(u64::MAX);
    let round = |_| {
        let begin = clock.ticks();
        for _ in 0..CALLS {
            arena.begin_own(record);
            let start = clock.ticks();
            let ticks = clock.ticks().saturating_sub(start);
            let outermost = arena.leave_own(record);
            arena.end_own(clock.scale, slot, record, ticks, Outcome::Ok, outermost);
        }
        clock.ticks().saturating_sub(begin) / CALLS
    };
    (0..ROUNDS).map(round).min()
}
