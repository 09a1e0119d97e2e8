//! What call sites and histograms counted, over time.

use std::collections::BTreeMap;

use perfmon_core::{
    Snapshot,
    snapshot::{Distribution, Metric, MetricKind, Site, Stats, Value},
};

use super::{
    labels::{Wanted, labels, owned},
    measure::Measure,
    pieces::{Piece, Pieces},
    values::{PointView, SeriesView, Values},
};
use crate::encode::Behind;

/// Who counted.
pub(super) enum Counter<'a> {
    Site(&'a Site),
    /// With what its values are shown as.
    Histogram(&'a Metric, Behind),
}

/// What was counted.
enum Counted {
    Calls(Box<Stats>),
    Values(Distribution),
}

impl Counter<'_> {
    /// What it is called where it is told that something means nothing.
    pub(super) fn what(&self) -> &'static str {
        match self {
            Self::Site(_) => "call site",
            Self::Histogram(..) => "histogram",
        }
    }

    pub(super) fn keys(&self) -> &[String] {
        match self {
            Self::Site(site) => site.label_keys(),
            Self::Histogram(metric, _) => metric.label_keys(),
        }
    }

    /// A snapshot without anybody else.
    pub(super) fn alone(&self, now: &Snapshot) -> Snapshot {
        match self {
            Self::Site(site) => now.only(|one| (one.kind(), one.name()) == (site.kind(), site.name()), |_| false),
            Self::Histogram(metric, _) => {
                now.only(|_| false, |one| (one.kind(), one.name()) == (metric.kind(), metric.name()))
            }
        }
    }

    /// Puts its figures in pieces of time among values: of the series that are wanted, each; of a site without wish, all of its calls.
    pub(super) fn fill(&self, values: &mut Values, figure: Measure, wanted: &Wanted, pieces: &Pieces) {
        pieces.covered(values);
        let all = self.series();
        let matching = all.iter().copied().filter(|series| wanted.are_in(&labels(self.keys(), series)));
        let matching: Vec<&[String]> = matching.collect();
        let together = |piece: &Piece| {
            let whole = matches!(self, Self::Site(_)) && wanted.is_empty();
            let counted = if whole { self.whole(&piece.interval) } else { self.sum(&piece.interval, &matching) };
            self.figure(counted?, figure, piece)
        };
        if matches!(self, Self::Site(_)) && wanted.is_empty() {
            values.series.push(view(BTreeMap::new(), pieces, together));
        } else {
            values.series.extend(matching.iter().map(|series| {
                let of_piece = |piece: &Piece| self.figure(self.sum(&piece.interval, &[series])?, figure, piece);
                view(owned(labels(self.keys(), series)), pieces, of_piece)
            }));
        }
        values.value = pieces.whole.as_ref().and_then(together).map(|(value, _)| value);
    }

    fn series(&self) -> Vec<&[String]> {
        match self {
            Self::Site(site) => site.series().iter().map(perfmon_core::snapshot::Series::values).collect(),
            Self::Histogram(metric, _) => {
                metric.series().iter().map(perfmon_core::snapshot::MetricSeries::values).collect()
            }
        }
    }

    fn whole(&self, interval: &Snapshot) -> Option<Counted> {
        match self {
            Self::Site(site) => {
                Some(Counted::Calls(Box::new(interval.site(site.kind(), site.name())?.stats().clone())))
            }
            Self::Histogram(..) => None,
        }
    }

    /// Series added up; `None` if not all of them are known.
    fn sum(&self, interval: &Snapshot, series: &[&[String]]) -> Option<Counted> {
        match self {
            Self::Site(site) => {
                let site = interval.site(site.kind(), site.name())?;
                let of = |one: &&[String]| site.series().iter().find(|known| known.values() == *one);
                let parts = series.iter().map(of).collect::<Option<Vec<_>>>()?;
                Some(Counted::Calls(Box::new(parts.into_iter().map(perfmon_core::snapshot::Series::stats).sum())))
            }
            Self::Histogram(metric, _) => {
                let mut metrics = interval.metrics().iter();
                let metric = metrics.find(|one| one.name() == metric.name() && one.kind() == MetricKind::Histogram)?;
                let known = metric.series().iter().filter(|known| series.contains(&known.values())).count();
                match metric.total_of(|values| series.contains(&values)).filter(|_| known == series.len())? {
                    Value::Histogram(distribution) => Some(Counted::Values(distribution)),
                    _ => None,
                }
            }
        }
    }

    /// A figure, with how many it is of.
    fn figure(&self, counted: Counted, figure: Measure, piece: &Piece) -> Option<(f64, u64)> {
        let seconds = piece.interval.span().as_secs_f64();
        match (self, counted) {
            (_, Counted::Calls(stats)) => Some((figure.of_calls(&stats, seconds)?, stats.calls())),
            (Self::Histogram(_, behind), Counted::Values(found)) => {
                let value = figure.of_values(&found, seconds)?;
                Some((if figure.is_value() { behind.shown(value) } else { value }, found.count()))
            }
            (Self::Site(_), Counted::Values(_)) => None,
        }
    }
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
            timestamp: piece.at,
            value: Some(value),
            min: None,
            max: None,
            count,
            start: Some(piece.start),
            end: Some(piece.end),
            span_seconds: Some(piece.interval.span().as_secs_f64()),
        })
    });
    SeriesView {
        labels,
        value: pieces.whole.as_ref().and_then(&of_piece).map(|(value, _)| value),
        points: points.collect(),
    }
}
