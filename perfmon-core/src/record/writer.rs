//! The writing side: what happens when a call begins and ends.
//!
//! # Why the bucket comes one call late
//!
//! A call is timed by two reads of the processor's counter, and a store whose *address* depends on the second
//! reading (the histogram bucket) would have to wait for it; measured, that costs half as much again as the two reads.
//! A store of the reading as *data* costs nothing. So a slot keeps the last call as *pending* (record and ticks), and
//! the next call that ends on the thread puts it into its bucket. All other figures are immediate.
//!
//! # What a reader may rely on
//!
//! `SEQ` is odd while a call ends. Inside, in this order: the outcome is counted, the call that was pending goes to its
//! bucket, this call becomes pending. Between calls therefore buckets + pending = outcomes, for every record of the
//! slot. Whatever makes `SEQ` odd, a sampled call or a plain value too, puts the pending call into its bucket: a reader
//! that sees `SEQ` two further on may conclude that it is there. `reader.rs` has the other half.
//!
//! # Orderings
//!
//! Words are stored relaxed; the release fence behind the odd `SEQ` and the release stores of `SEQ` carry them (both stores: a
//! later relaxed one would not continue the release sequence of the one before). The
//! fence also makes each outcome a release of what its thread did before, the call's start above all: who acquires a
//! finish sees the start, though another slot may have it. An outcome counted outside of a section is stored with
//! release for the same reason, and so is that a call left its series.

use std::sync::atomic::Ordering;

use super::{
    arena::{Arena, Claim, index},
    slow,
    storage::{Storage, Word},
    words::{
        COARSE_SHIFT, OWN, PAGE_BITS, PAGE_WORDS, PAGES, SHARED, TAGS, chunk_at, record as r, slot as s, stripe_bit,
    },
};
use crate::clock::Scale;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Ok = 0,
    Error = 1,
    Panic = 2,
    Cancelled = 3,
}

impl<S: Storage> Arena<S> {
    /// The entry of a series in a slot's directory; 0 when there is none. Relaxed for the slot's own thread, acquired by others.
    #[inline(always)]
    pub(crate) fn entry(&self, slot: usize, series: u32, order: Ordering) -> u64 {
        let slot = self.block::<{ s::WORDS }>(slot);
        let page = index(slot[s::DIRECTORY + (series >> PAGE_BITS) as usize % PAGES].load(order));
        self.block::<PAGE_WORDS>(page)[series as usize % PAGE_WORDS].load(order)
    }

    /// Counts the start of a call in a record of one's own and in its site's depth. True when no other call of the site was running.
    #[inline(always)]
    pub(crate) fn begin_own(&self, record: usize) -> bool {
        self.word(record + r::STARTED).bump(1);
        self.enter_own(record)
    }

    /// Counts one more running call of the record's site on this thread. True when it is the only one.
    #[inline(always)]
    pub(crate) fn enter_own(&self, record: usize) -> bool {
        self.depth(record).bump(1) == 1
    }

    /// Counts one running call fewer. True when none is left.
    #[inline(always)]
    pub(crate) fn leave_own(&self, record: usize) -> bool {
        self.depth(record).bump(u64::MAX) == 0
    }

    /// Whether a call of the record's site runs on its thread.
    pub(crate) fn runs_own(&self, record: usize) -> bool {
        self.depth(record).get() > 0
    }

    #[inline(always)]
    fn depth(&self, record: usize) -> &S::Word {
        self.word(index(self.word(record + r::DEPTH_AT).get()))
    }

    /// Counts the end of a timed call in a record of one's own.
    #[inline(always)]
    pub(crate) fn end_own(
        &self,
        scale: Scale,
        slot: usize,
        record: usize,
        ticks: u64,
        outcome: Outcome,
        outermost: bool,
    ) {
        let (slot, words) = (self.block::<{ s::HEAD }>(slot), self.block::<{ r::HEAD }>(record));
        let seq = Self::open_section(slot);
        words[r::OUTCOMES + outcome as usize].bump(1);
        self.bucket_pending(scale, slot);
        slot[s::PENDING].store(record as u64, Ordering::Release);
        slot[s::PENDING_TICKS].set(ticks);
        Self::add_one(words, ticks, outermost);
        Self::close_section(slot, seq);
        if ticks > words[r::THRESHOLD].get() {
            self.slow(record, ticks, Word::bump);
        }
    }

    /// Adds one duration to the sums of a record of one's own.
    #[inline(always)]
    fn add_one(words: &[S::Word; r::HEAD], ticks: u64, outermost: bool) {
        words[r::SUM].bump(ticks);
        words[r::OUTERMOST].bump(if outermost { ticks } else { 0 });
        Self::raise_ends(words, ticks);
    }

    #[inline(always)]
    fn raise_ends(words: &[S::Word; r::HEAD], ticks: u64) {
        words[r::MAX].raise(ticks);
        words[r::MIN_INVERTED].raise(!ticks);
    }

