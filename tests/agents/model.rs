//! Whatever agents and tools do to each other: the sums are those of a model that walks the same tree.

use std::collections::BTreeMap;

use futures::future::{BoxFuture, FutureExt, join_all};
use perfmon::{
    agents::{self, Agent, NONE, Summary},
    monitor_agent, monitor_tool,
};
use proptest::prelude::*;

use crate::{
    outside,
    support::{give_way, panic_text, run},
};

/// What a task does.
#[derive(Debug, Clone)]
enum Step {
    Tokens(u32, u32),
    GiveWay,
    /// An agent runs these, in one of the ways there are.
    Agent(usize, Way, Vec<Step>),
    /// A tool of this number is called, and fails or not.
    Tool(usize, bool),
    /// Several take turns on the thread, their agent carried along or left out.
    Together(bool, Vec<Vec<Step>>),
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Async,
    Boxed,
    /// A function that runs the steps to their end.
    Blocking,
    /// The same, and panics then.
    Panicking,
    /// By its name.
    Entered,
}

const AGENTS: [&str; 3] = ["model.a", "model.b", "model.named"];
const TOOLS: [&str; 2] = ["model.hammer", "model.saw"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let way =
        prop_oneof![Just(Way::Async), Just(Way::Boxed), Just(Way::Blocking), Just(Way::Panicking), Just(Way::Entered)];
    let leaf = prop_oneof![
        3 => (0..5_000_u32, 0..900_u32).prop_map(|(input, output)| Step::Tokens(input, output)),
        2 => Just(Step::GiveWay),
        2 => (0..TOOLS.len(), any::<bool>()).prop_map(|(tool, fails)| Step::Tool(tool, fails)),
    ];
    let step = leaf.prop_recursive(4, 40, 5, move |inner| {
        let list = || prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            3 => (0..AGENTS.len(), way.clone(), list()).prop_map(|(agent, way, steps)| Step::Agent(agent, way, steps)),
            1 => (any::<bool>(), prop::collection::vec(list(), 1..4)).prop_map(|(carried, all)| Step::Together(carried, all)),
        ]
    });
    prop::collection::vec(step, 0..8)
}

#[monitor_agent("model.a")]
async fn agent_a(steps: &[Step]) {
    walk(steps).await;
}

#[monitor_agent("model.a")]
fn blocking_a(steps: &[Step]) {
    run(walk(steps));
}

#[monitor_agent("model.b")]
fn agent_b(steps: &[Step]) -> BoxFuture<'_, ()> {
    walk(steps)
}

#[monitor_agent("model.worker", labels(agent = name))]
async fn worker(name: &str, steps: &[Step]) {
    walk(steps).await;
}

#[monitor_agent("model.worker", labels(agent = name))]
fn panicking(name: &str, steps: &[Step]) {
    run(walk(steps));
    panic!("as told");
}

#[monitor_tool("model.hammer")]
fn hammer(fails: bool) -> Result<(), ()> {
    if fails { Err(()) } else { Ok(()) }
}

#[monitor_tool("model.saw")]
async fn saw(fails: bool) -> Result<(), ()> {
    give_way().await;
    if fails { Err(()) } else { Ok(()) }
}

fn walk(steps: &[Step]) -> BoxFuture<'_, ()> {
    async move {
        for step in steps {
            match step {
                Step::Tokens(input, output) => perfmon::tokens(u64::from(*input), u64::from(*output)),
                Step::GiveWay => give_way().await,
                Step::Agent(agent, way, steps) => run_agent(*agent, *way, steps).await,
                Step::Tool(0, fails) => drop(hammer(*fails)),
                Step::Tool(_, fails) => drop(saw(*fails).await),
                Step::Together(true, all) => drop(join_all(all.iter().map(|steps| agents::carry(walk(steps)))).await),
                Step::Together(false, all) => {
                    // As a task that is spawned, on this thread.
                    drop(join_all(all.iter().map(|steps| Agent::of(NONE).carry(walk(steps)))).await);
                }
            }
        }
    }
    .boxed()
}

async fn run_agent(agent: usize, way: Way, steps: &[Step]) {
    match (agent, way) {
        (_, Way::Panicking) => assert_eq!(panic_text(|| panicking(AGENTS[agent], steps)), "as told"),
        (_, Way::Entered) => {
            let _within = Agent::named(AGENTS[agent]).enter();
            run(walk(steps));
        }
        (0, Way::Async) => agent_a(steps).await,
        (0, _) => blocking_a(steps),
        (1, _) => agent_b(steps).await,
        (_, Way::Blocking) => run(worker(AGENTS[agent], steps)),
        _ => worker(AGENTS[agent], steps).await,
    }
}

/// What is expected: tokens by agent, runs by agent, tools' ok and errors by agent.
#[derive(Debug, Default, PartialEq)]
struct Expected {
    tokens: BTreeMap<String, (u64, u64)>,
    runs: BTreeMap<String, u64>,
    tools: BTreeMap<(String, String), (u64, u64)>,
}

impl Expected {
    fn walk(&mut self, agent: &str, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Tokens(0, 0) | Step::GiveWay => {}
                Step::Tokens(input, output) => {
                    let tokens = self.tokens.entry(agent.to_owned()).or_default();
                    tokens.0 += u64::from(*input);
                    tokens.1 += u64::from(*output);
                }
                Step::Agent(inner, way, steps) => {
                    if !matches!(way, Way::Entered) {
                        *self.runs.entry(AGENTS[*inner].to_owned()).or_default() += 1;
                    }
                    self.walk(AGENTS[*inner], steps);
                }
                Step::Tool(tool, fails) => {
                    let calls = self.tools.entry((agent.to_owned(), TOOLS[*tool].to_owned())).or_default();
                    if *fails { calls.1 += 1 } else { calls.0 += 1 }
                }
                Step::Together(carried, all) => {
                    all.iter().for_each(|steps| self.walk(if *carried { agent } else { NONE }, steps));
                }
            }
        }
    }

    /// The same figures as they were counted.
    fn seen(summary: &Summary) -> Self {
        let mut seen = Self::default();
        for agent in summary.agents.iter().filter(|agent| AGENTS.contains(&agent.agent.as_str()) || agent.agent == NONE)
        {
            let name = &agent.agent;
            if agent.tokens.input + agent.tokens.output > 0 {
                seen.tokens.insert(name.clone(), (agent.tokens.input, agent.tokens.output));
            }
            if agent.runs.finished > 0 {
                seen.runs.insert(name.clone(), agent.runs.finished);
            }
            for tool in agent.tools.iter().filter(|tool| TOOLS.contains(&tool.tool.as_str())) {
                seen.tools.insert((name.clone(), tool.tool.clone()), (tool.calls.ok, tool.calls.errors));
            }
        }
        seen
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_are_those_of_the_model(tasks in prop::collection::vec(steps(), 1..4)) {
        let _turn = outside();
        let mut expected = Expected::default();
        tasks.iter().for_each(|steps| expected.walk(NONE, steps));
        let before = perfmon::snapshot();
        // All of them take turns on this thread.
        run(join_all(tasks.iter().map(|steps| walk(steps))));
        prop_assert_eq!(Agent::current().name(), NONE);
        let seen = Expected::seen(&Summary::of(&(perfmon::snapshot() - before)));
        prop_assert_eq!(seen, expected);
    }
}
