//! Whether a rule applies, and what there is to say about it.

use std::time::Duration;

use super::{Condition, Deduction, HealthCheck, HealthRule, MetricCheck};
use crate::{
    Severity,
    analyse::Verdict,
    collect::CollectorStatus,
    format,
    snapshot::{Metric, ObjectiveStatus, Site, Snapshot, Stats, Value},
};

/// What is known of the process.
pub(super) struct Known<'a> {
    pub(super) now: &'a Snapshot,
    pub(super) recent: &'a Snapshot,
    pub(super) verdicts: &'a [Verdict],
    pub(super) collectors: &'a [CollectorStatus],
    pub(super) mean: &'a MeanOver<'a>,
}

/// The mean of a gauge's values, by its name and labels, over a while up to now, and for how long of it they are known.
type MeanOver<'a> = dyn Fn(&str, &[(&str, &str)], Duration) -> Option<(f64, Duration)> + 'a;

impl Known<'_> {
    pub(super) fn deduction(&self, rule: &HealthRule) -> Option<Deduction> {
        let mut points = rule.points;
        let reason = match &rule.check {
            &HealthCheck::Latency { percentile, above, calls } => self.latency(percentile, above, calls),
            &HealthCheck::ErrorRate { above, calls } => self.error_rate(above, calls),
            HealthCheck::Metric(check) => self.metric(check),
            &HealthCheck::Collectors { most } => {
                let failing = self.collectors.iter().filter(|status| status.is_failing()).count();
                points = points.saturating_mul(u8::try_from(failing).unwrap_or(u8::MAX)).min(most);
                self.failing()
            }
            HealthCheck::Losses => self.losses(),
            &HealthCheck::Objectives { most, calls } => {
                let missed = self.missed(calls);
                let weighted = missed.iter().map(|verdict| rule.points.saturating_mul(weight(&verdict.status)));
                points = weighted.fold(0_u8, u8::saturating_add).min(most);
                broken(&missed)
            }
        }?;
        Some(Deduction { rule: rule.name.clone(), points, reason })
    }

    fn latency(&self, percentile: f64, above: Duration, calls: u64) -> Option<String> {
        let of = |site: &Site| site.percentile(percentile);
        // Who promises to take no longer than something above this bound is judged by that.
        let bounds = |site: &Site| site.objectives().filter_map(|status| status.objective.latency_bound()).max();
        let promises = |site: &Site| bounds(site).is_some_and(|bound| bound > above);
        let is_slow = |site: &&Site| of(site) > above && calls_above(site, above) >= calls && !promises(site);
        let (worst, others) = worst(self.recent.sites().iter().filter(is_slow), |a, b| of(a).cmp(&of(b)))?;
        let (time, bound) = (format::bound(of(worst)), format::bound(above));
        let span = self.span();
        Some(format!(
            "p{percentile} of {} is {time} over {span}, above {bound}{}",
            worst.name(),
            so_are(&names(&others))
        ))
    }

    fn error_rate(&self, above: f64, calls: u64) -> Option<String> {
        let failed = |stats: &Stats| stats.errors() + stats.panics();
        let promises = |site: &Site| site.objectives().any(|status| status.objective.error_rate_bound().is_some());
        let is_bad = |site: &&Site| site.error_rate() > above && failed(site) >= calls && !promises(site);
        let (worst, others) =
            worst(self.recent.sites().iter().filter(is_bad), |a, b| a.error_rate().total_cmp(&b.error_rate()))?;
        let part = format::percent(worst.error_rate());
        let (failed, calls) = (format::count(failed(worst)), format::plural(worst.calls(), "call"));
        let (name, span, bound) = (worst.name(), self.span(), format::percent(above));
        Some(format!(
            "{part} of {name} failed over {span} ({failed} of {calls}), above {bound}{}",
            so_are(&names(&others))
        ))
    }

    /// Objectives missed for as long as they ask, by at least so many calls; the most severe first.
    fn missed(&self, calls: u64) -> Vec<&Verdict> {
        let is_missed = |verdict: &&Verdict| verdict.is_missed() && verdict.status.breaches >= calls;
        let mut missed: Vec<_> = self.verdicts.iter().filter(is_missed).collect();
        missed.sort_by_key(|verdict| std::cmp::Reverse(verdict.status.objective.severity()));
        missed
    }

    fn metric(&self, check: &MetricCheck) -> Option<String> {
        let gauges = values(self.now, &check.metric, |value| match value {
            Value::Gauge(value) => Some(*value),
            _ => None,
        });
        let counters = values(self.recent, &check.metric, |value| match value {
            Value::Counter(growth) => Some(*growth as f64),
            _ => None,
        });
        let gauges = gauges.filter_map(|(metric, labels, value)| {
            let (value, how) = self.gauge(check, &labels, value)?;
            Some((metric, labels, value, how))
        });
        let all = gauges.chain(counters.map(|(metric, labels, value)| (metric, labels, value, How::Grew)));
        let is_meant = |labels: &[(&str, &str)]| {
            check.labels.iter().all(|(key, value)| labels.contains(&(key.as_str(), value.as_str())))
        };
        let applies =
            all.filter(|(_, labels, value, _)| check.condition.holds(*value, check.threshold) && is_meant(labels));
        let ((metric, labels, value, how), others) = worst(applies, |a, b| match check.condition {
            Condition::Below | Condition::AtMost => b.2.total_cmp(&a.2),
            _ => a.2.total_cmp(&b.2),
        })?;
        let series = series_name(metric.name(), &labels);
        let of = |value| format::quantity(value, metric.unit());
        let (value, threshold) = (of(value), of(check.threshold));
        if !check.text.is_empty() {
            let text = check.text.replace("{series}", &series).replace("{threshold}", &threshold);
            return Some(text.replace("{value}", &value));
        }
        let others: Vec<String> =
            others.iter().map(|(metric, labels, ..)| series_name(metric.name(), labels)).collect();
        let others = so_are(&others.iter().map(String::as_str).collect::<Vec<_>>());
        let condition = check.condition.as_str();
        let found = match how {
            How::Is => format!("is {value}"),
            How::Averages(over) => format!("averages {value} over {}", last(over)),
            How::Grew => format!("grew by {value} over {}", self.span()),
        };
        Some(format!("{series} {found}, {condition} {threshold}{others}"))
    }

    /// What a gauge is judged by; `None` while too little is known of it.
    fn gauge(&self, check: &MetricCheck, labels: &[(&str, &str)], value: f64) -> Option<(f64, How)> {
        let Some(over) = check.over else { return Some((value, How::Is)) };
        match (self.mean)(&check.metric, labels, over) {
            Some((mean, known)) => (known >= over / 2).then_some((mean, How::Averages(over))),
            // A series without a history, as in a snapshot of another process.
            None => Some((value, How::Is)),
        }
    }

    fn failing(&self) -> Option<String> {
        let mut failing = self.collectors.iter().filter(|status| status.is_failing());
        let CollectorStatus { name, last_error, complaint, .. } = failing.next()?;
        let found = match (last_error, complaint) {
            (Some(error), _) => format!("collector {name} fails: {error}"),
            (None, complaint) => {
                format!("collector {name} gives what cannot be shown: {}", complaint.as_deref().unwrap_or(""))
            }
        };
        let others = so_do(&failing.map(|status| status.name.as_str()).collect::<Vec<_>>());
        Some(format!("{found}{others}"))
    }

    fn losses(&self) -> Option<String> {
        let losses = self.recent.losses();
        let found = [
            (losses.labels_refused, "label set refused", "label sets refused", " times"),
            (losses.shared_pairs, "record shared", "records shared", ""),
            (losses.uncounted_calls, "call uncounted", "calls uncounted", ""),
            (losses.increments_refused, "increment of a counter refused", "increments of counters refused", ""),
        ];
        let words = |&(count, one, several, times): &(u64, &str, &str, &str)| match (count, times) {
            (0, _) => None,
            (1, _) => Some(format!("1 {one}")),
            (many, "") => Some(format!("{} {several}", format::count(many))),
            (many, times) => Some(format!("{several} {}{times}", format::count(many))),
        };
        let told: Vec<String> = found.iter().filter_map(words).collect();
        let told = told.join(", ");
        (!told.is_empty()).then(|| format!("perfmon reached a bound over {}: {told}", self.span()))
    }

    fn span(&self) -> String {
        last(self.recent.span())
    }
}

