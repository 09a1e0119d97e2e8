//! A question about the values of a metric or of a call site.

use std::{collections::BTreeSet, time::Duration};

use perfmon_core::{
    Point, Snapshot,
    series::series_over,
    site::Kind,
    snapshot,
    snapshot::{Metric, MetricKind, Site},
};

use super::{
    aggregate::{Grown, How, by_step, grown},
    counted::Counter,
    labels::Wanted,
    measure::Measure,
    params::Range,
    pieces::Pieces,
    points::named_by,
    time::step,
    values::{PointView, SeriesView, Values},
};
use crate::{
    encode::{Behind, Values as Shown, name_by_rule},
    near::hint,
    serve::{number::unix, problem::Problem},
    state::Shared,
};

/// How much further back to look for the value before the first: a cell of the coarsest history, and a slow collector's interval.
const BEFORE: f64 = 120.0;

/// The names that `/metrics` shows unless it is told otherwise.
pub(super) const CANONICAL: &str = "canonical";

/// What is asked.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) name: String,
    /// The profiles whose names for metrics are known too.
    pub(super) names: &'static [&'static str],
    /// Asks for a call site of this kind only.
    pub(super) kind: Option<Kind>,
    pub(super) range: Range,
    pub(super) figure: Figure,
    pub(super) wanted: Wanted,
}

/// What the values of a step, and all of them, become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    step: Option<f64>,
    aggregate: Option<How>,
    measure: Option<Measure>,
}

impl Figure {
    /// From what is written in the parameters of these names.
    pub(super) fn of(
        step: Option<String>,
        aggregate: Option<String>,
        measure: Option<String>,
    ) -> Result<Self, Problem> {
        Ok(Self {
            step: step.map(|text| self::step("step", &text)).transpose()?,
            aggregate: chosen(
                "aggregate",
                aggregate,
                "avg, min, max, sum, last, count, increase, rate, or a percentile such as p99.9",
            )?,
            measure: chosen(
                "measure",
                measure,
                "calls, ok, errors, panics, cancelled, in_flight, rate, error_rate, mean, min, max, total, or a percentile such as p99.9",
            )?,
        })
    }

    /// Whether it is the values as they are.
    pub(super) fn is_plain(&self) -> bool {
        self.step.is_none() && self.aggregate.is_none() && self.measure.is_none()
    }

    /// Of calls or values.
    fn measured(&self) -> Measure {
        self.measure.unwrap_or(match self.aggregate {
            None | Some(How::Count | How::Increase) => Measure::Calls,
            Some(How::Avg | How::Last) => Measure::Mean,
            Some(How::Min) => Measure::Min,
            Some(How::Max) => Measure::Max,
            Some(How::Sum) => Measure::Total,
            Some(How::Rate) => Measure::Rate,
            Some(How::Percentile(percentile)) => Measure::Percentile(percentile),
        })
    }
}

fn chosen<T: std::str::FromStr>(parameter: &str, name: Option<String>, known: &str) -> Result<Option<T>, Problem> {
    let parse = |name: String| {
        name.parse().map_err(|_| Problem::bad_request(format!("unknown {parameter} {name:?}: write {known}")))
    };
    name.map(parse).transpose()
}

impl Query {
    /// Looks it up.
    pub(super) fn answer(&self, shared: &Shared) -> Result<Values, Problem> {
        let now = snapshot();
        let metric = if self.kind.is_none() { now.metric(&self.name) } else { None };
        if let Some(metric) = metric {
            return match metric.kind() {
                MetricKind::Histogram => self.of_counter(shared, &now, &histogram(metric)),
                _ => self.of_metric(&Course::of(metric), &now),
            };
        }
        if let Some(site) = self.site(&now) {
            return self.of_counter(shared, &now, &Counter::Site(site));
        }
        if let Some(metric) = self.shown_histogram(shared, &now) {
            return self.of_counter(shared, &now, &histogram(metric));
        }
        match self.elsewhere(shared, &now) {
            Some(course) => self.of_metric(&course, &now),
            None => Err(self.unknown(shared, &now)),
        }
    }

