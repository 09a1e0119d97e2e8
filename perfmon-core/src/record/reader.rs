//! The reading side: the figures of one series, summed over all slots, while their threads go on writing.
//!
//! # The protocol
//!
//! Between calls a record's buckets, plus the call its slot holds as pending, agree with its outcomes. A reader
//! cannot stop the writer, so for each record it
//!
//! 1. reads the outcomes, `low`;
//! 2. waits for an even `SEQ` and looks whose call is pending: another record's, as nearly always, and 3 is all there is to do; its own,
//!    and it reads that call under an even `SEQ` that did not move;
//! 3. copies the buckets;
//! 4. if `SEQ` still has not moved, adds the pending call. If it has, the pending call went to its bucket meanwhile, maybe
//!    behind the copy's back, so that one bucket is read again once `SEQ` shows that it must be in;
//! 5. reads the outcomes again, `high`.
//!
//! Of a sampled site the calls since the last timing take the place of the pending call, and `CLOSED`, the calls in buckets, the place of
//! `SEQ`: it moves exactly when they go to their bucket.
//!
//! Every call in `low` is then in the buckets, and every call in the buckets in `high`: `low ≤ buckets ≤ high`. The outcomes
//! reported are chosen between the two so that they add up to the buckets exactly. A later snapshot's `low` is at least this
//! one's `high`, so nothing ever shrinks from one snapshot to the next.
//!
//! Starts are read after the outcomes of all slots, so that calls in flight are never negative, though a future may start in one
//! slot and finish in another. A call may also move from one series of its site to another while it runs: that it left is read with the
//! outcomes, and that it arrived with the starts; and of a site with several series all outcomes are read before any start.

use std::{cell::RefCell, sync::atomic::Ordering};

use super::{
    arena::{Arena, index},
    storage::{Storage, Word},
    tally::Tally,
    words::{OWN, TAGS, record as r, slot as s, value as v},
};
use crate::clock::Scale;

/// The figures of one series, in ticks.
#[derive(Debug, Default, Clone)]
pub(crate) struct Totals {
    pub(crate) started: u64,
    /// Calls that began in another series and came to this one, and that left it.
    pub(crate) arrived: u64,
    pub(crate) moved: u64,
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

/// Figures of a record beside its counts. Where all calls are timed they need no agreement with the counts beyond a call or two; a
/// timing that stands for many calls makes it necessary.
struct Rest {
    sum: u64,
    outermost: u64,
    clamped: u64,
    breaches: [u64; r::OBJECTIVES],
}

/// Calls of a sampled record since its last timing, which stands for them.
struct Open {
    /// Calls in buckets.
    closed: u64,
    calls: u64,
    ticks: u64,
    outermost: u64,
    rest: Rest,
}

/// Reads series one after the other, with working memory that is used again.
pub(crate) struct Reader<'a, S> {
    arena: &'a Arena<S>,
    scale: Scale,
    /// Slots known so far, and the newest of them.
    slots: Vec<usize>,
    newest: usize,
    /// Slots and shared records whose writer was found held in the middle of a call's end.
    held: RefCell<Vec<usize>>,
    shared: usize,
    tally: Tally,
}

impl<'a, S: Storage> Reader<'a, S> {
    /// A reader of all slots there are now.
    pub(crate) fn new(arena: &'a Arena<S>, scale: Scale, shared: usize) -> Self {
        let tally = Tally::new(arena.layout());
        let mut reader = Self { arena, scale, slots: Vec::new(), newest: 0, held: RefCell::default(), shared, tally };
        reader.find_slots();
        reader
    }

    /// Adds slots that were made since.
    fn find_slots(&mut self) {
        let first = self.arena.first_slot();
        let mut slot = first;
        while slot != self.newest {
            self.slots.push(slot);
            slot = index(self.arena.word(slot + s::NEXT).get());
        }
        self.newest = first;
    }

