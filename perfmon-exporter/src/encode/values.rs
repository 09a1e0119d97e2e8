//! The newest values of one family, for those who ask for it by name.

use std::collections::BTreeMap;

use super::{
    Profile, Scrape,
    exemplar::Exemplars,
    family::{Encoder, FamilyType, Head, HistogramPoint, Labels, Number, SummaryPoint},
    metrics::{find, scale},
    profile::{Family, Of},
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
    scale: Scale,
}

impl Behind {
    /// What a value of the metric is shown as.
    pub(crate) fn shown(&self, value: f64) -> f64 {
        self.scale.apply(value)
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
    as_it_is.then(|| Behind { metric: metric.name().to_owned(), scale: scale(metric, family, source) })
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
