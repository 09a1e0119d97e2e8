//! Series that are looked up once and kept.

use std::{marker::PhantomData, time::Duration};

use super::{Counter, Gauge, Histogram, Labelled, nanos};
use crate::{
    record::{self, entry_of_series, is_enabled, series_of},
    site::SeriesId,
};

/// One series of a metric, looked up once and kept by whoever updates it often: an update then costs what one without labels does, however long the label
/// values are and however many sets of them there are.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::{Bound, Counter};
///
/// static FILLS: Counter<1> = Counter::new("fills", module_path!()).labels(&["symbol"]);
///
/// struct Desk {
///     fills: Bound<Counter>,
/// }
///
/// let desk = Desk { fills: FILLS.with(&["AAPL"]).bind() };
/// desk.fills.inc();
/// assert_eq!(perfmon::snapshot().metric("fills").unwrap().series().len(), 1);
/// ```
#[derive(Debug)]
pub struct Bound<M> {
    /// `None` where it was looked up from inside the recorder; each update is then counted as lost.
    series: Option<SeriesId>,
    metric: PhantomData<fn() -> M>,
}

// Not derived: a bound counter can be copied though a counter cannot.
impl<M> Clone for Bound<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Bound<M> {}

impl<M> Labelled<'_, M> {
    /// Looks the series up, for keeping. It counts among those of its metric from now on: beyond [the limit](crate::Setup::label_limit) it is `other`, and stays so.
    #[must_use]
    pub fn bind(&self) -> Bound<M> {
        Bound { series: series_of(self.site, self.values), metric: PhantomData }
    }
}

impl<M> Bound<M> {
    #[inline]
    fn entry(self) -> u64 {
        // Number 0 is no series, and what is given to it is counted as lost.
        entry_of_series(self.series.unwrap_or(SeriesId(0)))
    }
}

impl Bound<Counter> {
    /// Adds one.
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds so many.
    pub fn add(&self, by: u64) {
        if is_enabled() {
            record::count(self.entry(), by);
        }
    }
}

impl Bound<Gauge> {
    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.change(|_| value);
    }

    /// Adds to the value (0 before it was ever set); a negative number takes away.
    pub fn add(&self, by: f64) {
        self.change(|before| before + by);
    }

    fn change(self, change: impl Fn(f64) -> f64) {
        if is_enabled() {
            record::change(self.series, change);
        }
    }
}

impl Bound<Histogram> {
    /// Gives it a value.
    pub fn record(&self, value: u64) {
        if is_enabled() {
            record::observe(self.entry(), value);
        }
    }

    /// Gives it a duration, as nanoseconds.
    pub fn record_duration(&self, duration: Duration) {
        self.record(nanos(duration));
    }
}
