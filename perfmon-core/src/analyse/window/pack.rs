//! Ascending lists of (slot, count), packed into bytes.
//!
//! A slot is written as its distance from the one before, doubled, plus one if a count follows; without, the count is 1. Numbers are LEB128, seven
//! bits to a byte, so most buckets of a second's calls take one byte. Nothing counted is no bytes. Arithmetic wraps, so that whatever is added can be
//! taken away again, bit for bit.

use std::cmp::Ordering;

/// Writes a number, seven bits to a byte, the lowest first.
pub(super) fn write_number(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "the lowest seven bits")]
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "below 0x80")]
    into.push(number as u8);
}

/// Reads a number off the front; `None` at the end.
#[inline]
pub(super) fn read_number(from: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = from.split_first()?;
    *from = rest;
    let mut number = u64::from(first & 0x7f);
    let (mut byte, mut shift) = (first, 7);
    while byte >= 0x80 {
        let (&next, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(next & 0x7f) << shift;
        (byte, shift) = (next, shift + 7);
    }
    Some(number)
}

/// Packs what is pushed in ascending order of slots.
struct Packer<'a> {
    into: &'a mut Vec<u8>,
    next: u32,
}

impl Packer<'_> {
    #[inline]
    fn push(&mut self, slot: u32, count: u64) {
        if count == 0 {
            return;
        }
        let distance = u64::from(slot - self.next) << 1;
        self.next = slot + 1;
        if count == 1 {
            write_number(distance, self.into);
        } else {
            write_number(distance | 1, self.into);
            write_number(count, self.into);
        }
    }
}

/// Packs slots that come in ascending order, after what `into` holds.
pub(super) fn pack(slots: impl Iterator<Item = (u32, u64)>, into: &mut Vec<u8>) {
    let mut packer = Packer { into, next: 0 };
    slots.for_each(|(slot, count)| packer.push(slot, count));
}

/// The slots of packed bytes.
#[derive(Debug, Clone)]
pub(super) struct Unpacked<'a> {
    bytes: &'a [u8],
    next: u32,
}

pub(super) fn unpack(bytes: &[u8]) -> Unpacked<'_> {
    Unpacked { bytes, next: 0 }
}

impl Iterator for Unpacked<'_> {
    type Item = (u32, u64);

    #[inline]
    fn next(&mut self) -> Option<(u32, u64)> {
        let head = read_number(&mut self.bytes)?;
        let count = if head & 1 == 0 { 1 } else { read_number(&mut self.bytes)? };
        #[expect(clippy::cast_possible_truncation, reason = "written from a u32")]
        let slot = self.next + (head >> 1) as u32;
        self.next = slot + 1;
        Some((slot, count))
    }
}

/// Appends `a + b`.
pub(super) fn add(a: &[u8], b: &[u8], into: &mut Vec<u8>) {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => into.extend_from_slice(b),
        (_, true) => into.extend_from_slice(a),
        _ => combine(a, b, u64::wrapping_add, into),
    }
}

/// Appends `a - b`.
pub(super) fn subtract(a: &[u8], b: &[u8], into: &mut Vec<u8>) {
    if b.is_empty() {
        into.extend_from_slice(a);
    } else if a != b {
        combine(a, b, u64::wrapping_sub, into);
    }
}

fn combine(a: &[u8], b: &[u8], with: fn(u64, u64) -> u64, into: &mut Vec<u8>) {
    let mut packer = Packer { into, next: 0 };
    let (mut a, mut b) = (unpack(a), unpack(b));
    let (mut mine, mut theirs) = (a.next(), b.next());
    loop {
        let (slot, order) = match (mine, theirs) {
            (Some((mine, _)), Some((theirs, _))) => (mine.min(theirs), mine.cmp(&theirs)),
            (Some((mine, _)), None) => (mine, Ordering::Less),
            (None, Some((theirs, _))) => (theirs, Ordering::Greater),
            (None, None) => return,
        };
        let (mut left, mut right) = (0, 0);
        if order.is_le() {
            left = mine.map_or(0, |(_, count)| count);
            mine = a.next();
        }
        if order.is_ge() {
            right = theirs.map_or(0, |(_, count)| count);
            theirs = b.next();
        }
        packer.push(slot, with(left, right));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{add, pack, subtract, unpack};

    type Slots = BTreeMap<u32, u64>;

    fn slots() -> impl Strategy<Value = Slots> {
        let count = prop_oneof![Just(1_u64), 1..1_000_u64, 1..=u64::MAX];
        proptest::collection::btree_map(prop_oneof![0..100_u32, any::<u32>().prop_map(|slot| slot >> 1)], count, 0..40)
    }

    fn packed(slots: &Slots) -> Vec<u8> {
        let mut bytes = Vec::new();
        pack(slots.iter().map(|(slot, count)| (*slot, *count)), &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn unpacked_is_what_was_packed(slots in slots()) {
            prop_assert_eq!(unpack(&packed(&slots)).collect::<Slots>(), slots);
        }

        #[test]
        fn sums_are_those_of_the_slots_and_can_be_undone(a in slots(), b in slots()) {
            let mut expected = a.clone();
            for (slot, count) in &b {
                let sum = expected.entry(*slot).or_default();
                *sum = sum.wrapping_add(*count);
            }
            expected.retain(|_, count| *count > 0);
            let (mut sum, mut back) = (Vec::new(), Vec::new());
            add(&packed(&a), &packed(&b), &mut sum);
            prop_assert_eq!(unpack(&sum).collect::<Slots>(), expected);
            subtract(&sum, &packed(&b), &mut back);
            prop_assert_eq!(back, packed(&a));
        }

        /// Bytes cut off anywhere are read without a panic.
        #[test]
        fn a_cut_list_ends(slots in slots(), at in any::<prop::sample::Index>()) {
            let bytes = packed(&slots);
            let cut = &bytes[..at.index(bytes.len() + 1)];
            prop_assert!(unpack(cut).count() <= slots.len());
        }
    }
}
