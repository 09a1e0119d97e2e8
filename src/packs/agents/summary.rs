//! Agents and tools read back.

use std::{collections::BTreeMap, time::Duration};

use super::{ModelSummary, NONE, usage};
use crate::{
    Kind,
    snapshot::{Buckets, Site, Snapshot, Stats, Value},
};

/// What agents did and used. Plain data, a view of a [`Snapshot`].
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Summary {
    /// Every agent known, sorted by name, also those that never ran, unless only their calls say the name (the label `agent`). What happened outside of any is the agent [`NONE`].
    pub agents: Vec<AgentSummary>,
    /// Every tool known, by whomever it was called; sorted by name.
    pub tools: Vec<ToolSummary>,
    /// Every model that [`usage`](fn@super::usage) told of, by whichever agent; sorted by provider and name.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(default))]
    pub models: Vec<ModelSummary>,
}

/// What an agent did and used.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AgentSummary {
    /// Its name.
    pub agent: String,
    /// Its runs. None for [`NONE`] (but those whose label `agent` was empty), nor for an agent that is only [entered](super::Agent::enter).
    pub runs: Calls,
    /// Tokens used, in runs that are not over too.
    pub tokens: Tokens,
    /// The tools it called, sorted by name.
    pub tools: Vec<ToolSummary>,
}

/// A tool's calls.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ToolSummary {
    /// The tool's name.
    pub tool: String,
    /// Its calls: by one agent, or by all.
    pub calls: Calls,
}

/// How calls went.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Calls {
    /// Calls that finished: ok + errors + panics + cancelled.
    pub finished: u64,
    /// Calls that returned, and not an error.
    pub ok: u64,
    /// Calls that returned an error.
    pub errors: u64,
    /// Calls that panicked.
    pub panics: u64,
    /// Futures dropped before they finished, by a timeout say.
    pub cancelled: u64,
    /// Calls under way; in an interval as [`Stats::in_flight`].
    pub running: u64,
    /// ok ÷ finished, 0 to 1: who was cancelled did not succeed. `None` when nothing finished.
    pub success_rate: Option<f64>,
    /// The mean duration. `None` when nothing finished, as below.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "mean_ns", with = "crate::packs::nanos"))]
    pub mean: Option<Duration>,
    /// The median duration, within 0.4 %.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "p50_ns", with = "crate::packs::nanos"))]
    pub p50: Option<Duration>,
    /// The duration that 95 % of calls kept, within 0.4 %.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "p95_ns", with = "crate::packs::nanos"))]
    pub p95: Option<Duration>,
    /// The duration that 99 % of calls kept, within 0.4 %.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "p99_ns", with = "crate::packs::nanos"))]
    pub p99: Option<Duration>,
}

/// Tokens used.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Tokens {
    /// Read by models.
    pub input: u64,
    /// Written by models.
    pub output: u64,
    /// input ÷ runs that finished. `None` when none did.
    pub input_per_run: Option<f64>,
    /// output ÷ runs that finished. `None` when none did.
    pub output_per_run: Option<f64>,
}

/// What agents did and used since the process began: [`Summary::of`] a snapshot taken now.
#[must_use]
pub fn summary() -> Summary {
    Summary::of(&crate::snapshot())
}

impl Summary {
    /// What agents did and used in a snapshot, or in an interval, `later - earlier`.
    ///
    /// ```
    /// use perfmon::agents::Summary;
    ///
    /// let before = perfmon::snapshot();
    /// perfmon::time!("reviewer", kind = agent, || perfmon::tokens(700, 30));
    /// let interval = Summary::of(&(perfmon::snapshot() - before));
    /// let reviewer = interval.agent("reviewer").unwrap();
    /// assert_eq!((reviewer.tokens.input, reviewer.tokens.output_per_run), (700, Some(30.0)));
    /// println!("{interval}"); // a table of it
    /// ```
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        let mut agents: BTreeMap<String, (Sum, AgentSummary)> = BTreeMap::new();
        let mut tools: BTreeMap<String, Sum> = BTreeMap::new();
        let mut uses: BTreeMap<(String, String), Sum> = BTreeMap::new();
        for (agent, _, sum) in snapshot.of_kind(Kind::Agent).flat_map(parts) {
            agents.entry(agent).or_default().0.add(&sum);
        }
        for (tool, agent, sum) in snapshot.of_kind(Kind::Tool).flat_map(parts) {
            tools.entry(tool.clone()).or_default().add(&sum);
            if sum.started > 0 || sum.finished() > 0 {
                uses.entry((agent, tool)).or_default().add(&sum);
            }
        }
        for ((agent, tool), sum) in uses {
            let (_, of) = agents.entry(agent).or_default();
            of.tools.push(ToolSummary { tool, calls: sum.calls() });
        }
        for (agent, tokens) in counted(snapshot, "agent_input_tokens_total") {
            agents.entry(agent).or_default().1.tokens.input += tokens;
        }
        for (agent, tokens) in counted(snapshot, "agent_output_tokens_total") {
            agents.entry(agent).or_default().1.tokens.output += tokens;
        }
        let complete = |(agent, (sum, mut of)): (String, (Sum, AgentSummary))| {
            let runs = sum.calls();
            let per_run = |tokens: u64| (runs.finished > 0).then(|| tokens as f64 / runs.finished as f64);
            of.tokens.input_per_run = per_run(of.tokens.input);
            of.tokens.output_per_run = per_run(of.tokens.output);
            AgentSummary { agent, runs, ..of }
        };
        Self {
            agents: agents.into_iter().map(complete).collect(),
            tools: tools.into_iter().map(|(tool, sum)| ToolSummary { tool, calls: sum.calls() }).collect(),
            models: usage::models(snapshot),
        }
    }

    /// The agent of this name.
    #[must_use]
    pub fn agent(&self, name: &str) -> Option<&AgentSummary> {
        self.agents.iter().find(|agent| agent.agent == name)
    }

    /// The tool of this name.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&ToolSummary> {
        self.tools.iter().find(|tool| tool.tool == name)
    }
}

