//! What was counted between two moments, of every series that counted.

use std::{cmp::Ordering, time::Duration};

use super::pack;

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

    /// Appends the frame that follows this one.
    pub(super) fn append(&mut self, later: &Self) {
        let mut sum = Vec::new();
        let mut bytes = Vec::with_capacity(self.bytes.len() + later.bytes.len());
        let mut next = 0;
        let (mut mine, mut theirs) = (self.growths().peekable(), later.growths().peekable());
        loop {
            let order = match (mine.peek(), theirs.peek()) {
                (Some((mine, _)), Some((theirs, _))) => mine.cmp(theirs),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let first = if order.is_le() { mine.next() } else { None };
            let second = if order.is_ge() { theirs.next() } else { None };
            let Some((series, _)) = first.or(second) else { break };
            let growth = |side: Option<(u32, _)>| side.map_or(&[] as &[u8], |(_, growth)| growth);
            sum.clear();
            pack::add(growth(first), growth(second), &mut sum);
            pack::write_number(u64::from(series - next), &mut bytes);
            pack::write_number(sum.len() as u64, &mut bytes);
            bytes.extend_from_slice(&sum);
            next = series + 1;
        }
        *self = Self { end: later.end, bytes: bytes.into_boxed_slice() };
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
