//! What takes points away.

use std::time::Duration;

/// The rules by which health is judged.
///
/// The default is:
///
/// | rule | points | when |
/// |---|---|---|
/// | `objectives` | 5, 10 for `error`, 15 for `critical` and beyond; at most 30 | a site misses an objective, by three calls or more |
/// | `latency` | 20 | a site's p99 is above 1 s, three calls or more, and it has no latency objective above that |
/// | `error_rate` | 15 | more than 5 % of the calls of a site fail that promises no error rate, three calls or more |
/// | `memory` | 15 | `memory_usage_percent` is above 90 |
/// | `cpu` | 15 | `cpu_usage_percent` is above 95, on average over the last minute |
/// | `disk` | 10 | `disk_usage_percent` of a mount is above 85 |
/// | `memory_growing` | 10 | `process_memory_growing` is 1 |
/// | `collectors` | 5 each, at most 15 | a collector fails, hangs, or gives what cannot be shown |
/// | `losses` | 5 | perfmon had to turn something away |
///
/// ```
/// # use perfmon_core as perfmon;
/// use std::time::Duration;
/// use perfmon::analyse::{Condition, HealthCheck, HealthPolicy, HealthRule, MetricCheck};
///
/// let policy = HealthPolicy::default()
///     .without("cpu")
///     .with(HealthRule {
///         name: "latency".to_owned(),
///         points: 30,
///         check: HealthCheck::Latency { percentile: 95.0, above: Duration::from_millis(200), calls: 3 },
///     })
///     .with(HealthRule {
///         name: "queue".to_owned(),
///         points: 10,
///         check: HealthCheck::Metric(MetricCheck {
///             labels: vec![("queue".to_owned(), "orders".to_owned())],
///             ..MetricCheck::new("queue_length", Condition::Above, 1_000.0)
///         }),
///     });
/// assert_eq!(policy.rule("latency").map(|rule| rule.points), Some(30));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct HealthPolicy {
    /// Each takes its points away at most once.
    pub rules: Vec<HealthRule>,
}

/// A reason to take points away.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthRule {
    /// Its name in deductions.
    pub name: String,
    /// How many points it takes.
    pub points: u8,
    /// When.
    pub check: HealthCheck,
}

/// When a rule applies.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum HealthCheck {
    /// A percentile of a site's recent calls is above a bound. Sites with a latency objective above the bound are judged by that instead.
    Latency {
        /// In 0 ..= 100.
        percentile: f64,
        /// The bound.
        above: Duration,
        /// And so many calls were above it, so that one slow call of five does not shake the score.
        calls: u64,
    },
    /// A site misses an objective, over the objective's own window and for as long as its `for` says. The rule's points are taken for each that is missed: once if its severity is
    /// `warning`, twice for `error`, three times beyond, never for `info`.
    Objectives {
        /// But no more than these points in all.
        most: u8,
        /// And only if so many calls broke it.
        calls: u64,
    },
    /// A part of a site's recent calls failed: returned an error or panicked. Sites with an objective for it are judged by that instead.
    ErrorRate {
        /// More than this part of them, in 0 ..= 1.
        above: f64,
        /// And so many of them.
        calls: u64,
    },
    /// The value of a custom metric.
    Metric(MetricCheck),
    /// Collectors fail or hang, or give what cannot be shown. The rule's points are taken for each of them.
    Collectors {
        /// But no more than these.
        most: u8,
    },
    /// Recently a bound of perfmon's turned something away ([`Losses`](crate::snapshot::Losses)).
    Losses,
}

/// A condition on the series of a custom metric: of a gauge its value now, or its mean over a while, of a counter its recent growth. A histogram has no such value.
#[derive(Debug, Clone, PartialEq)]
pub struct MetricCheck {
    /// The metric's name.
    pub metric: String,
    /// Label keys and the values they must have; series with other labels besides are meant too.
    pub labels: Vec<(String, String)>,
    /// How a value compares to the threshold if points are to be taken.
    pub condition: Condition,
    /// In the metric's unit.
    pub threshold: f64,
    /// Judges a gauge by the mean of its values over so long, as far as [`series`](crate::series()) knows them, so that a single high one is no alarm; not before
    /// they are known for half of it. `None` goes by the value now.
    pub over: Option<Duration>,
    /// The reason given, with `{series}`, `{value}` and `{threshold}` in their places; empty for the usual one.
    pub text: String,
}

/// How a value compares to a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    any(feature = "serde", feature = "report"),
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Condition {
    /// `>`
    Above,
    /// `>=`
    AtLeast,
    /// `<`
    Below,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

impl Condition {
    /// Whether it holds. Never for a value that is no number.
    #[must_use]
    #[expect(clippy::float_cmp, reason = "that is what it is for")]
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Above => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Below => value < threshold,
            Self::AtMost => value <= threshold,
            Self::Equal => value == threshold,
            Self::NotEqual => value != threshold && !value.is_nan(),
        }
    }

    /// In words: `"above"`, `"at least"`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::AtLeast => "at least",
            Self::Below => "below",
            Self::AtMost => "at most",
            Self::Equal => "equal to",
            Self::NotEqual => "other than",
        }
    }
}

impl MetricCheck {
    /// On every series of a metric, by its value now, with the usual reason.
    #[must_use]
    pub fn new(metric: impl Into<String>, condition: Condition, threshold: f64) -> Self {
        Self { metric: metric.into(), labels: Vec::new(), condition, threshold, over: None, text: String::new() }
    }
}

impl HealthPolicy {
    /// The rule of a name.
    #[must_use]
    pub fn rule(&self, name: &str) -> Option<&HealthRule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// With a rule, in the place of the one of its name if there is one.
    #[must_use]
    pub fn with(mut self, rule: HealthRule) -> Self {
        match self.rules.iter_mut().find(|known| known.name == rule.name) {
            Some(known) => *known = rule,
            None => self.rules.push(rule),
        }
        self
    }

    /// Without the rule of a name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.rules.retain(|rule| rule.name != name);
        self
    }
}

impl Default for HealthPolicy {
    fn default() -> Self {
        let above = |metric, threshold| HealthCheck::Metric(MetricCheck::new(metric, Condition::Above, threshold));
        let growing = MetricCheck {
            text: "the memory of the process keeps growing".to_owned(),
            ..MetricCheck::new("process_memory_growing", Condition::AtLeast, 1.0)
        };
        let busy = MetricCheck {
            over: Some(Duration::from_secs(60)),
            ..MetricCheck::new("cpu_usage_percent", Condition::Above, 95.0)
        };
        let rules = [
            ("objectives", 5, HealthCheck::Objectives { most: 30, calls: 3 }),
            ("latency", 20, HealthCheck::Latency { percentile: 99.0, above: Duration::from_secs(1), calls: 3 }),
            ("error_rate", 15, HealthCheck::ErrorRate { above: 0.05, calls: 3 }),
            ("memory", 15, above("memory_usage_percent", 90.0)),
            ("cpu", 15, HealthCheck::Metric(busy)),
            ("disk", 10, above("disk_usage_percent", 85.0)),
            ("memory_growing", 10, HealthCheck::Metric(growing)),
            ("collectors", 5, HealthCheck::Collectors { most: 15 }),
            ("losses", 5, HealthCheck::Losses),
        ];
        let rule = |(name, points, check): (&str, _, _)| HealthRule { name: name.to_owned(), points, check };
        Self { rules: rules.into_iter().map(rule).collect() }
    }
}
