//! Which agent called which tool, and how that went.

use std::{future::Future, pin::pin, time::Duration};

use perfmon::{
    agents::{self, Agent, NONE, Summary},
    monitor_agent, monitor_tool,
};

use crate::{
    outside,
    support::{forever, give_way, panic_text, poll_once, run},
};

/// `[ok, errors, panics, cancelled]` of a tool, as an agent called it.
fn used(summary: &Summary, agent: &str, tool: &str) -> [u64; 4] {
    let calls = summary.agent(agent).and_then(|agent| agent.tool(tool)).map(|tool| &tool.calls);
    calls.map_or([0; 4], |calls| [calls.ok, calls.errors, calls.panics, calls.cancelled])
}

#[monitor_tool("tools.search")]
async fn search(question: &str) -> Result<u8, String> {
    give_way().await;
    match question {
        "" => Err("nothing to look for".to_owned()),
        "panic" => panic!("no idea"),
        "wait" => {
            forever().await;
            Ok(0)
        }
        _ => Ok(1),
    }
}

#[monitor_tool("tools.add")]
fn add(a: u8, b: u8) -> Option<u8> {
    a.checked_add(b)
}

#[monitor_agent("tools.asker")]
async fn asker() {
    assert!(search("why").await.is_ok());
    assert!(search("").await.is_err());
    assert!(search("").await.is_err());
    assert_eq!(add(1, 2), Some(3));
    let mut waits = pin!(search("wait"));
    assert!(poll_once(waits.as_mut()).is_pending());
    assert!(poll_once(waits.as_mut()).is_pending());
}

#[monitor_agent("tools.other")]
fn other() {
    assert_eq!(panic_text(|| run(search("panic"))), "no idea");
    assert_eq!(add(3, 4), Some(7));
}

#[test]
fn calls_are_known_by_agent_and_outcome() {
    let _turn = outside();
    let before = perfmon::snapshot();
    run(asker());
    other();
    assert!(add(1, 1).is_some());
    let summary = Summary::of(&(perfmon::snapshot() - before));
    assert_eq!(used(&summary, "tools.asker", "tools.search"), [1, 2, 0, 1]);
    assert_eq!(used(&summary, "tools.asker", "tools.add"), [1, 0, 0, 0]);
    assert_eq!(used(&summary, "tools.other", "tools.search"), [0, 0, 1, 0]);
    assert_eq!(used(&summary, "tools.other", "tools.add"), [1, 0, 0, 0]);
    assert_eq!(used(&summary, NONE, "tools.add"), [1, 0, 0, 0]);
    let all = &summary.tool("tools.search").expect("it was called").calls;
    assert_eq!((all.finished, all.ok, all.errors, all.panics, all.cancelled), (5, 1, 2, 1, 1));
    assert_eq!(all.success_rate, Some(0.2));
}

/// Times by agent come with it: a tool's calls are a series for each agent.
#[test]
fn a_tool_has_the_label_agent() {
    #[monitor_tool("tools.labelled", labels(index = "news"))]
    fn labelled() {}
    {
        let _within = Agent::named("tools.caller").enter();
        labelled();
    }
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("tools.labelled").expect("it was called");
    assert_eq!(site.label_keys(), ["index", "agent"]);
    assert_eq!(site.with_labels(&["news", "tools.caller"]).expect("the series").ok(), 1);
}

#[test]
fn guards_closures_durations_and_futures_know_who_called() {
    {
        let _within = Agent::named("tools.without").enter();
        drop(perfmon::tool!("tools.guard"));
        perfmon::tool!("tools.guard").finish(true);
        perfmon::time!("tools.time", kind = tool, || add(1, 1));
        perfmon::record!("tools.record", kind = tool, Duration::from_millis(1));
        run(perfmon::time!("tools.time", kind = tool, async { give_way().await }));
    }
    let summary = agents::summary();
    assert_eq!(used(&summary, "tools.without", "tools.guard"), [1, 1, 0, 0]);
    assert_eq!(used(&summary, "tools.without", "tools.time"), [2, 0, 0, 0]);
    assert_eq!(used(&summary, "tools.without", "tools.record"), [1, 0, 0, 0]);
}

/// A boxed future's labels are read where it is made, as those of every kind.
#[test]
fn a_tool_that_is_made_here_and_run_elsewhere_is_called_here() {
    #[monitor_tool("tools.made")]
    fn made() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(give_way())
    }
    let future = {
        let _within = Agent::named("tools.maker").enter();
        made()
    };
    run(Agent::named("tools.runner").carry(future));
    let summary = agents::summary();
    assert_eq!(used(&summary, "tools.maker", "tools.made"), [1, 0, 0, 0]);
    assert_eq!(used(&summary, "tools.runner", "tools.made"), [0; 4]);
}

#[test]
fn the_program_may_say_itself_who_called() {
    #[monitor_tool("tools.told", labels(agent = caller))]
    fn told(caller: &str) {
        assert_eq!(Agent::current().name(), "tools.running");
    }
    {
        let _within = Agent::named("tools.running").enter();
        told("tools.told_caller");
    }
    let summary = agents::summary();
    assert_eq!(used(&summary, "tools.told_caller", "tools.told"), [1, 0, 0, 0]);
    assert_eq!(used(&summary, "tools.running", "tools.told"), [0; 4]);
}

/// One function that calls many tools, as a protocol's client does.
#[test]
fn a_tool_named_at_run_time_is_the_label_tool() {
    #[monitor_tool("tools.call", labels(tool))]
    fn call(tool: &str) -> Result<(), String> {
        if tool == "tools.weather" { Ok(()) } else { Err("no such tool".to_owned()) }
    }
    {
        let _within = Agent::named("tools.client").enter();
        let _ = (call("tools.weather"), call("tools.weather"), call("tools.news"));
    }
    let summary = agents::summary();
    assert_eq!(used(&summary, "tools.client", "tools.weather"), [2, 0, 0, 0]);
    assert_eq!(used(&summary, "tools.client", "tools.news"), [0, 1, 0, 0]);
    assert_eq!(summary.tool("tools.call"), None);
}
