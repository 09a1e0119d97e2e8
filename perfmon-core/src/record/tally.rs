//! Buckets on the reading side: those of a record, and the working memory in which a series' records are added up.

use std::{ops::Range, sync::atomic::Ordering};

use super::{
    arena::Arena,
    storage::{Storage, Word},
    words::{COARSE_SHIFT, OWN, SHARED, STRIPES, chunk_at, record as r, stripe_bit, stripes},
};
use crate::layout::Layout;

/// Counts by bucket, dense; emptied by what empties it, so that it is used again for the next series.
pub(crate) struct Tally {
    layout: Layout,
    counts: Vec<u64>,
    /// Of every chunk the stripes that have a count, one bit each.
    touched: Vec<u16>,
}

impl Tally {
    pub(crate) fn new(layout: Layout) -> Self {
        let chunks = layout.chunks();
        Self { layout, counts: vec![0; chunks * layout.chunk_len()], touched: vec![0; chunks] }
    }

    /// Adds calls to a bucket.
    #[inline]
    pub(crate) fn add(&mut self, bucket: usize, calls: u64) {
        if calls > 0 {
            let stripe = stripes(stripe_bit(self.layout, bucket & (self.layout.chunk_len() - 1)));
            self.counts[bucket] += calls;
            self.touched[bucket >> self.layout.chunk_bits()] |= stripe;
        }
    }

    /// Empties it: the counts that are not zero, by bucket in ascending order.
    pub(crate) fn take(&mut self) -> Vec<(u32, u64)> {
        let mut found = Vec::new();
        for chunk in 0..self.touched.len() {
            for stripe in stripes_of(std::mem::take(&mut self.touched[chunk]), self.layout) {
                let first = (chunk << self.layout.chunk_bits()) + stripe.start;
                for (at, count) in self.counts[first..].iter_mut().take(stripe.len()).enumerate() {
                    let count = std::mem::take(count);
                    if count > 0 {
                        found.push((u32::try_from(first + at).unwrap_or(u32::MAX), count));
                    }
                }
            }
        }
        found
    }
}

impl<S: Storage> Arena<S> {
    /// Every bucket of a record that has a count, and whether it stands for its octave.
    pub(crate) fn each_bucket(&self, record: usize, mut found: impl FnMut(usize, u64, bool)) {
        let layout = self.layout();
        for chunk in 0..layout.chunks() {
            let entry = self.chunk_word(record, chunk);
            let first = chunk << layout.chunk_bits();
            if entry & OWN != 0 {
                for within in stripes_of(stripes(entry), layout).flatten() {
                    let count = self.word(chunk_at(entry) + within).get();
                    if count > 0 {
                        found(first + within, count, false);
                    }
                }
            } else if entry & SHARED != 0 {
                found(coarse_bucket(layout, chunk), entry >> COARSE_SHIFT, true);
            }
        }
    }

    /// The bucket a value of a record is counted in: its own, or the one that stands for its octave.
    pub(crate) fn bucket_at(&self, record: usize, value: u64) -> usize {
        let layout = self.layout();
        let bucket = layout.index_of(value) as usize;
        let chunk = bucket >> layout.chunk_bits();
        if self.chunk_word(record, chunk) & SHARED == 0 { bucket } else { coarse_bucket(layout, chunk) }
    }

    /// The calls in a bucket of a record now, or in its octave if that is counted as a whole.
    pub(crate) fn count_at(&self, record: usize, bucket: usize) -> u64 {
        let layout = self.layout();
        match self.chunk_word(record, bucket >> layout.chunk_bits()) {
            0 => 0,
            coarse if coarse & SHARED != 0 => coarse >> COARSE_SHIFT,
            chunk => self.word(chunk_at(chunk) + (bucket & (layout.chunk_len() - 1))).get(),
        }
    }

    fn chunk_word(&self, record: usize, chunk: usize) -> u64 {
        self.word(record + r::CHUNKS + chunk).load(Ordering::Acquire)
    }
}

/// The bucket that stands for an octave whose calls were not told apart: its middle one.
fn coarse_bucket(layout: Layout, chunk: usize) -> usize {
    (chunk << layout.chunk_bits()) + layout.chunk_len() / 2
}

/// The places in a chunk of the stripes whose bits are set.
fn stripes_of(mut bits: u16, layout: Layout) -> impl Iterator<Item = Range<usize>> {
    let length = layout.chunk_len() / STRIPES;
    std::iter::from_fn(move || {
        let stripe = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(stripe * length..(stripe + 1) * length)
    })
}