impl AgentSummary {
    /// The tool of this name, as this agent called it.
    #[must_use]
    pub fn tool(&self, name: &str) -> Option<&ToolSummary> {
        self.tools.iter().find(|tool| tool.tool == name)
    }
}

/// The counts of an agent or a tool, from as many sites and series as it has.
#[derive(Clone, Default)]
struct Sum {
    started: u64,
    /// ok, errors, panics, cancelled.
    outcomes: [u64; 4],
    time: Duration,
    /// The shortest and the longest; a percentile lies between.
    ends: Option<(Duration, Duration)>,
    buckets: Buckets,
}

impl Sum {
    fn of(stats: &Stats) -> Self {
        Self {
            started: stats.started(),
            outcomes: [stats.ok(), stats.errors(), stats.panics(), stats.cancelled()],
            time: stats.total(),
            ends: (stats.calls() > 0).then(|| (stats.min(), stats.max())),
            buckets: stats.buckets().clone(),
        }
    }

    fn finished(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    fn add(&mut self, other: &Self) {
        self.started += other.started;
        self.outcomes.iter_mut().zip(other.outcomes).for_each(|(mine, theirs)| *mine += theirs);
        self.time += other.time;
        self.ends = match (self.ends, other.ends) {
            (Some(mine), Some(theirs)) => Some((mine.0.min(theirs.0), mine.1.max(theirs.1))),
            (mine, theirs) => mine.or(theirs),
        };
        self.buckets.add(&other.buckets);
    }

    fn subtract(&mut self, part: &Self) {
        self.started = self.started.saturating_sub(part.started);
        self.outcomes.iter_mut().zip(part.outcomes).for_each(|(mine, part)| *mine = mine.saturating_sub(part));
        self.time = self.time.saturating_sub(part.time);
        self.buckets.subtract(&part.buckets);
    }

    fn calls(&self) -> Calls {
        let [ok, errors, panics, cancelled] = self.outcomes;
        let finished = self.finished();
        let percentile = |percentile| {
            let ((shortest, longest), value) = self.ends.zip(self.buckets.percentile(percentile))?;
            Some(Duration::from_nanos(value).max(shortest).min(longest))
        };
        let mean = self.time.as_nanos().checked_div(u128::from(finished));
        let mean = mean.map(|nanos| Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)));
        Calls {
            finished,
            ok,
            errors,
            panics,
            cancelled,
            running: self.started.saturating_sub(finished),
            success_rate: (finished > 0).then(|| ok as f64 / finished as f64),
            mean,
            p50: percentile(50.0),
            p95: percentile(95.0),
            p99: percentile(99.0),
        }
    }
}

/// A site's calls by its name, or what a label says in place of it, and the agent that called: `(name, caller, calls)`. An agent has no caller.
fn parts(site: &Site) -> Vec<(String, String, Sum)> {
    // An empty label is none: another place of the same name does not have it.
    let label = |values: &[String], key: &str, without: &str| -> String {
        let place = site.label_keys().iter().position(|known| known == key);
        let value = place.and_then(|place| values.get(place)).filter(|value| !value.is_empty());
        value.map_or_else(|| without.to_owned(), Clone::clone)
    };
    // What the labelled series leave is that of places without labels.
    let mut rest = Sum::of(site.stats());
    let mut parts: Vec<_> = site
        .series()
        .iter()
        .map(|series| {
            let sum = Sum::of(series.stats());
            rest.subtract(&sum);
            let name = label(series.values(), site.kind().as_str(), site.name());
            (name, label(series.values(), "agent", NONE), sum)
        })
        .collect();
    // A site whose calls say the name is nobody before they do.
    let is_named_by_call = site.label_keys().iter().any(|key| key == site.kind().as_str());
    if (parts.is_empty() && !is_named_by_call) || rest.started > 0 || rest.finished() > 0 {
        parts.push((site.name().to_owned(), NONE.to_owned(), rest));
    }
    parts
}

/// A counter by agent.
fn counted(snapshot: &Snapshot, metric: &str) -> Vec<(String, u64)> {
    let series = snapshot.metric(metric).into_iter().flat_map(crate::snapshot::Metric::series);
    series
        .filter_map(|series| match (series.values(), series.value()) {
            ([agent], Value::Counter(tokens)) => Some((agent.clone(), *tokens)),
            _ => None,
        })
        .collect()
}
