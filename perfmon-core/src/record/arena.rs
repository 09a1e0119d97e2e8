//! Who gets which words: a bump allocator with a ceiling for each kind of claim.
//!
//! Memory is handed out and never taken back: slots and records live as long as the process, and are used again by
//! later threads. As the arena fills, claims are refused in an order that keeps counts exact to the end: first a
//! thread's own records (it then shares them), then its own buckets, then shared buckets (both are
//! counted by octave then), then shared records of further label sets (their calls go to `other`). The last part is held for one shared record of every site.

use std::sync::atomic::Ordering;

use super::storage::{Storage, Word};
use crate::layout::Layout;

/// Everything is handed out in multiples of this many words: two cache lines, so that the prefetcher
/// of one thread does not pull at the words of another.
pub(crate) const UNIT: usize = 16;

/// The slot of a thread that has none: zeros that nobody writes, so that every look-up in it finds nothing.
pub(crate) const EMPTY_SLOT: usize = 0;

/// Where the bookkeeping starts: behind all that a look-up in the empty slot may touch.
pub(crate) const HEADER: usize = 1024;
const USED: usize = HEADER;
const FIRST_SLOT: usize = HEADER + 1;
const SLOTS: usize = HEADER + 2;
const START: usize = HEADER + UNIT;

/// What words are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// A thread's own slot, directory pages and records.
    OwnRecord,
    /// Buckets of a thread's own record.
    OwnChunk,
    /// Buckets of a record that threads share.
    SharedChunk,
    /// A record that threads share, of a label set.
    SharedRecord,
    /// The shared record of a site itself, or of its `other`; and the shared slot.
    Base,
}

/// Words, and the order in which they are handed out.
pub(crate) struct Arena<S> {
    storage: S,
    layout: Layout,
    /// Words kept back for [`Claim::Base`].
    base: usize,
}

impl<S: Storage> Arena<S> {
    /// An arena over all of the storage, `base` words of which only [`Claim::Base`] may use.
    pub(crate) fn new(storage: S, layout: Layout, base: usize) -> Self {
        storage.block::<1>(USED)[0].set(START as u64);
        Self { storage, layout, base }
    }

    /// The fewest words an arena of this much base makes sense with.
    pub(crate) const fn least(base: usize) -> usize {
        START + 4 * base + 16 * 1024
    }

    #[inline(always)]
    pub(crate) fn word(&self, at: usize) -> &S::Word {
        &self.storage.block::<1>(at)[0]
    }

    #[inline(always)]
    pub(crate) fn block<const N: usize>(&self, at: usize) -> &[S::Word; N] {
        self.storage.block(at)
    }

    #[inline(always)]
    pub(crate) fn layout(&self) -> Layout {
        self.layout
    }

    /// Words handed out, bookkeeping included.
    pub(crate) fn used(&self) -> usize {
        index(self.word(USED).get())
    }

    /// Words there are.
    pub(crate) fn limit(&self) -> usize {
        self.storage.len()
    }

    /// How many slots were made.
    pub(crate) fn slots(&self) -> u64 {
        self.word(SLOTS).get()
    }

    fn ceiling(&self, claim: Claim) -> usize {
        let all = self.limit();
        match claim {
            Claim::OwnRecord => all / 2,
            Claim::OwnChunk => all / 8 * 5,
            Claim::SharedChunk => all / 8 * 6,
            Claim::SharedRecord => (all / 8 * 7).min(all - self.base),
            Claim::Base => all,
        }
    }

    /// Takes zeroed words, a multiple of [`UNIT`]; `None` when the claim's ceiling is reached.
    pub(crate) fn take(&self, words: usize, claim: Claim) -> Option<usize> {
        let words = words.next_multiple_of(UNIT);
        let used = self.word(USED);
        let mut at = used.load(Ordering::Relaxed);
        loop {
            let end = index(at).checked_add(words).filter(|&end| end <= self.ceiling(claim))?;
            match used.replace(at, end as u64) {
                Ok(_) => return Some(index(at)),
                Err(now) => at = now,
            }
        }
    }

    /// Makes a slot known to readers. `next` is the word in the slot that links it to the one before.
    pub(crate) fn publish_slot(&self, slot: usize, next: usize) {
        let first = self.word(FIRST_SLOT);
        let mut before = first.load(Ordering::Acquire);
        loop {
            self.word(next).set(before);
            match first.replace(before, slot as u64) {
                Ok(_) => break,
                Err(now) => before = now,
            }
        }
        self.word(SLOTS).fetch_add(1, Ordering::Relaxed);
    }

    /// The slot published last; 0 when there is none.
    pub(crate) fn first_slot(&self) -> usize {
        index(self.word(FIRST_SLOT).load(Ordering::Acquire))
    }

    #[inline(always)]
    pub(crate) fn fence(order: Ordering) {
        S::fence(order);
    }

    pub(crate) fn wait(attempt: u32) -> bool {
        S::wait(attempt)
    }
}

/// A word's number, read from a word.
#[inline(always)]
pub(crate) const fn index(value: u64) -> usize {
    // Numbers are written from `usize`, so they fit.
    #[expect(clippy::cast_possible_truncation, reason = "written from a usize")]
    let index = value as usize;
    index
}
