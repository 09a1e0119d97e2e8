//! What was counted between two moments, of every series that counted.

use std::time::Duration;

use super::{pack, sum::Sum};

/// Growth of series up to a moment; its beginning is the end of the frame before. Packed: (distance from the series before, length, growth), ascending
/// by series. Series that did not grow are not in it.
#[derive(Debug, Clone, Default)]
pub(super) struct Frame {
    /// Since recording began.
    pub(super) end: Duration,
    bytes: Box<[u8]>,
}

impl Frame {
    /// From series in ascending order with their packed growth.
    pub(super) fn new<'a>(end: Duration, growths: impl Iterator<Item = (u32, &'a [u8])>) -> Self {
        let mut bytes = Vec::new();
        let mut next = 0;
        for (series, growth) in growths {
            pack::write_number(u64::from(series - next), &mut bytes);
            pack::write_number(growth.len() as u64, &mut bytes);
            bytes.extend_from_slice(growth);
            next = series + 1;
        }
        Self { end, bytes: bytes.into_boxed_slice() }
    }

    /// The series that grew, ascending, with their packed growth.
    pub(super) fn growths(&self) -> Growths<'_> {
        Growths { bytes: &self.bytes, next: 0 }
    }

    /// Frames that follow each other as one; none of none.
    pub(super) fn sum(frames: &[Self]) -> Self {
        if let [frame] = frames {
            return frame.clone();
        }
        let (mut sum, mut slots, mut packed) = (Sum::default(), Vec::new(), Vec::new());
        let growths = by_series(frames.iter(), |_| true);
        let sums = growths.chunk_by(|a, b| a.0 == b.0).map(|one| {
            one.iter().for_each(|(_, growth)| sum.add(growth));
            sum.take(&mut slots);
            let begin = packed.len();
            pack::pack(slots.iter().copied(), &mut packed);
            (one[0].0, begin..packed.len())
        });
        let sums: Vec<_> = sums.collect();
        let end = frames.last().map_or(Duration::ZERO, |last| last.end);
        Self::new(end, sums.into_iter().map(|(series, range)| (series, &packed[range])))
    }

    /// Forgets series.
    pub(super) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        if self.growths().any(|(series, _)| !keep(series)) {
            *self = Self::new(self.end, self.growths().filter(|(series, _)| keep(*series)));
        }
    }

    pub(super) fn footprint(&self) -> usize {
        size_of::<Self>() + self.bytes.len()
    }
}

/// The packed growths of several frames, of wanted series, those of a series together, in the order of the series.
pub(super) fn by_series<'a>(
    frames: impl Iterator<Item = &'a Frame>,
    wanted: impl Fn(u32) -> bool,
) -> Vec<(u32, &'a [u8])> {
    let mut growths: Vec<_> = frames.flat_map(Frame::growths).filter(|(series, _)| wanted(*series)).collect();
    growths.sort_by_key(|(series, _)| *series);
    growths
}

/// See [`Frame::growths`].
pub(super) struct Growths<'a> {
    bytes: &'a [u8],
    next: u32,
}

impl<'a> Iterator for Growths<'a> {
    type Item = (u32, &'a [u8]);

    fn next(&mut self) -> Option<(u32, &'a [u8])> {
        let distance = pack::read_number(&mut self.bytes)?;
        let length = pack::read_number(&mut self.bytes)?;
        let (growth, rest) = self.bytes.split_at_checked(usize::try_from(length).ok()?)?;
        self.bytes = rest;
        let series = self.next + u32::try_from(distance).ok()?;
        self.next = series + 1;
        Some((series, growth))
    }
}
