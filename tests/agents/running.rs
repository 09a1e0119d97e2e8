//! Tokens land on the innermost agent around them, whatever shape its function has.

use std::{future::Future, pin::Pin};

use async_trait::async_trait;
use futures::future::{BoxFuture, join, join_all};
use perfmon::{
    agents::{self, Agent, NONE},
    monitor_agent, monitor_latency,
};

use crate::{
    outside,
    support::{give_way, run},
    tokens,
};

#[monitor_agent("running.plain")]
fn plain() {
    perfmon::tokens(10, 1);
}

#[monitor_agent("running.outer")]
fn outer() {
    perfmon::tokens(100, 10);
    inner();
    perfmon::tokens(100, 10);
}

#[monitor_agent("running.inner")]
fn inner() {
    perfmon::tokens(7, 3);
}

#[test]
fn the_innermost_agent_uses_them() {
    plain();
    assert_eq!(tokens("running.plain"), (10, 1));
    outer();
    assert_eq!(tokens("running.outer"), (200, 20));
    assert_eq!(tokens("running.inner"), (7, 3));
}

#[test]
fn other_kinds_leave_the_agent_alone() {
    #[monitor_agent("running.around")]
    fn around() {
        between();
    }
    #[monitor_latency("running.between")]
    fn between() {
        perfmon::tokens(5, 5);
    }
    around();
    assert_eq!(tokens("running.around"), (5, 5));
}

#[test]
fn outside_of_any_they_are_counted_too() {
    let _turn = outside();
    let before = tokens(NONE);
    perfmon::tokens(3, 4);
    let after = tokens(NONE);
    assert_eq!((after.0 - before.0, after.1 - before.1), (3, 4));
    assert_eq!(agents::summary().agent(NONE).expect("it did something").runs, agents::Calls::default());
}

#[monitor_agent("running.first")]
async fn first(times: u64) {
    for _ in 0..times {
        perfmon::tokens(1, 0);
        give_way().await;
        perfmon::tokens(0, 1);
    }
}

#[monitor_agent("running.second")]
async fn second(times: u64) {
    for _ in 0..times {
        perfmon::tokens(1_000, 0);
        give_way().await;
        nested().await;
        perfmon::tokens(0, 1_000);
    }
}

#[monitor_agent("running.nested")]
async fn nested() {
    give_way().await;
    perfmon::tokens(50, 5);
    give_way().await;
}

/// On one thread, each poll of the one between two polls of the other.
#[test]
fn agents_that_take_turns_never_mix() {
    assert_eq!(Agent::current().name(), NONE);
    run(join(first(20), second(10)));
    assert_eq!(Agent::current().name(), NONE);
    assert_eq!(tokens("running.first"), (20, 20));
    assert_eq!(tokens("running.second"), (10_000, 10_000));
    assert_eq!(tokens("running.nested"), (500, 50));
}

#[monitor_agent("running.boxed")]
fn boxed(input: u64) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
    // What it does before there is a future is done in its name as well.
    perfmon::tokens(input, 0);
    Box::pin(async move {
        give_way().await;
        perfmon::tokens(0, input);
        Ok(())
    })
}

#[monitor_agent("running.opaque")]
fn opaque() -> impl Future<Output = u8> + Send {
    async {
        give_way().await;
        perfmon::tokens(2, 3);
        1
    }
}

#[monitor_agent("running.alias")]
fn alias(text: &str) -> BoxFuture<'_, usize> {
    Box::pin(async move {
        perfmon::tokens(text.len() as u64, 1);
        text.len()
    })
}

#[monitor_agent("running.iterator")]
fn iterator() -> impl Iterator<Item = u8> {
    perfmon::tokens(1, 2);
    [1].into_iter()
}

#[async_trait]
trait Thinker {
    async fn think(&self) -> Result<u64, String>;
    async fn dream(&self) -> u64;
    fn default(&self) {
        perfmon::tokens(9, 9);
    }
}

struct Model;

#[async_trait]
impl Thinker for Model {
    #[monitor_agent("running.inside_async_trait")]
    async fn think(&self) -> Result<u64, String> {
        give_way().await;
        perfmon::tokens(11, 12);
        Ok(1)
    }

    async fn dream(&self) -> u64 {
        perfmon::time!("running.time", kind = agent, async {
            give_way().await;
            perfmon::tokens(13, 14);
            1
        })
        .await
    }

    #[monitor_agent("running.method")]
    fn default(&self) {
        perfmon::tokens(15, 16);
    }
}

struct Around;

