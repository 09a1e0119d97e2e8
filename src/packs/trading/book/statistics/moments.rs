//! Mean, deviation and what else describes a list of numbers; absent where there are too few.

/// Below this part of the largest number, a deviation is what rounding leaves of equal ones.
const ROUNDING: f64 = 1e-13;

pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sum of a power of the distances from the mean.
fn about(mean: f64, values: &[f64], power: i32) -> f64 {
    values.iter().map(|value| (value - mean).powi(power)).sum()
}

/// The sample's standard deviation: the sum of squares divided by one less than their number. Equal numbers have 0, whatever rounding says.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let deviation = Some((about(mean, values, 2) / (values.len() - 1) as f64).sqrt());
    let deviation = deviation.filter(|deviation| deviation.is_finite())?;
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    Some(if deviation > largest * ROUNDING { deviation } else { 0.0 })
}

/// Skewness and kurtosis (3 for a normal distribution), with the population's moments.
pub(crate) fn shape(values: &[f64]) -> Option<(f64, f64)> {
    deviation(values).filter(|deviation| *deviation > 0.0)?;
    let (mean, count) = (mean(values)?, values.len() as f64);
    let variance = about(mean, values, 2) / count;
    let moment = |power: i32| about(mean, values, power) / count / variance.sqrt().powi(power);
    Some((moment(3), moment(4)))
}

/// The value below which this part of an ascending list lies, interpolated linearly (Hyndman and Fan's type 7).
pub(crate) fn quantile(ascending: &[f64], part: f64) -> Option<f64> {
    let place = part * ascending.len().checked_sub(1)? as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the length")]
    let below = place.floor() as usize;
    let (low, high) = (ascending[below], ascending[ascending.len().min(below + 2) - 1]);
    Some(low + (high - low) * (place - place.floor()))
}

/// The covariance of pairs in parts of the variance of the second.
pub(crate) fn slope(pairs: &[(f64, f64)]) -> Option<f64> {
    let second: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    deviation(&second).filter(|deviation| *deviation > 0.0)?;
    let mean = mean(&second)?;
    let variance = about(mean, &second, 2);
    Some(pairs.iter().map(|(first, second)| (second - mean) * first).sum::<f64>() / variance)
}

/// The part of a normal distribution below so many standard deviations.
pub(crate) fn normal_below(deviations: f64) -> f64 {
    libm::erfc(-deviations / std::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::{deviation, mean, normal_below, quantile, shape, slope};

    #[test]
    fn too_few_have_none() {
        assert_eq!((mean(&[]), deviation(&[1.0]), quantile(&[], 0.05)), (None, None, None));
        assert_eq!((shape(&[2.0]), shape(&[2.0, 2.0]), slope(&[(1.0, 2.0)])), (None, None, None));
        assert_eq!(slope(&[(1.0, 2.0), (3.0, 2.0)]), None);
    }

    #[test]
    fn equal_numbers_do_not_deviate() {
        assert_eq!(deviation(&[0.1; 7]), Some(0.0));
        assert_eq!(deviation(&[1e-8, 3e-8]).map(|deviation| deviation > 0.0), Some(true));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), Some(3.0));
        assert_eq!((quantile(&[1.0, 2.0], 0.0), quantile(&[1.0, 2.0], 1.0)), (Some(1.0), Some(2.0)));
        assert_eq!(quantile(&[7.0], 0.05), Some(7.0));
    }

    #[test]
    fn half_is_below_the_middle() {
        assert!((normal_below(0.0) - 0.5).abs() < 1e-15);
        assert!((normal_below(1.959_963_984_540_054) - 0.975).abs() < 1e-15);
        assert!((normal_below(-8.0) / 6.220_960_574_271_785e-16 - 1.0).abs() < 1e-12);
    }
}
