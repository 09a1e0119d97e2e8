//! Figures as people read them. The only place where a number becomes text for a person.
//!
//! ```
//! # use perfmon_core as perfmon;
//! use std::time::Duration;
//! use perfmon::format::{duration, plural};
//!
//! assert_eq!(duration(Duration::from_micros(1_240)), "1.24 ms");
//! assert_eq!((plural(1, "call"), plural(2_000, "call")), ("1 call".to_owned(), "2,000 calls".to_owned()));
//! ```
#![cfg_attr(not(feature = "report"), allow(dead_code, reason = "most of it is for reports"))]

use std::{
    borrow::Cow,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// Three significant digits: `1.24`, `12.4`, `124`.
fn digits(value: f64) -> String {
    match value.abs() {
        v if v < 9.995 => format!("{value:.2}"),
        v if v < 99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Drops zeros that say nothing after the decimal point: `1.50` is `1.5`, `10.0` is `10`.
fn trimmed(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// `842 ns`, `1.24 ms`, `12.4 s`, `2m 04s`, `1h 03m`, `3d 04h`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let (value, unit) = match duration.as_secs_f64() {
        s if s < 999.5e-9 => return format!("{} ns", duration.as_nanos()),
        s if s < 999.5e-6 => (s * 1e6, "µs"),
        s if s < 999.5e-3 => (s * 1e3, "ms"),
        s if s < 59.95 => (s, "s"),
        s => return long(s),
    };
    format!("{} {unit}", digits(value))
}

fn long(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and it saturates")]
    let seconds = seconds.round() as u64;
    let (minutes, hours) = ((seconds + 30) / 60, (seconds + 1800) / 3600);
    match seconds {
        0..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ if minutes < 24 * 60 => format!("{}h {:02}m", minutes / 60, minutes % 60),
        _ => format!("{}d {:02}h", hours / 24, hours % 24),
    }
}

/// A duration that a person chose, so without trailing zeros: `250 ms`, `1.5 s`.
#[must_use]
pub fn bound(limit: Duration) -> String {
    let text = duration(limit);
    match text.split_once(' ') {
        Some((value, unit)) if value.contains('.') => format!("{} {unit}", trimmed(value)),
        _ => text,
    }
}

/// The same duration without blank and fraction, where there is little room: `6ms` of `6.40 ms`.
pub(crate) fn short(duration: &str) -> String {
    match duration.split_once(' ') {
        Some((value, unit)) if !unit.ends_with(['m', 'h']) => {
            format!("{}{unit}", value.split('.').next().unwrap_or_default())
        }
        _ => duration.replace(' ', ""),
    }
}

/// `1,284,301`
#[must_use]
pub fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// Digits in groups of three: `1234567` as `1,234,567`. Of a number's whole part, without a sign.
#[must_use]
pub fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and its noun: `1 call`, `2,000 calls`.
#[must_use]
pub fn plural(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", count(n)) }
}

/// `12.3k/s`, `842/s`; what happens less than six times a minute `3.20/min`, less than six times an hour `0.50/h`.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        r if !r.is_finite() || r <= 0.0 => "0/s".to_owned(),
        r if r < 0.1 / 60.0 => format!("{}/h", digits(r * 3600.0)),
        r if r < 0.1 => format!("{}/min", digits(r * 60.0)),
        r if r < 999.5 => format!("{}/s", digits(r)),
        r if r < 999.5e3 => format!("{}k/s", digits(r / 1e3)),
        r if r < 999.5e6 => format!("{}M/s", digits(r / 1e6)),
        r => format!("{}G/s", digits(r / 1e9)),
    }
}

/// A fraction as `12 %`, `1.2 %`, `0.03 %`.
pub(crate) fn percent(fraction: f64) -> String {
    match fraction * 100.0 {
        p if !p.is_finite() => "–".to_owned(),
        p if p <= 0.0 => "0 %".to_owned(),
        p if p < 0.01 => "<0.01 %".to_owned(),
        p if p < 0.0995 => format!("{} %", trimmed(&format!("{p:.2}"))),
        p if p < 9.95 => format!("{} %", trimmed(&format!("{p:.1}"))),
        // 99.97 % is not all of it.
        p if p > 99.0 && p < 100.0 => format!("{} %", trimmed(&format!("{:.2}", p.min(99.99)))),
        p if p < 999.5 => format!("{p:.0} %"),
        // Many calls at once, or durations that were measured elsewhere.
        p => format!("{} ×", grouped(&format!("{:.0}", p / 100.0))),
    }
}

