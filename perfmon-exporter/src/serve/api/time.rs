//! Times and lengths of time as they are written in a query: numbers of seconds, or as people and Prometheus write them.

use std::ops::RangeInclusive;

use crate::serve::problem::Problem;

/// Seconds since 1970 beyond which somebody means milliseconds: the year 5138.
pub(super) const LATEST: f64 = 1e11;
/// Steps, in seconds.
pub(super) const STEPS: RangeInclusive<f64> = 1.0..=86_400.0;

/// A time as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Time {
    /// In seconds since 1970.
    At(f64),
    /// So many seconds before now.
    Ago(f64),
}

impl Time {
    /// In seconds since 1970.
    pub(super) fn resolve(self, now: f64) -> f64 {
        match self {
            Self::At(seconds) => seconds,
            Self::Ago(seconds) => now - seconds,
        }
    }
}

/// A time: a number of seconds since 1970, RFC 3339, `now`, or so much before now as `-5m`.
pub(super) fn time(parameter: &str, text: &str) -> Result<Time, Problem> {
    let wrong = |why: &str| {
        Problem::bad_request(format!(
            "{parameter} is {text:?}{why}: write seconds since 1970, as in {parameter}=1640995200, or a time such as 2026-11-20T19:16:37Z, now or -5m"
        ))
    };
    match text.parse::<f64>() {
        Ok(seconds) if seconds > LATEST => Err(wrong(", which would be milliseconds")),
        Ok(seconds) if seconds >= 0.0 => Ok(Time::At(seconds)),
        Ok(_) => Err(wrong("")),
        Err(_) => before_now(text).or_else(|| rfc_3339(text).map(Time::At)).ok_or_else(|| wrong("")),
    }
}

/// `now`, or `-1h30m`; Grafana writes `now-5m`.
fn before_now(text: &str) -> Option<Time> {
    let back = text.strip_prefix("now").unwrap_or(text);
    match back.strip_prefix('-') {
        Some(back) if !back.is_empty() => length(back).filter(|back| *back <= LATEST).map(Time::Ago),
        _ => (text == "now").then_some(Time::Ago(0.0)),
    }
}

/// A step in seconds: the number itself, or such as `5m` and `1h30m`.
pub(super) fn step(parameter: &str, text: &str) -> Result<f64, Problem> {
    let seconds = text.parse().ok().or_else(|| length(text));
    seconds.filter(|seconds| STEPS.contains(seconds)).ok_or_else(|| {
        Problem::bad_request(format!(
            "{parameter} is {text:?}: write seconds from 1 to 86400, or a length from 1s to 1d, such as 5m"
        ))
    })
}

/// Numbers with units, added up.
fn length(text: &str) -> Option<f64> {
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let (number, behind) = rest.split_at(rest.find(|sign: char| !sign.is_ascii_digit())?);
        let unit = behind.split_at(behind.find(|sign: char| sign.is_ascii_digit()).unwrap_or(behind.len()));
        let each = match unit.0 {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * each;
        rest = unit.1;
    }
    Some(seconds)
}

/// `2026-11-20T19:16:37.125+01:00` in seconds since 1970. A plus that nobody encoded has become a blank on its way.
fn rfc_3339(text: &str) -> Option<f64> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
        digits?.parse::<i64>().ok()
    };
    let sign = |at: usize, signs: &[u8]| text.as_bytes().get(at).filter(|sign| signs.contains(sign)).copied();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    for (at, signs) in [(4, &b"-"[..]), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":")] {
        sign(at, signs)?;
    }
    let digits = text.get(19..)?.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let end = 19 + digits.map_or(0, |digits| digits + 1);
    let fraction = if digits == Some(0) { None } else { format!("0{}", &text[19..end]).parse::<f64>().ok() }?;
    let offset = match sign(end, b"Zz+- ")? {
        b'Z' | b'z' => (end + 1 == text.len()).then_some(0)?,
        ahead => {
            let (hours, minutes) = (number(end + 1, end + 3)?, number(end + 4, end + 6)?);
            let fits = end + 6 == text.len() && hours < 24 && minutes < 60 && sign(end + 3, b":").is_some();
            let seconds = fits.then_some(hours * 3_600 + minutes * 60)?;
            if ahead == b'-' { -seconds } else { seconds }
        }
    };
    // A leap second is the first of the next minute.
    let fits = (1..=12).contains(&month) && (1..=days_in(year, month)).contains(&day);
    let fits = fits && hour < 24 && minute < 60 && second <= 60;
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    fits.then_some(seconds as f64 + fraction)
}

fn days_in(year: i64, month: i64) -> i64 {
    if month == 12 { 31 } else { days(year, month + 1, 1) - days(year, month, 1) }
}

/// Days since 1970: Howard Hinnant's `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, month) = (year.div_euclid(400), if month > 2 { month - 3 } else { month + 9 });
    let (year_of_era, day_of_year) = (year.rem_euclid(400), (153 * month + 2) / 5 + day - 1);
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Time, days, days_in, step, time};

    #[test]
    fn times_as_people_write_them() {
        for (text, seconds) in [
            ("0", 0.0),
            ("1640995200.5", 1_640_995_200.5),
            ("1970-01-01T00:00:00Z", 0.0),
            ("2022-01-01T00:00:00Z", 1_640_995_200.0),
            ("2022-01-01t01:00:00.25+01:00", 1_640_995_200.25),
            ("2022-01-01T01:00:00 01:00", 1_640_995_200.0),
            ("2021-12-31T19:00:00-05:00", 1_640_995_200.0),
            ("2024-02-29T12:00:00Z", 1_709_208_000.0),
            ("2016-12-31T23:59:60Z", 1_483_228_800.0),
        ] {
            assert_eq!(time("start", text).ok(), Some(Time::At(seconds)), "{text}");
        }
        for (text, back) in [("now", 0.0), ("-5m", 300.0), ("now-1h30m", 5_400.0), ("-1s", 1.0)] {
            assert_eq!(time("start", text).ok().map(|time| time.resolve(10_000.0)), Some(10_000.0 - back), "{text}");
        }
        for wrong in [
            "",
            "yesterday",
            "-",
            "now-",
            "nowish",
            "now+5m",
            "5m",
            "-5",
            "--5m",
            "-99999999999999d",
            "-1",
            "NaN",
            "inf",
            "1e300",
            "2022-01-01",
            "2022-01-01T00:00:00",
            "2022-13-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "2022-01-01T24:00:00Z",
            "2022-01-01T00:00:00.Z",
            "2022-01-01T00:00:00Zx",
            "2022-01-01T00:00:00+1:00",
            "2022-01-01T00:00:00ä",
        ] {
            assert!(time("start", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn steps_as_people_write_them() {
        for (text, seconds) in
            [("1", 1.0), ("90.5", 90.5), ("5m", 300.0), ("1h30m", 5_400.0), ("1500ms", 1.5), ("1d", 86_400.0)]
        {
            assert_eq!(step("step", text).ok(), Some(seconds), "{text}");
        }
        for wrong in ["", "0", "0s", "m", "2d", "5 m", "5x", "-5m", "NaN", "5mm"] {
            assert!(step("step", wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_day_follows_a_day(year in 0..=9_999_i64, month in 1..=12_i64) {
            let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
            prop_assert_eq!(days(year, month, days_in(year, month)) + 1, next);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", digits in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\PC{0,4}") {
            let _ = (time("start", &text), time("start", &digits), step("step", &text));
        }
    }
}
