//! How numbers are written.

/// A whole number in decimal digits.
pub(super) fn push_whole(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// A number in the fewest digits that give it back; whole ones without a fraction.
pub(super) fn push(out: &mut Vec<u8>, value: f64) {
    // Below 2^53 every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
        out.extend_from_slice(itoa::Buffer::new().format(value as i64).as_bytes());
    } else if value.is_finite() {
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(special(value).as_bytes());
    }
}

fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "+Inf"
    } else {
        "-Inf"
    }
}

/// A number as the label `le` or `quantile` has it: OpenMetrics' canonical numbers (`"1.0"`, `"0.0025"`, `"1e-06"`, `"+Inf"`), which are those of Go's
/// `%g` with `.0` added where neither a point nor an exponent shows. Prometheus writes them so itself when it reads protobuf.
pub(super) fn canonical(value: f64) -> String {
    if !value.is_finite() {
        return special(value).to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        // `Debug` switches to exponents only beyond this range, and shows a point.
        format!("{value:?}")
    } else {
        format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{canonical, push};

    fn written(value: f64) -> String {
        let mut out = Vec::new();
        push(&mut out, value);
        String::from_utf8(out).expect("digits")
    }

    #[test]
    fn canonical_numbers_are_gos() {
        for (value, text) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (0.0025, "0.0025"),
            (0.0001, "0.0001"),
            (1e-5, "1e-05"),
            (2.5e-6, "2.5e-06"),
            (10.0, "10.0"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (123_456_789.0, "1.23456789e+08"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(canonical(value), text);
        }
    }

    #[test]
    fn values_are_short() {
        for (value, text) in
            [(3.0, "3"), (-0.5, "-0.5"), (0.1, "0.1"), (-7.0, "-7"), (f64::NAN, "NaN"), (f64::NEG_INFINITY, "-Inf")]
        {
            assert_eq!(written(value), text);
        }
    }

    proptest! {
        #[test]
        fn numbers_survive(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
            let same = |text: String| text.parse::<f64>().is_ok_and(|read| (read - value).abs() <= 0.0);
            prop_assert!(same(written(value)));
            prop_assert!(same(canonical(value)));
        }
    }
}
