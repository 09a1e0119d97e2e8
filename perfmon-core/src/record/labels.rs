//! From label values to a record, without a lock: each thread's cache.
//!
//! A key is two words. Short values fit into them, and a cache line that has the same words is of the same values; longer ones are
//! compared by a digest first and then with the bytes of the series found.

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

/// The label values of a call, as two words that tell them apart: the bytes themselves where they fit, a digest otherwise.
pub(crate) struct Key<'a> {
    first: u64,
    second: u64,
    /// Lengths, and in the lowest bit whether the words are the bytes.
    tag: u64,
    values: &'a [&'a str],
}

impl<'a> Key<'a> {
    /// The key of label values. One of up to 16 bytes and two of up to 8 each are compared as they are.
    #[inline]
    pub(crate) fn new(values: &'a [&'a str]) -> Self {
        let exact = match values {
            [one] => two_words(one.as_bytes()).map(|(first, second)| (first, second, one.len() as u64)),
            [one, two] => eight_bytes(one.as_bytes())
                .zip(eight_bytes(two.as_bytes()))
                .map(|(first, second)| (first, second, (one.len() << 8 | two.len()) as u64)),
            _ => None,
        };
        let Some((first, second, lengths)) = exact else {
            let (first, second) = digest(values);
            return Self { first, second, tag: 0, values };
        };
        Self { first, second, tag: lengths << 1 | 1, values }
    }

    #[inline(always)]
    fn is_exact(&self) -> bool {
        self.tag & 1 == 1
    }

    /// The values as one string of bytes, different for different values: one as it is; several each behind its length.
    pub(crate) fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.values.iter().map(|value| value.len() + 8).sum());
        if let [one] = self.values {
            bytes.extend(one.as_bytes());
        } else {
            for value in self.values {
                bytes.extend((value.len() as u64).to_le_bytes());
                bytes.extend(value.as_bytes());
            }
        }
        bytes
    }

    /// Whether an encoding is of these values.
    fn is_of(&self, mut encoded: &[u8]) -> bool {
        if let [one] = self.values {
            return encoded == one.as_bytes();
        }
        let mut take = |bytes: &[u8]| encoded.strip_prefix(bytes).map(|rest| encoded = rest).is_some();
        self.values.iter().all(|value| take(&(value.len() as u64).to_le_bytes()) && take(value.as_bytes()))
            && encoded.is_empty()
    }
}

/// Up to 8 bytes as a word: with the length, the bytes themselves.
#[inline(always)]
fn eight_bytes(bytes: &[u8]) -> Option<u64> {
    let (first, second) = two_words(bytes)?;
    // Two halves that overlap, or one word twice.
    (bytes.len() <= 8).then_some(if bytes.len() < 8 { first | second << 32 } else { first })
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

/// Two words that differ for different values nearly always; whoever finds them equal compares the bytes.
fn digest(values: &[&str]) -> (u64, u64) {
    let (mut first, mut second) = (values.len() as u64, !0_u64);
    for value in values {
        let parts = value.as_bytes().chunks(8).map(|part| eight_bytes(part).unwrap_or_default());
        for word in parts.chain([value.len() as u64]) {
            first = (first ^ word).wrapping_mul(MIX).rotate_left(29);
            second = (second.rotate_left(17) ^ word).wrapping_mul(MIX | 2);
        }
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
        if key.is_exact() { entry } else { self.checked(slot, entry, key) }
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
                return if key.is_exact() { entry } else { self.checked(slot, entry, key) };
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
            Some(info) if key.is_of(&info.key) => self.entry(slot, series, Ordering::Relaxed),
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
        line[3].set(if key.is_exact() { entry } else { u64::from(series) });
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
        fn different_values_differ(a in proptest::collection::vec("[a-c\u{0}ÿ]{0,9}", 3), b in proptest::collection::vec("[a-c\u{0}ÿ]{0,9}", 3)) {
            let (left, right): (Vec<&str>, Vec<&str>) = (a.iter().map(String::as_str).collect(), b.iter().map(String::as_str).collect());
            for width in 1..=3 {
                let (left, right) = (&left[..width], &right[..width]);
                let (x, y) = (Key::new(left), Key::new(right));
                prop_assert_eq!(x.encoded() == y.encoded(), left == right);
                prop_assert_eq!(x.is_of(&y.encoded()), left == right);
                if x.is_exact() {
                    prop_assert_eq!((x.first, x.second, x.tag) == (y.first, y.second, y.tag), left == right);
                }
            }
        }
    }
}
