//! Whether a series grows, robustly.
//!
//! The slope is that of Theil and Sen, the median of the slopes of all pairs of points: up to 29 % of the points may lie anywhere without carrying it away. How sure
//! it is comes from the test of Mann and Kendall, which asks only how often a later point is higher than an earlier one, so that it needs no assumption about the noise.
//!
//! - H. Theil, "A rank-invariant method of linear and polynomial regression analysis", Proc. Kon. Ned. Akad. v. Wetensch. A 53 (1950);
//!   P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", J. Am. Stat. Assoc. 63 (1968).
//! - H. B. Mann, "Nonparametric tests against trend", Econometrica 13 (1945); M. G. Kendall, *Rank Correlation Methods* (1975), with its correction for ties.

/// Points looked at; of a longer series so many, evenly spread, which makes at most 44,850 pairs.
const MOST: usize = 300;

/// With fewer points than this nothing is significant at one per cent, whatever they are.
const LEAST: usize = 6;

/// How a series moves over its window. From [`trend()`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Trend {
    /// The values' unit per second.
    pub slope: f64,
    /// Mann and Kendall's test statistic, a standard normal deviate where nothing moves: positive where the series rises.
    pub z: f64,
    /// The level at the first point, by the line.
    pub start: f64,
    /// How much the line rises from the first point to the last, in the values' unit.
    pub growth: f64,
}

impl Trend {
    /// The growth as a fraction of the level at the start: 0.05 is five per cent. Infinite when something grew from nothing, 0 when nothing moved.
    #[must_use]
    pub fn relative(&self) -> f64 {
        if self.growth == 0.0 { 0.0 } else { self.growth / self.start.abs() }
    }

    /// How sure it is that the series moves at all, up or down: one minus the two-sided p-value, in 0 ..= 1.
    #[must_use]
    pub fn confidence(&self) -> f64 {
        1.0 - erfc(self.z.abs() / std::f64::consts::SQRT_2)
    }

    /// Whether it rises by at least this fraction of its start, with at least this confidence (0.99 is p < 0.01).
    #[must_use]
    pub fn is_growing(&self, min_relative: f64, confidence: f64) -> bool {
        self.slope > 0.0 && self.z > 0.0 && self.relative() >= min_relative && self.confidence() >= confidence
    }
}

/// The trend of points (seconds, value), in any order. `None` with fewer than six finite points, or all at one moment.
///
/// The significance rests on the normal approximation, good from about ten points on, and takes the noise of neighbouring points to be independent. Of more than 300
/// points, 300 are looked at. Costs about 10 µs for 60 points, 0.2 ms for 300 and more.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::analyse::trend;
///
/// let leak: Vec<(f64, f64)> = (0..60_u32).map(|at| (f64::from(at) * 30.0, 1e8 + f64::from(at) * 1e6)).collect();
/// let found = trend(&leak).unwrap();
/// assert_eq!(found.slope.round(), 33_333.0);
/// assert!(found.is_growing(0.05, 0.99));
/// ```
#[must_use]
pub fn trend(points: &[(f64, f64)]) -> Option<Trend> {
    let mut points: Vec<_> = points.iter().copied().filter(|(at, value)| at.is_finite() && value.is_finite()).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    if points.len() > MOST {
        points = (0..MOST).map(|at| points[at * (points.len() - 1) / (MOST - 1)]).collect();
    }
    let (first, last) = (points.first()?.0, points.last()?.0);
    if points.len() < LEAST || first >= last {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    let mut rises = 0.0;
    for (at, earlier) in points.iter().enumerate() {
        for later in points[at + 1..].iter().filter(|later| later.0 > earlier.0) {
            slopes.push((later.1 - earlier.1) / (later.0 - earlier.0));
            rises += sign(later.1 - earlier.1);
        }
    }
    let slope = median(&mut slopes);
    let mut levels: Vec<f64> = points.iter().map(|(at, value)| value - slope * (at - first)).collect();
    let spread = variance(points.iter().map(|point| point.1).collect()).sqrt();
    // One step towards nothing, because a sum of signs moves in steps of two and the normal distribution does not.
    let z = if spread > 0.0 { (rises - sign(rises)) / spread } else { 0.0 };
    Some(Trend { slope, z, start: median(&mut levels), growth: slope * (last - first) })
}

/// How much Kendall's sum of signs varies where nothing moves; equal values take from it.
#[allow(clippy::float_cmp)] // a tie is the same value, not a near one
fn variance(mut values: Vec<f64>) -> f64 {
    let term = |count: usize| (count * count.saturating_sub(1) * (2 * count + 5)) as f64;
    values.sort_by(f64::total_cmp);
    let ties: f64 = values.chunk_by(|a, b| a == b).map(|equal| term(equal.len())).sum();
    (term(values.len()) - ties) / 18.0
}

fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    let even = values.len().is_multiple_of(2);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().max_by(f64::total_cmp).filter(|_| even);
    lower.map_or(upper, |lower| f64::midpoint(lower, upper))
}

fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

