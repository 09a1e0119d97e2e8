//! What an agent's run, a tool's call and `tokens` cost: nanoseconds of CPU of one, beside a function of another kind.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml -p perfmon-benches-agents`

use std::{
    env,
    hint::black_box,
    pin::pin,
    task::{Context, Poll, Waker},
};

use perfmon::{agents::Agent, monitor_agent, monitor_latency, monitor_tool};
use perfmon_benches_harness::thread_cpu;

/// Calls of one figure.
const BATCH: u64 = 100_000;

#[monitor_latency("plain")]
#[inline(never)]
fn plain(x: u64) -> u64 {
    black_box(x) + 1
}

#[monitor_agent("agent")]
#[inline(never)]
fn agent(x: u64) -> u64 {
    black_box(x) + 1
}

#[monitor_tool("tool")]
#[inline(never)]
fn tool(x: u64) -> u64 {
    black_box(x) + 1
}

#[monitor_agent("worker", labels(agent = name))]
#[inline(never)]
fn named(name: &str) -> u64 {
    black_box(1)
}

#[monitor_latency("plain_async")]
async fn plain_async(polls: u32) {
    wait(polls).await;
}

#[monitor_agent("agent_async")]
async fn agent_async(polls: u32) {
    wait(polls).await;
}

/// Ready when it was polled so often and once more.
async fn wait(polls: u32) {
    let mut left = black_box(polls);
    std::future::poll_fn(|_| {
        left = left.wrapping_sub(1);
        if left == u32::MAX { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn drive(future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    while future.as_mut().poll(&mut context).is_pending() {}
}

fn main() {
    let rounds = env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(31);
    type Row = (&'static str, Box<dyn Fn()>);
    let rows: [Row; 9] = [
        ("any function", Box::new(|| _ = plain(1))),
        ("an agent's run", Box::new(|| _ = agent(1))),
        ("an agent's run, named at run time", Box::new(|| _ = named(black_box("ada")))),
        ("a tool's call", Box::new(|| _ = tool(1))),
        ("any future, 1 + 10 polls", Box::new(|| drive(plain_async(10)))),
        ("an agent's future, 1 + 10 polls", Box::new(|| drive(agent_async(10)))),
        ("tokens(input, output)", Box::new(|| perfmon::tokens(black_box(1_200), black_box(340)))),
        ("tokens(input, 0)", Box::new(|| perfmon::tokens(black_box(1_200), black_box(0)))),
        ("Agent::current", Box::new(|| _ = black_box(Agent::current()))),
    ];
    let _within = Agent::named("bench").enter();
    let mut figures: Vec<Vec<f64>> = vec![Vec::new(); rows.len()];
    // Interleaved, so that a slow moment hits all rows alike.
    for _ in 0..rounds {
        for ((_, row), figures) in rows.iter().zip(&mut figures) {
            let before = thread_cpu();
            (0..BATCH).for_each(|_| row());
            figures.push((thread_cpu() - before) as f64 / BATCH as f64);
        }
    }
    println!("{:<36} {:>8} {:>6}   ns of CPU, median of {rounds}", "", "ns", "±");
    for ((name, _), mut figures) in rows.iter().zip(figures) {
        figures.sort_by(f64::total_cmp);
        let at = |part: f64| figures[((figures.len() - 1) as f64 * part) as usize];
        println!("{name:<36} {:>8.1} {:>6.1}", at(0.5), (at(0.75) - at(0.25)) / 2.0);
    }
}
