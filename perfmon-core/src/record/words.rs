//! Which word of a slot, a directory page or a record means what.
//!
//! A **slot** belongs to one thread at a time. Its **directory** leads from a series' number to that thread's
//! **record** of the series: `pages[series / 256]` is the page's first word, and the page's word `series % 256` the *entry*.
//! Records and chunks lie at multiples of 16 words, so the low bits of an entry are free to say whose it is.

use super::arena::index;
use crate::layout::Layout;

/// Directory pages of a slot, and the bits of a series' number that choose the entry in a page.
pub(crate) const PAGES: usize = 512;
pub(crate) const PAGE_BITS: u32 = 8;
pub(crate) const PAGE_WORDS: usize = 1 << PAGE_BITS;

// The directory has a place for every series there can be.
const _: () = assert!(PAGES << PAGE_BITS == crate::site::Registry::MOST_SERIES);

/// Tag of an entry or chunk that one thread writes.
pub(crate) const OWN: u64 = 1;
/// Tag of an entry that threads share, of a chunk word that holds a count (shifted by [`COARSE_SHIFT`]) in place of a chunk.
pub(crate) const SHARED: u64 = 2;
/// Tag of a ticket whose call is counted but not timed.
pub(crate) const UNTIMED: u64 = 4;
/// All tags.
pub(crate) const TAGS: u64 = 15;
pub(crate) const COARSE_SHIFT: u32 = 2;

/// A chunk is cut into so many stripes. The upper bits of a chunk's word tell which of them have a count, so that a reader leaves out the rest: most
/// calls of a site fall into a small part of an octave.
pub(crate) const STRIPES: usize = 16;
const STRIPE_SHIFT: u32 = 48;

/// The first word of the chunk that a chunk word with the tag [`OWN`] leads to.
#[inline(always)]
pub(crate) const fn chunk_at(word: u64) -> usize {
    index(word & ((1 << STRIPE_SHIFT) - 1) & !TAGS)
}

/// The bit of the stripe that a bucket of a chunk lies in.
#[inline(always)]
pub(crate) const fn stripe_bit(layout: Layout, within: usize) -> u64 {
    (1 << STRIPE_SHIFT) << (within >> (layout.chunk_bits() - STRIPES.trailing_zeros()))
}

/// The stripes of a chunk that have a count, one bit each.
pub(crate) const fn stripes(word: u64) -> u16 {
    (word >> STRIPE_SHIFT) as u16
}

/// Words of a slot.
pub(crate) mod slot {
    use super::PAGES;

    /// Odd while its thread finishes a call.
    pub(crate) const SEQ: usize = 0;
    /// The record of the last finished call, which is not in a bucket yet; 0 when there is none.
    pub(crate) const PENDING: usize = 1;
    /// That call's duration in ticks.
    pub(crate) const PENDING_TICKS: usize = 2;
    /// The thread's cache of label values; 0 when it has none.
    pub(crate) const LABELS: usize = 3;
    /// The slot published before this one.
    pub(crate) const NEXT: usize = 4;
    /// State of the random numbers that choose which calls are timed.
    pub(crate) const RANDOM: usize = 5;
    /// The words before the directory.
    pub(crate) const HEAD: usize = 8;
    /// Directory.
    pub(crate) const DIRECTORY: usize = HEAD;
    pub(crate) const WORDS: usize = DIRECTORY + PAGES;
}

/// Words of a record of calls.
pub(crate) mod record {
    /// Calls begun on this thread.
    pub(crate) const STARTED: usize = 0;
    /// Calls finished on this thread, by outcome.
    pub(crate) const OUTCOMES: usize = 1;
    /// Their durations added up, in ticks.
    pub(crate) const SUM: usize = 5;
    /// The same, of outermost calls only.
    pub(crate) const OUTERMOST: usize = 6;
    pub(crate) const MAX: usize = 7;
    /// The bitwise complement of the shortest duration, so that zero means none.
    pub(crate) const MIN_INVERTED: usize = 8;
    /// Calls of the site that are running on this thread right now.
    pub(crate) const DEPTH: usize = 9;
    /// Where the site's depth is counted: in the record without labels.
    pub(crate) const DEPTH_AT: usize = 10;
    /// Calls longer than this many ticks take the slow way out.
    pub(crate) const THRESHOLD: usize = 11;
    /// Time spent polling, in ticks.
    pub(crate) const BUSY: usize = 12;
    /// Calls beyond the last bucket.
    pub(crate) const CLAMPED: usize = 13;
    /// Calls counted by octave for want of memory.
    pub(crate) const COARSE: usize = 14;

    // Sampled sites only.
    /// Calls until the next one that is timed.
    pub(crate) const GAP: usize = 15;
    /// The last timing, which stands for the calls from then on until the next.
    pub(crate) const LAST: usize = 16;
    /// The same if that call was outermost, else 0.
    pub(crate) const LAST_OUTERMOST: usize = 17;
    /// Finished calls that earlier timings stand for.
    pub(crate) const CLOSED: usize = 18;
    /// Calls that were timed.
    pub(crate) const TIMED: usize = 19;

    /// Calls that came to this series while they ran, on this thread: they began in another series of the site.
    pub(crate) const ARRIVED: usize = 20;
    /// Calls that left it for another one, on this thread.
    pub(crate) const MOVED: usize = 21;
    /// The number of the series, for whoever finds only the record.
    pub(crate) const SERIES: usize = 22;
    /// Longer durations, in ticks, are counted as clamped.
    pub(crate) const CLAMP_LIMIT: usize = 23;

    /// `sample = "auto"`: the mean gap in use, in 1/16 calls.
    pub(crate) const MEAN_GAP: usize = 24;
    /// `sample = "auto"`: when the last timed call began.
    pub(crate) const LAST_TICK: usize = 25;

    /// Objectives: the bound in ticks, and calls above it.
    pub(crate) const OBJECTIVES: usize = 6;
    pub(crate) const LIMITS: usize = 26;
    pub(crate) const BREACHES: usize = LIMITS + OBJECTIVES;
    /// The words before the chunks.
    pub(crate) const HEAD: usize = BREACHES + OBJECTIVES;
    /// A chunk of buckets for each octave.
    pub(crate) const CHUNKS: usize = HEAD;
}

/// Words of a record of a counter or gauge.
pub(crate) mod value {
    /// The count, or the bits of the float.
    pub(crate) const VALUE: usize = 0;
    /// Not 0 once a gauge was set.
    pub(crate) const SET: usize = 1;
    pub(crate) const WORDS: usize = 2;
}
