//! A question about the values of a metric or of a call site.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use perfmon_core::{
    Point, Snapshot,
    series::series_over,
    site::Kind,
    snapshot,
    snapshot::{Metric, MetricKind, Site, Value},
};

use super::{
    super::problem::Problem,
    aggregate::{Grown, How, by_step, grown},
    alike::named_by,
    answer::unix,
    measure::Measure,
    metrics::{PointView, SeriesView, Values},
    params::{Range, Wanted},
    pieces::{Piece, Pieces},
    site::{labels, owned},
};
use crate::{
    encode::{Behind, Values as Shown},
    near::hint,
    state::Shared,
};

/// How much further back to look for the value before the first: a cell of the coarsest history, and a slow collector's interval.
const BEFORE: f64 = 120.0;

/// The names that `/metrics` shows unless it is told otherwise.
const CANONICAL: &str = "canonical";

/// What is asked.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) name: String,
    /// Asks for a call site of this kind only.
    pub(super) kind: Option<Kind>,
    pub(super) range: Range,
    pub(super) step: Option<f64>,
    pub(super) aggregate: Option<How>,
    pub(super) measure: Option<Measure>,
    pub(super) wanted: Wanted,
}

impl Query {
    /// Looks it up.
    pub(super) fn answer(&self, shared: &Shared) -> Result<Values, Problem> {
        let now = snapshot();
        self.range.check("start", unix(now.taken_at()))?;
        let metric = if self.kind.is_none() { now.metric(&self.name) } else { None };
        if let Some(metric) = metric {
            return match metric.kind() {
                MetricKind::Histogram => self.of_histogram(shared, &now, metric),
                _ => self.of_metric(&Course::of(metric), &now),
            };
        }
        if let Some(site) = self.site(&now) {
            return self.of_site(shared, &now, site);
        }
        match self.elsewhere(shared, &now) {
            Some(course) => self.of_metric(&course, &now),
            None => Err(self.unknown(&now)),
        }
    }

