//! AI agents: who runs, the tokens they use, the tools they call.
//!
//! ```
//! use perfmon::{agents, monitor_agent, monitor_tool};
//!
//! #[monitor_agent("researcher")]
//! fn research(question: &str) -> Result<String, String> {
//!     let found = search(question)?;
//!     perfmon::tokens(1_200, 340); // what the model says it read and wrote
//!     Ok(found)
//! }
//!
//! #[monitor_tool("search")]
//! fn search(question: &str) -> Result<String, String> {
//!     if question.is_empty() { Err("nothing to look for".into()) } else { Ok("found".into()) }
//! }
//!
//! let _ = (research("why"), research(""));
//! let summary = agents::summary();
//! let researcher = summary.agent("researcher").unwrap();
//! assert_eq!((researcher.runs.finished, researcher.runs.success_rate), (2, Some(0.5)));
//! assert_eq!((researcher.tokens.input, researcher.tokens.output), (1_200, 340));
//! assert_eq!((researcher.tools[0].tool.as_str(), researcher.tools[0].calls.finished, researcher.tools[0].calls.errors), ("search", 2, 1));
//! ```
//!
//! # Who runs
//!
//! The innermost [`monitor_agent`](crate::monitor_agent) function around the code, or [`time!`](crate::time) with `kind = agent`. Of a future it is the task's: the agent
//! is set while the future is polled and the one before it is set again afterwards, so agents that take turns on a thread, or move between threads, never
//! mix. It is set too while a future is dropped, so that it can report its tokens when it is given up.
//!
//! An agent that answers in a stream runs until the stream has ended or is dropped, and is set whenever it is polled: `impl Stream<Item = T>`, `Pin<Box<dyn Stream<Item = T>>>`, `BoxStream`,
//! or a `Result` of one, from a `fn` or an `async fn`. It fails with the item that ends it, and is cancelled when it is dropped before; [`monitor_latency`](macro@crate::monitor_latency) says more.
//! A stream inside of another type (`Sse<impl Stream<…>>`) is refused: give it a function of its own.
//!
//! ```
//! use futures::{Stream, StreamExt, stream};
//! use perfmon::{agents, monitor_agent};
//!
//! #[monitor_agent("streamer")]
//! async fn answer(question: &str) -> Result<impl Stream<Item = String> + use<>, String> {
//!     perfmon::tokens(question.len() as u64, 0);
//!     // As a model's words come.
//!     Ok(stream::iter(["so", "be", "it"]).map(|word| {
//!         perfmon::tokens(0, 1);
//!         word.to_owned()
//!     }))
//! }
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let words = answer("why").await.unwrap();
//! assert_eq!(agents::summary().agent("streamer").unwrap().runs.running, 1);
//! assert_eq!(words.count().await, 3);
//! # });
//! let summary = agents::summary();
//! let streamer = summary.agent("streamer").unwrap();
//! assert_eq!((streamer.runs.ok, streamer.tokens.input, streamer.tokens.output), (1, 3, 3));
//! ```
//!
//! What is spawned is another task and begins outside of any agent, unless the agent is [carried](carry) along, with a [stream](carry_stream) too. So it is of a task behind a channel that the
//! agent returns as a stream. (But an agent that is no future and drives a runtime
//! itself, by `block_on` on its own thread, is around all that the runtime polls there meanwhile, tasks of others too.)
//!
//! ```
//! use perfmon::{agents, monitor_agent};
//!
//! #[monitor_agent("carrier")]
//! fn work() {
//!     let agent = agents::Agent::current();
//!     let thread = std::thread::spawn(move || {
//!         let _within = agent.enter();
//!         perfmon::tokens(10, 1);
//!     });
//!     thread.join().unwrap();
//!     // tokio::spawn(agents::carry(async { … }))
//! }
//!
//! work();
//! assert_eq!(agents::summary().agent("carrier").unwrap().tokens.output, 1);
//! ```
//!
//! A guard ([`agent!`](crate::agent)) may be moved and outlive the code around it, so it says nothing of who runs; [`Agent::named`] and [`Agent::enter`] beside it do.
//!
//! An agent whose name is known at run time only gives it as the label `agent`: `#[monitor_agent("worker", labels(agent = task.agent))]`; a tool as the label
//! `tool`. Of such names of agents 200 are kept; further ones count as `other`.
//!
//! # Figures
//!
//! | metric | |
//! |---|---|
//! | `agent_input_tokens_total{agent}`, `agent_output_tokens_total{agent}` | counters: tokens that models read and wrote |
//! | `agent_input_token_usage{agent}`, `agent_output_token_usage{agent}` | histograms: tokens told at once, as a rule those of one call of a model |
//! | `model_input_tokens_total{provider, model}`, `model_output_tokens_total`, `model_cached_tokens_total`, `model_reasoning_tokens_total` | counters: the same by model, of what [`usage`] tells; cached ones are part of those read, reasoning of those written |
//! | `agent_tokens_refused_total` | counter: counts of tokens that no model can have meant |
//! | `agent_names_refused_total` | counter: names known at run time only that were one too many |
//!
//! beside those of every call site. The sites of tools have the label `agent`, so that calls, outcomes and times of each tool are known by agent. What happens
//! outside of any agent is counted as the agent `none`. [`summary`] reads all of it back.
//!
//! `/metrics` has them under the names of OpenTelemetry's conventions for generative AI: `gen_ai_client_token_usage{gen_ai_agent_name, gen_ai_token_type}` (a histogram),
//! `gen_ai_client_operation_duration_seconds{gen_ai_operation_name="invoke_agent", gen_ai_agent_name}` and the same of `execute_tool` with `gen_ai_tool_name`;
//! tokens by model in `perfmon_model_tokens_total{gen_ai_provider_name, gen_ai_request_model, token_type}`, a family of its own, so that sums over the other count no token twice. Outcomes are in `perfmon_calls_total{kind="agent", name, outcome}`
//! and `{kind="tool", name, agent, outcome}`; tokens as a counter in `perfmon_agent_tokens_total`.
//!
//! # Cost
//!
//! An agent's call costs a thread-local set and restored more than another's (for a future, at each poll; it grows by 24 bytes), a tool's a label. [`tokens`] takes about 35 ns and allocates nothing after a
//! thread's first of an agent. Call sites of other kinds cost nothing more.

