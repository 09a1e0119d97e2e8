//! From label values to a record, without a lock: each thread's cache.
//!
//! The values are encoded as one string of bytes. Up to 16 bytes fit into two words, which a cache line keeps and compares
//! whole; longer ones are compared by a hash first and then with the bytes of the series found.

use std::sync::atomic::Ordering;

use super::{
    arena::{Arena, Claim, index},
    storage::{Storage, Word},
    words::slot as s,
};
use crate::site::{REGISTRY, SeriesId};

/// Lines of a thread's cache, and the words of a line: two of the key, its tag, the entry of the record.
const LINES: usize = 256;
const LINE_WORDS: usize = 4;
/// Lines a key may be found in, one behind the other: sixteen keys in 256 lines collide more often than not.
const WAYS: usize = 8;
pub(crate) const CACHE_WORDS: usize = LINES * LINE_WORDS;

/// Bytes of an encoding that need no heap.
const INLINE: usize = 128;

/// The label values of a call, encoded so that different values give different bytes.
pub(crate) struct Key<'a> {
    first: u64,
    second: u64,
    /// Length and whether the words are the bytes themselves.
    tag: u64,
    bytes: Bytes<'a>,
}

enum Bytes<'a> {
    /// One label: its bytes are the encoding.
    Borrowed(&'a [u8]),
    Inline([u8; INLINE], usize),
    Heap(Vec<u8>),
}

impl Bytes<'_> {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Inline(bytes, length) => &bytes[..*length],
            Self::Heap(bytes) => bytes,
        }
    }
}

