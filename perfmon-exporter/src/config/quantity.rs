//! Durations and sizes as people write them.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de::Error};

/// The longest that makes sense anywhere in a configuration.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);
const UNITS: [(&str, u64); 5] = [("", 1), ("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// `"1m 30s"`: longer than nothing, a year at most.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let parsed = text.parse::<SignedDuration>().ok().and_then(|time| Duration::try_from(time).ok());
    match parsed {
        Some(time) if !time.is_zero() && time <= LONGEST => Ok(Some(time)),
        Some(_) => {
            Err(D::Error::custom(format_args!("{text:?} is out of range: write a time above 0s, at most a year")))
        }
        None => Err(D::Error::custom(format_args!(
            "{text:?} is no duration; write one as in \"1m 30s\", \"250ms\" or \"1h\""
        ))),
    }
}

/// `"16MiB"`, in bytes.
pub(super) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let number_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(number_end);
    let unit = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()));
    let bytes = unit.zip(number.parse::<u64>().ok()).and_then(|((_, unit), number)| number.checked_mul(*unit));
    bytes.and_then(|bytes| usize::try_from(bytes).ok()).map(Some).ok_or_else(|| {
        D::Error::custom(format_args!("{text:?} is no size; write one as in \"16MiB\", \"512KiB\" or \"1GiB\""))
    })
}

/// A part of a whole, 0 to 1.
pub(super) fn ratio<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 1.0)
}

/// 0 to 100.
pub(super) fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    within(deserializer, 100.0)
}

fn within<'de, D: Deserializer<'de>>(deserializer: D, most: f64) -> Result<Option<f64>, D::Error> {
    let value = Option::<f64>::deserialize(deserializer)?;
    match value {
        Some(value) if !(0.0..=most).contains(&value) => {
            Err(D::Error::custom(format_args!("expected a number from 0 to {most}, found {value}")))
        }
        value => Ok(value),
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
    points.transpose().map_err(|value| D::Error::custom(format_args!("expected points from 0 to 100, found {value}")))
}