/// `512 B`, `1.24 KiB`, `128 MiB`
pub(crate) fn bytes(bytes: f64) -> String {
    let mut value = bytes;
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        if value.abs() < 999.5 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    format!("{} {unit}", trimmed(&digits(value)))
}

/// A number of no known unit: `1,204`, `101,234.56`, `0.0312`.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return value.to_string();
    }
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.2e}");
    }
    let text = match size {
        s if s >= 100.0 => format!("{value:.2}"),
        s if s >= 1.0 => format!("{value:.3}"),
        s if s >= 0.01 => format!("{value:.4}"),
        _ => format!("{value:.6}"),
    };
    let text = trimmed(&text);
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |text| ("-", text));
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{}.{fraction}", grouped(whole)),
        None => format!("{sign}{}", grouped(text)),
    }
}

/// A custom metric's value: units of time and bytes are scaled, other units follow the number.
pub(crate) fn quantity(value: f64, unit: &str) -> String {
    let seconds = match unit {
        "ns" | "nanoseconds" => Some(1e-9),
        "us" | "µs" | "microseconds" => Some(1e-6),
        "ms" | "milliseconds" => Some(1e-3),
        "s" | "seconds" => Some(1.0),
        _ => None,
    };
    match (seconds.map(|scale| Duration::try_from_secs_f64(value * scale)), unit) {
        (Some(Ok(time)), _) => bound(time),
        (_, "bytes" | "By") if value.is_finite() => bytes(value),
        (_, "bytes per second" | "bytes/s" | "B/s" | "By/s") if value.is_finite() => format!("{}/s", bytes(value)),
        (_, "percent" | "%") => format!("{} %", number(value)),
        (_, "millipercent") => format!("{} %", number(value / 1000.0)),
        (_, "" | "1") => number(value),
        _ => match number(value) {
            one if one == "1" => format!("{one} {}", singular(unit)),
            many => format!("{many} {unit}"),
        },
    }
}

/// A unit of one: `orders` → `order`, `entries` → `entry`. Units are declared in plural; what does not look like one stays.
fn singular(unit: &str) -> Cow<'_, str> {
    let endings = [("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", "")];
    let Some((stem, end)) = endings.into_iter().find_map(|(many, one)| Some((unit.strip_suffix(many)?, one))) else {
        return unit.into();
    };
    let stays = stem.len() < 2 || (end.is_empty() && stem.ends_with(['s', 'u', 'i', '/', '.']));
    if stays { unit.into() } else { format!("{stem}{end}").into() }
}

/// The same with percentages in three digits: where they are told, not compared with a limit.
pub(crate) fn measured(value: f64, unit: &str) -> String {
    let size = value.abs();
    // 99.97 % is not all of it.
    let three = (0.01..99.95).contains(&size) || (100.0..1000.0).contains(&size);
    match unit {
        "percent" | "%" if three => format!("{} %", trimmed(&digits(value))),
        _ => quantity(value, unit),
    }
}

