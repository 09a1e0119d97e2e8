//! An arena with slots and records, but no process around it: what tests of the protocol write to and read from.

use super::{
    arena::{Arena, Claim},
    reader::{Reader, Totals},
    storage::{Storage, Word},
    words::{OWN, PAGE_BITS, PAGE_WORDS, SHARED, record as r, slot as s},
    writer::Outcome,
};
use crate::{clock::Scale, layout::Layout};

pub(super) struct Bench<S> {
    pub(super) arena: Arena<S>,
    shared: usize,
}

/// What a reader made of a series. One tick is a nanosecond here.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) totals: Totals,
    pub(super) buckets: Vec<(u32, u64)>,
}

impl<S: Storage> Bench<S> {
    /// One significant digit, so that chunks are as small as they can be.
    pub(super) fn new(storage: S) -> Self {
        let arena = Arena::new(storage, Layout::with_digits(1).expect("one digit"), 0);
        let shared = arena.take(s::WORDS, Claim::Base).expect("room for the shared slot");
        Self { arena, shared }
    }

    pub(super) fn slot(&self) -> usize {
        let slot = self.arena.take(s::WORDS, Claim::Base).expect("room for a slot");
        self.arena.publish_slot(slot, slot + s::NEXT);
        slot
    }

    pub(super) fn own(&self, slot: usize, series: u32) -> usize {
        self.record(slot, series, OWN)
    }

    pub(super) fn shared(&self, series: u32) -> usize {
        self.record(self.shared, series, SHARED)
    }

    fn record(&self, slot: usize, series: u32, tag: u64) -> usize {
        use std::sync::atomic::Ordering::Release;
        let page = self.arena.word(slot + s::DIRECTORY + (series >> PAGE_BITS) as usize);
        if page.get() == 0 {
            page.store(self.arena.take(PAGE_WORDS, Claim::Base).expect("room for a page") as u64, Release);
        }
        let page = usize::try_from(page.get()).expect("a number");
        let words = r::CHUNKS + self.arena.layout().chunks();
        let record = self.arena.take(words, Claim::Base).expect("room for a record");
        let word = |at: usize| self.arena.word(record + at);
        word(r::DEPTH_AT).set((record + r::DEPTH) as u64);
        word(r::CLAMP_LIMIT).set(u64::MAX);
        (0..r::OBJECTIVES).for_each(|objective| word(r::LIMITS + objective).set(u64::MAX));
        word(r::THRESHOLD).set(u64::MAX);
        self.arena.word(page + series as usize % PAGE_WORDS).store(record as u64 | tag, Release);
        record
    }

    /// Counts calls over so many ticks as breaches of the first objective.
    pub(super) fn limit(&self, record: usize, ticks: u64) {
        self.arena.word(record + r::LIMITS).set(ticks);
        self.arena.word(record + r::THRESHOLD).set(ticks);
    }

    /// A whole timed call.
    pub(super) fn call(&self, slot: usize, record: usize, ticks: u64, outcome: Outcome) {
        self.arena.begin_own(record);
        self.end(slot, record, ticks, outcome);
    }

    pub(super) fn end(&self, slot: usize, record: usize, ticks: u64, outcome: Outcome) {
        let outermost = self.arena.leave_own(record);
        self.arena.end_own(Scale::NANOS, slot, record, ticks, outcome, outermost);
    }

    /// A whole call of a sampled record; `None` is one that is not timed.
    pub(super) fn sampled(&self, slot: usize, record: usize, ticks: Option<u64>, outcome: Outcome) {
        self.arena.word(record + r::STARTED).bump(1);
        match ticks {
            Some(ticks) => self.arena.end_sampled(Scale::NANOS, slot, record, ticks, outcome, true),
            None => self.arena.end_untimed(record, outcome),
        }
    }

    /// A value, as `record!` and histograms give it.
    pub(super) fn value(&self, slot: usize, record: usize, value: u64) {
        self.arena.word(record + r::STARTED).bump(1);
        self.arena.value_own(Scale::NANOS, slot, record, value, value);
    }

    /// A call of one series goes on in another.
    pub(super) fn hand_over(&self, from: (usize, u64), to: (usize, u64)) {
        self.arena.hand_over(from.0 as u64 | from.1, to.0 as u64 | to.1);
    }

    pub(super) fn shared_call(&self, record: usize, ticks: u64, outcome: Outcome) {
        self.arena.begin_shared(record);
        self.arena.end_shared(record, ticks, ticks, outcome, true);
    }

    pub(super) fn reader(&self) -> Reader<'_, S> {
        Reader::new(&self.arena, Scale::NANOS, self.shared)
    }

    pub(super) fn take(&self, series: u32, sampled: bool) -> Taken {
        Taken::from(&mut self.reader(), series, sampled)
    }
}

impl Taken {
    /// Reads a series, and checks that what was read agrees with itself.
    pub(super) fn from<S: Storage>(reader: &mut Reader<'_, S>, series: u32, sampled: bool) -> Self {
        let [taken] = Self::from_all(reader, [series], sampled);
        taken
    }

    /// Reads the series of a site, and checks that each agrees with itself.
    pub(super) fn from_all<S: Storage, const N: usize>(
        reader: &mut Reader<'_, S>,
        series: [u32; N],
        sampled: bool,
    ) -> [Self; N] {
        let ended = series.map(|series| (series, reader.totals(series, sampled), reader.take_buckets()));
        ended.map(|(series, mut totals, buckets)| {
            reader.add_starts(series, &mut totals);
            let taken = Self { totals, buckets };
            assert_eq!(taken.calls(), taken.in_buckets(), "outcomes add up to the buckets: {taken:?}");
            let Totals { started, arrived, moved, .. } = taken.totals;
            assert!(started + arrived >= taken.calls() + moved, "never fewer came than left: {taken:?}");
            taken
        })
    }

    pub(super) fn calls(&self) -> u64 {
        self.totals.outcomes.iter().sum()
    }

    fn in_buckets(&self) -> u64 {
        self.buckets.iter().map(|&(_, count)| count).sum()
    }

    /// The calls counted in the bucket of a value.
    pub(super) fn at(&self, value: u64) -> u64 {
        let index = Layout::with_digits(1).expect("one digit").index_of(value);
        self.buckets.iter().find(|bucket| bucket.0 == index).map_or(0, |bucket| bucket.1)
    }

    /// Checks that nothing shrank since an earlier reading.
    pub(super) fn not_below(&self, earlier: &Self) {
        let (now, then) = (&self.totals, &earlier.totals);
        let pairs = now.outcomes.iter().zip(then.outcomes).chain(now.breaches.iter().zip(then.breaches));
        assert!(pairs.into_iter().all(|(now, then)| *now >= then), "{earlier:?} then {self:?}");
        let counts = |totals: &Totals| [totals.started, totals.arrived, totals.moved, totals.sum, totals.timed];
        assert!(counts(now).iter().zip(counts(then)).all(|(now, then)| *now >= then), "{earlier:?} then {self:?}");
        for &(index, count) in &earlier.buckets {
            let now = self.buckets.iter().find(|bucket| bucket.0 == index).map_or(0, |bucket| bucket.1);
            assert!(now >= count, "bucket {index} shrank: {earlier:?} then {self:?}");
        }
    }
}
