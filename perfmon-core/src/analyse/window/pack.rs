//! Ascending lists of (slot, count), packed into bytes.
//!
//! A slot is written as the number of slots left out before it. Up to 7 of those and a count up to 16 share one byte, which is what most buckets of
//! some seconds' calls take. Else the first byte has its high bit set and holds six bits of the distance; the rest of it, if any, and the count
//! follow as LEB128 numbers. Nothing counted is no bytes. Arithmetic wraps, so that whatever is added can be taken away again, bit for bit.

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
    #[inline(always)]
    fn push(&mut self, slot: u32, count: u64) {
        if count == 0 {
            return;
        }
        let distance = slot - self.next;
        self.next = slot + 1;
        #[expect(clippy::cast_possible_truncation, reason = "each is masked or compared to less than a byte")]
        if distance < 8 && count <= 16 {
            self.into.push((distance << 4) as u8 | (count - 1) as u8);
        } else if distance < 0x40 {
            self.into.push(0x80 | distance as u8);
            write_number(count, self.into);
        } else {
            self.into.push(0xc0 | (distance & 0x3f) as u8);
            write_number(u64::from(distance >> 6), self.into);
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

    #[inline(always)]
    fn next(&mut self) -> Option<(u32, u64)> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        let first = u32::from(first);
        let (distance, count) = if first < 0x80 {
            (first >> 4, u64::from(first & 0xf) + 1)
        } else {
            let mut distance = first & 0x3f;
            if first & 0x40 != 0 {
                distance |= u32::try_from(read_number(&mut self.bytes)?).ok()? << 6;
            }
            (distance, read_number(&mut self.bytes)?)
        };
        let slot = self.next + distance;
        self.next = slot + 1;
        Some((slot, count))
    }
}

/// Two ascending lists of slots as one, counts of the same slot added.
pub(super) fn merged(
    a: impl Iterator<Item = (u32, u64)>,
    b: impl Iterator<Item = (u32, u64)>,
) -> impl Iterator<Item = (u32, u64)> {
    let (mut a, mut b) = (a.fuse(), b.fuse());
    let (mut mine, mut theirs) = (a.next(), b.next());
    std::iter::from_fn(move || match (mine, theirs) {
        (Some((left, ours)), Some((right, other))) if left == right => {
            (mine, theirs) = (a.next(), b.next());
            Some((left, ours.wrapping_add(other)))
        }
        (Some((left, _)), Some((right, _))) if right < left => std::mem::replace(&mut theirs, b.next()),
        (Some(_), _) => std::mem::replace(&mut mine, a.next()),
        (None, _) => std::mem::replace(&mut theirs, b.next()),
    })
}

/// Appends how the slots grew from `before` to `now`, both ascending.
pub(super) fn growth(before: &[(u32, u64)], now: &[(u32, u64)], into: &mut Vec<u8>) {
    let mut packer = Packer { into, next: 0 };
    let mut before = before.iter().copied().peekable();
    for &(slot, count) in now {
        // A counter that is read from elsewhere may have begun anew.
        while let Some((gone, old)) = before.next_if(|(known, _)| *known < slot) {
            packer.push(gone, old.wrapping_neg());
        }
        let old = before.next_if(|(known, _)| *known == slot).map_or(0, |(_, old)| old);
        packer.push(slot, count.wrapping_sub(old));
    }
    before.for_each(|(gone, old)| packer.push(gone, old.wrapping_neg()));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{growth, merged, pack, unpack};

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
            pack(merged(unpack(&packed(&a)), unpack(&packed(&b))), &mut sum);
            prop_assert_eq!(unpack(&sum).collect::<Slots>(), expected.clone());
            let list = |slots: Slots| slots.into_iter().collect::<Vec<_>>();
            growth(&list(b), &list(expected), &mut back);
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