    /// What has its past under another name, or a past only.
    fn elsewhere(&self, shared: &Shared, now: &Snapshot) -> Option<Course> {
        if self.kind.is_some() {
            return None;
        }
        let shown = || {
            let listed = named_by(shared, CANONICAL, &self.name, now);
            let values = listed.or_else(|| Shown::by_rule(now, &self.name))?;
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

    fn unknown(&self, now: &Snapshot) -> Problem {
        let (name, sites) = (&self.name, || now.sites().iter().map(Site::name));
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

    /// Refuses what would mean nothing.
    fn check<'a>(&self, is: &str, keys: &(impl Iterator<Item = &'a str> + Clone)) -> Result<(), Problem> {
        let name = &self.name;
        let wrong = match is {
            "gauge" | "counter" if self.measure.is_some() => "measure is of call sites and histograms: write aggregate",
            "gauge" if self.aggregate.is_some_and(How::needs_counter) => {
                "a gauge has no rate or increase, which only counters have: write another aggregate"
            }
            "gauge" | "counter" => "",
            _ if self.step.is_some() => {
                "step is of gauges and counters, and what is known of calls is in pieces of its own: leave it out"
            }
            _ if self.measure.is_some() && self.aggregate.is_some() => {
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

    fn values(&self, now: &Snapshot, source: &'static str, kind: &'static str, unit: &str) -> Values {
        let (start, end) = self.range.until(unix(now.taken_at()));
        Values {
            name: self.name.clone(),
            source,
            kind,
            unit: unit.to_owned(),
            value_unit: unit.to_owned(),
            start,
            end,
            value: None,
            series: Vec::new(),
        }
    }

    fn of_metric(&self, course: &Course, now: &Snapshot) -> Result<Values, Problem> {
        let counter = course.kind == MetricKind::Counter;
        let mut values = self.values(now, "metric", course.kind.as_str(), &course.unit);
        let as_one = self.aggregate.map(|how| how.unit(&course.unit));
        values.value_unit = as_one.unwrap_or_else(|| course.unit.clone());
        if self.step.is_some() {
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
                value: self.aggregate.and_then(|how| how.of(&within, counter)),
                points: self.points(&within, counter),
            });
            all.extend(within);
        }
        values.value = match self.aggregate {
            // The rates of several series add up, though their seconds do not.
            Some(How::Rate) => values.series.iter().filter_map(|series| series.value).reduce(|a, b| a + b),
            Some(how) => how.of(&all, counter),
            None => None,
        };
        Ok(values)
    }

    fn points(&self, values: &[Grown], counter: bool) -> Vec<PointView> {
        let Some(step) = self.step else {
            return values.iter().filter_map(|one| point(one.at, &[*one], Some(one.value))).collect();
        };
        let how = self.aggregate.unwrap_or(if counter { How::Last } else { How::Avg });
        let steps = by_step(values, step).into_iter();
        steps.filter_map(|(at, values)| point(at, &values, how.of(&values, counter))).collect()
    }

    /// The figure of calls or values that answers.
    fn figure(&self) -> Measure {
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

    fn of_site(&self, shared: &Shared, now: &Snapshot, site: &Site) -> Result<Values, Problem> {
        let kind = site.kind();
        self.check("call site", &site.label_keys().iter().map(String::as_str))?;
        let figure = self.figure();
        let (start, end) = self.range.until(unix(now.taken_at()));
        let pieces = Pieces::within(shared, now.clone(), start, end);
        let mut values = self.values(now, "site", kind.as_str(), figure.unit("seconds"));
        pieces.covered(&mut values);
        let total = |piece: &Piece| {
            let site = piece.interval.site(kind, &self.name)?;
            Some((figure.of_calls(site, seconds(piece))?, site.calls()))
        };
        values.value = pieces.whole.as_ref().and_then(total).map(|(value, _)| value);
        if self.wanted.is_empty() {
            values.series.push(view(BTreeMap::new(), &pieces, total));
            return Ok(values);
        }
        let wanted = site.series().iter().filter(|one| self.wanted.are_in(&labels(site.label_keys(), one.values())));
        for series in wanted {
            let key: Vec<&str> = series.values().iter().map(String::as_str).collect();
            let of_piece = |piece: &Piece| {
                let stats = piece.interval.site(kind, &self.name)?.with_labels(&key)?;
                Some((figure.of_calls(stats, seconds(piece))?, stats.calls()))
            };
            values.series.push(view(owned(labels(site.label_keys(), series.values())), &pieces, of_piece));
        }
        values.value = None;
        Ok(values)
    }

    fn of_histogram(&self, shared: &Shared, now: &Snapshot, declared: &Metric) -> Result<Values, Problem> {
        self.check("histogram", &declared.label_keys().iter().map(String::as_str))?;
        let figure = self.figure();
        let (start, end) = self.range.until(unix(now.taken_at()));
        let pieces = Pieces::within(shared, now.clone(), start, end);
        let metric = |snapshot: &Snapshot| -> Option<Metric> {
            snapshot
                .metrics()
                .iter()
                .find(|one| one.name() == self.name && one.kind() == MetricKind::Histogram)
                .cloned()
        };
        let mut values = self.values(now, "metric", "histogram", figure.unit(declared.unit()));
        pieces.covered(&mut values);
        let wanted =
            declared.series().iter().filter(|one| self.wanted.are_in(&labels(declared.label_keys(), one.values())));
        for series in wanted {
            let key: Vec<&str> = series.values().iter().map(String::as_str).collect();
            let of_piece = |piece: &Piece| match metric(&piece.interval)?.with_labels(&key)? {
                Value::Histogram(found) => Some((figure.of_values(found, seconds(piece))?, found.count())),
                _ => None,
            };
            values.series.push(view(owned(labels(declared.label_keys(), series.values())), &pieces, of_piece));
        }
        values.value = pieces.whole.as_ref().filter(|_| self.wanted.is_empty()).and_then(|piece| {
            match metric(&piece.interval)?.total()? {
                Value::Histogram(found) => figure.of_values(&found, seconds(piece)),
                _ => None,
            }
        });
        Ok(values)
    }
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

fn seconds(piece: &Piece) -> f64 {
    piece.interval.span().as_secs_f64()
}

/// A series whose value in a piece, with how many it is of, is found so.
fn view(
    labels: BTreeMap<String, String>,
    pieces: &Pieces,
    of_piece: impl Fn(&Piece) -> Option<(f64, u64)>,
) -> SeriesView {
    let points = pieces.pieces.iter().filter_map(|piece| {
        let (value, count) = of_piece(piece)?;
        Some(PointView {
            timestamp: piece.end,
            value: Some(value),
            min: None,
            max: None,
            count,
            span_seconds: Some(seconds(piece)),
        })
    });
    SeriesView {
        labels,
        value: pieces.whole.as_ref().and_then(&of_piece).map(|(value, _)| value),
        points: points.collect(),
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
        span_seconds: None,
    })
}
