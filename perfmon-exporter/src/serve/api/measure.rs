//! One figure of a set of calls or of values.

use std::str::FromStr;

use perfmon_core::snapshot::{Distribution, Stats};

/// Which figure. Times are seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Measure {
    Calls,
    Ok,
    Errors,
    Panics,
    Cancelled,
    InFlight,
    /// Calls per second.
    Rate,
    ErrorRate,
    Mean,
    Min,
    Max,
    Total,
    Percentile(f64),
}

/// The pattern of their names, for the description of the API.
pub(super) const PATTERN: &str = r"^(calls|ok|errors|panics|cancelled|in_flight|rate|error_rate|mean|min|max|total|p(100|[0-9]{1,2}(\.[0-9]{1,3})?))$";

impl FromStr for Measure {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Ok(match name {
            "calls" => Self::Calls,
            "ok" => Self::Ok,
            "errors" => Self::Errors,
            "panics" => Self::Panics,
            "cancelled" => Self::Cancelled,
            "in_flight" => Self::InFlight,
            "rate" => Self::Rate,
            "error_rate" => Self::ErrorRate,
            "mean" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            "total" => Self::Total,
            other => Self::Percentile(percentile(other).ok_or(())?),
        })
    }
}

/// `p99.9` as a number.
pub(super) fn percentile(name: &str) -> Option<f64> {
    let number = name.strip_prefix('p')?;
    let (whole, thousandths) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    let has =
        |digits: &str, most| (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let fits = has(whole, 2) && thousandths.is_none_or(|digits| has(digits, 3));
    (fits || number == "100").then(|| number.parse().ok()).flatten()
}

impl Measure {
    /// The unit of the figure, for values in a unit of their own.
    pub(super) fn unit(self, of_values: &str) -> &str {
        match self {
            Self::Calls | Self::Ok | Self::Errors | Self::Panics | Self::Cancelled | Self::InFlight => "count",
            Self::Rate => "per_second",
            Self::ErrorRate => "ratio",
            Self::Mean | Self::Min | Self::Max | Self::Total | Self::Percentile(_) => of_values,
        }
    }

    /// Whether it is in the unit of what was measured.
    pub(super) fn is_value(self) -> bool {
        matches!(self, Self::Mean | Self::Min | Self::Max | Self::Total | Self::Percentile(_))
    }

    /// Of calls within so many seconds; `None` where there is none, as of a percentile without calls.
    pub(super) fn of_calls(self, stats: &Stats, seconds: f64) -> Option<f64> {
        let time = |duration: std::time::Duration| (stats.calls() > 0).then_some(duration.as_secs_f64());
        match self {
            Self::Calls => Some(stats.calls() as f64),
            Self::Ok => Some(stats.ok() as f64),
            Self::Errors => Some(stats.errors() as f64),
            Self::Panics => Some(stats.panics() as f64),
            Self::Cancelled => Some(stats.cancelled() as f64),
            Self::InFlight => Some(stats.in_flight() as f64),
            Self::Rate => per_second(stats.calls(), seconds),
            Self::ErrorRate => (stats.calls() > 0).then(|| stats.error_rate()),
            Self::Mean => time(stats.mean()),
            Self::Min => time(stats.min()),
            Self::Max => time(stats.max()),
            Self::Total => Some(stats.total().as_secs_f64()),
            Self::Percentile(percentile) => time(stats.percentile(percentile)),
        }
    }

    /// Of a custom histogram's values, which have no outcomes.
    pub(super) fn of_values(self, values: &Distribution, seconds: f64) -> Option<f64> {
        match self {
            Self::Calls => Some(values.count() as f64),
            Self::Rate => per_second(values.count(), seconds),
            Self::Mean => (values.count() > 0).then(|| values.sum() as f64 / values.count() as f64),
            Self::Min => values.min().map(|value| value as f64),
            Self::Max => values.max().map(|value| value as f64),
            Self::Total => Some(values.sum() as f64),
            Self::Percentile(percentile) => values.percentile(percentile).map(|value| value as f64),
            Self::Ok | Self::Errors | Self::Panics | Self::Cancelled | Self::InFlight | Self::ErrorRate => None,
        }
    }
}

fn per_second(count: u64, seconds: f64) -> Option<f64> {
    (seconds > 0.0).then(|| count as f64 / seconds)
}
