//! What takes points from the health score, as it is written.

use std::{collections::BTreeMap, time::Duration};

use perfmon_core::analyse::{Condition, HealthCheck, HealthPolicy, HealthRule, MetricCheck};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};

use super::{mistake::Repeats, quantity};
use crate::near::hint;

/// What takes points from the health score, which begins at 100. With 0 points a rule is off.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Health {
    /// A percentile of a site's calls of the last five minutes is above a bound.
    pub latency: Latency,
    /// A part of a site's calls of the last five minutes failed.
    pub error_rate: ErrorRate,
    /// The memory of the machine is full.
    #[schemars(extend("default" = { "points": 15, "above": 90.0 }))]
    pub memory: Usage,
    /// The processors are busy, on average over the last minute.
    #[schemars(extend("default" = { "points": 15, "above": 95.0 }))]
    pub cpu: Usage,
    /// A file system is full.
    #[schemars(extend("default" = { "points": 10, "above": 85.0 }))]
    pub disk: Usage,
    /// The memory of the process keeps growing.
    #[schemars(extend("default" = { "points": 10 }))]
    pub memory_growing: Points,
    /// Collectors fail or hang.
    pub collectors: Failing,
    /// perfmon had to turn something away.
    #[schemars(extend("default" = { "points": 5 }))]
    pub losses: Points,
    /// Rules of your own, on custom metrics, by name.
    #[schemars(extend("propertyNames" = { "examples": ["queue"] }))]
    pub rules: BTreeMap<String, Rule>,
}

/// A percentile that is too high.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Latency {
    /// 0 to 100.
    #[serde(deserialize_with = "quantity::points")]
    #[schemars(with = "u8", range(max = 100), extend("default" = 20))]
    pub points: Option<u8>,
    /// Which percentile.
    #[serde(deserialize_with = "quantity::percent")]
    #[schemars(with = "f64", range(min = 0, max = 100), extend("default" = 99.0))]
    pub percentile: Option<f64>,
    /// The bound.
    #[serde(deserialize_with = "quantity::duration")]
    #[schemars(with = "String", extend("default" = "1s"))]
    pub above: Option<Duration>,
    /// And so many calls were above it.
    #[schemars(with = "u64", extend("default" = 3))]
    pub calls: Option<u64>,
}

/// Too many errors and panics.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ErrorRate {
    /// 0 to 100.
    #[serde(deserialize_with = "quantity::points")]
    #[schemars(with = "u8", range(max = 100), extend("default" = 15))]
    pub points: Option<u8>,
    /// The bound, as a part of all calls: 0 to 1.
    #[serde(deserialize_with = "quantity::ratio")]
    #[schemars(with = "f64", range(min = 0, max = 1), extend("default" = 0.05))]
    pub above: Option<f64>,
    /// And so many calls failed.
    #[schemars(with = "u64", extend("default" = 3))]
    pub calls: Option<u64>,
}

/// A part of the machine that is used too much.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Usage {
    /// 0 to 100.
    #[serde(deserialize_with = "quantity::points")]
    #[schemars(with = "u8", range(max = 100))]
    pub points: Option<u8>,
    /// The bound in percent.
    #[serde(deserialize_with = "quantity::percent")]
    #[schemars(with = "f64", range(min = 0, max = 100))]
    pub above: Option<f64>,
}

/// How many points a rule takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Points {
    /// 0 to 100.
    #[serde(deserialize_with = "quantity::points")]
    #[schemars(with = "u8", range(max = 100))]
    pub points: Option<u8>,
}

/// Collectors that fail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Failing {
    /// For each of them, 0 to 100.
    #[serde(deserialize_with = "quantity::points")]
    #[schemars(with = "u8", range(max = 100), extend("default" = 5))]
    pub points: Option<u8>,
    /// But no more than these.
    #[serde(deserialize_with = "quantity::points")]
    #[schemars(with = "u8", range(max = 100), extend("default" = 15))]
    pub most: Option<u8>,
}

/// A rule on a custom metric: a gauge's value now, a counter's growth in the last five minutes.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Rule {
    /// 0 to 100.
    #[serde(default, deserialize_with = "quantity::points")]
    #[schemars(with = "u8", range(max = 100), extend("default" = 10))]
    pub points: Option<u8>,
    /// The metric's name.
    #[serde(deserialize_with = "metric")]
    #[schemars(with = "String", example = &"queue_length")]
    pub metric: String,
    /// How a value compares to the threshold if points are to be taken.
    #[serde(with = "ConditionName")]
    #[schemars(with = "ConditionName", example = &"above")]
    pub condition: Condition,
    /// In the metric's unit.
    #[serde(deserialize_with = "quantity::number")]
    #[schemars(example = 1000)]
    pub threshold: f64,
    /// Labels and the values that series must have to be meant.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "queue": "orders" }]))]
    pub labels: BTreeMap<String, String>,
    /// The reason given, with `{series}`, `{value}` and `{threshold}` in their places; without, the usual one.
    #[serde(default, deserialize_with = "reason")]
    #[schemars(with = "String", extend("examples" = ["{series} has {value} orders waiting"]))]
    pub text: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(remote = "Condition", rename_all = "snake_case")]
