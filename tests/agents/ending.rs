//! However an agent ends, the one around it runs again.

use std::pin::pin;

use perfmon::{
    agents::{self, Agent},
    monitor_agent,
};

use crate::{
    support::{forever, give_way, panic_text, poll_once, run},
    tokens,
};

#[monitor_agent("ending.panics")]
fn panics() {
    perfmon::tokens(1, 1);
    panic!("no idea");
}

#[monitor_agent("ending.panics_async")]
async fn panics_async() {
    give_way().await;
    perfmon::tokens(2, 2);
    panic!("no idea");
}

#[monitor_agent("ending.around")]
fn around() {
    assert_eq!(panic_text(panics), "no idea");
    perfmon::tokens(10, 10);
    assert_eq!(panic_text(|| run(panics_async())), "no idea");
    perfmon::tokens(10, 10);
}

#[test]
fn a_panic_gives_back_the_agent_around() {
    around();
    assert_eq!(tokens("ending.around"), (20, 20));
    assert_eq!(tokens("ending.panics"), (1, 1));
    assert_eq!(tokens("ending.panics_async"), (2, 2));
    let summary = agents::summary();
    assert_eq!(summary.agent("ending.panics").expect("it ran").runs.panics, 1);
    assert_eq!(summary.agent("ending.panics_async").expect("it ran").runs.success_rate, Some(0.0));
    assert_eq!(summary.agent("ending.around").expect("it ran").runs.success_rate, Some(1.0));
}

/// Tells what it used when it is dropped, as a stream that is given up does.
struct Stream(u64);

impl Drop for Stream {
    fn drop(&mut self) {
        perfmon::tokens(0, self.0);
    }
}

#[monitor_agent("ending.cancelled")]
async fn cancelled() {
    let _stream = Stream(5);
    perfmon::tokens(3, 0);
    forever().await;
}

#[monitor_agent("ending.impatient")]
async fn impatient() {
    {
        let mut future = pin!(cancelled());
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(Agent::current().name(), "ending.impatient");
    }
    assert_eq!(Agent::current().name(), "ending.impatient");
    perfmon::tokens(30, 50);
    // Never polled, so it never ran.
    drop(cancelled());
}

#[test]
fn a_cancelled_agent_ends_in_its_own_name() {
    run(impatient());
    assert_eq!(tokens("ending.cancelled"), (3, 5));
    assert_eq!(tokens("ending.impatient"), (30, 50));
    let summary = agents::summary();
    let runs = &summary.agent("ending.cancelled").expect("it ran").runs;
    assert_eq!((runs.finished, runs.cancelled, runs.success_rate), (1, 1, Some(0.0)));
}

#[test]
fn agents_entered_in_turn_leave_in_turn() {
    let outer = Agent::named("ending.entered").enter();
    {
        let _inner = Agent::named("ending.inner").enter();
        assert_eq!(Agent::current().name(), "ending.inner");
    }
    assert_eq!(Agent::current(), Agent::of("ending.entered"));
    drop(outer);
    assert_eq!(Agent::current().name(), agents::NONE);
}
