//! The reading side: the figures of one series, summed over all slots, while their threads go on writing.
//!
//! # The protocol
//!
//! Between calls a record's buckets, plus the call its slot holds as pending, agree with its outcomes. A reader
//! cannot stop the writer, so for each record it
//!
//! 1. reads the outcomes, `low`;
//! 2. waits for an even `SEQ`, reads the pending call, and checks that `SEQ` did not move;
//! 3. copies the buckets;
//! 4. if `SEQ` still has not moved, adds the pending call. If it has, the pending call went to its bucket meanwhile, maybe
//!    behind the copy's back, so that one bucket is read again once `SEQ` shows that it must be in;
//! 5. reads the outcomes again, `high`.
//!
//! Every call in `low` is then in the buckets, and every call in the buckets in `high`: `low ≤ buckets ≤ high`. The outcomes
//! reported are chosen between the two so that they add up to the buckets exactly. A later snapshot's `low` is at least this
//! one's `high`, so nothing ever shrinks from one snapshot to the next.
//!
//! Starts are read after the outcomes of all slots, so that calls in flight are never negative, though a future may start in one
//! slot and finish in another.

use std::sync::atomic::Ordering;

use super::{
    arena::{Arena, index},
    storage::{Storage, Word},
    words::{COARSE_SHIFT, OWN, SHARED, TAGS, record as r, slot as s, value as v},
};
use crate::{clock::Scale, layout::Layout};

/// How often a reader looks again before it lets the writer run, and how often it does that before it stops
/// waiting: a thread that is held in the middle of a call's end (by a debugger, say) must not hold its readers too.
const SPINS: u32 = 64;
const YIELDS: u32 = 256;

/// The figures of one series, in ticks.
#[derive(Debug, Default, Clone)]
pub(crate) struct Totals {
    pub(crate) started: u64,
    pub(crate) outcomes: [u64; 4],
    pub(crate) timed: u64,
    pub(crate) sum: u64,
    pub(crate) outermost: u64,
    pub(crate) busy: u64,
    pub(crate) max: u64,
    pub(crate) min_inverted: u64,
    pub(crate) clamped: u64,
    pub(crate) coarse: u64,
    pub(crate) breaches: [u64; r::OBJECTIVES],
}

/// Reads series one after the other, with working memory that is used again.
pub(crate) struct Reader<'a, S> {
    arena: &'a Arena<S>,
    scale: Scale,
    slots: Vec<usize>,
    shared: usize,
    /// Counts by bucket of the series at hand; only chunks in `touched` are not zero.
    buckets: Vec<u64>,
    touched: Vec<bool>,
}

impl<'a, S: Storage> Reader<'a, S> {
    /// A reader of all slots there are now.
    pub(crate) fn new(arena: &'a Arena<S>, scale: Scale, shared: usize) -> Self {
        let chunks = arena.layout().chunks();
        let mut slots = Vec::new();
        let mut slot = arena.first_slot();
        while slot != 0 {
            slots.push(slot);
            slot = index(arena.word(slot + s::NEXT).get());
        }
        let buckets = vec![0; chunks * arena.layout().chunk_len()];
        Self { arena, scale, slots, shared, buckets, touched: vec![false; chunks] }
    }

