//! Tokens by the model that read and wrote them.

use std::collections::BTreeMap;

use perfmon_core::Counter;

use super::{MOST, REFUSED, count};
use crate::snapshot::{Metric, Snapshot, Value};

/// Models of providers that are told apart; further ones are `other`.
const MODELS: u32 = 200;

const fn by_model(name: &'static str) -> Counter<2> {
    Counter::new(name, module_path!()).labels(&["provider", "model"]).label_limit(MODELS).unit("tokens")
}

static INPUT: Counter<2> = by_model("model_input_tokens_total").help("Tokens that models read, cached ones included.");
static OUTPUT: Counter<2> =
    by_model("model_output_tokens_total").help("Tokens that models wrote, those of their reasoning included.");
static CACHED: Counter<2> =
    by_model("model_cached_tokens_total").help("Of the tokens that models read, those from their provider's cache.");
static REASONING: Counter<2> =
    by_model("model_reasoning_tokens_total").help("Of the tokens that models wrote, those of their reasoning.");

/// What one answer of a model used, as the model says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage<'a> {
    /// Who serves the model, as OpenTelemetry names it: `openai`, `anthropic`, `aws.bedrock`, `gcp.gemini` …
    pub provider: &'a str,
    /// The model that was asked for: `gpt-5`, say.
    pub model: &'a str,
    /// Tokens it read, cached ones included. (Anthropic's `input_tokens` are without them: add both kinds.)
    pub input: u64,
    /// Tokens it wrote, those of its reasoning included.
    pub output: u64,
    /// Of those it read, tokens from the provider's cache.
    pub cached: u64,
    /// Of those it wrote, tokens of its reasoning.
    pub reasoning: u64,
}

/// Counts what a model's answer used, by its model and, as [`tokens`](super::tokens) does, by the agent that runs; so call one of the two. Two hundred models are told apart, further ones are `other`.
/// What it costs in money only the program knows. Without the feature `on` it does nothing.
///
/// ```
/// use perfmon::agents::{self, Usage};
///
/// agents::usage(&Usage { provider: "openai", model: "gpt-5", input: 1_200, output: 340, cached: 1_024, ..Usage::default() });
/// let summary = agents::summary();
/// let model = &summary.models[0];
/// assert_eq!((model.model.as_str(), model.input, model.cached), ("gpt-5", 1_200, 1_024));
/// ```
#[inline]
pub fn usage(usage: &Usage<'_>) {
    if cfg!(feature = "on") {
        count(usage.input, usage.output);
        usage.count();
    }
}

impl Usage<'_> {
    fn count(&self) {
        let name = [self.provider, self.model];
        // What was read and written, if it is no count, has been refused already.
        for (tokens, sum) in [(self.input, &INPUT), (self.output, &OUTPUT)] {
            if (1..=MOST).contains(&tokens) {
                sum.with(&name).add(tokens);
            }
        }
        for (tokens, sum) in [(self.cached, &CACHED), (self.reasoning, &REASONING)] {
            match tokens {
                0 => {}
                1..=MOST => sum.with(&name).add(tokens),
                _ => REFUSED.inc(),
            }
        }
    }
}

/// The tokens of a model. Plain data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ModelSummary {
    /// Who serves it.
    pub provider: String,
    /// The model's name.
    pub model: String,
    /// Tokens it read.
    pub input: u64,
    /// Tokens it wrote.
    pub output: u64,
    /// Of those it read, tokens from the provider's cache.
    pub cached: u64,
    /// Of those it wrote, tokens of its reasoning.
    pub reasoning: u64,
}

type Field = fn(&mut ModelSummary) -> &mut u64;

/// The models of a snapshot, sorted by provider and name.
pub(super) fn models(snapshot: &Snapshot) -> Vec<ModelSummary> {
    let mut models: BTreeMap<(String, String), ModelSummary> = BTreeMap::new();
    let fields: [(&str, Field); 4] = [
        ("model_input_tokens_total", |of| &mut of.input),
        ("model_output_tokens_total", |of| &mut of.output),
        ("model_cached_tokens_total", |of| &mut of.cached),
        ("model_reasoning_tokens_total", |of| &mut of.reasoning),
    ];
    for (metric, field) in fields {
        for series in snapshot.metric(metric).into_iter().flat_map(Metric::series) {
            if let ([provider, model], Value::Counter(tokens)) = (series.values(), series.value()) {
                *field(models.entry((provider.clone(), model.clone())).or_default()) += tokens;
            }
        }
    }
    let named = |((provider, model), of)| ModelSummary { provider, model, ..of };
    models.into_iter().map(named).collect()
}
