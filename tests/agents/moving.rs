//! Agents on several threads, and work that is handed on.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    thread,
};

use perfmon::{
    agents::{self, Agent, NONE},
    monitor_agent,
};
use tokio::task::yield_now;

use crate::{outside, support::assert_send, tokens};

fn workers(threads: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().expect("a runtime")
}

macro_rules! migrating {
    ($name:ident, $agent:literal, $input:literal) => {
        #[monitor_agent($agent)]
        async fn $name(rounds: u64, seen: Arc<Mutex<HashSet<thread::ThreadId>>>) {
            for _ in 0..rounds {
                seen.lock().expect("nobody panics").insert(thread::current().id());
                perfmon::tokens($input, 0);
                yield_now().await;
                perfmon::tokens(0, $input);
            }
        }
    };
}

migrating!(red, "moving.red", 3);
migrating!(blue, "moving.blue", 5_000);

#[test]
fn agents_that_move_between_threads_keep_their_tokens() {
    const TASKS: u64 = 16;
    const ROUNDS: u64 = 50;
    let runtime = workers(3);
    let seen = Arc::new(Mutex::new(HashSet::new()));
    // Until they were seen on more than one thread, which is a matter of luck.
    let mut batches = 0;
    while batches == 0 || (seen.lock().expect("nobody panics").len() < 2 && batches < 1_000) {
        batches += 1;
        runtime.block_on(async {
            let tasks: Vec<_> = (0..TASKS)
                .flat_map(|_| [tokio::spawn(red(ROUNDS, seen.clone())), tokio::spawn(blue(ROUNDS, seen.clone()))])
                .collect();
            for task in tasks {
                task.await.expect("it ends");
            }
        });
    }
    assert!(seen.lock().expect("nobody panics").len() > 1, "one thread did it all");
    let runs = batches * TASKS;
    assert_eq!(tokens("moving.red"), (runs * ROUNDS * 3, runs * ROUNDS * 3));
    assert_eq!(tokens("moving.blue"), (runs * ROUNDS * 5_000, runs * ROUNDS * 5_000));
}

#[monitor_agent("moving.parent")]
async fn parent() {
    let carried = tokio::spawn(agents::carry(async {
        perfmon::tokens(1, 0);
        yield_now().await;
        perfmon::tokens(0, 1);
        child().await;
        perfmon::tokens(1, 1);
    }));
    let agent = Agent::current();
    let blocking = tokio::task::spawn_blocking(move || {
        let _within = agent.enter();
        perfmon::tokens(10, 10);
    });
    let plain = tokio::spawn(async { perfmon::tokens(100, 100) });
    carried.await.expect("it ends");
    blocking.await.expect("it ends");
    plain.await.expect("it ends");
    perfmon::tokens(1_000, 1_000);
}

#[monitor_agent("moving.child")]
async fn child() {
    yield_now().await;
    perfmon::tokens(7, 7);
}

#[test]
fn work_that_is_spawned_has_its_agent_when_it_is_carried() {
    let _turn = outside();
    let before = tokens(NONE);
    workers(2).block_on(parent());
    assert_eq!(tokens("moving.parent"), (1_012, 1_012));
    assert_eq!(tokens("moving.child"), (7, 7));
    let after = tokens(NONE);
    assert_eq!((after.0 - before.0, after.1 - before.1), (100, 100), "what was not carried is outside of any agent");
}

#[test]
fn a_carried_future_can_be_spawned() {
    #[monitor_agent("moving.sends")]
    async fn sends() -> u8 {
        yield_now().await;
        1
    }
    drop(assert_send(agents::carry(assert_send(sends()))));
    assert_send(Agent::current());
}

#[test]
fn a_thread_begins_outside_of_any_agent() {
    let _within = Agent::named("moving.thread").enter();
    let name = thread::spawn(|| Agent::current().name()).join().expect("it ends");
    assert_eq!(name, NONE);
    assert_eq!(Agent::current().name(), "moving.thread");
}
