//! The newest values of one family, for those who ask for it by name.

use std::collections::BTreeMap;

use perfmon_core::{
    Snapshot,
    site::Kind,
    snapshot::{Metric, MetricKind},
};

use super::{
    Profile, Scrape,
    exemplar::Exemplars,
    family::{Encoder, FamilyType, Head, HistogramPoint, Labels, Number, SummaryPoint},
    metrics::{by_rule, find, scale},
    profile::{Family, Measure, Of},
    unit::Scale,
};

/// A counter or gauge as a profile shows it.
#[derive(Debug, Default)]
pub(crate) struct Values {
    /// What its values are in, in full: `"percent"`; empty where nobody says.
    pub(crate) unit: &'static str,
    /// Labels and value of each series.
    pub(crate) series: Vec<(BTreeMap<String, String>, f64)>,
    /// The metric whose values these are, one by one.
    pub(crate) behind: Option<Behind>,
}

/// A metric whose values are shown as they are, or in another unit.
#[derive(Debug)]
pub(crate) struct Behind {
    pub(crate) metric: String,
    /// Of what is shown, in full; empty where nobody says.
    pub(crate) unit: String,
    scale: Scale,
}

impl Behind {
    /// A metric as the rule for those that no family takes shows it.
    pub(crate) fn in_base_units(metric: &Metric) -> Self {
        let known = by_rule(metric).filter(|(_, unit, _)| !unit.is_empty());
        let (unit, scale) = known.map_or((metric.unit(), Scale::ONE), |(_, unit, scale)| (unit, scale));
        Self { metric: metric.name().to_owned(), unit: unit.to_owned(), scale }
    }

    /// What a value of the metric is shown as.
    pub(crate) fn shown(&self, value: f64) -> f64 {
        self.scale.apply(value)
    }
}

impl Values {
    /// Those of a counter or gauge by the name that a scrape gives it by rule, without its series.
    pub(crate) fn by_rule(snapshot: &Snapshot, name: &str) -> Option<Self> {
        snapshot.metrics().iter().find_map(|metric| {
            let (_, unit, scale) = by_rule(metric).filter(|(shown, ..)| shown == name && !is_histogram(metric))?;
            let behind = Some(Behind { metric: metric.name().to_owned(), unit: unit.to_owned(), scale });
            Some(Self { unit, behind, ..Self::default() })
        })
    }
}

impl Profile {
    /// Whether it has a counter or a gauge of this name.
    pub(crate) fn has_values(&self, name: &str) -> bool {
        self.family(name).is_some()
    }

    /// The values of a counter or a gauge; `None` when it has none of this name.
    pub(crate) fn values(&self, name: &str, scrape: &Scrape<'_>) -> Option<Values> {
        let family = self.family(name)?;
        let mut shown = vec![false; scrape.snapshot.metrics().len()];
        let mut values = Values {
            unit: family.unit.map_or("", |unit| unit.name),
            behind: behind(family, scrape),
            ..Values::default()
        };
        super::family(scrape, family, &Exemplars::default(), &mut shown, &mut values);
        Some(values)
    }

    /// The metric that a histogram of this name shows.
    pub(crate) fn histogram<'a>(&self, name: &str, snapshot: &'a Snapshot) -> Option<&'a Metric> {
        let family = self.plan().families.iter().find(|family| family.name == name)?;
        let [source] = family.sources.as_slice() else { return None };
        let Of::Metric(names) = &source.of else { return None };
        let metric = &snapshot.metrics()[find(snapshot, names.first()?, family.kind)?];
        (source.only.is_empty() && is_histogram(metric)).then_some(metric)
    }

    /// Of a family that call sites make together: their kinds, and the question that asks one of them for the same.
    pub(crate) fn of_calls(&self, name: &str) -> Option<(Vec<Kind>, &'static str)> {
        let of_sample = |name| ["_bucket", "_count", "_sum"].iter().find_map(|end| str::strip_suffix(name, *end));
        let mut families = self.plan().families.iter();
        let family = families.find(|family| family.name == name || Some(&*family.name) == of_sample(name))?;
        let mut sources = family.sources.iter();
        let (kinds, measure) = sources.find_map(|source| match &source.of {
            Of::Calls { kinds, measure, .. } => Some((kinds, *measure)),
            _ => None,
        })?;
        let question = match measure {
            Measure::Duration | Measure::Quantile => "aggregate=p99",
            Measure::Mean => "aggregate=avg",
            Measure::Time | Measure::Busy => "aggregate=sum",
            Measure::Rate => "aggregate=rate",
            Measure::ErrorRatio => "measure=error_rate",
            Measure::InFlight => "measure=in_flight",
            _ => "measure=calls",
        };
        Some((if kinds.is_empty() { Kind::ALL.to_vec() } else { kinds.clone() }, question))
    }

    fn family(&self, name: &str) -> Option<&Family> {
        let mut families = self.plan().families.iter();
        families.find(|family| family.name == name && matches!(family.kind, FamilyType::Counter | FamilyType::Gauge))
    }
}

