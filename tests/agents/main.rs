//! Who runs, what it used, and which tools it called: seen through the public face.
//!
//! Names of agents and tools are unique to their test, since the recorder belongs to the whole process. What happens outside of any agent is everybody's,
//! so tests that look at it take turns.

#[path = "../macros/support.rs"]
#[allow(dead_code, unreachable_pub)]
mod support;

mod ending;
mod model;
mod moving;
mod read_back;
mod running;
mod streaming;
mod tools;
mod usage;

use std::sync::{Mutex, MutexGuard, PoisonError};

use perfmon::agents;

/// Tokens in and out of an agent so far.
fn tokens(agent: &str) -> (u64, u64) {
    let summary = agents::summary();
    summary.agent(agent).map_or((0, 0), |agent| (agent.tokens.input, agent.tokens.output))
}

/// Nobody else does anything outside of an agent meanwhile.
fn outside() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
