//! Durations and sizes as people write them.

use std::{fmt, time::Duration};

use jiff::{Span, SpanRelativeTo};
use perfmon_core::series::Bounds;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use super::mistake::Repeats;

/// The longest that makes sense anywhere in a configuration.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);
/// The exporter's clock.
const TICK: Duration = Duration::from_secs(1);
const UNITS: [(&str, u64); 5] = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// `"1m 30s"`: longer than nothing, a year at most.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(Option::<Time>::deserialize(deserializer)?.map(|Time(time)| time))
}

/// How often something happens.
pub(super) fn ticks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match duration(deserializer)? {
        Some(time) if time < TICK => {
            Err(D::Error::custom("the exporter's clock ticks once a second; write 1s at least"))
        }
        time => Ok(time),
    }
}

/// For how long the history keeps values.
pub(super) fn retention<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    match duration(deserializer)? {
        Some(time) if !Bounds::RETENTION.contains(&time) => {
            Err(D::Error::custom("it is too short: write a minute at least, a year at most"))
        }
        time => Ok(time),
    }
}

/// `"16MiB"`, in bytes.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    Ok(Option::<Bytes>::deserialize(deserializer)?.map(|Bytes(bytes)| bytes))
}

/// Memory that values may take: what is less keeps next to none.
pub(super) fn memory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    match size(deserializer)? {
        Some(bytes) if bytes < Bounds::LEAST_MEMORY => Err(D::Error::custom("it is too small: write 1MiB at least")),
        bytes => Ok(bytes),
    }
}

/// Declares a quantity with a unit, which is written as text. Of a bare number its message says which text that may be.
macro_rules! with_unit {
    ($type:ident, $expecting:literal, $unit:literal, $parse:ident) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$type, E> {
                        let told = |with| E::custom(Repeats { with, without: concat!("expected ", $expecting) });
                        $parse(text).map($type).map_err(told)
                    }

                    fn visit_u64<E: Error>(self, number: u64) -> Result<$type, E> {
                        Err(E::custom(format_args!(
                            concat!("expected ", $expecting, ", found {}; did you mean \"{}", $unit, "\"?"),
                            number, number
                        )))
                    }

                    fn visit_f64<E: Error>(self, number: f64) -> Result<$type, E> {
                        Err(E::custom(format_args!(
                            concat!("expected ", $expecting, ", found {}; it needs a unit"),
                            number
                        )))
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
    };
}

struct Time(Duration);
with_unit!(Time, "a duration as in \"1m 30s\"", "s", parse_duration);

struct Bytes(usize);
with_unit!(Bytes, "a size as in \"16MiB\"", "B", parse_size);

fn parse_duration(text: &str) -> Result<Duration, String> {
    // A day has 24 hours here, whatever the calendar says.
    let span = text.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    match span.ok().and_then(|time| Duration::try_from(time).ok()) {
        Some(time) if !time.is_zero() && time <= LONGEST => Ok(time),
        Some(_) => Err(format!("{text:?} is out of range: write a time above 0s, at most a year")),
        None if is_number(text) => Err(format!("{text:?} has no unit; did you mean \"{text}s\"?")),
        None => Err(format!("{text:?} is no duration; write one as in \"1m 30s\", \"250ms\" or \"1h\"")),
    }
}

fn parse_size(text: &str) -> Result<usize, String> {
    let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()));
    let bytes = unit.zip(number.parse::<u64>().ok()).and_then(|((_, unit), number)| number.checked_mul(*unit));
    bytes.and_then(|bytes| usize::try_from(bytes).ok()).ok_or_else(|| match unit_meant(text) {
        Some(meant) => format!("{text:?} is no size; did you mean {meant:?}?"),
        None => format!("{text:?} is no size; write one as in \"16MiB\", \"512KiB\" or \"1GiB\""),
    })
}

/// With the unit of 1,024 in the place of the one of 1,000, or of its first letter alone.
fn unit_meant(text: &str) -> Option<String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let first = unit.trim().to_ascii_uppercase();
    let first = first.strip_suffix('B').unwrap_or(&first);
    let known = matches!(first, "K" | "M" | "G") && !number.is_empty();
    known.then(|| format!("{number}{first}iB"))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A part of a whole, 0 to 1.
pub(super) fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 1.0, 100.0)
}

/// 0 to 100.
pub(super) fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 100.0, 1.0)
}

fn within<'de, D: Deserializer<'de>>(deserializer: D, most: f64, of_percent: f64) -> Result<Option<f64>, D::Error> {
    match Option::<Number>::deserialize(deserializer)? {
        Some(Number::Percent(percent)) => {
            let meant = percent / of_percent;
            let with = format_args!("expected a number from 0 to {most}; did you mean {meant}?");
            Err(D::Error::custom(Repeats { with, without: format_args!("expected a number from 0 to {most}") }))
        }
        Some(Number::Plain(value)) if !(0.0..=most).contains(&value) => {
            let with = format_args!("expected a number from 0 to {most}, found {value}");
            Err(D::Error::custom(Repeats { with, without: format_args!("expected a number from 0 to {most}") }))
        }
        Some(Number::Plain(value)) => Ok(Some(value)),
        None => Ok(None),
    }
}

/// A number, or what some write for one.
enum Number {
    Plain(f64),
    /// `"5%"`
    Percent(f64),
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("f64")
            }

            fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
                Ok(Number::Plain(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
                Ok(Number::Plain(number as f64))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
                Ok(Number::Plain(number as f64))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                let percent = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
                percent.map(Number::Percent).ok_or_else(|| E::invalid_type(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_f64(Written)
    }
}

/// A finite number.
pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if value.is_finite() { Ok(value) } else { Err(D::Error::custom("expected a number that is finite")) }
}

/// Points of the health score: 0 to 100.
pub(super) fn points<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    let value = Option::<u64>::deserialize(deserializer)?;
    let points = value.map(|value| u8::try_from(value).ok().filter(|points| *points <= 100).ok_or(value));
    let told = |value| Repeats {
        with: format!("expected points from 0 to 100, found {value}"),
        without: "expected points from 0 to 100",
    };
    points.transpose().map_err(|value| D::Error::custom(told(value)))
}
