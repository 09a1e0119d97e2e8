//! A distribution drawn in a few characters: durations run to the right on a logarithmic scale, calls upwards.

use crate::snapshot::{Buckets, Stats};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// From the shortest to the longest duration of a group of sites, so that sparklines under each other compare.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    /// In nanoseconds.
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Axis {
    /// The axis that all of these fit; `None` when nothing finished.
    pub(super) fn of<'a>(stats: impl Iterator<Item = &'a Stats>) -> Option<Self> {
        let (low, high) = stats
            .filter(|stats| stats.buckets().total() > 0)
            .map(|stats| (stats.min().as_nanos() as f64, stats.max().as_nanos() as f64))
            .reduce(|(low, high), (min, max)| (low.min(min), high.max(max)))?;
        Some(Self { low: low.max(1.0), high: high.max(low).max(1.0) })
    }

    /// `cells` characters. A cell with any call shows at least the lowest bar; one without is blank.
    pub(super) fn draw(self, buckets: &Buckets, cells: usize) -> String {
        let mut counts = vec![0_u64; cells];
        for (low, high, count) in buckets.iter() {
            let at = self.cell(f64::midpoint(low as f64, high as f64), cells);
            if let Some(cell) = counts.get_mut(at) {
                *cell += count;
            }
        }
        let most = counts.iter().copied().max().unwrap_or(0).max(1);
        counts
            .iter()
            .map(|&count| {
                // Rounded up: a single call in a million shows.
                let eighths = (u128::from(count) * 8).div_ceil(u128::from(most));
                usize::try_from(eighths).ok().and_then(|n| BARS.get(n.checked_sub(1)?)).copied().unwrap_or(' ')
            })
            .collect()
    }

    fn cell(self, nanos: f64, cells: usize) -> usize {
        // Where all took nearly the same time, an octave around it keeps noise from filling the line.
        let span = (self.high / self.low).ln().max(std::f64::consts::LN_2);
        let middle = f64::midpoint(self.low.ln(), self.high.ln());
        let position = (nanos.max(1.0).ln() - middle) / span + 0.5;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0 ..= cells; it saturates")]
        let cell = (position * cells as f64).max(0.0) as usize;
        cell.min(cells.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, report::tests::fixture::record};

    fn buckets(values: &[(u64, u64)]) -> Buckets {
        let mut buckets = Buckets::new(Layout::DEFAULT);
        for &(value, count) in values {
            record(&mut buckets, value, count);
        }
        buckets
    }

    #[test]
    fn peaks_are_high_and_single_calls_show() {
        let axis = Axis { low: 100.0, high: 1_000_000.0 };
        let drawn = axis.draw(&buckets(&[(100, 500_000), (10_000, 1_000_000), (999_000, 1)]), 9);
        assert_eq!(drawn, "▄   █   ▁");
        assert_eq!(axis.draw(&buckets(&[]), 4), "    ");
        assert_eq!(axis.draw(&buckets(&[(5, 1)]), 0), "");
    }

    #[test]
    fn equal_durations_stay_in_the_middle() {
        let axis = Axis { low: 100.0, high: 100.0 };
        assert_eq!(axis.draw(&buckets(&[(100, 7)]), 5), "  █  ");
    }
}
