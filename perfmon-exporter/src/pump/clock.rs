//! Whether the wall clock goes as time does. Figures go by the recorder's clock, which nobody sets; times that are shown go by the wall clock.

use std::time::{Duration, SystemTime};

/// By how much the wall clock may go astray from one second to the next. Corrections are far smaller.
const TOLERANCE: Duration = Duration::from_secs(2);
/// How long it is told that it did.
const TOLD: Duration = Duration::from_secs(600);

/// Both clocks at the last tick, and the last jump.
#[derive(Debug, Default)]
pub(super) struct Clock {
    last: Option<(SystemTime, Duration)>,
    jump: Option<Jump>,
}

#[derive(Debug)]
struct Jump {
    /// By the recorder's clock.
    at: Duration,
    by: Duration,
    back: bool,
}

impl Clock {
    /// Takes note of what both clocks say; tells of a jump for ten minutes.
    pub(super) fn see(&mut self, wall: SystemTime, recorder: Duration) -> Option<String> {
        if let Some((then, before)) = self.last.replace((wall, recorder)) {
            let expected = then + recorder.saturating_sub(before);
            let (by, back) = match wall.duration_since(expected) {
                Ok(ahead) => (ahead, false),
                Err(behind) => (behind.duration(), true),
            };
            if by > TOLERANCE {
                self.jump = Some(Jump { at: recorder, by, back });
            }
        }
        let recent = self.jump.as_ref().filter(|jump| recorder.saturating_sub(jump.at) <= TOLD);
        recent.map(|Jump { at, by, back }| {
            let (seconds, ago) = (by.as_secs_f64(), recorder.saturating_sub(*at).as_secs());
            if *back {
                format!("the wall clock went back by {seconds:.0} s, {ago} s ago: values of before have times that come again; rates and windows are not affected")
            } else {
                format!("the wall clock went ahead by {seconds:.0} s, {ago} s ago, or the machine slept: no values have the times between; rates and windows are not affected")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::Clock;

    #[test]
    fn a_jump_is_told_for_ten_minutes() {
        let mut clock = Clock::default();
        let (mut wall, mut recorder) = (SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000), Duration::ZERO);
        let mut pass = |jump: i64, seconds: u64| {
            recorder += Duration::from_secs(seconds);
            wall += Duration::from_secs(seconds);
            let by = Duration::from_secs(jump.unsigned_abs());
            wall = if jump < 0 { wall - by } else { wall + by };
            clock.see(wall, recorder)
        };
        assert_eq!(pass(0, 0), None);
        // A tick that is late, and corrections that are usual.
        for (jump, seconds) in [(0, 1), (0, 30), (1, 1), (-1, 1), (2, 1)] {
            assert_eq!(pass(jump, seconds), None);
        }
        assert!(pass(-3_600, 1).is_some_and(|told| told.contains("back by 3600 s, 0 s ago")));
        assert!(pass(0, 300).is_some_and(|told| told.contains("300 s ago")));
        assert!(pass(7_200, 1).is_some_and(|told| told.contains("ahead by 7200 s")));
        assert!(pass(0, 600).is_some());
        assert_eq!(pass(0, 1), None);
    }
}
