//! How healthy the process is, as one number that explains itself.
//!
//! The score begins at 100; each [rule](HealthRule) of a [policy](HealthPolicy) that applies takes points away and says why.

mod check;
mod policy;
#[cfg(test)]
mod tests;

use std::{fmt, time::Duration};

pub use self::policy::{Condition, HealthCheck, HealthPolicy, HealthRule, MetricCheck};
use super::Verdict;
use crate::{collect::CollectorStatus, history::history, snapshot::Snapshot};

/// How healthy the process is, and why it is not healthier.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(any(feature = "serde", feature = "report"), derive(serde::Serialize, serde::Deserialize))]
pub struct Health {
    /// 100 less the points of all deductions, at least 0.
    pub score: u8,
    /// What that score means.
    pub status: HealthStatus,
    /// What was taken away for what, in the order of the policy's rules.
    pub deductions: Vec<Deduction>,
}

/// What a score means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    any(feature = "serde", feature = "report"),
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum HealthStatus {
    /// 80 or more.
    Healthy,
    /// 60 to 79.
    Warning,
    /// 40 to 59.
    Critical,
    /// Less than 40.
    Down,
}

/// Points taken away, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(any(feature = "serde", feature = "report"), derive(serde::Serialize, serde::Deserialize))]
pub struct Deduction {
    /// The rule's name.
    pub rule: String,
    /// How many points.
    pub points: u8,
    /// What was found, where it is worst, and what is allowed: `p99 of order_execution is 1.8 s over the last 5 min, above 1 s`.
    pub reason: String,
}

impl Health {
    /// What is left of 100 after these deductions.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// use perfmon::analyse::{Deduction, Health, HealthStatus};
    /// let late = Deduction { rule: "ticks".to_owned(), points: 30, reason: "the last tick was 12 s late".to_owned() };
    /// let health = Health::of(vec![late]);
    /// assert_eq!((health.score, health.status, health.as_ratio()), (70, HealthStatus::Warning, 0.7));
    /// ```
    #[must_use]
    pub fn of(deductions: Vec<Deduction>) -> Self {
        let score = deductions.iter().fold(100_u8, |left, deduction| left.saturating_sub(deduction.points));
        Self { score, status: HealthStatus::of(score), deductions }
    }

    /// The score in 0 ..= 1.
    #[must_use]
    pub fn as_ratio(&self) -> f64 {
        f64::from(self.score) / 100.0
    }
}

impl HealthStatus {
    /// Of a score in 0 ..= 100.
    #[must_use]
    pub const fn of(score: u8) -> Self {
        match score {
            80.. => Self::Healthy,
            60.. => Self::Warning,
            40.. => Self::Critical,
            _ => Self::Down,
        }
    }

    /// The name used in output: `"healthy"` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Down => "down",
        }
    }
}

impl fmt::Display for HealthStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Judges by a policy: gauges by their value `now` (or their mean up to then, where a rule says so), calls, counters and losses by what happened in `recent` (an interval, of the last five minutes say),
/// objectives by what a [`Judge`](super::Judge) found of each over its own window, collectors by their status; `more` are deductions found elsewhere. What is not known, a metric that nobody gives for one, takes nothing away.
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// use std::borrow::Cow;
/// use perfmon::{analyse::{HealthPolicy, Judge, Window, Windows, assess}, collectors, snapshot};
///
/// let (mut windows, mut judge) = (Windows::default(), Judge::default());
/// // Once a second:
/// let now = snapshot();
/// windows.advance(&now);
/// let verdicts = judge.judge(&now, |window| Cow::Owned(windows.interval(window, &now)));
/// let recent = windows.interval(Window::FiveMinutes, &now);
/// let health = assess(&HealthPolicy::default(), &now, &recent, &verdicts, &collectors(), &[]);
/// assert_eq!((health.score, health.status.as_str()), (100, "healthy"));
/// ```
#[must_use]
pub fn assess(
    policy: &HealthPolicy,
    now: &Snapshot,
    recent: &Snapshot,
    verdicts: &[Verdict],
    collectors: &[CollectorStatus],
    more: &[Deduction],
) -> Health {
    let mean = |name: &str, labels: &[(&str, &str)], over: Duration| {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let until = millis(now.span());
        let (mean, since) = history().mean(name, labels, until.saturating_sub(millis(over)), until)?;
        Some((mean, Duration::from_millis(until.saturating_sub(since))))
    };
    let known = check::Known { now, recent, verdicts, collectors, mean: &mean };
    let found = policy.rules.iter().filter_map(|rule| known.deduction(rule));
    Health::of(found.chain(more.iter().cloned()).collect())
}
