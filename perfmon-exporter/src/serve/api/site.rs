//! A call site as the API shows it.

use std::{borrow::Cow, collections::BTreeMap};

use perfmon_core::{
    Snapshot,
    analyse::{Verdict, Window},
    site::Statistic,
    snapshot::{Buckets, ObjectiveStatus, Site},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    labels::{Wanted, labels, owned},
    schema::kind_schema,
    stats::StatsView,
};
use crate::serve::number::nanos;

/// A call site: what was declared, and what its calls did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Site)]
pub(crate) struct SiteView {
    #[schema(schema_with = kind_schema)]
    kind: &'static str,
    name: String,
    /// The parts of the name, such as operation and table.
    name_parts: Vec<String>,
    label_keys: Vec<String>,
    /// Where in the source it is declared.
    places: Vec<PlaceView>,
    /// Whether only some calls are timed. All are counted.
    sampled: bool,
    /// Since the process began to record.
    stats: StatsView,
    /// How its objectives stand since then, whatever their windows.
    objectives: Vec<ObjectiveView>,
    /// How each stands over its own window, as of the last second: what health goes by.
    verdicts: Vec<VerdictView>,
    /// The same for live windows, by their names.
    windows: BTreeMap<&'static str, WindowView>,
    /// By labels. In a list, only when labels were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<Vec<SeriesView>>,
    /// What was asked for of one site, since the process began to record.
    #[serde(skip_serializing_if = "Option::is_none")]
    percentiles: Option<Vec<PercentileView>>,
    /// How many calls took how long. In a list it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    distribution: Option<Vec<Bucket>>,
}

/// A declaration in the source.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Place)]
pub(crate) struct PlaceView {
    module: String,
    file: String,
    line: u32,
}

/// How an objective stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Objective)]
pub(crate) struct ObjectiveView {
    #[schema(example = "p99")]
    statistic: &'static str,
    /// Of a percentile, in nanoseconds.
    bound_ns: Option<u64>,
    /// Of the error rate, 0 to 1.
    bound_error_rate: Option<f64>,
    severity: &'static str,
    /// Calls that were slower, or failed.
    breaches: u64,
    /// `null` without calls.
    met: Option<bool>,
}

/// How an objective stands over its own window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verdict)]
pub(crate) struct VerdictView {
    /// The live window it is judged over.
    #[schema(example = "5m")]
    window: &'static str,
    /// The time that window truly covers.
    span_seconds: f64,
    calls: u64,
    #[serde(flatten)]
    objective: ObjectiveView,
    /// For how long it has been missed without a break; `null` if it is not.
    missed_for_seconds: Option<f64>,
    /// For how long it must be, to count against health.
    for_seconds: f64,
}

/// A site in a window of time up to now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteWindow)]
pub(crate) struct WindowView {
    /// The time it truly covers.
    span_seconds: f64,
    stats: StatsView,
    objectives: Vec<ObjectiveView>,
}

/// The calls with one set of labels.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SiteSeries)]
pub(crate) struct SeriesView {
    labels: BTreeMap<String, String>,
    stats: StatsView,
}

/// A percentile of the durations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Percentile)]
pub(crate) struct PercentileView {
    percentile: f64,
    /// Within 0.4 %; `null` without calls.
    value_ns: Option<u64>,
}

/// Calls of about the same duration.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Bucket {
    from_ns: u64,
    /// Inclusive.
    to_ns: u64,
    count: u64,
}

impl SiteView {
    /// What every list says of a site, or of those of its series that are wanted, which it says too then. `None` if it has none of them.
    pub(crate) fn brief(
        site: &Site,
        now: &Snapshot,
        windows: &[(Window, Snapshot)],
        wanted: &Wanted,
        verdicts: &[Verdict],
    ) -> Option<Self> {
        if wanted.is_empty() {
            return Some(Self::of(site, now, windows, Cow::Borrowed, verdicts));
        }
        let chosen = wanted.part_of(site);
        let view = Self::of(&chosen, now, windows, |site| wanted.part_of(site), &[]).with_series(&chosen, now);
        (!chosen.series().is_empty()).then_some(view)
    }

    /// Of a site, of which windows have this part. Verdicts are of whole sites.
    pub(super) fn of<'a>(
        site: &Site,
        now: &Snapshot,
        windows: &'a [(Window, Snapshot)],
        part: impl Fn(&'a Site) -> Cow<'a, Site>,
        verdicts: &[Verdict],
    ) -> Self {
        let own = verdicts.iter().filter(|verdict| verdict.kind == site.kind() && verdict.name == site.name());
        let places = site.places().iter().map(|place| PlaceView {
            module: place.module.clone().into_owned(),
            file: place.file.clone().into_owned(),
            line: place.line,
        });
        let recent = windows.iter().filter_map(|(window, interval)| {
            let site = part(interval.site(site.kind(), site.name())?);
            let view = WindowView {
                span_seconds: interval.span().as_secs_f64(),
                stats: StatsView::of(&site, interval),
                objectives: objectives(&site),
            };
            Some((window.as_str(), view))
        });
        Self {
            kind: site.kind().as_str(),
            name: site.name().to_owned(),
            name_parts: site.name_parts().to_vec(),
            label_keys: site.label_keys().to_vec(),
            places: places.collect(),
            sampled: site.is_sampled(),
            stats: StatsView::of(site, now),
            objectives: objectives(site),
            verdicts: own.map(VerdictView::of).collect(),
            windows: recent.collect(),
            series: None,
            percentiles: None,
            distribution: None,
        }
    }

    /// Adds its series.
    pub(super) fn with_series(mut self, site: &Site, now: &Snapshot) -> Self {
        let view = |series: &perfmon_core::snapshot::Series| SeriesView {
            labels: owned(labels(site.label_keys(), series.values())),
            stats: StatsView::of(series.stats(), now),
        };
        self.series = Some(site.series().iter().map(view).collect());
        self
    }

    /// Adds how the durations are distributed.
    pub(super) fn with_distribution(mut self, site: &Site, percentiles: &[f64]) -> Self {
        let known = |percentile| (site.calls() > 0).then(|| nanos(site.percentile(percentile)));
        let view = |&percentile| PercentileView { percentile, value_ns: known(percentile) };
        self.percentiles = Some(percentiles.iter().map(view).collect());
        self.distribution = Some(buckets(site.buckets()));
        self
    }
}

fn objectives(site: &Site) -> Vec<ObjectiveView> {
    site.objectives().map(ObjectiveView::of).collect()
}

impl ObjectiveView {
    fn of(status: ObjectiveStatus) -> Self {
        Self {
            statistic: Statistic::as_str(status.objective.statistic()),
            bound_ns: status.objective.latency_bound().map(nanos),
            bound_error_rate: status.objective.error_rate_bound(),
            severity: status.objective.severity().as_str(),
            breaches: status.breaches,
            met: status.met,
        }
    }
}

impl VerdictView {
    fn of(verdict: &Verdict) -> Self {
        Self {
            window: verdict.window.as_str(),
            span_seconds: verdict.span.as_secs_f64(),
            calls: verdict.calls,
            objective: ObjectiveView::of(verdict.status),
            missed_for_seconds: verdict.missed_for.map(|lasted| lasted.as_secs_f64()),
            for_seconds: verdict.status.objective.hold().as_secs_f64(),
        }
    }
}

fn buckets(buckets: &Buckets) -> Vec<Bucket> {
    buckets.iter().map(|(from_ns, to_ns, count)| Bucket { from_ns, to_ns, count }).collect()
}
