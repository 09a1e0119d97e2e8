//! A question about the values of a metric or of a call site.

use std::{collections::BTreeMap, time::Duration};

use perfmon_core::{
    Snapshot,
    series::series_over,
    site::Kind,
    snapshot,
    snapshot::{Metric, MetricKind, Site, Value},
};

use super::{
    super::problem::Problem,
    aggregate::{Grown, How, by_step, grown},
    answer::unix,
    measure::Measure,
    metrics::{PointView, SeriesView, Values},
    params::{Range, Wanted},
    pieces::{Piece, Pieces},
    site::{labels, owned},
};
use crate::state::Shared;

/// How much further back to look for the value before the first: a cell of the coarsest history, and a slow collector's interval.
const BEFORE: f64 = 120.0;

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
        let metric = if self.kind.is_none() { now.metric(&self.name) } else { None };
        match metric {
            Some(metric) if metric.kind() == MetricKind::Histogram => Ok(self.of_histogram(shared, &now)),
            Some(metric) => Ok(self.of_metric(metric, &now)),
            None => match self.site(&now).map(Site::kind) {
                Some(kind) => Ok(self.of_site(shared, &now, kind)),
                None => Err(Problem::not_found(format!(
                    "there is no metric or call site {:?}: /api/v1/catalogue has all names",
                    self.name
                ))),
            },
        }
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
            start,
            end,
            value: None,
            series: Vec::new(),
        }
    }

    fn of_metric(&self, metric: &Metric, now: &Snapshot) -> Values {
        let counter = metric.kind() == MetricKind::Counter;
        let mut values = self.values(now, "metric", metric.kind().as_str(), metric.unit());
        let back = (unix(now.taken_at()) - values.start).max(0.0) + BEFORE;
        let mut all = Vec::new();
        for history in series_over(&self.name, Duration::try_from_secs_f64(back).unwrap_or(Duration::MAX)) {
            if !self.wanted.are_in(&history.labels.iter().map(|(key, value)| (key.as_str(), value.as_str()))) {
                continue;
            }
            let mut within = grown(&history.points);
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
        values
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

    fn of_site(&self, shared: &Shared, now: &Snapshot, kind: Kind) -> Values {
        let figure = self.figure();
        let (start, end) = self.range.until(unix(now.taken_at()));
        let pieces = Pieces::within(shared, now.clone(), start, end);
        let mut values = self.values(now, "site", kind.as_str(), figure.unit("seconds"));
        let total = |piece: &Piece| {
            let site = piece.interval.site(kind, &self.name)?;
            Some((figure.of_calls(site, seconds(piece))?, site.calls()))
        };
        values.value = pieces.whole.as_ref().and_then(total).map(|(value, _)| value);
        if self.wanted.is_empty() {
            values.series.push(view(BTreeMap::new(), &pieces, total));
            return values;
        }
        let Some(site) = now.site(kind, &self.name) else { return values };
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
        values
    }

    fn of_histogram(&self, shared: &Shared, now: &Snapshot) -> Values {
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
        let Some(declared) = metric(now) else { return self.values(now, "metric", "histogram", "") };
        let mut values = self.values(now, "metric", "histogram", figure.unit(declared.unit()));
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
        values
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