#[monitor_agent("running.block")]
#[async_trait]
impl Thinker for Around {
    async fn think(&self) -> Result<u64, String> {
        give_way().await;
        perfmon::tokens(17, 18);
        Ok(1)
    }

    async fn dream(&self) -> u64 {
        1
    }
}

#[test]
fn every_shape_says_who_runs() {
    run(join_all([boxed(4), boxed(6)]));
    assert_eq!(tokens("running.boxed"), (10, 10));
    assert_eq!(run(opaque()), 1);
    assert_eq!(tokens("running.opaque"), (2, 3));
    assert_eq!(run(alias("four")), 4);
    assert_eq!(tokens("running.alias"), (4, 1));
    assert_eq!(iterator().count(), 1);
    assert_eq!(tokens("running.iterator"), (1, 2));
    assert_eq!(run(Model.think()), Ok(1));
    assert_eq!(tokens("running.inside_async_trait"), (11, 12));
    assert_eq!(run(Model.dream()), 1);
    assert_eq!(tokens("running.time"), (13, 14));
    Model.default();
    assert_eq!(tokens("running.method"), (15, 16));
    assert_eq!(run(Around.think()), Ok(1));
    assert_eq!(tokens("running.block::think"), (17, 18));
    assert_eq!(
        perfmon::time!("running.closure", kind = agent, || {
            perfmon::tokens(1, 1);
            5
        }),
        5
    );
    assert_eq!(tokens("running.closure"), (1, 1));
    assert_eq!(Agent::current().name(), NONE);
}

#[monitor_agent]
fn by_path() {
    perfmon::tokens(21, 22);
}

#[monitor_agent]
async fn by_path_async() {
    perfmon::tokens(23, 24);
}

#[test]
fn without_a_name_the_path_is_the_name() {
    by_path();
    run(by_path_async());
    assert_eq!(tokens("agents::running::by_path"), (21, 22));
    assert_eq!(tokens("agents::running::by_path_async"), (23, 24));
    let summary = agents::summary();
    assert_eq!(summary.agent("agents::running::by_path_async").expect("it ran").runs.ok, 1);
}

/// The label is read once, and the call and the tokens have the same name.
#[test]
fn a_name_known_at_run_time_is_the_label_agent() {
    struct Task {
        agent: String,
        asked: std::cell::Cell<u32>,
    }
    impl Task {
        fn agent(&self) -> &str {
            self.asked.set(self.asked.get() + 1);
            &self.agent
        }
    }
    #[monitor_agent("running.worker", labels(size = 3_u8, agent = task.agent()))]
    async fn work(task: &Task) {
        give_way().await;
        perfmon::tokens(31, 32);
    }
    #[monitor_agent("running.worker", labels(agent = %number))]
    fn numbered(number: f64) {
        perfmon::tokens(33, 34);
    }
    let task = Task { agent: "running.ada".to_owned(), asked: 0.into() };
    run(work(&task));
    numbered(1.5);
    assert_eq!(task.asked.get(), 1);
    assert_eq!(tokens("running.ada"), (31, 32));
    assert_eq!(tokens("1.5"), (33, 34));
    let summary = agents::summary();
    assert_eq!(summary.agent("running.ada").expect("it ran").runs.ok, 1);
    assert_eq!(summary.agent("1.5").expect("it ran").tokens.output_per_run, Some(34.0));
    assert_eq!(summary.agent("running.worker"), None);
}

/// A guard may outlive the code around it, so it does not say who runs.
#[test]
fn a_guard_leaves_the_agent_alone() {
    #[monitor_agent("running.beside_guard")]
    fn around() {
        let _guard = perfmon::agent!("running.guard");
        perfmon::tokens(1, 0);
        let _within = Agent::named("running.guard").enter();
        perfmon::tokens(0, 1);
    }
    around();
    assert_eq!(tokens("running.beside_guard"), (1, 0));
    assert_eq!(tokens("running.guard"), (0, 1));
    assert_eq!(agents::summary().agent("running.guard").expect("it ran").runs.ok, 1);
}

#[test]
fn entered_together_all_leave_in_whatever_order() {
    let before = Agent::current();
    drop((Agent::of("running.team").enter(), Agent::of("running.member").enter()));
    assert_eq!(Agent::current(), before);

    let first = Agent::of("running.first").enter();
    let second = Agent::of("running.second").enter();
    drop(first);
    assert_eq!(Agent::current(), before);
    let third = Agent::of("running.third").enter();
    drop(second);
    assert_eq!(Agent::current().name(), "running.third");
    drop(third);
    assert_eq!(Agent::current(), before);
}