/// `order_execution misses p99 ≤ 10 ms over the last 5 min: 22 of 1,826 calls were slower`
fn broken(missed: &[&Verdict]) -> Option<String> {
    let (Verdict { name, status, calls, span, missed_for, .. }, others) = missed.split_first()?;
    let (objective, breaches, span) = (status.objective, format::count(status.breaches), last(*span));
    let calls = format::plural(*calls, "call");
    let (bound, how) = match objective.latency_bound() {
        Some(bound) => (format::bound(bound), "were slower"),
        None => (format::percent(objective.error_rate_bound().unwrap_or(0.0)), "failed"),
    };
    let lasted = missed_for.filter(|_| !objective.hold().is_zero());
    let lasted = lasted.map(|lasted| format!(", for {} now", format::bound(Duration::from_secs(lasted.as_secs()))));
    let (lasted, statistic) = (lasted.unwrap_or_default(), objective.statistic());
    // A site that misses several is named once.
    let mut named: Vec<&str> = vec![name];
    for other in others {
        if !named.contains(&other.name.as_str()) {
            named.push(&other.name);
        }
    }
    let others = so_do(&named[1..]);
    Some(format!("{name} misses {statistic} ≤ {bound} over {span}{lasted}: {breaches} of {calls} {how}{others}"))
}