    /// The figures of a series of calls (or of a custom histogram).
    pub(crate) fn totals(&mut self, series: u32, sampled: bool) -> Totals {
        let mut totals = Totals::default();
        for at in 0..self.slots.len() {
            let slot = self.slots[at];
            let entry = self.arena.entry(slot, series, Ordering::Acquire);
            if entry & OWN != 0 {
                self.add_record(&mut totals, slot, index(entry & !TAGS), sampled);
            }
        }
        let shared = self.arena.entry(self.shared, series, Ordering::Acquire);
        if shared != 0 {
            self.add_shared(&mut totals, index(shared & !TAGS));
        }
        // Finishes were read with Acquire; whatever they saw finish, its start is seen now.
        Arena::<S>::fence(Ordering::Acquire);
        let all = self.slots.iter().chain(std::iter::once(&self.shared));
        let entries = all
            .map(|&slot| self.arena.entry(slot, series, Ordering::Acquire))
            .filter(|entry| entry & (OWN | SHARED) != 0);
        // A pair that shares has its entry in its own slot too; the record behind it is counted once, from the shared slot.
        let own = entries.filter(|entry| entry & OWN != 0).map(|entry| index(entry & !TAGS));
        let shared = (shared != 0).then(|| index(shared & !TAGS));
        totals.started = own.chain(shared).map(|record| self.arena.word(record + r::STARTED).get()).sum();
        totals
    }

    /// The distribution that the last [`totals`](Self::totals) gathered, by bucket in ascending order.
    pub(crate) fn take_buckets(&mut self) -> Vec<(u32, u64)> {
        let length = self.arena.layout().chunk_len();
        let mut found = Vec::new();
        for chunk in 0..self.touched.len() {
            if std::mem::take(&mut self.touched[chunk]) {
                for at in chunk * length..(chunk + 1) * length {
                    let count = std::mem::take(&mut self.buckets[at]);
                    if count > 0 {
                        found.push((u32::try_from(at).unwrap_or(u32::MAX), count));
                    }
                }
            }
        }
        found
    }

    /// A counter's sum over all slots.
    pub(crate) fn counter(&self, series: u32) -> Option<u64> {
        let own = self
            .slots
            .iter()
            .map(|&slot| self.arena.entry(slot, series, Ordering::Acquire))
            .filter(|entry| entry & OWN != 0);
        let shared = Some(self.arena.entry(self.shared, series, Ordering::Acquire)).filter(|&entry| entry != 0);
        let mut values =
            own.chain(shared).map(|entry| self.arena.word(index(entry & !TAGS) + v::VALUE).get()).peekable();
        values.peek()?;
        Some(values.fold(0, u64::wrapping_add))
    }

    /// A gauge's last value, if it was ever set.
    pub(crate) fn gauge(&self, series: u32) -> Option<f64> {
        let entry = self.arena.entry(self.shared, series, Ordering::Acquire);
        let record = index(entry & !TAGS);
        (entry != 0 && self.arena.word(record + v::SET).load(Ordering::Acquire) != 0)
            .then(|| f64::from_bits(self.arena.word(record + v::VALUE).get()))
    }

    fn outcomes(&self, record: usize) -> [u64; 4] {
        std::array::from_fn(|outcome| self.arena.word(record + r::OUTCOMES + outcome).load(Ordering::Acquire))
    }

    /// An even `SEQ` and what `read` finds under it; `None` when the writer is held in the middle of a call's end.
    fn steady<T>(&self, slot: usize, read: impl Fn() -> T) -> Option<(u64, T)> {
        for attempt in 0..SPINS * YIELDS {
            let seq = self.arena.word(slot + s::SEQ).load(Ordering::Acquire);
            if seq.is_multiple_of(2) {
                let value = read();
                Arena::<S>::fence(Ordering::Acquire);
                if self.arena.word(slot + s::SEQ).get() == seq {
                    return Some((seq, value));
                }
            }
            if attempt % SPINS == SPINS - 1 {
                Arena::<S>::yield_now();
            } else {
                std::hint::spin_loop();
            }
        }
        None
    }

    /// Whether a slot's `SEQ` has reached `at_least`, with all that was written before.
    fn passed(&self, slot: usize, at_least: u64) -> bool {
        (0..SPINS * YIELDS).any(|attempt| {
            if attempt % SPINS == SPINS - 1 {
                Arena::<S>::yield_now();
            }
            self.arena.word(slot + s::SEQ).load(Ordering::Acquire).wrapping_sub(at_least) < u64::MAX / 2
        })
    }

