//! Whether the process's memory leaks: a window of readings, judged.

use std::{collections::VecDeque, time::Duration};

use perfmon_core::analyse::{Trend, trend};

const SPACING: Duration = Duration::from_secs(30);
const WINDOW: Duration = Duration::from_secs(30 * 60);
/// Less than this tells more of how the process started than of how it goes on.
const ENOUGH: Duration = Duration::from_secs(10 * 60);
const CONFIDENCE: f64 = 0.99;
const RELATIVE: f64 = 0.05;
const BYTES: f64 = 10.0 * 1024.0 * 1024.0;

/// The readings of the last half hour.
#[derive(Debug, Default)]
pub(super) struct Growth {
    /// Seconds and bytes, oldest first.
    points: VecDeque<(f64, f64)>,
    pub(super) verdict: Option<Verdict>,
}

/// What the readings say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Verdict {
    pub(super) bytes_per_second: f64,
    pub(super) growing: bool,
}

impl Growth {
    /// Takes a reading, unless the last one is less than half a minute old. `at` is the time since any fixed moment.
    pub(super) fn add(&mut self, at: Duration, bytes: u64) {
        let at = at.as_secs_f64();
        if self.points.back().is_some_and(|(last, _)| at - last < SPACING.as_secs_f64()) {
            return;
        }
        self.points.push_back((at, bytes as f64));
        while self.points.front().is_some_and(|(first, _)| at - first > WINDOW.as_secs_f64()) {
            self.points.pop_front();
        }
        self.verdict = judge(self.points.make_contiguous());
    }
}

fn judge(points: &[(f64, f64)]) -> Option<Verdict> {
    let (first, last) = (points.first()?.0, points.last()?.0);
    if last - first < ENOUGH.as_secs_f64() {
        return None;
    }
    let whole = trend(points)?;
    let recent = &points[points.partition_point(|(at, _)| *at < last - (last - first) / 3.0)..];
    let significant = whole.is_growing(RELATIVE, CONFIDENCE) && whole.growth >= BYTES;
    Some(Verdict { bytes_per_second: whole.slope, growing: significant && goes_on(&whole, recent) })
}

/// Whether the last third still rises, at a third of the whole window's pace or more. With so few points noise can hide significance, so none is asked for beyond the likely.
fn goes_on(whole: &Trend, recent: &[(f64, f64)]) -> bool {
    trend(recent).is_some_and(|recent| recent.slope >= whole.slope / 3.0 && recent.is_growing(0.0, 0.9))
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bytes and seconds of made-up series
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Growth, Verdict};

    const MIB: f64 = 1024.0 * 1024.0;

    /// A name, and mebibytes by second.
    type Shape = (&'static str, fn(f64) -> f64);

    /// Feeds a reading every five seconds, as the collector does, and gives the verdict after each.
    fn verdicts(minutes: u32, mebibytes: impl Fn(f64) -> f64) -> Vec<Option<Verdict>> {
        let mut growth = Growth::default();
        let feed = (0..=minutes * 12).map(|at| {
            let seconds = f64::from(at) * 5.0;
            growth.add(Duration::from_secs_f64(seconds), (mebibytes(seconds) * MIB) as u64);
            growth.verdict
        });
        feed.collect()
    }

    fn growing(verdicts: &[Option<Verdict>]) -> usize {
        verdicts.iter().flatten().filter(|verdict| verdict.growing).count()
    }

    /// A number in −1 ..= 1 that looks random, the same for the same moment.
    fn noise(seed: u64, at: f64) -> f64 {
        let mut bits = (at as u64).wrapping_add(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) as f64 / u64::MAX as f64 * 2.0 - 1.0
    }

    #[test]
    fn the_first_ten_minutes_say_nothing() {
        let verdicts = verdicts(12, |at| 100.0 + at);
        let first = verdicts.iter().position(Option::is_some).expect("enough by then");
        assert_eq!(first, 10 * 12);
        let verdict = verdicts[first].expect("there");
        assert!(verdict.growing && (verdict.bytes_per_second - MIB).abs() < 1.0, "{verdict:?}");
    }

    #[test]
    fn quiet_shapes_are_no_leaks() {
        let quiet: [Shape; 8] = [
            ("constant", |_| 500.0),
            ("noise", |at| 500.0 + 40.0 * noise(1, at)),
            ("sawtooth of four minutes", |at| 300.0 + at % 240.0),
            ("sawtooth of seven seconds", |at| 300.0 + (at % 7.0) * 20.0),
            ("single spike", |at| if (1_200.0..1_260.0).contains(&at) { 5_000.0 } else { 300.0 + noise(2, at) }),
            ("shrinking", |at| 900.0 - at / 10.0),
            ("slow and small: 4 MiB in half an hour", |at| 50.0 + 4.0 * at / 1_800.0),
            ("slow beside its size: 2 % in half an hour", |at| 1_000.0 + 20.0 * at / 1_800.0),
        ];
        for (name, shape) in quiet {
            let verdicts = verdicts(120, shape);
            assert!(verdicts.last().is_some_and(Option::is_some));
            assert_eq!(growing(&verdicts), 0, "{name}");
        }
    }

    /// A warm-up looks like a leak while it lasts; once a third of the window is flat it does not.
    #[test]
    fn a_ramp_that_levels_off_is_no_leak() {
        let ramp = |at: f64| 100.0 + (at / 3.0).min(300.0) + noise(3, at);
        let verdicts = verdicts(120, ramp);
        assert_eq!(growing(&verdicts[(15 + 10) * 12..]), 0);
    }

    #[test]
    fn a_step_is_no_leak() {
        for minute in [3.0, 10.0, 20.0, 45.0] {
            let step = |at: f64| if at < minute * 60.0 { 200.0 } else { 300.0 } + noise(4, at);
            assert_eq!(growing(&verdicts(120, step)), 0, "step after {minute} minutes");
        }
    }

    /// Two hundred processes of an hour each whose memory jumps about by a tenth: chance has to make significance, size and the last third agree.
    #[test]
    fn noise_alone_hardly_ever_looks_like_a_leak() {
        let raised = |seed| growing(&verdicts(60, |at| 400.0 * (1.0 + 0.1 * noise(seed, at))));
        let (wrong, looks) = ((0..200).map(raised).sum::<usize>(), 200 * 50 * 12);
        assert!(wrong * 500 < looks, "{wrong} of {looks} verdicts were wrong");
    }

    #[test]
    fn leaks_are_found_through_noise_and_collections() {
        let leaks: [Shape; 4] = [
            ("with noise", |at| 200.0 + at / 60.0 + 2.0 * noise(5, at)),
            ("with spikes", |at| 200.0 + at / 60.0 + if at % 300.0 < 30.0 { 800.0 } else { 0.0 }),
            ("under a sawtooth", |at| 200.0 + at / 30.0 + at % 90.0 / 10.0),
            ("in small steps", |at| 200.0 + (at / 120.0).floor() * 4.0),
        ];
        for (name, leak) in leaks {
            let late = &verdicts(90, leak)[30 * 12..];
            assert!(growing(late) * 10 >= late.len() * 9, "{name}: {} of {}", growing(late), late.len());
        }
    }

    proptest! {
        #[test]
        fn a_plain_leak_is_found_whatever_its_pace(pace in 0.01..5.0_f64, level in 10.0..100.0) {
            let found = verdicts(31, |at| level + at * pace);
            let verdict = found.last().copied().flatten().expect("enough points");
            let measured = verdict.bytes_per_second / MIB;
            prop_assert!(verdict.growing && f64::abs(measured - pace) < 1e-3, "{measured} for {pace}");
        }
    }
}
