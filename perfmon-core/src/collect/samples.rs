//! What a collector hands over.

use std::borrow::Cow;

/// The values that one run of a collector found.
///
/// A value that is not finite is left out: absent is honest, `NaN` is not.
#[derive(Debug, Default)]
pub struct Samples {
    readings: Vec<Reading>,
    /// The value given last was left out, and what is said of it with it.
    left_out: bool,
}

/// One value of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    pub(crate) name: Cow<'static, str>,
    pub(crate) labels: Vec<(Cow<'static, str>, String)>,
    pub(crate) quantity: Quantity,
    pub(crate) help: Cow<'static, str>,
    pub(crate) unit: Cow<'static, str>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Quantity {
    Gauge(f64),
    Counter(u64),
}

impl Quantity {
    pub(crate) fn value(self) -> f64 {
        match self {
            Self::Gauge(value) => value,
            Self::Counter(value) => value as f64,
        }
    }
}

impl Samples {
    /// A value that goes up and down.
    pub fn gauge(&mut self, name: impl Into<Cow<'static, str>>, value: f64) -> &mut Self {
        self.gauge_with(name, &[], value)
    }

    /// A value that goes up and down, of one set of labels: `[("core", "0")]`.
    pub fn gauge_with(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        labels: &[(&'static str, &str)],
        value: f64,
    ) -> &mut Self {
        self.left_out = !value.is_finite();
        if !self.left_out {
            self.push(name.into(), labels, Quantity::Gauge(value));
        }
        self
    }

    /// A sum that only grows.
    pub fn counter(&mut self, name: impl Into<Cow<'static, str>>, value: u64) -> &mut Self {
        self.counter_with(name, &[], value)
    }

    /// A sum that only grows, of one set of labels.
    pub fn counter_with(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        labels: &[(&'static str, &str)],
        value: u64,
    ) -> &mut Self {
        self.left_out = false;
        self.push(name.into(), labels, Quantity::Counter(value));
        self
    }

    /// Says what the value just given means, and its unit.
    pub fn describe(&mut self, help: impl Into<Cow<'static, str>>, unit: impl Into<Cow<'static, str>>) -> &mut Self {
        if let Some(last) = self.readings.last_mut().filter(|_| !self.left_out) {
            (last.help, last.unit) = (help.into(), unit.into());
        }
        self
    }

    pub(crate) fn into_readings(self) -> Vec<Reading> {
        self.readings
    }

    fn push(&mut self, name: Cow<'static, str>, labels: &[(&'static str, &str)], quantity: Quantity) {
        let labels = labels.iter().map(|&(key, value)| (Cow::Borrowed(key), value.to_owned())).collect();
        self.readings.push(Reading { name, labels, quantity, help: Cow::Borrowed(""), unit: Cow::Borrowed("") });
    }
}
