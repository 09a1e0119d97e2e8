//! What a document names and asks, as plain data, and whether Prometheus answers it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Deserialize;

use crate::{
    support::{prometheus::Sample, soon},
    world::World,
};

/// What a document names and asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    /// The profile of names.
    names: String,
    /// The metrics it names.
    #[serde(default)]
    metric: Vec<Metric>,
    /// The queries in it, as they are written there.
    #[serde(default)]
    query: Vec<Query>,
    /// What its own API is asked.
    #[serde(default)]
    pub(crate) answer: Vec<Answer>,
}

/// A metric: it is there with this type and these labels, no more and no fewer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metric {
    name: String,
    r#type: String,
    #[serde(default)]
    labels: BTreeSet<String>,
    /// Label sets that are among its series.
    #[serde(default)]
    with: Vec<BTreeMap<String, String>>,
    /// Of a histogram: its lowest and its highest finite edge.
    edges: Option<[f64; 2]>,
    /// What its values lie between.
    between: Option<[f64; 2]>,
    /// What has to come before it can be there. Until then it must not be, so that nobody forgets to take this out.
    awaits: Option<String>,
}

/// A query, and what its answer has to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    /// Where it stands in the document.
    of: String,
    ask: String,
    /// The labels of each sample of the answer, no more and no fewer.
    #[serde(default)]
    labels: BTreeSet<String>,
    /// Label sets that are among its samples.
    #[serde(default)]
    with: Vec<BTreeMap<String, String>>,
    /// What its values lie between.
    between: [f64; 2],
    /// A figure known from elsewhere that its first value is close to: as much as `within` times it, or a part of it as large.
    like: Option<String>,
    within: Option<f64>,
    /// When the document raises an alarm. Asked with it, Prometheus finds exactly the samples for which it holds.
    alert: Option<String>,
    /// As of a metric.
    awaits: Option<String>,
}

/// An answer of its API, as it stands in the document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Answer {
    pub(crate) get: String,
    pub(crate) says: String,
}

/// What is not as it should be.
pub(crate) type Check = Result<(), String>;

impl Document {
    pub(crate) fn read(text: &str) -> Self {
        toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The metrics it names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.metric.iter().map(|metric| metric.name.as_str())
    }

    /// Asks everything until it is as it should be, and tells what never is. `known` are figures from elsewhere by name.
    pub(crate) fn holds(&self, world: &World, known: &dyn Fn(&str) -> f64) {
        let asked = Asked { world, job: &self.names, known };
        let wrong = soon(|| {
            let metrics = self.metric.iter().map(|metric| (&metric.name, asked.metric(metric)));
            let queries = self.query.iter().map(|query| (&query.ask, asked.query(query)));
            let wrong = metrics.chain(queries).filter_map(|(what, check)| Some(format!("{what}: {}", check.err()?)));
            let wrong: Vec<String> = wrong.collect();
            if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
        });
        wrong.unwrap_or_else(|wrong| panic!("words of {} that do not work:\n{wrong}", self.names));
    }
}

struct Asked<'a> {
    world: &'a World,
    job: &'a str,
    known: &'a dyn Fn(&str) -> f64,
}