    /// Makes `SEQ` odd. The store releases, because it may be the odd one by which a reader learns that the section before is over; the
    /// fence orders it before all that is stored inside.
    #[inline(always)]
    fn open_section(slot: &[S::Word; s::HEAD]) -> u64 {
        let seq = slot[s::SEQ].get();
        slot[s::SEQ].store(seq.wrapping_add(1), Ordering::Release);
        Self::fence(Ordering::Release);
        seq
    }

    /// Makes `SEQ` even again.
    #[inline(always)]
    fn close_section(slot: &[S::Word; s::HEAD], seq: u64) {
        slot[s::SEQ].store(seq.wrapping_add(2), Ordering::Release);
    }

    /// Puts the pending call into its bucket. It stays pending until the caller says otherwise, by a store that releases: whoever sees that it
    /// is pending no more sees it in its bucket.
    #[inline(always)]
    fn bucket_pending(&self, scale: Scale, slot: &[S::Word; s::HEAD]) {
        let pending = index(slot[s::PENDING].get());
        if pending != 0 {
            self.bucket_own(pending, scale.nanos(slot[s::PENDING_TICKS].get()), 1);
        }
    }

    /// Counts values that are not readings of the clock: no need to put off the bucket. `scale` is the pending call's.
    pub(crate) fn value_own(&self, scale: Scale, slot: usize, record: usize, value: u64, sum: u64) {
        let (slot, words) = (self.block::<{ s::HEAD }>(slot), self.block::<{ r::HEAD }>(record));
        let seq = Self::open_section(slot);
        words[r::OUTCOMES].bump(1);
        self.bucket_pending(scale, slot);
        slot[s::PENDING].store(0, Ordering::Release);
        // Here outcome and bucket lie in one section: whoever sees the bucket must see the outcome, without looking at SEQ.
        Self::fence(Ordering::Release);
        self.bucket_own(record, value, 1);
        Self::add_one(words, sum, true);
        Self::close_section(slot, seq);
        if sum > words[r::THRESHOLD].get() {
            self.slow(record, sum, Word::bump);
        }
    }

    /// Counts the end of a call that was not timed, in a record where one was timed before. Its start may lie in another slot;
    /// the release makes it seen by whoever sees the end.
    #[inline(always)]
    pub(crate) fn end_untimed(&self, record: usize, outcome: Outcome) {
        let word = self.word(record + r::OUTCOMES + outcome as usize);
        word.store(word.get().wrapping_add(1), Ordering::Release);
    }

    /// Whether a call was timed in a record: until then there is nothing that an untimed one could be counted as.
    #[inline(always)]
    pub(crate) fn has_timing(&self, record: usize) -> bool {
        self.word(record + r::TIMED).get() > 0
    }

    /// Counts the end of a timed call of a sampled site. The timing before it stood for the calls that ended since; this one
    /// stands for those to come.
    pub(crate) fn end_sampled(
        &self,
        scale: Scale,
        slot: usize,
        record: usize,
        ticks: u64,
        outcome: Outcome,
        outermost: bool,
    ) {
        let (slot, words) = (self.block::<{ s::HEAD }>(slot), self.block::<{ r::HEAD }>(record));
        let seq = Self::open_section(slot);
        let before = self.finished(record);
        words[r::OUTCOMES + outcome as usize].bump(1);
        self.bucket_pending(scale, slot);
        slot[s::PENDING].store(0, Ordering::Release);
        let last = words[r::LAST].get();
        let weight = before.wrapping_sub(words[r::CLOSED].get());
        if words[r::TIMED].get() > 0 && weight > 0 {
            self.bucket_own(record, scale.nanos(last), weight);
            words[r::SUM].bump(last.wrapping_mul(weight));
            let outer = words[r::LAST_OUTERMOST].get();
            words[r::OUTERMOST].bump(outer.wrapping_mul(weight));
            words[r::CLOSED].set(before);
            if last > words[r::THRESHOLD].get() {
                self.count_slow(record, last, weight, Word::bump);
            }
        }
        words[r::LAST].set(ticks);
        words[r::LAST_OUTERMOST].set(if outermost { ticks } else { 0 });
        words[r::TIMED].bump(1);
        Self::raise_ends(words, ticks);
        Self::close_section(slot, seq);
        // Counted it is when the calls it stands for are known; looked at only now.
        if ticks > words[r::THRESHOLD].get() {
            slow::keep(words[r::SERIES].get(), ticks);
        }
    }

    /// A call that goes on leaves a record for another one of its site. There it has arrived before it has left here, so that it is never in none.
    #[inline(always)]
    pub(crate) fn hand_over(&self, from: u64, to: u64) {
        self.count_move(to, r::ARRIVED);
        self.count_move(from, r::MOVED);
    }

    #[inline(always)]
    fn count_move(&self, entry: u64, at: usize) {
        if entry & OWN == 0 {
            return self.count_move_shared(entry, at);
        }
        let word = self.word(index(entry & !TAGS) + at);
        word.store(word.get().wrapping_add(1), Ordering::Release);
    }

    #[cold]
    #[inline(never)]
    fn count_move_shared(&self, entry: u64, at: usize) {
        self.word(index(entry & !TAGS) + at).fetch_add(1, Ordering::AcqRel);
    }