/// `2026-11-20T19:16:37.125Z` (RFC 3339, UTC). The calendar is Howard Hinnant's `civil_from_days`
/// (<https://howardhinnant.github.io/date_algorithms.html>), for years up to 9999.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs().min(253_402_300_799);
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// `2026-11-20 19:16:37 UTC`
pub(crate) fn readable_timestamp(time: SystemTime) -> String {
    let text = timestamp(time);
    let (seconds, _) = text.split_once('.').unwrap_or((&text, ""));
    format!("{} UTC", seconds.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(nanos: u64) -> String {
        duration(Duration::from_nanos(nanos))
    }

    #[test]
    fn durations_have_three_digits_and_carry_into_the_next_unit() {
        let cases = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (9_994, "9.99 µs"),
            (9_996, "10.0 µs"),
            (999_499, "999 µs"),
            (999_501, "1.00 ms"),
            (1_240_000_000, "1.24 s"),
            (59_940_000_000, "59.9 s"),
            (59_960_000_000, "1m 00s"),
            (124_000_000_000, "2m 04s"),
            (3_569_000_000_000, "59m 29s"),
            (3_599_600_000_000, "1h 00m"),
            (3_780_000_000_000, "1h 03m"),
            (86_399_000_000_000, "1d 00h"),
            (273_600_000_000_000, "3d 04h"),
        ];
        for (value, text) in cases {
            assert_eq!(nanos(value), text, "{value}");
        }
        assert_eq!(bound(Duration::from_millis(250)), "250 ms");
        assert_eq!(bound(Duration::from_millis(1500)), "1.5 s");
        assert_eq!(bound(Duration::from_micros(10)), "10 µs");
        assert_eq!(["6.40 ms", "9 ns", "2m 04s"].map(short), ["6ms", "9ns", "2m04s"]);
    }

    #[test]
    fn counts_rates_shares_and_sizes() {
        assert_eq!(
            ["0", "999", "1,000", "1,284,301"],
            [0, 999, 1000, 1_284_301].map(count).each_ref().map(String::as_str)
        );
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        let rates = [0.0, 0.0001, 0.05, 3.2, 842.0, 999.6, 12_300.0, 4.56e6, f64::NAN].map(rate);
        assert_eq!(rates, ["0/s", "0.36/h", "3.00/min", "3.20/s", "842/s", "1.00k/s", "12.3k/s", "4.56M/s", "0/s"]);
        let shares = [0.0, 0.00001, 0.0003, 0.003, 0.012, 0.12, 0.9997, 0.99999, 1.0, 3.4, 1439.65].map(percent);
        assert_eq!(
            shares,
            ["0 %", "<0.01 %", "0.03 %", "0.3 %", "1.2 %", "12 %", "99.97 %", "99.99 %", "100 %", "340 %", "1,440 ×"]
        );
        assert_eq!([0.0, 512.0, 1000.0, 1_234_567.0].map(bytes), ["0 B", "512 B", "0.98 KiB", "1.18 MiB"]);
    }

    #[test]
    fn numbers_with_and_without_units() {
        let numbers = [0.0, -1204.0, 101_234.56, 0.0312, 1e20, 2.5e-9, f64::NAN, 100.0].map(number);
        assert_eq!(numbers, ["0", "-1,204", "101,234.56", "0.0312", "1.00e20", "2.50e-9", "NaN", "100"]);
        assert_eq!(quantity(1.5, "seconds"), "1.5 s");
        assert_eq!(quantity(1536.0, "bytes"), "1.5 KiB");
        assert_eq!(quantity(-2.0, "seconds"), "-2 seconds");
        assert_eq!(quantity(7.0, "orders"), "7 orders");
        let units =
            ["orders", "entries", "processes", "boxes", "matches", "usd", "status", "ms/s", "loss", "calls per second"];
        assert_eq!(
            units.map(singular),
            ["order", "entry", "process", "box", "match", "usd", "status", "ms/s", "loss", "calls per second"]
        );
        assert_eq!([0.0, 1.0, 1.5].map(|value| quantity(value, "tokens")), ["0 tokens", "1 token", "1.5 tokens"]);
        assert_eq!([0.0, 97_800.4].map(|rate| quantity(rate, "bytes per second")), ["0 B/s", "95.5 KiB/s"]);
        assert_eq!(
            [46.157, 3.05, 0.0, 99.97, 100.0, 1234.5].map(|value| measured(value, "percent")),
            ["46.2 %", "3.05 %", "0 %", "99.97 %", "100 %", "1,234.5 %"]
        );
        assert_eq!(quantity(3040.0, "millipercent"), "3.04 %");
    }

    #[test]
    fn timestamps_agree_with_the_calendar() {
        let at = |seconds| timestamp(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.000Z");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59.000Z");
        assert_eq!(at(u64::MAX >> 2), "9999-12-31T23:59:59.000Z");
        assert_eq!(
            readable_timestamp(UNIX_EPOCH + Duration::from_millis(1_795_202_197_125)),
            "2026-11-20 19:16:37 UTC"
        );
    }
}