impl Asked<'_> {
    fn metric(&self, metric: &Metric) -> Check {
        let Metric { name, r#type, labels, with, edges, between, awaits } = metric;
        if awaits.is_some() {
            return self.is_awaited(&format!("{{__name__=~\"{name}(_count)?\"}}"));
        }
        let told = self.told_type(name);
        ensure(told.as_deref() == Some(r#type), || format!("its type is {told:?}, not {type}"))?;
        let (series, more): (String, &[&str]) = match r#type.as_str() {
            "histogram" => (format!("{name}_count"), &["bucket", "sum"]),
            "summary" => (format!("{name}_count"), &["sum"]),
            _ => (name.clone(), &[]),
        };
        for part in more {
            ensure(!self.samples(&format!("{name}_{part}")).is_empty(), || format!("no {name}_{part}"))?;
        }
        let samples = self.samples(&series);
        has(&samples, labels, with)?;
        lie_between(&samples, *between)?;
        if let Some([lowest, highest]) = *edges {
            let buckets = self.samples(&format!("{name}_bucket"));
            let edges = buckets
                .iter()
                .filter_map(|one| one.labels.get("le")?.parse().ok())
                .filter(|edge: &f64| edge.is_finite());
            let found = edges.fold((f64::MAX, f64::MIN), |(low, high), edge| (low.min(edge), high.max(edge)));
            ensure(found == (lowest, highest), || {
                format!("its edges go from {} to {}, not {lowest} to {highest}", found.0, found.1)
            })?;
        }
        if r#type == "summary" {
            let quantiles: BTreeSet<_> =
                self.samples(name).into_iter().filter_map(|mut one| one.labels.remove("quantile")).collect();
            ensure(quantiles.iter().map(String::as_str).eq(["0.5", "0.95", "0.99"]), || {
                format!("quantiles {quantiles:?}")
            })?;
        }
        Ok(())
    }

    fn query(&self, query: &Query) -> Check {
        let Query { of, ask, labels, with, between, like, within, alert, awaits } = query;
        if awaits.is_some() {
            return self.is_awaited(ask);
        }
        let wrong = |error: String| format!("({of}) {error}");
        let samples = self.samples(ask);
        has(&samples, labels, with).map_err(wrong)?;
        lie_between(&samples, Some(*between)).map_err(wrong)?;
        if let Some(name) = like {
            let (known, found, times) = ((self.known)(name), samples[0].value, within.expect("like has within"));
            let close = (known / times..=known * times).contains(&found);
            ensure(close, || format!("({of}) {found}, where {name} is {known}"))?;
        }
        if let Some(alert) = alert {
            let (operator, threshold) = alert.split_once(' ').expect("an operator and a threshold");
            let threshold: f64 = threshold.parse().expect("a number");
            let holds = |value: f64| match operator {
                ">" => value > threshold,
                "<" => value < threshold,
                other => panic!("unknown operator {other}"),
            };
            let (expected, found) =
                (samples.iter().filter(|one| holds(one.value)).count(), self.samples(&format!("{ask} {alert}")));
            ensure(found.len() == expected && found.iter().all(|one| holds(one.value)), || {
                format!("({of}) the alarm `{alert}` is raised for {found:?}, of {samples:?}")
            })?;
        }
        Ok(())
    }

    fn is_awaited(&self, query: &str) -> Check {
        let there = self.samples(query);
        ensure(there.is_empty(), || format!("has come, so take its `awaits` out: {:?}", Shown(there.iter())))
    }

    /// What a query finds, of this system where that can be told.
    fn samples(&self, query: &str) -> Vec<Sample> {
        let mut samples = self.world.prometheus.ask(query);
        samples.retain(|one| one.labels.get("job").is_none_or(|job| job == self.job));
        for one in &mut samples {
            one.labels.retain(|key, _| !["job", "instance", "__name__"].contains(&key.as_str()));
        }
        samples
    }

    /// The type that Prometheus was told.
    fn told_type(&self, name: &str) -> Option<String> {
        let target = format!("{{job=\"{}\"}}", self.job);
        // OpenMetrics names a counter's family without its ending.
        [name, name.trim_end_matches("_total")].iter().find_map(|name| {
            let asked = [("match_target", target.as_str()), ("metric", name)];
            let told = self.world.prometheus.get("/api/v1/targets/metadata", &asked);
            told["data"][0]["type"].as_str().map(str::to_owned)
        })
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Samples with these labels each, and these sets among them.
fn has(samples: &[Sample], labels: &BTreeSet<String>, with: &[BTreeMap<String, String>]) -> Check {
    ensure(!samples.is_empty(), || String::from("no data"))?;
    let other = samples.iter().find(|one| !one.labels.keys().eq(labels));
    ensure(other.is_none(), || format!("not labelled by {labels:?}: {:?}", Shown(other.into_iter())))?;
    let missing = with
        .iter()
        .find(|set| !samples.iter().any(|one| set.iter().all(|(key, value)| one.labels.get(key) == Some(value))));
    ensure(missing.is_none(), || format!("{missing:?} is not among {:?}", Shown(samples.iter())))
}

fn lie_between(samples: &[Sample], between: Option<[f64; 2]>) -> Check {
    let Some([lowest, highest]) = between else { return Ok(()) };
    let outside = samples.iter().find(|one| !(lowest..=highest).contains(&one.value));
    ensure(outside.is_none(), || format!("not from {lowest} to {highest}: {:?}", Shown(outside.into_iter())))
}

/// Samples in a line.
struct Shown<I>(I);

impl<'a, I: Iterator<Item = &'a Sample> + Clone> fmt::Debug for Shown<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.clone().map(|one| (&one.labels, one.value))).finish()
    }
}