    fn add_record(&mut self, totals: &mut Totals, slot: usize, record: usize, sampled: bool) {
        let arena = self.arena;
        let word = |at: usize| arena.word(record + at).get();
        let low = self.outcomes(record);
        // What is finished but in no bucket: the slot's pending call, or of a sampled site the calls its last timing stands for.
        Arena::<S>::fence(Ordering::Acquire);
        let steady = self.steady(slot, || {
            if sampled {
                let open = arena.finished(record).wrapping_sub(word(r::CLOSED));
                let open = if word(r::TIMED) > 0 { open } else { 0 };
                (open, word(r::LAST), word(r::LAST_OUTERMOST), word(r::CLOSED))
            } else {
                let pending = arena.word(slot + s::PENDING).get() == record as u64;
                (u64::from(pending), arena.word(slot + s::PENDING_TICKS).get(), 0, 0)
            }
        });
        let bucket = match steady {
            Some((_, (open, ticks, ..))) if open > 0 => self.bucket_at(record, self.scale.nanos(ticks)),
            _ => usize::MAX,
        };
        let (mut total, copied) = self.copy_buckets(record, bucket);
        Arena::<S>::fence(Ordering::Acquire);
        match steady {
            Some((seq, (open, ticks, outermost, closed))) if open > 0 => {
                let unchanged = arena.word(slot + s::SEQ).get() == seq || (sampled && word(r::CLOSED) == closed);
                if unchanged {
                    self.add_bucket(bucket, open);
                    total += open;
                    if sampled {
                        totals.sum = totals.sum.wrapping_add(ticks.wrapping_mul(open));
                        totals.outermost = totals.outermost.wrapping_add(outermost.wrapping_mul(open));
                    }
                } else {
                    // The flush belongs to the end of call that made SEQ odd; its store comes before SEQ is even again.
                    self.passed(slot, seq.wrapping_add(2));
                    let again = self.bucket_at(record, self.scale.nanos(ticks));
                    let more = self.count_at(record, again).saturating_sub(copied);
                    self.add_bucket(again, more);
                    total += more;
                }
            }
            Some(_) => {}
            None => {
                // Held between two words. The outcomes are counted first, so they tell what is missing.
                let missing = arena.finished(record).saturating_sub(total);
                let ticks = if sampled { word(r::LAST) } else { arena.word(slot + s::PENDING_TICKS).get() };
                self.add_bucket(self.bucket_at(record, self.scale.nanos(ticks)), missing);
                total += missing;
            }
        }
        let high = self.outcomes(record);
        add_outcomes(totals, low, high, total);
        self.add_rest(totals, record, total, sampled);
    }

    fn add_shared(&mut self, totals: &mut Totals, record: usize) {
        let low = self.outcomes(record);
        let expected = low.iter().sum::<u64>();
        // A call counts its outcome first and its bucket an instant later; wait for those that are in between.
        let mut copied: Vec<(usize, u64)> = Vec::new();
        for attempt in 0..YIELDS {
            copied.clear();
            self.walk_buckets(record, |at, count| copied.push((at, count)));
            if attempt + 1 == YIELDS || copied.iter().map(|&(_, count)| count).sum::<u64>() >= expected {
                break;
            }
            Arena::<S>::yield_now();
        }
        let total = copied.iter().map(|&(_, count)| count).sum();
        for (at, count) in copied {
            self.add_bucket(at, count);
        }
        Arena::<S>::fence(Ordering::Acquire);
        add_outcomes(totals, low, self.outcomes(record), total);
        self.add_rest(totals, record, total, false);
    }

