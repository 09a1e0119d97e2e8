//! How far equity is below its peak, and for how long.

use jiff::civil;

use super::super::Date;

/// How far the equity is, and was at most, below its peak: 1 − equity ÷ peak. It begins with the capital; a day counts with the equity it closes with, and the one
/// under way with what it has now, so that its largest may be less again when the day closes higher (unless [`intraday_drawdown`](crate::trading::Builder::intraday_drawdown) has every update count).
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Drawdown {
    /// Now, as a fraction of the peak: 0.1 is 10 % below. Absent without capital, or unless the peak is above zero.
    pub ratio: Option<f64>,
    /// Now, in money: what equity, or the units that are left where money moved, miss of their peak.
    pub value: f64,
    /// How many days ago the peak was, counting days that had updates; 0 at the peak.
    pub days: u32,
    /// How long ago it was at the last update, in seconds.
    pub seconds: f64,
    /// The day of the peak.
    pub peak: Option<Date>,
    /// The largest so far, as a fraction of its peak.
    pub max_ratio: Option<f64>,
    /// The largest so far in money, of the time when it was; not necessarily the same one.
    pub max_value: f64,
    /// The day of the peak before the largest, by fraction.
    pub max_peak: Option<Date>,
    /// The day on which it was deepest.
    pub max_trough: Option<Date>,
    /// The longest time from a peak until it was reached again, or until now, in days that had updates.
    pub longest_days: u32,
    /// The same in seconds.
    pub longest_seconds: f64,
}

/// A point of the equity's curve.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) equity: f64,
    /// Nanoseconds since 1970.
    pub(crate) at: i64,
    pub(crate) date: civil::Date,
    /// How many days came before.
    pub(crate) day: u32,
}

/// In parts of the peak, what rounding may take off equity that has not changed: sums that are kept as positions change, and added up anew for whoever reads, differ by so
/// much at most. Else a curve at rest would be in a drawdown that never ends.
const ROUNDING: f64 = 1e-12;

/// What is remembered of a curve.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tracker {
    peak: Option<Moment>,
    last: Option<Moment>,
    /// The deepest by fraction: its size, peak and trough.
    deepest: Option<(f64, civil::Date, civil::Date)>,
    largest: f64,
    longest: (u32, i64),
}

impl Tracker {
    /// The next point of the curve.
    pub(crate) fn reach(&mut self, mut now: Moment) {
        let peak = *self.peak.get_or_insert(now);
        if peak.equity - now.equity <= peak.equity.abs() * ROUNDING {
            now.equity = now.equity.max(peak.equity);
        }
        if self.last.is_some_and(|last| last.equity < peak.equity) {
            self.longest = self.lasted(&now);
        }
        self.last = Some(now);
        if now.equity >= peak.equity {
            self.peak = Some(now);
            return;
        }
        self.longest = self.lasted(&now);
        self.largest = self.largest.max(peak.equity - now.equity);
        let ratio = fall(&peak, &now);
        if let Some(ratio) = ratio.filter(|ratio| self.deepest.is_none_or(|(deepest, ..)| *ratio > deepest)) {
            self.deepest = Some((ratio, peak.date, now.date));
        }
    }

    /// Money moved, which made the equity this from that: what was and what is are told in the money of now, so that the curve neither falls nor rises.
    pub(crate) fn flow(&mut self, before: f64, after: f64) {
        [&mut self.peak, &mut self.last].into_iter().flatten().for_each(|moment| moment.equity *= after / before);
    }

    /// Money came where there was none: the curve begins anew. What it was at most stays.
    pub(crate) fn begin_anew(&mut self) {
        (self.peak, self.last) = (None, None);
    }

    fn lasted(&self, now: &Moment) -> (u32, i64) {
        let (days, nanos) = self.peak.map_or((0, 0), |peak| since(&peak, now));
        (self.longest.0.max(days), self.longest.1.max(nanos))
    }

    /// What there is to tell. Fractions are of capital, so without it there are none.
    pub(crate) fn tell(&self, of_capital: bool) -> Drawdown {
        let Some((peak, last)) = self.peak.zip(self.last) else { return Drawdown::default() };
        let (days, nanos) = since(&peak, &last);
        let deepest = self.deepest.filter(|_| of_capital);
        let ratio = fall(&peak, &last).filter(|_| of_capital);
        Drawdown {
            ratio,
            value: (peak.equity - last.equity).max(0.0),
            days,
            seconds: seconds(nanos),
            peak: Some(peak.date.into()),
            // A curve that never fell has fallen by nothing.
            max_ratio: deepest.map(|(ratio, ..)| ratio).or(ratio.map(|_| 0.0)),
            max_value: self.largest,
            max_peak: deepest.map(|(_, peak, _)| peak.into()),
            max_trough: deepest.map(|(.., trough)| trough.into()),
            longest_days: self.longest.0,
            longest_seconds: seconds(self.longest.1),
        }
    }
}

fn fall(peak: &Moment, now: &Moment) -> Option<f64> {
    (peak.equity > 0.0).then(|| 1.0 - now.equity / peak.equity)
}

fn since(peak: &Moment, now: &Moment) -> (u32, i64) {
    (now.day.saturating_sub(peak.day), now.at.saturating_sub(peak.at).max(0))
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