    /// The figures of a series of calls (or of a custom histogram), all but those of [`add_starts`](Self::add_starts).
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
        totals
    }

    /// Adds what began to figures of a series that [`totals`](Self::totals) gave, as it did of all series whose calls may have come to this one.
    pub(crate) fn add_starts(&mut self, series: u32, totals: &mut Totals) {
        // Finishes were read with Acquire; whatever they saw finish, its start is seen now.
        // The thread it started on may have taken its slot after this reader began.
        Arena::<S>::fence(Ordering::Acquire);
        self.find_slots();
        let entry = |&slot: &usize| self.arena.entry(slot, series, Ordering::Acquire);
        // A pair that shares has its entry in its own slot too; the record behind it is counted once, from the shared slot.
        let own = self.slots.iter().map(entry).filter(|entry| entry & OWN != 0);
        let shared = Some(entry(&self.shared)).filter(|&entry| entry != 0);
        for record in own.chain(shared).map(|entry| index(entry & !TAGS)) {
            totals.started += self.arena.word(record + r::STARTED).get();
            totals.arrived += self.arena.word(record + r::ARRIVED).get();
        }
    }

    /// The distribution that the last [`totals`](Self::totals) gathered, by bucket in ascending order.
    pub(crate) fn take_buckets(&mut self) -> Vec<(u32, u64)> {
        self.tally.take()
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
            // Set to something that is no number, it has no value.
            .filter(|value| value.is_finite())
    }

    fn outcomes(&self, record: usize) -> [u64; 4] {
        std::array::from_fn(|outcome| self.arena.word(record + r::OUTCOMES + outcome).load(Ordering::Acquire))
    }

    /// Looks until `look` finds what it waits for; `None` when it has waited long enough. A thread that is held in the middle of a call's
    /// end, by a debugger say, must not hold its readers too: they wait once for what it writes, `whose`, and then no more.
    fn patiently<T>(&self, whose: usize, look: impl Fn() -> Option<T>) -> Option<T> {
        let mut attempt = 0;
        loop {
            let found = look();
            if found.is_some() || self.held.borrow().contains(&whose) {
                return found;
            }
            if !Arena::<S>::wait(attempt) {
                self.held.borrow_mut().push(whose);
            }
            attempt += 1;
        }
    }

    /// Waits until no call's end is under way; not for ever.
    fn even(&self, slot: usize) {
        self.patiently(slot, || self.arena.word(slot + s::SEQ).load(Ordering::Acquire).is_multiple_of(2).then_some(()));
    }

    /// An even `SEQ` and what `read` finds under it; `None` when the writer is held in the middle of a call's end.
    fn steady<T>(&self, slot: usize, read: impl Fn() -> T) -> Option<(u64, T)> {
        self.patiently(slot, || {
            let seq = self.arena.word(slot + s::SEQ).load(Ordering::Acquire);
            if !seq.is_multiple_of(2) {
                return None;
            }
            let value = read();
            Arena::<S>::fence(Ordering::Acquire);
            (self.arena.word(slot + s::SEQ).get() == seq).then_some((seq, value))
        })
    }

    /// Waits until a slot's `SEQ` has reached `at_least`, with all that was written before; not for ever.
    fn passed(&self, slot: usize, at_least: u64) {
        self.patiently(slot, || {
            let seq = self.arena.word(slot + s::SEQ).load(Ordering::Acquire);
            (seq.wrapping_sub(at_least) < u64::MAX / 2).then_some(())
        });
    }

    fn add_record(&mut self, totals: &mut Totals, slot: usize, record: usize, sampled: bool) {
        let low = self.outcomes(record);
        Arena::<S>::fence(Ordering::Acquire);
        let (mut total, mut rest) =
            if sampled { self.add_sampled(slot, record) } else { (self.add_timed(slot, record), self.rest(record)) };
        // Not so few unless the writer is held in the middle of a call's end. Its outcome is counted first, so it tells what is
        // missing; the duration is the best guess there is, and the only figure that may be another one later.
        let missing = low.iter().sum::<u64>().saturating_sub(total);
        if missing > 0 {
            // Nobody is held in a model.
            #[cfg(loom)]
            assert_eq!(missing, 0, "{low:?} finished, {total} in buckets");
            let ticks = self.arena.word(if sampled { record + r::LAST } else { slot + s::PENDING_TICKS }).get();
            self.tally.add(self.arena.bucket_at(record, self.scale.nanos(ticks)), missing);
            total += missing;
            if sampled {
                rest.sum = rest.sum.wrapping_add(ticks.wrapping_mul(missing));
            }
        }
        // What was read of the buckets, relaxed, is in `high` too.
        Arena::<S>::fence(Ordering::Acquire);
        add_outcomes(totals, low, self.outcomes(record), total);
        let timed = if sampled { self.arena.word(record + r::TIMED).get().min(total) } else { total };
        self.add_rest(totals, record, &rest, timed);
    }

    /// Adds the buckets of a record all of whose calls are timed, with the pending call. Returns their sum.
    fn add_timed(&mut self, slot: usize, record: usize) -> u64 {
        // What finished before `low` was read is in its bucket or pending once SEQ is even. Pending it is no more if another record's
        // call is: then it is in its bucket, and nothing needs to be watched.
        self.even(slot);
        let others = self.arena.word(slot + s::PENDING).get() != record as u64;
        Arena::<S>::fence(Ordering::Acquire);
        if others {
            return self.copy_buckets(record, usize::MAX).0;
        }
        let pending = self.steady(slot, || {
            let pending = self.arena.word(slot + s::PENDING).get() == record as u64;
            (pending, self.arena.word(slot + s::PENDING_TICKS).get())
        });
        let Some((seq, (true, ticks))) = pending else { return self.copy_buckets(record, usize::MAX).0 };
        let nanos = self.scale.nanos(ticks);
        let watched = self.arena.layout().index_of(nanos) as usize;
        let (total, copied) = self.copy_buckets(record, watched);
        // Had a bucket been read that the next end of a call wrote, then its odd SEQ would be seen now.
        Arena::<S>::fence(Ordering::Acquire);
        let more = if self.arena.word(slot + s::SEQ).get() == seq {
            1
        } else {
            // The end of call that made SEQ odd puts the pending one into its bucket before it makes SEQ even.
            self.passed(slot, seq.wrapping_add(2));
            self.arena.count_at(record, watched).saturating_sub(copied)
        };
        self.tally.add(self.arena.bucket_at(record, nanos), more);
        total + more
    }

    /// Adds the buckets of a record only some of whose calls are timed, with the calls that the last timing stands for. Returns their sum
    /// and the figures that go with it.
    fn add_sampled(&mut self, slot: usize, record: usize) -> (u64, Rest) {
        let before = self.open(slot, record);
        let nanos = before.as_ref().map_or(0, |open| self.scale.nanos(open.ticks));
        let watched = self.arena.layout().index_of(nanos) as usize;
        let (total, copied) = self.copy_buckets(record, watched);
        // Had a bucket been read that a later end of a call wrote, then its odd SEQ would be seen now, and waited for.
        Arena::<S>::fence(Ordering::Acquire);
        let (Some(before), Some(mut after)) = (before, self.open(slot, record)) else {
            return (total, self.rest(record));
        };
        if after.closed != before.closed {
            // The calls open before are in their bucket now, maybe behind the copy's back.
            let more = self.arena.count_at(record, watched).saturating_sub(copied);
            self.tally.add(self.arena.bucket_at(record, nanos), more);
            return (total + more, after.rest);
        }
        let Open { calls, ticks, outermost, ref mut rest, .. } = after;
        self.tally.add(self.arena.bucket_at(record, self.scale.nanos(ticks)), calls);
        rest.sum = rest.sum.wrapping_add(ticks.wrapping_mul(calls));
        rest.outermost = rest.outermost.wrapping_add(outermost.wrapping_mul(calls));
        let over = |limit: usize| if ticks > self.arena.word(record + limit).get() { calls } else { 0 };
        rest.clamped += over(r::CLAMP_LIMIT);
        for (objective, breaches) in rest.breaches.iter_mut().enumerate() {
            *breaches += over(r::LIMITS + objective);
        }
        (total + calls, after.rest)
    }

    /// The calls of a sampled record that are in no bucket yet; `None` when the writer is held.
    fn open(&self, slot: usize, record: usize) -> Option<Open> {
        let word = |at: usize| self.arena.word(record + at).get();
        let open = self.steady(slot, || {
            let closed = word(r::CLOSED);
            let calls = if word(r::TIMED) > 0 { self.arena.finished(record).wrapping_sub(closed) } else { 0 };
            Open { closed, calls, ticks: word(r::LAST), outermost: word(r::LAST_OUTERMOST), rest: self.rest(record) }
        });
        open.map(|(_, open)| open)
    }

    fn add_shared(&mut self, totals: &mut Totals, record: usize) {
        let low = self.outcomes(record);
        let expected = low.iter().sum::<u64>();
        // A call counts its outcome first and its bucket an instant later; wait for those that are in between.
        let copy = || {
            let mut copied = Vec::new();
            self.arena.each_bucket(record, |at, count, _| copied.push((at, count)));
            copied
        };
        let whole = |copied: &Vec<(usize, u64)>| copied.iter().map(|&(_, count)| count).sum::<u64>() >= expected;
        let copied = self.patiently(record, || Some(copy()).filter(whole)).unwrap_or_else(copy);
        let mut total = copied.iter().map(|&(_, count)| count).sum();
        for (at, count) in copied {
            self.tally.add(at, count);
        }
        // As with a record of one's own: a guess for whoever is held.
        let missing = expected.saturating_sub(total);
        if missing > 0 {
            let mean = self.arena.word(record + r::SUM).get().checked_div(total).unwrap_or(0);
            self.tally.add(self.arena.bucket_at(record, self.scale.nanos(mean)), missing);
            total += missing;
        }
        Arena::<S>::fence(Ordering::Acquire);
        add_outcomes(totals, low, self.outcomes(record), total);
        self.add_rest(totals, record, &self.rest(record), total);
    }

    fn rest(&self, record: usize) -> Rest {
        let word = |at: usize| self.arena.word(record + at).get();
        Rest {
            sum: word(r::SUM),
            outermost: word(r::OUTERMOST),
            clamped: word(r::CLAMPED),
            breaches: std::array::from_fn(|objective| word(r::BREACHES + objective)),
        }
    }

    fn add_rest(&self, totals: &mut Totals, record: usize, rest: &Rest, timed: u64) {
        let word = |at: usize| self.arena.word(record + at).get();
        totals.moved += word(r::MOVED);
        totals.timed += timed;
        totals.sum = totals.sum.wrapping_add(rest.sum);
        totals.outermost = totals.outermost.wrapping_add(rest.outermost);
        totals.busy = totals.busy.wrapping_add(word(r::BUSY));
        totals.max = totals.max.max(word(r::MAX));
        totals.min_inverted = totals.min_inverted.max(word(r::MIN_INVERTED));
        totals.clamped += rest.clamped;
        totals.coarse += word(r::COARSE);
        for (breaches, more) in totals.breaches.iter_mut().zip(rest.breaches) {
            *breaches += more;
        }
    }

    /// Adds all buckets of a record to the working memory. Returns their sum, and the count of the `watched` one as
    /// [`count_at`](Self::count_at) gives it.
    fn copy_buckets(&mut self, record: usize, watched: usize) -> (u64, u64) {
        let (mut sum, mut seen) = (0, 0);
        let bits = self.arena.layout().chunk_bits();
        self.arena.each_bucket(record, |at, count, coarse| {
            self.tally.add(at, count);
            sum += count;
            if if coarse { at >> bits == watched >> bits } else { at == watched } {
                seen = count;
            }
        });
        (sum, seen)
    }
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
