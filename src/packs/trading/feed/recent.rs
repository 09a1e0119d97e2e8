//! Completeness over a window: ticks expected and received, by time.

use super::{super::ring::Ring, stream::Missing};

/// Cells of the window.
const CELLS: i64 = 60;

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    received: u64,
    missing: u64,
}

#[derive(Debug)]
pub(super) struct Recent {
    cells: Ring<Cell, CELLS>,
    width: i64,
    /// Where the cell last used begins, and its number: most ticks fall into the same one, and a division costs as much as all else.
    last: (i64, i64),
}

impl Recent {
    pub(super) fn new(window: i64) -> Self {
        Self { cells: Ring::new(), width: (window / CELLS).max(1), last: (0, 0) }
    }

    pub(super) fn receive(&mut self, time: i64) {
        let (begin, _) = self.last;
        if time < begin || time.saturating_sub(begin) >= self.width {
            let number = time.div_euclid(self.width);
            self.last = (number.saturating_mul(self.width), number);
        }
        self.cells.cell(self.last.1).received += 1;
    }

    /// Puts each missing tick where it was expected; those that the window has left behind already are left out.
    pub(super) fn miss(&mut self, missing: Missing) {
        if missing.ticks == 0 {
            return;
        }
        let last = missing.last().div_euclid(self.width);
        let first = missing.anchor.div_euclid(self.width).max(last.saturating_sub(CELLS - 1));
        let begin = |cell: i64| missing.before(cell.saturating_mul(self.width));
        for cell in first..=last {
            let here = begin(cell.saturating_add(1)) - begin(cell);
            if here > 0 {
                let cell = &mut self.cells.cell(cell).missing;
                *cell = cell.saturating_add(here);
            }
        }
    }

    /// Received ticks of those expected in the window up to a time; `None` when none were. `overdue` are missing, and not noted yet.
    pub(super) fn completeness(&self, now: i64, overdue: impl Iterator<Item = Missing>) -> Option<f64> {
        let newest = now.div_euclid(self.width);
        let begin = newest.saturating_sub(CELLS - 1).saturating_mul(self.width);
        let (mut received, mut missing) = (0_u64, 0_u64);
        for cell in self.cells.up_to(newest) {
            received = received.saturating_add(cell.received);
            missing = missing.saturating_add(cell.missing);
        }
        let overdue = overdue.map(|overdue| overdue.ticks - overdue.before(begin));
        ratio(received, overdue.fold(missing, u64::saturating_add))
    }
}

/// What came of what was expected.
pub(super) fn ratio(received: u64, missing: u64) -> Option<f64> {
    let expected = received.saturating_add(missing);
    (expected > 0).then(|| received as f64 / expected as f64)
}
