//! Custom metrics: statics that count, hold a value, or gather a distribution.
//!
//! Declared by `perfmon::counter!`, `gauge!` and `histogram!`, they are registered and recorded as call sites are: one
//! writer for each thread and series, no lock. A gauge is shared, and its last writer wins.

mod bound;

use std::{marker::PhantomData, time::Duration};

pub use self::bound::Bound;
use crate::{
    record::{self, is_enabled},
    site::{CallSite, Declaration, Handle, Instrument, Name, Registration, is_metric_key, is_metric_name},
};

macro_rules! declared {
    ($type:ident, $instrument:expr) => {
        impl $type {
            /// A metric of this name; `module` is `module_path!()`.
            ///
            /// # Panics
            /// When the name has others than a-z, 0-9 and `_`, or begins with a digit. In a static that is an error while compiling.
            #[must_use]
            #[track_caller]
            pub const fn new(name: &'static str, module: &'static str) -> Self {
                assert!(is_metric_name(name), "a metric name has a-z, 0-9 and _ only, and no digit first");
                Self(CallSite {
                    handle: Handle::new(),
                    declaration: Declaration::new($instrument, Name::One(name), module),
                })
            }

            /// With labels of these keys.
            ///
            /// # Panics
            /// When a key has others than a-z, 0-9 and `_`, begins with a digit or `__`, or is `le`, `quantile` or `outcome`. In a static that is an error
            /// while compiling.
            #[must_use]
            pub const fn labels<const LABELS: usize>(mut self, keys: &'static [&'static str; LABELS]) -> $type<LABELS> {
                let mut at = 0;
                while at < LABELS {
                    assert!(
                        is_metric_key(keys[at]),
                        "a label key has a-z, 0-9 and _ only, no digit first, and is not le, quantile or outcome"
                    );
                    at += 1;
                }
                self.0.declaration.labels = keys;
                $type(self.0)
            }
        }

        impl<const LABELS: usize> $type<LABELS> {
            /// With so many sets of label values at most, whatever [`Setup::label_limit`](crate::Setup::label_limit) says; further ones count in the series
            /// `other`.
            #[must_use]
            pub const fn label_limit(mut self, sets: u32) -> Self {
                self.0.declaration.label_limit = Some(sets);
                self
            }

            /// With a sentence that says what it means.
            #[must_use]
            pub const fn help(mut self, help: &'static str) -> Self {
                self.0.declaration.help = help;
                self
            }

            /// With the unit of its values, in plural: `"orders"`, `"bytes"`.
            #[must_use]
            pub const fn unit(mut self, unit: &'static str) -> Self {
                self.0.declaration.unit = unit;
                self
            }

            /// What `inventory` is given.
            #[must_use]
            pub const fn registration(&'static self) -> Registration {
                self.0.registration()
            }

            /// The series with these label values, in the order of the keys.
            #[must_use]
            pub const fn with<'a>(&'static self, values: &'a [&'a str; LABELS]) -> Labelled<'a, $type> {
                Labelled { site: &self.0, values, metric: PhantomData }
            }
        }
    };
}

/// A sum that only grows, with so many labels. An increment beyond 2^53 is a mistake, such as a difference that went below zero: it is not added, and counted
/// as [`Losses::increments_refused`](crate::snapshot::Losses::increments_refused).
#[derive(Debug)]
pub struct Counter<const LABELS: usize = 0>(CallSite);

/// A value that goes up and down, with so many labels; the last one set is the one reported. Sampled, never
/// summed. Set to a value that is not finite it has none until it is set again.
#[derive(Debug)]
pub struct Gauge<const LABELS: usize = 0>(CallSite);

/// A distribution of whole numbers in the metric's unit, up to 2^45 − 1, with so many labels. Larger ones are counted as
/// that large, and [as clamped](crate::snapshot::Distribution::clamped); to the sum they add up to 2^53 each.
#[derive(Debug)]
pub struct Histogram<const LABELS: usize = 0>(CallSite);

/// One series of a metric.
#[derive(Debug)]
pub struct Labelled<'a, M> {
    site: &'static CallSite,
    values: &'a [&'a str],
    metric: PhantomData<M>,
}

declared!(Counter, Instrument::Counter);
declared!(Gauge, Instrument::Gauge);
declared!(Histogram, Instrument::Histogram);

impl Counter {
    /// Adds one.
    #[inline]
    pub fn inc(&'static self) {
        self.add(1);
    }

    /// Adds so many.
    #[inline]
    pub fn add(&'static self, by: u64) {
        self.0.count(&[], by);
    }
}

impl Labelled<'_, Counter> {
    /// Adds one.
    #[inline]
    pub fn inc(&self) {
        self.add(1);
    }

    /// Adds so many.
    #[inline]
    pub fn add(&self, by: u64) {
        self.site.count(self.values, by);
    }
}

impl CallSite {
    fn count(&'static self, values: &[&str], by: u64) {
        if is_enabled() {
            record::count(record::entry_of(self, values), by);
        }
    }

    fn change(&'static self, values: &[&str], change: impl Fn(f64) -> f64) {
        if is_enabled() {
            record::change(record::series_of(self, values), change);
        }
    }

    fn observe(&'static self, values: &[&str], value: u64) {
        if is_enabled() {
            record::observe(record::entry_of(self, values), value);
        }
    }
}

impl Gauge {
    /// Sets the value.
    pub fn set(&'static self, value: f64) {
        self.with(&[]).set(value);
    }

    /// Adds to the value (0 before it was ever set); a negative number takes away.
    pub fn add(&'static self, by: f64) {
        self.with(&[]).add(by);
    }
}

impl Labelled<'_, Gauge> {
    /// Sets the value.
    pub fn set(&self, value: f64) {
        self.site.change(self.values, |_| value);
    }

    /// Adds to the value (0 before it was ever set); a negative number takes away.
    pub fn add(&self, by: f64) {
        self.site.change(self.values, |before| before + by);
    }
}

impl Histogram {
    /// Gives it a value.
    #[inline]
    pub fn record(&'static self, value: u64) {
        self.0.observe(&[], value);
    }

    /// Gives it a duration, as nanoseconds.
    #[inline]
    pub fn record_duration(&'static self, duration: Duration) {
        self.record(nanos(duration));
    }
}

impl Labelled<'_, Histogram> {
    /// Gives it a value.
    #[inline]
    pub fn record(&self, value: u64) {
        self.site.observe(self.values, value);
    }

    /// Gives it a duration, as nanoseconds.
    #[inline]
    pub fn record_duration(&self, duration: Duration) {
        self.record(nanos(duration));
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
