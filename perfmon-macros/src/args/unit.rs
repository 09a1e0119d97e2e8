//! Durations, rates and fractions as they are written in attributes, checked while compiling.

const UNITS: [(&str, u64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

const UNIT_LIST: &str = "ns, us, ms, s, m, h, d";

/// Nanoseconds from `"250ms"`, `"1.5s"`, `"1m 30s"`. Exact, and never zero.
pub(crate) fn duration(text: &str) -> Result<u64, String> {
    let mut parts = text.split_whitespace().peekable();
    if parts.peek().is_none() {
        return Err("an empty duration: write one like \"250ms\"".to_owned());
    }
    let mut total: u128 = 0;
    while let Some(part) = parts.next() {
        let digits = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        let (number, mut unit) = part.split_at(digits);
        // A blank between number and unit: "250 ms".
        if unit.is_empty()
            && let Some(next) = parts.next_if(|next| next.starts_with(char::is_alphabetic))
        {
            unit = next;
        }
        if number.is_empty() {
            return Err(format!("`{part}` is not a duration: write one like \"250ms\" or \"1m 30s\""));
        }
        if unit.is_empty() {
            return Err(format!("`{number}` has no unit: write \"{number}ms\" (units: {UNIT_LIST})"));
        }
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(format!("unknown unit `{unit}`: use one of {UNIT_LIST}"));
        };
        total = total.saturating_add(scaled(number, *scale, part)?);
    }
    match u64::try_from(total) {
        Ok(0) => Err("a duration of zero: write one like \"250ms\"".to_owned()),
        Ok(nanos) => Ok(nanos),
        Err(_) => Err(format!("`{text}` is too long: the longest duration is 584 years")),
    }
}

/// A decimal number times a scale, exactly.
fn scaled(number: &str, scale: u64, part: &str) -> Result<u128, String> {
    let invalid = || format!("`{number}` is not a number: write a duration like \"250ms\" or \"1.5s\"");
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || (number.contains('.') && fraction.is_empty()) || fraction.contains('.') {
        return Err(invalid());
    }
    let fraction = fraction.trim_end_matches('0');
    if whole.len() > 20 || fraction.len() > 14 {
        return Err(format!("`{part}` has too many digits"));
    }
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| invalid())?;
    let divisor = (0..fraction.len()).fold(1_u128, |ten, _| ten * 10);
    let product = digits * u128::from(scale);
    if !product.is_multiple_of(divisor) {
        return Err(format!("`{part}` is not a whole number of nanoseconds"));
    }
    Ok(product / divisor)
}

/// A fraction from `"5%"`, `"0.5 %"` or `"0.05"`.
pub(crate) fn fraction(text: &str) -> Result<f64, String> {
    let trimmed = text.trim();
    let (number, percent) = match trimmed.strip_suffix('%') {
        Some(number) => (number.trim_end(), true),
        None => (trimmed, false),
    };
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let value: f64 = match number.parse() {
        Ok(value) if plain => value,
        _ => return Err(format!("`{text}` is not a rate: write one like \"5%\"")),
    };
    let fraction = if percent { value / 100.0 } else { value };
    if fraction < 1.0 {
        Ok(fraction)
    } else if percent {
        Err(format!("an error rate can never exceed {trimmed}: write one below 100%, like \"5%\""))
    } else {
        Err(format!("`{trimmed}` is not below 1: write \"{trimmed}%\" for {trimmed} of 100 calls"))
    }
}

/// N from `"1/64"`.
pub(crate) fn one_in(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no sampling rate: write 1/64 or \"auto\"");
    let (one, many) = text.split_once('/').ok_or_else(wrong)?;
    if one.trim() != "1" {
        return Err(wrong());
    }
    match many.trim().parse::<u64>() {
        Ok(0) => Err("one call in 0: write 1/64, or leave `sample` out to time every call".to_owned()),
        Ok(many) => {
            u32::try_from(many).map_err(|_| format!("one call in {many} is too rare: the most is 1/{}", u32::MAX))
        }
        Err(_) => Err(wrong()),
    }
}

/// How many sets of label values a site or metric may have. The process has half of its numbers of series for them.
pub(crate) fn sets(digits: &str) -> Result<u32, String> {
    const MOST: u32 = 65_536;
    match digits.parse() {
        Ok(sets @ 1..=MOST) => Ok(sets),
        Ok(0) => Err("a limit of 0 leaves no label: take `labels` out".to_owned()),
        _ => Err(format!("`{digits}` is no number of label sets: write 1 to {MOST}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_label_sets() {
        assert_eq!((sets("1"), sets("1000"), sets("65536")), (Ok(1), Ok(1_000), Ok(65_536)));
        for wrong in ["0", "-1", "65537", "99999999999999999999"] {
            assert!(sets(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_are_exact() {
        for (text, nanos) in [
            ("1ns", 1),
            ("250us", 250_000),
            ("250µs", 250_000),
            ("250ms", 250_000_000),
            ("250 ms", 250_000_000),
            ("1.5s", 1_500_000_000),
            ("0.1s", 100_000_000),
            ("1m 30s", 90_000_000_000),
            ("5m", 300_000_000_000),
            ("2h", 7_200_000_000_000),
            ("1d", 86_400_000_000_000),
            ("1.000000001s", 1_000_000_001),
        ] {
            assert_eq!(duration(text), Ok(nanos), "{text}");
        }
    }

    #[test]
    fn a_bad_duration_says_what_to_write() {
        for (text, part) in [
            ("", "empty"),
            ("  ", "empty"),
            ("250", "no unit: write \"250ms\""),
            ("ms", "not a duration"),
            ("-5ms", "not a duration"),
            ("5 parsecs", "unknown unit `parsecs`"),
            ("5mss", "unknown unit `mss`"),
            ("1..5s", "not a number"),
            (".5s", "not a number"),
            ("5.s", "not a number"),
            ("0s", "zero"),
            ("0.5ns", "whole number"),
            ("9999999999d", "too long"),
            ("999999999999999999999d", "too many digits"),
        ] {
            let error = duration(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn rates_are_percentages_or_fractions() {
        assert_eq!(fraction("5%"), Ok(0.05));
        assert_eq!(fraction("0.5 %"), Ok(0.005));
        assert_eq!(fraction("0.05"), Ok(0.05));
        assert_eq!(fraction("0%"), Ok(0.0));
        for text in ["", "%", "five", "5", "100%", "-1%", "1e-3", "nan%", "inf"] {
            assert!(fraction(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sampling_is_one_in_some() {
        assert_eq!(one_in("1/64"), Ok(64));
        assert_eq!(one_in("1 / 1"), Ok(1));
        for text in ["", "64", "2/64", "1/0", "1/x", "1/-1", "1/5000000000"] {
            assert!(one_in(text).is_err(), "{text}");
        }
    }
}