    /// Counts the start of a call in a shared record.
    pub(crate) fn begin_shared(&self, record: usize) {
        self.word(record + r::STARTED).fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the end of a call in a shared record: outcome first, bucket second, as readers expect.
    pub(crate) fn end_shared(&self, record: usize, ticks: u64, nanos: u64, outcome: Outcome, outermost: bool) {
        let add = |at: usize, by: u64| self.word(record + at).fetch_add(by, Ordering::AcqRel);
        add(r::OUTCOMES + outcome as usize, 1);
        self.bucket_shared(record, nanos);
        add(r::SUM, ticks);
        add(r::OUTERMOST, if outermost { ticks } else { 0 });
        self.word(record + r::MAX).fetch_max(ticks, Ordering::Relaxed);
        self.word(record + r::MIN_INVERTED).fetch_max(!ticks, Ordering::Relaxed);
        if ticks > self.word(record + r::THRESHOLD).get() {
            self.slow(record, ticks, |word, by| word.fetch_add(by, Ordering::Relaxed));
        }
    }

    /// Finished calls of a record.
    pub(crate) fn finished(&self, record: usize) -> u64 {
        (0..4).map(|outcome| self.word(record + r::OUTCOMES + outcome).get()).fold(0, u64::wrapping_add)
    }

    /// A call over the threshold, all else about it recorded.
    #[cold]
    #[inline(never)]
    fn slow(&self, record: usize, ticks: u64, add: impl Fn(&S::Word, u64) -> u64) {
        self.count_slow(record, ticks, 1, add);
        slow::keep(self.word(record + r::SERIES).get(), ticks);
    }

    /// Calls over the threshold: objectives are counted one by one, and what lies beyond the last bucket.
    #[cold]
    fn count_slow(&self, record: usize, ticks: u64, weight: u64, add: impl Fn(&S::Word, u64) -> u64) {
        for objective in 0..r::OBJECTIVES {
            if ticks > self.word(record + r::LIMITS + objective).get() {
                add(self.word(record + r::BREACHES + objective), weight);
            }
        }
        if ticks > self.word(record + r::CLAMP_LIMIT).get() {
            add(self.word(record + r::CLAMPED), weight);
        }
    }

    /// Puts calls into their bucket.
    #[inline(always)]
    fn bucket_own(&self, record: usize, value: u64, calls: u64) {
        let bucket = self.layout().index_of(value) as usize;
        let length = self.layout().chunk_len();
        let entry = record + r::CHUNKS + (bucket >> self.layout().chunk_bits());
        let chunk = self.word(entry).get();
        let within = bucket & (length - 1);
        if chunk & OWN == 0 {
            return self.bucket_own_slow(record, entry, within, calls);
        }
        let stripe = stripe_bit(self.layout(), within);
        if chunk & stripe == 0 {
            self.word(entry).set(chunk | stripe);
        }
        self.word(chunk_at(chunk) + within).bump(calls);
    }

    /// The octave has no chunk yet: takes one, or counts by octave when memory has run out.
    #[cold]
    #[inline(never)]
    fn bucket_own_slow(&self, record: usize, entry: usize, within: usize, calls: u64) {
        let coarse = self.word(entry).get() & SHARED != 0;
        let chunk = if coarse { None } else { self.take(self.layout().chunk_len(), Claim::OwnChunk) };
        if let Some(chunk) = chunk {
            self.word(chunk + within).set(calls);
            self.word(entry).store(chunk as u64 | OWN | stripe_bit(self.layout(), within), Ordering::Release);
        } else {
            let count = self.word(entry).get() >> COARSE_SHIFT;
            self.word(entry).set((count.wrapping_add(calls) << COARSE_SHIFT) | SHARED);
            self.word(record + r::COARSE).bump(calls);
        }
    }

    fn bucket_shared(&self, record: usize, value: u64) {
        let bucket = self.layout().index_of(value) as usize;
        let length = self.layout().chunk_len();
        let entry = self.word(record + r::CHUNKS + (bucket >> self.layout().chunk_bits()));
        let mut chunk = entry.load(Ordering::Acquire);
        if chunk == 0 {
            // Two threads may both take a chunk here; the loser's stays unused, which is rare and bounded by the threads.
            let new = match self.take(length, Claim::SharedChunk) {
                Some(taken) => taken as u64 | OWN,
                None => SHARED,
            };
            chunk = entry.replace(0, new).map_or_else(|now| now, |_| new);
        }
        if chunk & OWN != 0 {
            let within = bucket & (length - 1);
            let stripe = stripe_bit(self.layout(), within);
            while chunk & stripe == 0 {
                chunk = entry.replace(chunk, chunk | stripe).map_or_else(|now| now, |_| chunk | stripe);
            }
            self.word(chunk_at(chunk) + within).fetch_add(1, Ordering::AcqRel);
        } else {
            entry.fetch_add(1 << COARSE_SHIFT, Ordering::AcqRel);
            self.word(record + r::COARSE).fetch_add(1, Ordering::Relaxed);
        }
    }
}
