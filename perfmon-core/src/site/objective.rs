//! What a call site promises: objectives written in its attribute.

use std::{fmt, time::Duration};

use crate::Severity;

/// Which statistic of a site an [`Objective`] bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    any(feature = "serde", feature = "report"),
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Statistic {
    /// The median.
    P50,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
    /// The 99.9th percentile.
    P999,
    /// Calls that ended in an error or a panic, as a fraction of all that finished.
    ErrorRate,
}

impl Statistic {
    /// The option's name in an attribute: `"p99"`, `"error_rate"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P999 => "p999",
            Self::ErrorRate => "error_rate",
        }
    }

    /// The percentile in 0 ..= 100, or `None` for the error rate.
    #[must_use]
    pub const fn percentile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(50.0),
            Self::P95 => Some(95.0),
            Self::P99 => Some(99.0),
            Self::P999 => Some(99.9),
            Self::ErrorRate => None,
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A bound on one statistic of a site: `p99 = "250ms"`, `error_rate = "5%"`.
///
/// A report judges it over all that the report is of. Health judges it over [`window`](Self::window), and takes points by
/// [`severity`](Self::severity) once the statistic has been above the bound for [`hold`](Self::hold).
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(any(feature = "serde", feature = "report"), derive(serde::Serialize, serde::Deserialize))]
pub struct Objective {
    pub(crate) statistic: Statistic,
    /// Nanoseconds for a percentile, a fraction in 0 ..= 1 for the error rate.
    pub(crate) bound: f64,
    pub(crate) severity: Severity,
    pub(crate) window: Duration,
    pub(crate) hold: Duration,
}

impl Objective {
    /// The window an objective is judged over unless it says otherwise.
    pub const DEFAULT_WINDOW: Duration = Duration::from_secs(300);

    /// A bound on a percentile, in nanoseconds (exact up to 2^53 ns, 104 days).
    #[must_use]
    pub const fn latency(statistic: Statistic, nanos: u64) -> Self {
        Self {
            statistic,
            bound: nanos as f64,
            severity: Severity::Warning,
            window: Self::DEFAULT_WINDOW,
            hold: Duration::ZERO,
        }
    }

    /// A bound on the error rate, as a fraction: `0.05` is 5 %.
    #[must_use]
    pub const fn error_rate(fraction: f64) -> Self {
        Self {
            statistic: Statistic::ErrorRate,
            bound: fraction,
            severity: Severity::Warning,
            window: Self::DEFAULT_WINDOW,
            hold: Duration::ZERO,
        }
    }

    /// With another severity; [`Severity::Warning`] by default.
    #[must_use]
    pub const fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Judged over another window; five minutes by default. Of the live windows (10 s, 1 min, 5 min, 15 min, 1 h) it is the narrowest that is not
    /// shorter; more than an hour is judged over the hour.
    #[must_use]
    pub const fn with_window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Counts against health only when missed for this long without a break; at once by default.
    #[must_use]
    pub const fn with_hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Which statistic it bounds.
    #[must_use]
    pub const fn statistic(&self) -> Statistic {
        self.statistic
    }

    /// The bound of a percentile; `None` for the error rate.
    #[must_use]
    pub const fn latency_bound(&self) -> Option<Duration> {
        match self.statistic {
            Statistic::ErrorRate => None,
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "set from a u64")]
            _ => Some(Duration::from_nanos(self.bound as u64)),
        }
    }

    /// The bound of the error rate as a fraction in 0 ..= 1; `None` for a percentile.
    #[must_use]
    pub const fn error_rate_bound(&self) -> Option<f64> {
        match self.statistic {
            Statistic::ErrorRate => Some(self.bound),
            _ => None,
        }
    }

    /// How urgent it is when missed.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The time it is to be judged over, as it was declared.
    #[must_use]
    pub const fn window(&self) -> Duration {
        self.window
    }

    /// How long it must be missed without a break before it counts against health (`for` in the attribute).
    #[must_use]
    pub const fn hold(&self) -> Duration {
        self.hold
    }
}
