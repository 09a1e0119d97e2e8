//! What a collector hands over.

use std::{borrow::Cow, panic::Location};

use crate::site::{metric_key_mistake, metric_name_mistake};

/// The values that one run of a collector found.
///
/// Names of metrics have a-z, 0-9 and `_` only and no digit first, as those of macros do; so have the keys of labels, and none is `le`, `quantile` or
/// `outcome`. A value under another name is not shown, and [told](super::CollectorStatus::complaint). A value that is not finite is left out, and
/// [told](super::CollectorStatus::remark) too: absent is honest, `NaN` is not.
#[derive(Debug, Default)]
pub struct Samples {
    readings: Vec<Reading>,
    /// The value given last was left out, and what is said of it with it.
    left_out: bool,
    faults: Faults,
}

/// What was wrong with the values of a run: how many were not shown for it, and the first of them.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) turned_away: u64,
    pub(super) complaint: Option<String>,
    pub(super) not_finite: u64,
    pub(super) remark: Option<String>,
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
    #[track_caller]
    pub fn gauge(&mut self, name: impl Into<Cow<'static, str>>, value: f64) -> &mut Self {
        self.gauge_with(name, &[], value)
    }

    /// A value that goes up and down, of one set of labels: `[("core", "0")]`.
    #[track_caller]
    pub fn gauge_with(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        labels: &[(&'static str, &str)],
        value: f64,
    ) -> &mut Self {
        self.give(name.into(), labels, Quantity::Gauge(value), Location::caller())
    }

    /// A sum that only grows.
    #[track_caller]
    pub fn counter(&mut self, name: impl Into<Cow<'static, str>>, value: u64) -> &mut Self {
        self.counter_with(name, &[], value)
    }

    /// A sum that only grows, of one set of labels.
    #[track_caller]
    pub fn counter_with(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        labels: &[(&'static str, &str)],
        value: u64,
    ) -> &mut Self {
        self.give(name.into(), labels, Quantity::Counter(value), Location::caller())
    }

    /// Says what the value just given means, and its unit.
    pub fn describe(&mut self, help: impl Into<Cow<'static, str>>, unit: impl Into<Cow<'static, str>>) -> &mut Self {
        if let Some(last) = self.readings.last_mut().filter(|_| !self.left_out) {
            (last.help, last.unit) = (help.into(), unit.into());
        }
        self
    }

    /// A value given in this place.
    pub(super) fn give(
        &mut self,
        name: Cow<'static, str>,
        labels: &[(&'static str, &str)],
        quantity: Quantity,
        place: &'static Location<'static>,
    ) -> &mut Self {
        let mistake = metric_name_mistake(&name);
        let mistake = mistake.or_else(|| labels.iter().find_map(|(key, _)| metric_key_mistake(key)));
        self.left_out = true;
        if let Some(mistake) = mistake {
            self.faults.turned_away += 1;
            self.faults
                .complaint
                .get_or_insert_with(|| format!("failed to show {name:?}, given at {place}: {mistake}"));
        } else if !quantity.value().is_finite() {
            self.faults.not_finite += 1;
            let value = quantity.value();
            self.faults
                .remark
                .get_or_insert_with(|| format!("{name} is {value} (given at {place}), shown as no value"));
        } else {
            self.left_out = false;
            let labels = labels.iter().map(|&(key, value)| (Cow::Borrowed(key), value.to_owned())).collect();
            self.readings.push(Reading { name, labels, quantity, help: Cow::Borrowed(""), unit: Cow::Borrowed("") });
        }
        self
    }

    pub(super) fn into_parts(self) -> (Vec<Reading>, Faults) {
        (self.readings, self.faults)
    }
}
