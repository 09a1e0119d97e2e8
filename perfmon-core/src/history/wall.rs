//! What the wall clock said when: it is corrected, and it jumps.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

/// By how much the wall clock may go astray before that is noted.
const TOLERANCE: Duration = Duration::from_millis(100);
/// Corrections remembered: a day of a clock that runs wrong by the most that it may (500 ppm) needs 432.
const CORRECTIONS: usize = 512;

/// The wall clock beside a clock that never goes back, which counts milliseconds.
#[derive(Debug, Default)]
pub(super) struct Wall {
    /// Both clocks whenever their distance had changed, oldest first.
    marks: VecDeque<(u64, SystemTime)>,
}

impl Wall {
    pub(super) const fn new() -> Self {
        Self { marks: VecDeque::new() }
    }

    /// Takes note of what both clocks say.
    pub(super) fn see(&mut self, at: u64, wall: SystemTime) {
        let newest = self.marks.back().map_or(0, |mark| mark.0);
        let expected = self.at(at);
        let astray = expected.is_none_or(|expected| {
            let distance = wall.duration_since(expected).or_else(|_| expected.duration_since(wall));
            distance.is_ok_and(|distance| distance > TOLERANCE)
        });
        if astray && at >= newest {
            self.marks.push_back((at, wall));
            if self.marks.len() > CORRECTIONS {
                self.marks.pop_front();
            }
        }
    }

    /// What the wall clock said at a time; `None` before it was first seen.
    pub(super) fn at(&self, at: u64) -> Option<SystemTime> {
        let next = self.marks.partition_point(|mark| mark.0 <= at);
        let &(seen, wall) = self.marks.get(next.saturating_sub(1))?;
        let distance = Duration::from_millis(at.abs_diff(seen));
        if at >= seen { wall.checked_add(distance) } else { wall.checked_sub(distance) }
    }
}