/// The complementary error function for `x` from 0 on, within 1.5e-7: Abramowitz and Stegun, *Handbook of Mathematical Functions* (1964), 7.1.26.
fn erfc(x: f64) -> f64 {
    const FACTORS: [f64; 5] = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    (FACTORS.iter().fold(0.0, |sum, factor| (sum + factor) * t) * (-x * x).exp()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{erfc, median, trend, variance};

    fn line(count: u32, slope: f64) -> Vec<(f64, f64)> {
        (0..count).map(|at| (f64::from(at) * 30.0, 1_000.0 + slope * 30.0 * f64::from(at))).collect()
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(trend(&[]), None);
        assert_eq!(trend(&line(5, 1.0)), None);
        assert_eq!(trend(&[(7.0, 1.0); 20]), None);
        assert_eq!(trend(&[(f64::NAN, 1.0), (1.0, f64::INFINITY)].repeat(9)), None);
    }

    #[test]
    fn a_constant_stands_still() {
        let found = trend(&line(60, 0.0)).expect("enough points");
        assert_eq!((found.slope, found.z, found.growth, found.relative()), (0.0, 0.0, 0.0, 0.0));
        assert!(!found.is_growing(0.0, 0.5) && found.confidence() < 1e-6);
    }

    /// The sum of signs of six rising values is 15, its variance 6 · 5 · 17 / 18 = 28.33.
    #[test]
    fn significance_by_hand() {
        let found = trend(&line(6, 1.0)).expect("enough points");
        assert!(close(found.z, 14.0 / (510.0_f64 / 18.0).sqrt()), "{found:?}");
        // Two pairs of equal values: 510 − 2 · (2 · 1 · 9) = 474.
        assert!(close(variance(vec![1.0, 1.0, 2.0, 3.0, 3.0, 4.0]), 474.0 / 18.0));
        assert!((found.confidence() - 0.991_47).abs() < 1e-4, "{}", found.confidence());
    }

    #[test]
    fn error_function_by_table() {
        for (x, expected) in [(0.0, 1.0), (0.5, 0.479_500_1), (1.0, 0.157_299_2), (2.0, 0.004_677_7), (9.0, 0.0)] {
            assert!((erfc(x) - expected).abs() < 2e-7, "erfc({x}) = {}", erfc(x));
        }
    }

    #[test]
    fn middles() {
        assert_eq!((median(&mut [3.0, 1.0, 2.0]), median(&mut [4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
    }

    #[test]
    fn a_long_series_is_thinned_and_keeps_its_ends() {
        let found = trend(&line(10_000, 0.5)).expect("enough points");
        assert!(close(found.slope, 0.5) && close(found.growth, 0.5 * 30.0 * 9_999.0), "{found:?}");
    }

    fn series() -> impl Strategy<Value = Vec<(f64, f64)>> {
        prop::collection::vec((0.0..3_600.0, -1e3..1e3), 5..60)
    }

    proptest! {
        #[test]
        fn a_line_moved_or_stretched_keeps_its_trend(points in series(), by in -1e3..1e3, times in 0.1..10.0, later in 0.0..1e4) {
            let Some(plain) = trend(&points) else { return Ok(()) };
            let moved: Vec<_> = points.iter().map(|(at, value)| (at + later, value + by)).collect();
            let stretched: Vec<_> = points.iter().map(|(at, value)| (*at, value * times)).collect();
            let mirrored: Vec<_> = points.iter().map(|(at, value)| (*at, -value)).collect();
            let (moved, stretched, mirrored) = (trend(&moved), trend(&stretched), trend(&mirrored));
            let (moved, stretched, mirrored) = (moved.expect("as many"), stretched.expect("as many"), mirrored.expect("as many"));
            prop_assert!(close(moved.slope, plain.slope) && close(moved.start, plain.start + by));
            prop_assert!(close(stretched.slope, plain.slope * times) && close(stretched.growth, plain.growth * times));
            prop_assert!(close(mirrored.slope, -plain.slope) && close(mirrored.z, -plain.z) && close(moved.z, plain.z));
            prop_assert!((0.0..=1.0).contains(&plain.confidence()));
        }

        /// Every fifth point may lie anywhere: 64 % of the pairs have none of them, and those all have the line's slope.
        #[test]
        fn outliers_do_not_carry_it_away(count in 10_u32..120, slope in -100.0..100.0, start in 0_usize..5, wild in prop::collection::vec(-1e9..1e9, 24)) {
            let mut points = line(count, slope);
            for (point, wild) in points.iter_mut().skip(start).step_by(5).zip(wild) {
                point.1 = wild;
            }
            let found = trend(&points).expect("enough points");
            prop_assert!((found.slope - slope).abs() < 1e-6, "{} for {slope}", found.slope);
        }

        #[test]
        fn order_of_the_points_is_of_no_account(points in series()) {
            let mut backwards = points.clone();
            backwards.reverse();
            prop_assert_eq!(trend(&points).map(|found| found.slope), trend(&backwards).map(|found| found.slope));
        }
    }
}
