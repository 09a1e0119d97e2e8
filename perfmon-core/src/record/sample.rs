//! Which calls of a sampled site are timed.
//!
//! After each timed call the number of calls to the next one is drawn from a geometric distribution, so every call has the same chance
//! whatever rhythm the program has: a fixed 1 in 64 on a workload of period 64 would see one phase and never the others.
//! A site begins with every call timed and stretches the gap as its count grows, so that sites with few calls lose no detail.

use super::{
    arena::{Arena, index},
    storage::{Storage, Word},
    words::{record as r, slot as s},
};
use crate::site::Sample;

/// The part of one core that timing a site with `sample = "auto"` may take, over all threads.
const BUDGET: f64 = 0.01;

/// Gaps stay below this, so that a site that suddenly calms down is seen soon.
const LONGEST_MEAN: f64 = 65_536.0;

/// `MEAN_GAP` is kept in parts of a call.
const PARTS: f64 = 16.0;

/// What `sample = "auto"` depends on besides the record.
pub(crate) struct Pace {
    /// Now, in ticks.
    pub(crate) tick: u64,
    /// What timing one call costs, in ticks.
    pub(crate) cost: u64,
    /// Threads that share the budget.
    pub(crate) threads: u64,
}

impl<S: Storage> Arena<S> {
    /// Counts the start of a call of a sampled site in a record of one's own. True when it is to be timed; the caller then draws
    /// the next gap.
    #[inline(always)]
    pub(crate) fn begin_sampled(&self, record: usize) -> bool {
        let words = self.block::<{ r::HEAD }>(record);
        words[r::STARTED].bump(1);
        self.word(index(words[r::DEPTH_AT].get())).bump(1);
        is_due(&words[r::GAP])
    }

    /// Counts a call of a sampled site towards the gap. True when it is to be timed; the caller then draws the next gap.
    #[inline(always)]
    pub(crate) fn is_due(&self, record: usize) -> bool {
        is_due(self.word(record + r::GAP))
    }

    /// Draws the number of calls to the next timed one.
    pub(crate) fn draw_gap(&self, slot: usize, record: usize, sample: Sample, pace: impl FnOnce() -> Pace) {
        // A call that left the record took its place among those that are timed.
        let calls = (self.finished(record) + self.word(record + r::MOVED).get()) as f64;
        let wanted = match sample {
            Sample::Every => 1.0,
            Sample::OneIn(n) => f64::from(n),
            Sample::Auto => self.affordable(record, &pace()),
        };
        let mean = wanted.min(1.0 + calls / 8.0);
        let random = next_random(self.word(slot + s::RANDOM));
        self.word(record + r::GAP).set(geometric(mean, random));
    }

    /// The mean gap at which timing stays within the budget at the present rate of calls.
    fn affordable(&self, record: usize, pace: &Pace) -> f64 {
        let last = self.word(record + r::LAST_TICK).get();
        self.word(record + r::LAST_TICK).set(pace.tick);
        let word = self.word(record + r::MEAN_GAP);
        let before = (word.get() as f64 / PARTS).max(1.0);
        if last == 0 {
            return before;
        }
        // On average one call in `before` was timed, this many ticks apart: one timing's cost over that time is the share now.
        let elapsed = (pace.tick.saturating_sub(last) as f64).max(1.0);
        let share = pace.cost as f64 * pace.threads.max(1) as f64 / elapsed;
        let target = (before * share / BUDGET).clamp(1.0, LONGEST_MEAN);
        // Smoothed, for gaps vary as much as their mean; by the harmonic mean, because it is the reciprocal that is proportional to the
        // time that passed. The arithmetic one would be ruled by the shortest gaps and come out ten times too long.
        let mean = 8.0 / (7.0 / before + 1.0 / target);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 16 ..= 2^20")]
        word.set((mean * PARTS) as u64);
        mean
    }
}

#[inline(always)]
fn is_due<W: Word>(gap: &W) -> bool {
    let calls = gap.get();
    if calls > 1 {
        gap.set(calls - 1);
    }
    calls <= 1
}

/// The number of the first success among trials that succeed once in `mean`, at least 1.
fn geometric(mean: f64, random: u64) -> u64 {
    if mean <= 1.0 {
        return 1;
    }
    // In (0, 1]: 53 random bits, never zero.
    let uniform = ((random >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    // ln(1 − p), by its series where p is small: half the cost of a draw.
    let p = 1.0 / mean;
    let logarithm = if p < 0.05 {
        -p * (1.0 + p * (1.0 / 2.0 + p * (1.0 / 3.0 + p * (1.0 / 4.0 + p / 5.0))))
    } else {
        (-p).ln_1p()
    };
    let gap = 1.0 + (uniform.ln() / logarithm).floor();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    let gap = gap.clamp(1.0, mean * 64.0) as u64;
    gap
}

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014), seeded by the word's own number.
fn next_random<W: Word>(state: &W) -> u64 {
    let mut z = state.bump(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::geometric;

    #[test]
    fn gaps_have_the_mean_asked_for() {
        let state = std::sync::atomic::AtomicU64::new(7);
        for mean in [1.0, 2.0, 64.0, 1000.0] {
            let draws = 200_000;
            let sum: u64 = (0..draws).map(|_| geometric(mean, super::next_random(&state))).sum();
            let got = sum as f64 / f64::from(draws);
            assert!((got / mean - 1.0).abs() < 0.02, "{mean} {got}");
        }
    }
}