    /// A histogram by the name that `/metrics` has for it.
    fn shown_histogram<'a>(&self, shared: &Shared, now: &'a Snapshot) -> Option<&'a Metric> {
        let of_rule = || now.metrics().iter().find(|metric| name_by_rule(metric).as_deref() == Some(&*self.name));
        let listed = shared.profiles().get(Some(CANONICAL)).ok().and_then(|profile| profile.histogram(&self.name, now));
        let metric = if self.kind.is_none() { listed.or_else(of_rule) } else { None };
        metric.filter(|metric| metric.kind() == MetricKind::Histogram)
    }

    /// What has its past under another name, or a past only.
    fn elsewhere(&self, shared: &Shared, now: &Snapshot) -> Option<Course> {
        if self.kind.is_some() {
            return None;
        }
        let shown = || {
            let mut listed = self.names.iter().filter_map(|names| named_by(shared, names, &self.name, now));
            let values = listed.find(|values| values.behind.is_some()).or_else(|| Shown::by_rule(now, &self.name))?;
            let behind = values.behind?;
            let metric = now.metric(&behind.metric)?;
            Some(Course { unit: values.unit.to_owned(), behind: Some(behind), ..Course::of(metric) })
        };
        let past = || {
            let kind = series_over(&self.name, Duration::MAX).first()?.kind;
            Some(Course { name: self.name.clone(), kind, unit: String::new(), keys: Vec::new(), behind: None })
        };
        shown().or_else(past)
    }

    fn unknown(&self, shared: &Shared, now: &Snapshot) -> Problem {
        let (name, sites) = (&self.name, || now.sites().iter().map(Site::name));
        if let Some(detail) = self.of_many_sites(shared, now) {
            return Problem::not_found(detail);
        }
        let Some(kind) = self.kind else {
            let hint = hint(name, now.metrics().iter().map(Metric::name).chain(sites()));
            return Problem::not_found(format!(
                "there is no metric or call site {name:?}{hint} /api/v1/catalogue has all names"
            ));
        };
        let others: Vec<_> =
            now.sites().iter().filter(|site| site.name() == name).map(|site| site.kind().as_str()).collect();
        let remedy = if !others.is_empty() {
            format!("; there is one of kind {}", others.join(", "))
        } else if now.metric(name).is_some() {
            String::from("; a metric has that name, which is of no such kind: leave kind out")
        } else {
            format!("{} /api/v1/catalogue has all names", hint(name, now.of_kind(kind).map(Site::name)))
        };
        Problem::not_found(format!("there is no call site {name:?} of kind {kind}{remedy}"))
    }

    /// Of a family of `/metrics` that call sites make together: how to ask for one of them.
    fn of_many_sites(&self, shared: &Shared, now: &Snapshot) -> Option<String> {
        let profile = shared.profiles().get(Some(CANONICAL)).ok().filter(|_| self.kind.is_none())?;
        let (kinds, measure) = profile.of_calls(&self.name)?;
        let site = now.sites().iter().find(|site| kinds.contains(&site.kind()));
        let name = site.map_or("NAME", Site::name).replace(' ', "%20");
        let kind = site.map(Site::kind).or(kinds.first().copied())?;
        Some(format!(
            "{} is made of many call sites: ask for one of them, as in /api/v1/metrics?name={name}&kind={kind}&{measure}; /api/v1/catalogue has their names",
            self.name
        ))
    }

    /// Refuses what would mean nothing.
    fn check<'a>(&self, is: &str, keys: &(impl Iterator<Item = &'a str> + Clone)) -> Result<(), Problem> {
        let name = &self.name;
        let wrong = match is {
            "gauge" | "counter" if self.figure.measure.is_some() => {
                "measure is of call sites and histograms: write aggregate"
            }
            "gauge" if self.figure.aggregate.is_some_and(How::needs_counter) => {
                "a gauge has no rate or increase, which only counters have: write another aggregate"
            }
            "gauge" | "counter" => "",
            _ if self.figure.measure.is_some() && self.figure.aggregate.is_some() => {
                "measure and aggregate both say which figure: leave one out"
            }
            _ => "",
        };
        if !wrong.is_empty() {
            return Err(Problem::meaningless(format!("{name} is a {is}, and {wrong}")));
        }
        self.wanted.check(name, keys)
    }

    fn site<'a>(&self, now: &'a Snapshot) -> Option<&'a Site> {
        match self.kind {
            Some(kind) => now.site(kind, &self.name),
            None => now.get(&self.name),
        }
    }

    fn values(&self, now: &Snapshot, source: &'static str, kind: &'static str, unit: &str) -> Result<Values, Problem> {
        let (start, end) = self.range.until(unix(now.taken_at()))?;
        Ok(Values {
            name: self.name.clone(),
            source,
            kind,
            unit: unit.to_owned(),
            value_unit: unit.to_owned(),
            start,
            end,
            value: None,
            series: Vec::new(),
        })
    }

    fn of_metric(&self, course: &Course, now: &Snapshot) -> Result<Values, Problem> {
        let counter = course.kind == MetricKind::Counter;
        let mut values = self.values(now, "metric", course.kind.as_str(), &course.unit)?;
        let as_one = self.figure.aggregate.map(|how| how.unit(&course.unit));
        values.value_unit = as_one.unwrap_or_else(|| course.unit.clone());
        if self.figure.step.is_some() {
            values.unit.clone_from(&values.value_unit);
        }
        let back = (unix(now.taken_at()) - values.start).max(0.0) + BEFORE;
        let histories = series_over(&course.name, Duration::try_from_secs_f64(back).unwrap_or(Duration::MAX));
        let kept = histories.iter().flat_map(|history| &history.labels).map(|(key, _)| key);
        let keys: BTreeSet<&str> = course.keys.iter().chain(kept).map(String::as_str).collect();
        self.check(course.kind.as_str(), &keys.iter().copied())?;
        let mut all = Vec::new();
        for history in histories {
            if !self.wanted.are_in(&history.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()))) {
                continue;
            }
            let shown: Vec<_> = history.points.iter().map(|point| course.shown(*point)).collect();
            let mut within = grown(&shown);
            within.retain(|one| (values.start..=values.end).contains(&one.at));
            values.series.push(SeriesView {
                labels: history.labels.into_iter().collect(),
                value: self.figure.aggregate.and_then(|how| how.of(&within, counter)),
                points: self.points(&within, counter),
            });
            all.extend(within);
        }
        values.value = match self.figure.aggregate {
            // The rates of several series add up, though their seconds do not.
            Some(How::Rate) => values.series.iter().filter_map(|series| series.value).reduce(|a, b| a + b),
            Some(how) => how.of(&all, counter),
            None => None,
        };
        Ok(values)
    }

    fn points(&self, values: &[Grown], counter: bool) -> Vec<PointView> {
        let Some(step) = self.figure.step else {
            return values.iter().filter_map(|one| point(one.at, &[*one], Some(one.value))).collect();
        };
        let how = self.figure.aggregate.unwrap_or(if counter { How::Last } else { How::Avg });
        let steps = by_step(values, step).into_iter();
        steps.filter_map(|(at, values)| point(at, &values, how.of(&values, counter))).collect()
    }

    fn of_counter(&self, shared: &Shared, now: &Snapshot, counter: &Counter<'_>) -> Result<Values, Problem> {
        self.check(counter.what(), &counter.keys().iter().map(String::as_str))?;
        let figure = self.figure.measured();
        let (source, kind, unit) = match counter {
            Counter::Site(site) => ("site", site.kind().as_str(), "seconds"),
            Counter::Histogram(metric, behind) => ("metric", metric.kind().as_str(), behind.unit.as_str()),
        };
        let mut values = self.values(now, source, kind, figure.unit(unit))?;
        let alone = counter.alone(now);
        let pieces = Pieces::within(&shared.windows(), &alone, (values.start, values.end), self.figure.step);
        counter.fill(&mut values, figure, &self.wanted, &pieces);
        Ok(values)
    }
}