impl<'a> Key<'a> {
    /// Encodes label values: one as it is; several each behind its length.
    #[inline]
    pub(crate) fn new(values: &[&'a str]) -> Self {
        match values {
            [one] => Self::of(Bytes::Borrowed(one.as_bytes())),
            _ => Self::of(join(values)),
        }
    }

    #[inline]
    fn of(bytes: Bytes<'a>) -> Self {
        let slice = bytes.as_slice();
        let length = slice.len() as u64;
        if let Some((first, second)) = two_words(slice) {
            return Self { first, second, tag: length << 1 | 1, bytes };
        }
        let (first, second) = digest(slice);
        Self { first, second, tag: length << 1, bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }
}

fn join<'a>(values: &[&str]) -> Bytes<'a> {
    let length: usize = values.iter().map(|value| value.len() + if value.len() < 255 { 1 } else { 9 }).sum();
    let mut inline = [0; INLINE];
    let mut heap = Vec::new();
    let target = if length <= INLINE {
        &mut inline[..length]
    } else {
        heap.resize(length, 0);
        &mut heap[..]
    };
    let mut at = 0;
    for value in values {
        let bytes = value.as_bytes();
        match u8::try_from(bytes.len()) {
            Ok(short) if short < 255 => {
                target[at] = short;
                at += 1;
            }
            _ => {
                target[at] = 255;
                target[at + 1..at + 9].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
                at += 9;
            }
        }
        target[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    }
    if length <= INLINE { Bytes::Inline(inline, length) } else { Bytes::Heap(heap) }
}

/// Up to 16 bytes as two words that overlap where there are fewer: with the length, the bytes themselves.
#[inline(always)]
fn two_words(bytes: &[u8]) -> Option<(u64, u64)> {
    let length = bytes.len();
    let eight = |at: usize| bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map(u64::from_le_bytes);
    let four = |at: usize| bytes.get(at..at + 4).and_then(|part| part.try_into().ok()).map(u32::from_le_bytes);
    match length {
        0 => Some((0, 0)),
        1..=3 => {
            Some((u64::from(bytes[0]) | u64::from(bytes[length / 2]) << 8 | u64::from(bytes[length - 1]) << 16, 0))
        }
        4..=7 => Some((u64::from(four(0)?), u64::from(four(length - 4)?))),
        8..=16 => Some((eight(0)?, eight(length - 8)?)),
        _ => None,
    }
}

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// Two words that differ for different bytes nearly always; whoever finds them equal compares the bytes.
fn digest(bytes: &[u8]) -> (u64, u64) {
    let (mut first, mut second) = (bytes.len() as u64, !0_u64);
    for part in bytes.chunks(8) {
        let mut eight = [0; 8];
        eight[..part.len()].copy_from_slice(part);
        let word = u64::from_le_bytes(eight);
        first = (first ^ word).wrapping_mul(MIX).rotate_left(29);
        second = (second.rotate_left(17) ^ word).wrapping_mul(MIX | 2);
    }
    (first, second)
}

impl<S: Storage> Arena<S> {
    /// The entry of a labelled series that this slot's cache knows; 0 when it doesn't. `base` is the site's series without labels.
    #[inline(always)]
    pub(crate) fn cached(&self, slot: usize, base: u32, key: &Key<'_>) -> u64 {
        let cache = index(self.word(slot + s::LABELS).get());
        if cache == 0 {
            return 0;
        }
        let line = self.line(cache, line_of(base, key));
        if !is_for(line, base, key) {
            return self.cached_further(slot, cache, base, key);
        }
        let entry = line[3].get();
        // Two words cannot hold longer values: the line's fourth word then names the series.
        if key.tag & 1 == 1 { entry } else { self.checked(slot, entry, key) }
    }

    /// Looks into the lines behind the first, where keys go that find theirs taken.
    #[cold]
    #[inline(never)]
    fn cached_further(&self, slot: usize, cache: usize, base: u32, key: &Key<'_>) -> u64 {
        let home = line_of(base, key);
        for step in 1..WAYS {
            let line = self.line(cache, home + step);
            if is_for(line, base, key) {
                let entry = line[3].get();
                return if key.tag & 1 == 1 { entry } else { self.checked(slot, entry, key) };
            }
            if line[2].get() == 0 {
                break;
            }
        }
        0
    }

    #[inline(always)]
    fn line(&self, cache: usize, line: usize) -> &[S::Word; LINE_WORDS] {
        self.block(cache + line % LINES * LINE_WORDS)
    }

    #[inline(never)]
    fn checked(&self, slot: usize, series: u64, key: &Key<'_>) -> u64 {
        let series = u32::try_from(series).unwrap_or(0);
        match REGISTRY.info(SeriesId(series)) {
            Some(info) if *info.key == *key.bytes() => self.entry(slot, series, Ordering::Relaxed),
            _ => 0,
        }
    }

    /// Remembers the entry of a labelled series, in the place of another when all lines it may have are taken. Does nothing when there is
    /// no memory for a cache.
    pub(crate) fn remember(&self, slot: usize, base: u32, key: &Key<'_>, series: u32, entry: u64) {
        let word = self.word(slot + s::LABELS);
        if word.get() == 0 {
            let Some(cache) = self.take(CACHE_WORDS, Claim::OwnRecord) else { return };
            word.set(cache as u64);
        }
        let (cache, home) = (index(word.get()), line_of(base, key));
        let free = |step: &usize| {
            let line = self.line(cache, home + step);
            line[2].get() == 0 || is_for(line, base, key)
        };
        let line = self.line(cache, home + (0..WAYS).find(free).unwrap_or(0));
        line[0].set(key.first);
        line[1].set(key.second);
        line[2].set(tag_of(base, key));
        line[3].set(if key.tag & 1 == 1 { entry } else { u64::from(series) });
    }
}

#[inline(always)]
fn is_for<W: Word>(line: &[W; LINE_WORDS], base: u32, key: &Key<'_>) -> bool {
    line[0].get() == key.first && line[1].get() == key.second && line[2].get() == tag_of(base, key)
}

/// The first line a key may have.
#[inline(always)]
fn line_of(base: u32, key: &Key<'_>) -> usize {
    let mixed = (key.first ^ key.second.rotate_left(32) ^ key.tag ^ u64::from(base) << 40).wrapping_mul(MIX);
    (mixed >> 56) as usize
}

#[inline(always)]
fn tag_of(base: u32, key: &Key<'_>) -> u64 {
    u64::from(base) << 32 | key.tag
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Key;

    proptest! {
        /// Whatever the values, equal encodings mean equal values; and so do equal words when they hold the bytes.
        #[test]
        fn different_values_differ(a in proptest::collection::vec("[a-c\u{0}ÿ]{0,9}", 2), b in proptest::collection::vec("[a-c\u{0}ÿ]{0,9}", 2)) {
            let (left, right): (Vec<&str>, Vec<&str>) = (a.iter().map(String::as_str).collect(), b.iter().map(String::as_str).collect());
            for width in 1..=2 {
                let (x, y) = (Key::new(&left[..width]), Key::new(&right[..width]));
                prop_assert_eq!(x.bytes() == y.bytes(), left[..width] == right[..width]);
                let words = (x.first, x.second, x.tag) == (y.first, y.second, y.tag);
                if x.tag & 1 == 1 {
                    prop_assert_eq!(words, left[..width] == right[..width]);
                }
            }
        }
    }
}