#[schemars(inline)]
enum ConditionName {
    Above,
    AtLeast,
    Below,
    AtMost,
    Equal,
    NotEqual,
}

fn metric<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':');
    if !name.chars().all(known) {
        let rest = "is no metric's name: those have letters, digits and _ only, as in \"queue_length\"";
        let (with, without) = (format_args!("{name:?} {rest}"), format_args!("it {rest}"));
        return Err(D::Error::custom(Repeats { with, without }));
    }
    Ok(name)
}

fn reason<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    for (at, _) in text.match_indices('{') {
        let Some((inside, _)) = text[at + 1..].split_once('}') else { continue };
        if !PLACES.contains(&inside) {
            let hint = hint(inside, PLACES.into_iter());
            let known = "{series}, {value} and {threshold}";
            let with = format_args!("nothing stands for {{{inside}}}{hint} There are {known}");
            let without = format_args!("nothing stands for what is in braces there. There are {known}");
            return Err(D::Error::custom(Repeats { with, without }));
        }
    }
    Ok(Some(text))
}

/// What stands for something in the reason of a rule.
const PLACES: [&str; 3] = ["series", "value", "threshold"];
/// Of a rule that says nothing about them.
const RULE_POINTS: u8 = 10;

impl Health {
    /// The policy with what is written here in the place of what it says. A rule the policy does not have is taken from the usual ones when something
    /// is written about it.
    #[must_use]
    pub fn policy(&self, base: &HealthPolicy) -> HealthPolicy {
        let mut policy = base.clone();
        let mut change = |name: &str, points: Option<u8>, written: bool, change: &dyn Fn(&mut HealthCheck)| {
            if points.is_none() && !written {
                return;
            }
            let usual = HealthPolicy::default();
            let Some(mut rule) = policy.rule(name).or_else(|| usual.rule(name)).cloned() else { return };
            rule.points = points.unwrap_or(rule.points);
            change(&mut rule.check);
            policy = std::mem::replace(&mut policy, HealthPolicy { rules: Vec::new() }).with(rule);
        };
        let Latency { points, percentile, above, calls } = self.latency;
        change("latency", points, percentile.is_some() || above.is_some() || calls.is_some(), &|check| {
            if let HealthCheck::Latency { percentile: p, above: a, calls: c } = check {
                (*p, *a, *c) = (percentile.unwrap_or(*p), above.unwrap_or(*a), calls.unwrap_or(*c));
            }
        });
        let ErrorRate { points, above, calls } = self.error_rate;
        change("error_rate", points, above.is_some() || calls.is_some(), &|check| {
            if let HealthCheck::ErrorRate { above: a, calls: c } = check {
                (*a, *c) = (above.unwrap_or(*a), calls.unwrap_or(*c));
            }
        });
        for (name, usage) in [("memory", &self.memory), ("cpu", &self.cpu), ("disk", &self.disk)] {
            change(name, usage.points, usage.above.is_some(), &|check| {
                if let HealthCheck::Metric(check) = check {
                    check.threshold = usage.above.unwrap_or(check.threshold);
                }
            });
        }
        let most = self.collectors.most;
        change("collectors", self.collectors.points, most.is_some(), &|check| {
            if let HealthCheck::Collectors { most: m } = check {
                *m = most.unwrap_or(*m);
            }
        });
        change("memory_growing", self.memory_growing.points, false, &|_| {});
        change("losses", self.losses.points, false, &|_| {});
        for (name, rule) in &self.rules {
            policy = policy.with(rule.named(name));
        }
        policy.rules.retain(|rule| rule.points > 0);
        policy
    }
}

impl Rule {
    fn named(&self, name: &str) -> HealthRule {
        let labels = self.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let check = MetricCheck {
            labels,
            text: self.text.clone().unwrap_or_default(),
            ..MetricCheck::new(self.metric.clone(), self.condition, self.threshold)
        };
        HealthRule {
            name: name.to_owned(),
            points: self.points.unwrap_or(RULE_POINTS),
            check: HealthCheck::Metric(check),
        }
    }
}