/// What a metric was judged by.
#[derive(Clone, Copy)]
enum How {
    Is,
    Averages(Duration),
    Grew,
}

/// `the last 5 min`
fn last(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        ..90 => format!("the last {seconds} s"),
        90..5_400 => format!("the last {} min", (seconds + 30) / 60),
        _ => format!("the last {} h", (seconds + 1_800) / 3_600),
    }
}

/// Calls above a bound, a bucket going by its midpoint as percentiles do.
fn calls_above(stats: &Stats, bound: Duration) -> u64 {
    let bound = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
    let above = stats.buckets().iter().rev().take_while(|(low, high, _)| low + (high - low) / 2 > bound);
    above.map(|(.., count)| count).sum()
}

/// What a missed objective weighs.
fn weight(status: &ObjectiveStatus) -> u8 {
    match status.objective.severity() {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
        _ => 3,
    }
}

/// The greatest, and the others.
fn worst<T>(all: impl Iterator<Item = T>, by: impl Fn(&T, &T) -> std::cmp::Ordering) -> Option<(T, Vec<T>)> {
    let mut all: Vec<T> = all.collect();
    let mut at = 0;
    for (other, one) in all.iter().enumerate().skip(1) {
        if by(one, &all[at]).is_gt() {
            at = other;
        }
    }
    (!all.is_empty()).then(|| (all.remove(at), all))
}

fn names<'a>(sites: &[&'a Site]) -> Vec<&'a str> {
    sites.iter().map(|site| site.name()).collect()
}

fn so_are(others: &[&str]) -> String {
    also(others, "so is", "so are")
}

fn so_do(others: &[&str]) -> String {
    also(others, "so does", "so do")
}

/// `; so do a, b, c, d and 3 more`
fn also(others: &[&str], one: &str, several: &str) -> String {
    match others {
        [] => String::new(),
        [other] => format!("; {one} {other}"),
        [all @ .., last] if others.len() <= 5 => format!("; {several} {} and {last}", all.join(", ")),
        _ => format!("; {several} {} and {} more", others[..4].join(", "), others.len() - 4),
    }
}

type Labelled<'a> = (&'a Metric, Vec<(&'a str, &'a str)>, f64);

/// The finite values of a metric's series, with their labels.
fn values<'a>(
    snapshot: &'a Snapshot,
    name: &'a str,
    value: impl Fn(&Value) -> Option<f64> + Copy + 'a,
) -> impl Iterator<Item = Labelled<'a>> {
    let metrics = snapshot.metrics().iter().filter(move |metric| metric.name() == name);
    metrics.flat_map(move |metric| {
        metric.series().iter().filter_map(move |series| {
            let keys = metric.label_keys().iter().map(String::as_str);
            let labels = keys.zip(series.values().iter().map(String::as_str)).collect();
            Some((metric, labels, value(series.value()).filter(|value| value.is_finite())?))
        })
    })
}

/// `disk_usage_percent{mount="/data"}`
fn series_name(name: &str, labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return name.to_owned();
    }
    let labels: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
    format!("{name}{{{}}}", labels.join(","))
}
