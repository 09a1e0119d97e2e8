//! What every part of a snapshot can do: be added to another, and have an earlier state of itself taken away.

use std::iter::Peekable;

/// Counts that add and subtract.
pub(crate) trait Algebra {
    /// Adds the counts of another process, thread or label.
    fn add(&mut self, other: &Self);
    /// Takes away an earlier state of the same counts; never below zero.
    fn subtract(&mut self, earlier: &Self);
}

/// Plain counts and buckets as one ascending list of (slot, count) without zeros: what everything that counts has in common.
pub(crate) trait Slots {
    /// The slots in use.
    fn slots(&self) -> impl Iterator<Item = (u32, u64)> + '_;
    /// What is left after [`Algebra::subtract`] of an earlier state that is given by its slots.
    fn since(&self, earlier: impl Iterator<Item = (u32, u64)>) -> Self;
    /// A part of this, given by its slots: what was counted between two earlier states.
    fn of(&self, slots: impl Iterator<Item = (u32, u64)>) -> Self;
}

/// The slot of the first bucket; plain counts have those below.
pub(super) const BUCKETS: u32 = 64;

/// Numbers plain counts from 0 and leaves out zeros; [`Slots::slots`] without the buckets.
pub(super) fn plain_slots(counts: impl Iterator<Item = u64>) -> impl Iterator<Item = (u32, u64)> {
    (0..BUCKETS).zip(counts).filter(|&(_, count)| count > 0)
}

/// Takes the plain counts off the front of `earlier` and away from these; what is left of it are buckets.
pub(super) fn subtract_plain<'a>(
    counts: impl Iterator<Item = &'a mut u64>,
    earlier: &mut Peekable<impl Iterator<Item = (u32, u64)>>,
    subtract: fn(u64, u64) -> u64,
) {
    for (slot, count) in (0..BUCKETS).zip(counts) {
        if let Some((_, theirs)) = earlier.next_if(|(theirs, _)| *theirs == slot) {
            *count = subtract(*count, theirs);
        }
    }
    while earlier.next_if(|(slot, _)| *slot < BUCKETS).is_some() {}
}

/// Takes the plain counts off the front of `slots` and puts them in their places; what is left of it are buckets.
pub(super) fn set_plain<'a>(
    counts: impl Iterator<Item = &'a mut u64>,
    slots: &mut Peekable<impl Iterator<Item = (u32, u64)>>,
) {
    // From zero nothing is left but what wrapping brings back.
    subtract_plain(counts, slots, u64::wrapping_add);
}

/// Joins two lists that are sorted by the same key: parts with equal keys are combined, the others kept
/// (of `theirs` only if `keep` says so).
pub(crate) fn join<T: Clone, K: Ord + ?Sized>(
    mine: &mut Vec<T>,
    theirs: &[T],
    key: impl Fn(&T) -> &K,
    combine: impl Fn(&mut T, &T),
    keep: bool,
) {
    for other in theirs {
        match mine.binary_search_by(|probe| key(probe).cmp(key(other))) {
            Ok(at) => combine(&mut mine[at], other),
            Err(at) if keep => mine.insert(at, other.clone()),
            Err(_) => {}
        }
    }
}

/// The least and the greatest value of two sets, each given as its least, its greatest and its size. An end is known if it is
/// known of both sets, or the other set is empty.
pub(crate) fn ends(
    mine: (Option<u64>, Option<u64>, u64),
    theirs: (Option<u64>, Option<u64>, u64),
) -> (Option<u64>, Option<u64>) {
    let end = |a: Option<u64>, b: Option<u64>, pick: fn(u64, u64) -> u64| match (a, b) {
        (Some(a), Some(b)) => Some(pick(a, b)),
        (a, None) if theirs.2 == 0 => a,
        (None, b) if mine.2 == 0 => b,
        _ => None,
    };
    (end(mine.0, theirs.0, u64::min), end(mine.1, theirs.1, u64::max))
}

/// Between which values two sets lie together, each given as the ends that it lies between and its size.
pub(crate) fn around(mine: (Option<(u64, u64)>, u64), theirs: (Option<(u64, u64)>, u64)) -> Option<(u64, u64)> {
    match (mine, theirs) {
        ((mine, _), (_, 0)) => mine,
        ((_, 0), (theirs, _)) => theirs,
        ((Some(mine), _), (Some(theirs), _)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
        _ => None,
    }
}

/// A value that is known to lie between two, as far as those are known.
pub(crate) fn between(value: u64, ends: Option<(u64, u64)>) -> u64 {
    ends.map_or(value, |(least, most)| value.max(least).min(most))
}
