//! The columns of a table of calls, for every format that has one.

use std::time::Duration;

use super::{format, style::Tint, table::Cell};
use crate::{
    site::Sample,
    snapshot::{Site, Snapshot, Stats},
};

/// A figure about a set of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Calls,
    Rate,
    P50,
    P95,
    P99,
    P999,
    Max,
    Total,
    Share,
    Errors,
    Panics,
    Cancelled,
    InFlight,
}

impl Field {
    /// In the order of the columns.
    pub(super) const ALL: [Self; 13] = [
        Self::Calls,
        Self::Rate,
        Self::P50,
        Self::P95,
        Self::P99,
        Self::P999,
        Self::Max,
        Self::Total,
        Self::Share,
        Self::Errors,
        Self::Panics,
        Self::Cancelled,
        Self::InFlight,
    ];

    pub(super) const fn head(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Rate => "rate",
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::Max => "max",
            Self::Total => "total",
            Self::Share => "share",
            Self::Errors => "errors",
            Self::Panics => "panics",
            Self::Cancelled => "cancelled",
            Self::InFlight => "in flight",
        }
    }

    /// How wide names must be before this column goes; the largest goes first (see [`super::table`]). Counts of what is rare go
    /// early, since a note then says them.
    pub(super) const fn yields(self) -> usize {
        match self {
            Self::InFlight => 44,
            Self::Cancelled => 42,
            Self::P999 => 38,
            Self::Share => 36,
            Self::Panics => 34,
            Self::P95 => 32,
            Self::Rate => 24,
            Self::Errors => 21,
            Self::Max => 20,
            Self::P50 => 16,
            Self::Total => 15,
            Self::P99 => 14,
            Self::Calls => 12,
        }
    }

    /// What is counted, of the columns that a group shows only if any of its sites has one.
    pub(super) fn rare(self, stats: &Stats) -> Option<u64> {
        match self {
            Self::Errors => Some(stats.errors()),
            Self::Panics => Some(stats.panics()),
            Self::Cancelled => Some(stats.cancelled()),
            Self::InFlight => Some(stats.in_flight()),
            _ => None,
        }
    }

    fn tint(self) -> Tint {
        match self {
            Self::Panics => Tint::Bad,
            Self::Errors | Self::Cancelled => Tint::Caution,
            _ => Tint::Plain,
        }
    }

    /// The figure as a table shows it.
    pub(super) fn cell(self, stats: &Stats, span: Duration) -> Cell {
        if let Some(count) = self.rare(stats) {
            return match count {
                0 => Cell { text: "·".to_owned(), tint: Tint::Faint, ..Cell::default() },
                _ => Cell { text: format::count(count), tint: self.tint(), instead: self.in_words(count) },
            };
        }
        if stats.calls() == 0 && self != Self::Calls {
            return Cell { text: "–".to_owned(), tint: Tint::Faint, ..Cell::default() };
        }
        let percentile = |percentile| format::duration(stats.percentile(percentile));
        let text = match self {
            Self::Calls => format::count(stats.calls()),
            Self::Rate => format::rate(rate(stats, span)),
            Self::P50 => percentile(50.0),
            Self::P95 => percentile(95.0),
            Self::P99 => percentile(99.0),
            Self::P999 => percentile(99.9),
            Self::Max => format::duration(stats.max()),
            Self::Share => format::percent(share(stats, span)),
            _ => format::duration(stats.outermost()),
        };
        Cell { text, ..Cell::default() }
    }

    /// `13 cancelled`
    fn in_words(self, count: u64) -> String {
        match self {
            Self::Errors => format::plural(count, "error"),
            Self::Panics => format::plural(count, "panic"),
            _ => format!("{} {}", format::count(count), self.head()),
        }
    }
}

/// Finished calls per second.
pub(super) fn rate(stats: &Stats, span: Duration) -> f64 {
    per_second(stats.calls(), span)
}

/// So many in a time, per second; 0 when no time passed.
pub(super) fn per_second(count: u64, span: Duration) -> f64 {
    if span.is_zero() { 0.0 } else { count as f64 / span.as_secs_f64() }
}

/// The rate of a metric's values; `None` of a count that nobody saw begin.
pub(super) fn metric_rate(count: u64, standing: bool, span: Duration) -> Option<f64> {
    (!standing).then(|| per_second(count, span))
}

/// The time spent in these calls as a fraction of the time covered: how many ran at once, on average.
pub(super) fn share(stats: &Stats, span: Duration) -> f64 {
    if span.is_zero() { 0.0 } else { stats.outermost().as_secs_f64() / span.as_secs_f64() }
}

/// Finished calls of all sites.
pub(super) fn all(snapshot: &Snapshot) -> u64 {
    snapshot.sites().iter().map(|site| site.calls()).fold(0, u64::saturating_add)
}

/// One call in so many is timed: as written, or with `sample = "auto"` as it came out, if not all of them were.
pub(super) fn one_in(site: &Site) -> Option<u64> {
    match site.sample() {
        Sample::Every => None,
        Sample::OneIn(calls) => Some(u64::from(calls)),
        Sample::Auto => came_out(site),
    }
}

fn came_out(stats: &Stats) -> Option<u64> {
    let rounded = stats.calls().saturating_add(stats.timed() / 2).checked_div(stats.timed())?;
    (stats.timed() < stats.calls()).then_some(rounded.max(2))
}

/// Whether perfmon's own cost is a good part of what was measured.
pub(super) fn near_own_cost(stats: &Stats, snapshot: &Snapshot) -> bool {
    stats.calls() > 0 && stats.percentile(50.0) < snapshot.own_cost().saturating_mul(3)
}