    /// Sums and extremes need no agreement with the counts beyond a call or two.
    fn add_rest(&self, totals: &mut Totals, record: usize, finished: u64, sampled: bool) {
        let word = |at: usize| self.arena.word(record + at).get();
        totals.timed += if sampled { word(r::TIMED).min(finished) } else { finished };
        totals.sum = totals.sum.wrapping_add(word(r::SUM));
        totals.outermost = totals.outermost.wrapping_add(word(r::OUTERMOST));
        totals.busy = totals.busy.wrapping_add(word(r::BUSY));
        totals.max = totals.max.max(word(r::MAX));
        totals.min_inverted = totals.min_inverted.max(word(r::MIN_INVERTED));
        totals.clamped += word(r::CLAMPED);
        totals.coarse += word(r::COARSE);
        for (objective, breaches) in totals.breaches.iter_mut().enumerate() {
            *breaches += word(r::BREACHES + objective);
        }
    }

    /// The bucket a value of this record is counted in: its own, or the one that stands for its octave.
    fn bucket_at(&self, record: usize, value: u64) -> usize {
        let layout = self.arena.layout();
        let bucket = layout.index_of(value) as usize;
        let chunk = bucket >> layout.chunk_bits();
        match self.arena.word(record + r::CHUNKS + chunk).load(Ordering::Acquire) & SHARED {
            0 => bucket,
            _ => coarse_bucket(layout, chunk),
        }
    }

    /// The calls in a bucket of a record now.
    fn count_at(&self, record: usize, bucket: usize) -> u64 {
        let layout = self.arena.layout();
        let entry = self.arena.word(record + r::CHUNKS + (bucket >> layout.chunk_bits())).load(Ordering::Acquire);
        match entry {
            0 => 0,
            coarse if coarse & SHARED != 0 => coarse >> COARSE_SHIFT,
            chunk => self.arena.word(index(chunk & !TAGS) + (bucket & (layout.chunk_len() - 1))).get(),
        }
    }

    /// Adds all buckets of a record to the working memory. Returns their sum, and the count of the `watched` one.
    fn copy_buckets(&mut self, record: usize, watched: usize) -> (u64, u64) {
        let (mut sum, mut seen) = (0, 0);
        let (mut buckets, mut touched) = (std::mem::take(&mut self.buckets), std::mem::take(&mut self.touched));
        let bits = self.arena.layout().chunk_bits();
        self.walk_buckets(record, |at, count| {
            buckets[at] += count;
            touched[at >> bits] = true;
            sum += count;
            if at == watched {
                seen = count;
            }
        });
        (self.buckets, self.touched) = (buckets, touched);
        (sum, seen)
    }

    fn walk_buckets(&self, record: usize, mut found: impl FnMut(usize, u64)) {
        let layout = self.arena.layout();
        for chunk in 0..layout.chunks() {
            let entry = self.arena.word(record + r::CHUNKS + chunk).load(Ordering::Acquire);
            let first = chunk << layout.chunk_bits();
            if entry & OWN != 0 {
                for within in 0..layout.chunk_len() {
                    let count = self.arena.word(index(entry & !TAGS) + within).get();
                    if count > 0 {
                        found(first + within, count);
                    }
                }
            } else if entry & SHARED != 0 {
                found(coarse_bucket(layout, chunk), entry >> COARSE_SHIFT);
            }
        }
    }

    fn add_bucket(&mut self, bucket: usize, calls: u64) {
        if calls > 0 {
            self.buckets[bucket] += calls;
            self.touched[bucket >> self.arena.layout().chunk_bits()] = true;
        }
    }
}

/// The bucket that stands for an octave whose calls were not told apart: its middle one.
fn coarse_bucket(layout: Layout, chunk: usize) -> usize {
    (chunk << layout.chunk_bits()) + layout.chunk_len() / 2
}

/// Adds outcomes between `low` and `high` that sum to `total`.
fn add_outcomes(totals: &mut Totals, low: [u64; 4], high: [u64; 4], total: u64) {
    let mut open = total.saturating_sub(low.iter().sum());
    for (outcome, (low, high)) in low.into_iter().zip(high).enumerate() {
        let more = high.saturating_sub(low).min(open);
        totals.outcomes[outcome] += low + more;
        open -= more;
    }
}