/// A histogram, in base units as everywhere.
fn histogram(metric: &Metric) -> Counter<'_> {
    Counter::Histogram(metric, Behind::in_base_units(metric))
}

/// A gauge or counter: where its past is, and how it is shown.
struct Course {
    /// By which the history knows it.
    name: String,
    kind: MetricKind,
    /// As shown; empty where nobody knows.
    unit: String,
    keys: Vec<String>,
    behind: Option<Behind>,
}

impl Course {
    fn of(metric: &Metric) -> Self {
        Self {
            name: metric.name().to_owned(),
            kind: metric.kind(),
            unit: metric.unit().to_owned(),
            keys: metric.label_keys().to_vec(),
            behind: None,
        }
    }

    fn shown(&self, mut point: Point) -> Point {
        if let Some(behind) = &self.behind {
            for value in [&mut point.value, &mut point.min, &mut point.max] {
                *value = behind.shown(*value);
            }
        }
        point
    }
}

/// Some values as one; `None` of none.
fn point(timestamp: f64, of: &[Grown], value: Option<f64>) -> Option<PointView> {
    Some(PointView {
        timestamp,
        value: value.filter(|value| value.is_finite()),
        min: Some(of.iter().map(|one| one.min).reduce(f64::min)?),
        max: Some(of.iter().map(|one| one.max).reduce(f64::max)?),
        count: of.iter().map(|one| one.count).sum(),
        start: None,
        end: None,
        span_seconds: None,
    })
}
