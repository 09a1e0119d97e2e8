//! Many packed lists added up at once.

use super::pack;

/// Room for one sum: a count for each slot, and which of them are in use.
#[derive(Debug, Default)]
pub(super) struct Sum {
    counts: Vec<u64>,
    /// One bit for each count.
    used: Vec<u64>,
}

impl Sum {
    /// Adds packed growth. Wraps, as packed lists do.
    pub(super) fn add(&mut self, packed: &[u8]) {
        for (slot, count) in pack::unpack(packed) {
            let slot = slot as usize;
            if slot >= self.counts.len() {
                let words = slot / 64 + 1;
                self.used.resize(words, 0);
                self.counts.resize(words * 64, 0);
            }
            self.counts[slot] = self.counts[slot].wrapping_add(count);
            self.used[slot / 64] |= 1 << (slot % 64);
        }
    }

    /// Adds what a list, in the order of the series, has of one of them.
    pub(super) fn add_of(&mut self, series: u32, growths: &[(u32, &[u8])]) {
        let first = growths.partition_point(|(other, _)| *other < series);
        growths[first..].iter().take_while(|(other, _)| *other == series).for_each(|(_, growth)| self.add(growth));
    }

    /// Hands over the sum, ascending and without zeros, in place of what `into` held; nothing is left.
    pub(super) fn take(&mut self, into: &mut Vec<(u32, u64)>) {
        into.clear();
        for (base, used) in (0_u32..).step_by(64).zip(&mut self.used) {
            while *used != 0 {
                let slot = base + used.trailing_zeros();
                *used &= *used - 1;
                let count = std::mem::take(&mut self.counts[slot as usize]);
                if count != 0 {
                    into.push((slot, count));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{super::pack::pack, Sum};

    proptest! {
        #[test]
        fn sums_are_those_of_the_slots(lists in prop::collection::vec(prop::collection::btree_map(0..5_000_u32, prop_oneof![1..20_u64, any::<u64>()], 0..40), 0..8)) {
            let (mut sum, mut found) = (Sum::default(), vec![(7, 7)]);
            // The second time with what the first one left.
            for _ in 0..2 {
                let mut expected = BTreeMap::<u32, u64>::new();
                for list in &lists {
                    let mut packed = Vec::new();
                    pack(list.iter().map(|(slot, count)| (*slot, *count)), &mut packed);
                    sum.add(&packed);
                    list.iter().for_each(|(slot, count)| {
                        let known = expected.entry(*slot).or_default();
                        *known = known.wrapping_add(*count);
                    });
                }
                expected.retain(|_, count| *count > 0);
                sum.take(&mut found);
                prop_assert_eq!(&found, &expected.clone().into_iter().collect::<Vec<_>>());
            }
        }
    }
}
