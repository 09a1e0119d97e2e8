//! Which bucket a value falls into: `HdrHistogram`'s layout.
//!
//! With two significant digits (the default) values below 256 have a bucket each; above, every octave
//! (from one power of two to the next) is cut into 128 buckets of equal width, so a bucket is at most
//! 1/128 of its values wide and its midpoint at most 1/256, 0.4 %, away from any of them. A bucket's
//! index is the one `hdrhistogram` 7 uses, so counts move between the two without loss
//! (<https://github.com/HdrHistogram/HdrHistogram>, class `AbstractHistogram`, `countsArrayIndex`).
//!
//! The indices of one octave form a *chunk*, the unit in which the recorder takes memory.

use crate::Error;

/// The number of bits of the largest value that has a bucket of its own: 2^45 − 1, as nanoseconds 9.7 hours.
/// Larger values are counted in the last bucket and as clamped.
const VALUE_BITS: u32 = 45;

/// How values map to buckets, for one choice of significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// log2 of the buckets in an octave: 4, 7 or 10.
    chunk_bits: u32,
}

impl Layout {
    /// The largest value with a bucket of its own.
    pub const MAX_VALUE: u64 = (1 << VALUE_BITS) - 1;

    /// The layout of 1, 2 or 3 significant decimal digits.
    ///
    /// # Errors
    /// When the digits are outside 1 ..= 3.
    pub fn with_digits(digits: u8) -> Result<Self, Error> {
        // HdrHistogram: the sub-buckets are the next power of two above 2 × 10^digits; an octave has half of them.
        match digits {
            1 => Ok(Self { chunk_bits: 4 }),
            2 => Ok(Self { chunk_bits: 7 }),
            3 => Ok(Self { chunk_bits: 10 }),
            _ => Err(Error::invalid(format!(
                "significant digits must be 1, 2 or 3, not {digits}: 2 keeps percentiles within 0.4 %"
            ))),
        }
    }

    /// The default: two significant digits.
    pub(crate) const DEFAULT: Self = Self { chunk_bits: 7 };

    /// 1, 2 or 3.
    #[must_use]
    pub const fn digits(self) -> u8 {
        match self.chunk_bits {
            4 => 1,
            7 => 2,
            _ => 3,
        }
    }

    /// log2 of the buckets in a chunk.
    #[inline(always)]
    pub(crate) const fn chunk_bits(self) -> u32 {
        self.chunk_bits
    }

    /// Buckets in a chunk.
    #[inline]
    #[must_use]
    pub(crate) const fn chunk_len(self) -> usize {
        1 << self.chunk_bits
    }

    /// Chunks that cover every value up to [`Self::MAX_VALUE`].
    #[must_use]
    pub(crate) const fn chunks(self) -> usize {
        (VALUE_BITS - self.chunk_bits + 1) as usize
    }

    /// The bucket of a value; values above [`Self::MAX_VALUE`] fall into the last one.
    #[inline(always)]
    #[must_use]
    pub const fn index_of(self, value: u64) -> u32 {
        let value = if value > Self::MAX_VALUE { Self::MAX_VALUE } else { value };
        // The octave above the first two chunks, in which buckets are one wide.
        let octave = (64 - (self.chunk_bits + 1)) - (value | ((2 << self.chunk_bits) - 1)).leading_zeros();
        #[expect(clippy::cast_possible_truncation, reason = "below 2 × 2^chunk_bits after the shift")]
        let sub = (value >> octave) as u32;
        (octave << self.chunk_bits) + sub
    }

    /// The smallest value of a bucket.
    #[inline]
    #[must_use]
    pub const fn lowest_of(self, index: u32) -> u64 {
        let (octave, sub) = self.split(index);
        sub << octave
    }

    /// The largest value of a bucket.
    #[inline]
    #[must_use]
    pub const fn highest_of(self, index: u32) -> u64 {
        let (octave, sub) = self.split(index);
        ((sub + 1) << octave) - 1
    }

    /// The value that stands for a bucket: the middle of its values.
    #[inline]
    #[must_use]
    pub const fn midpoint_of(self, index: u32) -> u64 {
        let low = self.lowest_of(index);
        low + (self.highest_of(index) - low) / 2
    }

    /// The octave and the sub-bucket in it (counted from the value 0 of that octave).
    const fn split(self, index: u32) -> (u32, u64) {
        let chunk = index >> self.chunk_bits;
        let octave = chunk.saturating_sub(1);
        (octave, (index - (octave << self.chunk_bits)) as u64)
    }
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram;

    use super::Layout;

    #[test]
    fn buckets_are_those_of_hdrhistogram() {
        for digits in 1..=3 {
            let layout = Layout::with_digits(digits).expect("in range");
            let hdr = Histogram::<u64>::new_with_bounds(1, Layout::MAX_VALUE, digits).expect("bounds");
            for shift in 0..45 {
                for near in [-1_i64, 0, 1, 7] {
                    let value = ((1_i64 << shift) + near).max(0).cast_unsigned();
                    let value = (value + (value >> 3)).min(Layout::MAX_VALUE);
                    let index = layout.index_of(value);
                    assert_eq!(layout.lowest_of(index), hdr.lowest_equivalent(value), "{digits} {value}");
                    assert_eq!(layout.highest_of(index), hdr.highest_equivalent(value), "{digits} {value}");
                }
            }
            let last = layout.index_of(u64::MAX) as usize;
            assert_eq!(last + 1, layout.chunks() << layout.chunk_bits);
        }
    }

    #[test]
    fn midpoint_is_within_four_per_mille() {
        let layout = Layout::DEFAULT;
        for value in (1..10_000_u64).chain((10..40).map(|bit| (1 << bit) + 12_345)) {
            let mid = layout.midpoint_of(layout.index_of(value));
            assert!(mid.abs_diff(value) as f64 <= 0.004 * value as f64, "{value} {mid}");
        }
    }
}