/// The metric that a family shows as it is; `None` where it adds up, renames or leaves out labels, or leaves out series.
fn behind(family: &Family, scrape: &Scrape<'_>) -> Option<Behind> {
    let [source] = family.sources.as_slice() else { return None };
    let Of::Metric(names) = &source.of else { return None };
    let labels_as_they_are = source.labels.iter().all(|(key, from)| key == from) && source.constants.is_empty();
    let as_it_is = family.streams && labels_as_they_are && source.only.is_empty();
    let metric = &scrape.snapshot.metrics()[find(scrape.snapshot, names.first()?, family.kind)?];
    let unit = family.unit.map_or("", |unit| unit.name).to_owned();
    as_it_is.then(|| Behind { metric: metric.name().to_owned(), unit, scale: scale(metric, family, source) })
}

fn is_histogram(metric: &Metric) -> bool {
    metric.kind() == MetricKind::Histogram
}

/// The name that a scrape gives a metric by rule.
pub(crate) fn name_by_rule(metric: &Metric) -> Option<String> {
    by_rule(metric).map(|(name, ..)| name)
}

impl Encoder for Values {
    fn open(&mut self, _: &Head<'_>) {}

    fn number(&mut self, labels: &Labels<'_>, value: Number) {
        let labels = labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let value = match value {
            Number::Whole(value) => value as f64,
            Number::Float(value) => value,
        };
        self.series.push((labels, value));
    }

    // Distributions have no value of their own; families of them are not asked for.
    fn histogram(&mut self, _: &Labels<'_>, _: &HistogramPoint<'_>) {}

    fn summary(&mut self, _: &Labels<'_>, _: &SummaryPoint<'_>) {}

    fn close(&mut self) {}
}

#[cfg(test)]
mod tests {
    use perfmon_core::{Gauge, inventory, snapshot};

    use super::{super::Scrape, Profile};

    static SWITCHES: Gauge<1> = Gauge::new("switch_active", module_path!()).labels(&["switch"]);
    inventory::submit! { SWITCHES.registration() }

    /// The metric behind it has a past, in which series are that it does not show.
    #[test]
    fn what_shows_some_of_a_metrics_series_has_no_metric_behind_it() {
        SWITCHES.with(&["pnl"]).set(1.0);
        SWITCHES.with(&["drawdown"]).set(0.0);
        let profile = r#"
            rest = "as_named"
            [[family]]
            name = "all_active"
            type = "gauge"
            help = ""
            from = { metric = "switch_active" }
            [[family]]
            name = "pnl_active"
            type = "gauge"
            help = ""
            from = { metric = "switch_active", only = { switch = "pnl" } }
        "#;
        let profile = Profile::parse("switches", profile).expect("a profile");
        let snapshot = snapshot();
        let scrape = Scrape { snapshot: &snapshot, windows: &[], slow: &[] };
        let [all, pnl] = ["all_active", "pnl_active"].map(|name| profile.values(name, &scrape).expect("values"));
        assert_eq!(all.behind.expect("as it is").metric, "switch_active");
        assert_eq!(all.series.len(), 2);
        assert!(pnl.behind.is_none(), "{pnl:?}");
        let [(labels, value)] = pnl.series.as_slice() else { panic!("{:?}", pnl.series) };
        assert_eq!((labels["switch"].as_str(), *value), ("pnl", 1.0));
    }
}