mod current;
mod names;
#[cfg(feature = "exporter")]
mod section;
mod summary;
mod table;
mod usage;

use perfmon_core::{Counter, Histogram};

pub use current::{Agent, Carried, Entered, carry, carry_stream};
#[cfg(feature = "exporter")]
pub(crate) use section::section;
pub use summary::{AgentSummary, Calls, Summary, Tokens, ToolSummary, summary};
pub use usage::{ModelSummary, Usage, usage};

/// The agent of all that happens outside of one.
pub const NONE: &str = "none";

// Two of each rather than a label of two values: an agent that is one too many is still known by what it read and wrote.
static INPUT: Counter<1> = Counter::new("agent_input_tokens_total", module_path!())
    .labels(&["agent"])
    .unit("tokens")
    .help("Tokens that models read for agents.");

static OUTPUT: Counter<1> = Counter::new("agent_output_tokens_total", module_path!())
    .labels(&["agent"])
    .unit("tokens")
    .help("Tokens that models wrote for agents.");

static INPUT_USAGE: Histogram<1> = Histogram::new("agent_input_token_usage", module_path!())
    .labels(&["agent"])
    .unit("tokens")
    .help("Tokens read at once, as a rule by one call of a model.");

static OUTPUT_USAGE: Histogram<1> = Histogram::new("agent_output_token_usage", module_path!())
    .labels(&["agent"])
    .unit("tokens")
    .help("Tokens written at once, as a rule by one call of a model.");

static REFUSED: Counter = Counter::new("agent_tokens_refused_total", module_path!())
    .help("Counts of tokens that no model can have meant, beyond 2^53.");

/// Tokens told at once, at most: what a float, as most who read metrics have it, counts in ones. `u64::MAX` as a way to say "unknown" would have sums begin anew.
const MOST: u64 = 1 << 53;

/// Counts tokens that a model read (`input`) and wrote (`output`), as used by the agent that runs; outside of any, as used by `none`.
///
/// Call it with what the model says after each of its answers; [`agents::usage`](usage) counts by model besides. It may be called in pieces: a zero adds nothing, to the distribution neither. More than
/// 2^53 are no count and not added: `agent_tokens_refused_total` counts how often. About 35 ns. Without the
/// feature `on` it does nothing.
///
/// ```
/// #[perfmon::monitor_agent("writer")]
/// async fn write(draft: &str) -> String {
///     let (text, usage) = ask_model(draft).await;
///     perfmon::tokens(usage.prompt, usage.completion);
///     text
/// }
/// # struct Usage { prompt: u64, completion: u64 }
/// # async fn ask_model(draft: &str) -> (String, Usage) { (draft.into(), Usage { prompt: 1, completion: 1 }) }
/// ```
#[inline]
pub fn tokens(input: u64, output: u64) {
    if cfg!(feature = "on") {
        count(input, output);
    }
}

fn count(input: u64, output: u64) {
    let agent = [Agent::current().name()];
    for (tokens, sum, usage) in [(input, &INPUT, &INPUT_USAGE), (output, &OUTPUT, &OUTPUT_USAGE)] {
        match tokens {
            0 => {}
            1..=MOST => {
                sum.with(&agent).add(tokens);
                usage.with(&agent).record(tokens);
            }
            _ => REFUSED.inc(),
        }
    }
}

/// The label that a tool's calls have.
#[doc(hidden)]
#[must_use]
pub fn running_agent() -> &'static str {
    Agent::current().name()
}
