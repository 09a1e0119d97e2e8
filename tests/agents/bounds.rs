//! What is bounded: names that are known at run time only, and the heap. A process of its own, whose names it uses up.

#[path = "../../perfmon-core/tests/support/counting.rs"]
mod counting;

use std::{
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
};

use counting::ALLOCATIONS;
use perfmon::{
    agents::{self, Agent, NONE},
    monitor_agent, monitor_tool,
    snapshot::Value,
};

/// The first name of this process, whichever test comes first.
const KEPT: &str = "bounds.kept_whatever_else_there_is";

#[monitor_agent("bounds.worker", labels(agent = name))]
fn worker(name: &str) {
    perfmon::tokens(10, 1);
}

#[test]
fn names_known_at_run_time_are_so_many_and_no_more() {
    assert_eq!(Agent::named(KEPT).name(), KEPT);
    for round in 0..3 {
        for number in 0..299 {
            let name = format!("bounds.{number}");
            worker(&name);
            let kept = Agent::named(&name).name();
            assert_eq!(kept, if number < 199 { name.as_str() } else { "other" }, "round {round}");
        }
    }
    assert_eq!(Agent::named(&"x".repeat(2_000)).name(), "other");
    assert_eq!(Agent::named("").name(), NONE);
    assert_eq!(Agent::named(KEPT).name(), KEPT);

    let snapshot = perfmon::snapshot();
    let summary = agents::Summary::of(&snapshot);
    let of = |agent: &str| {
        let agent = summary.agent(agent).expect("it ran");
        (agent.runs.finished, agent.tokens.input, agent.tokens.output)
    };
    assert_eq!(of("bounds.198"), (3, 30, 3));
    assert_eq!(of("other"), (300, 3_000, 300), "turned away, and counted all the same");
    let refused = snapshot.metric("agent_names_refused_total").and_then(perfmon::snapshot::Metric::total);
    assert_eq!(refused, Some(Value::Counter(3 * 100 * 2 + 1)));
    assert_eq!(snapshot.losses().labels_refused, 0);
}

#[monitor_agent("bounds.agent")]
async fn agent() {
    perfmon::tokens(black_box(1_200), black_box(80));
    let _ = tool(true).await;
    let mut first = true;
    std::future::poll_fn(|_| if std::mem::take(&mut first) { Poll::Pending } else { Poll::Ready(()) }).await;
    perfmon::tokens(black_box(5), black_box(0));
}

#[monitor_agent("bounds.blocking")]
fn blocking() {
    perfmon::tokens(black_box(7), black_box(8));
    let agent = Agent::named(KEPT);
    let _within = agent.enter();
    perfmon::tokens(black_box(9), black_box(10));
}

#[monitor_tool("bounds.tool")]
async fn tool(fine: bool) -> Result<(), ()> {
    if fine { Ok(()) } else { Err(()) }
}

fn round() {
    blocking();
    let mut future = pin!(agents::carry(agent()));
    let mut context = Context::from_waker(Waker::noop());
    while future.as_mut().poll(&mut context).is_pending() {}
    worker(KEPT);
    perfmon::tokens(black_box(1), black_box(1));
}

#[test]
fn nothing_allocates_after_the_first_time() {
    for _ in 0..2 {
        thread::spawn(|| {
            (0..100).for_each(|_| round());
            let before = ALLOCATIONS.get();
            (0..10_000).for_each(|_| round());
            assert_eq!(ALLOCATIONS.get() - before, 0);
        })
        .join()
        .expect("it allocated");
    }
}

#[monitor_agent("bounds.absurd")]
fn absurd() {
    perfmon::tokens(u64::MAX, 5);
    perfmon::tokens(7, (1 << 53) + 1);
    perfmon::tokens(1 << 53, 0);
}

#[test]
fn what_no_model_can_have_meant_is_not_added() {
    absurd();
    let snapshot = perfmon::snapshot();
    let summary = agents::Summary::of(&snapshot);
    let tokens = &summary.agent("bounds.absurd").expect("it ran").tokens;
    assert_eq!((tokens.input, tokens.output), ((1 << 53) + 7, 5));
    let refused = snapshot.metric("agent_tokens_refused_total").and_then(perfmon::snapshot::Metric::total);
    assert_eq!(refused, Some(Value::Counter(2)));
}
