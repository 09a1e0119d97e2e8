//! The summary, and the figures behind it.

use std::time::Duration;

use perfmon::{
    agents::{self, Agent, Summary},
    monitor_agent, monitor_tool,
    snapshot::Value,
};

#[monitor_agent("read_back.agent")]
fn agent(fail: bool) -> Result<(), String> {
    perfmon::tokens(100, 30);
    perfmon::tokens(200, 0);
    tool();
    if fail { Err("failed".to_owned()) } else { Ok(()) }
}

#[monitor_tool("read_back.tool")]
fn tool() {}

#[monitor_agent("read_back.never")]
fn never() {}

/// A site whose calls say the name is no agent and no tool of its own.
#[test]
fn nobody_is_known_by_the_place_of_a_name_that_is_said_later() {
    #[monitor_agent("read_back.dynamic", labels(agent = name))]
    fn dynamic(name: &str) {
        dynamic_tool(name);
    }
    #[monitor_tool("read_back.dynamic_tool", labels(tool = name))]
    fn dynamic_tool(name: &str) {
        let _ = name;
    }
    let summary = agents::summary();
    assert_eq!((summary.agent("read_back.dynamic"), summary.tool("read_back.dynamic_tool")), (None, None));
    dynamic("read_back.said");
    let summary = agents::summary();
    assert_eq!((summary.agent("read_back.dynamic"), summary.tool("read_back.dynamic_tool")), (None, None));
    assert_eq!(summary.agent("read_back.said").map(|agent| agent.runs.ok), Some(1));
    assert_eq!(summary.tool("read_back.said").map(|tool| tool.calls.ok), Some(1));
}

#[test]
fn the_figures_of_an_agent() {
    let _ = never;
    for fail in [false, false, true, false] {
        let _ = agent(fail);
    }
    perfmon::record!("read_back.recorded", kind = agent, Duration::from_secs(2));
    perfmon::record!("read_back.recorded", kind = agent, Duration::from_secs(4));
    let snapshot = perfmon::snapshot();
    let summary = Summary::of(&snapshot);
    let agent = summary.agent("read_back.agent").expect("it ran");
    assert_eq!((agent.runs.finished, agent.runs.ok, agent.runs.errors, agent.runs.running), (4, 3, 1, 0));
    assert_eq!(agent.runs.success_rate, Some(0.75));
    assert_eq!((agent.tokens.input, agent.tokens.output), (1_200, 120));
    assert_eq!((agent.tokens.input_per_run, agent.tokens.output_per_run), (Some(300.0), Some(30.0)));
    assert_eq!(agent.tool("read_back.tool").expect("it was called").calls.finished, 4);

    let recorded = &summary.agent("read_back.recorded").expect("it ran").runs;
    assert_eq!(recorded.mean, Some(Duration::from_secs(3)));
    let close = |percentile: Option<Duration>, seconds: f64| {
        (percentile.expect("it ran").as_secs_f64() / seconds - 1.0).abs() <= 0.004
    };
    assert!(close(recorded.p50, 2.0) && close(recorded.p95, 4.0) && close(recorded.p99, 4.0), "{recorded:?}");

    // The same as the call site says, which knows the shortest and the longest exactly.
    let site = snapshot.get("read_back.agent").expect("it ran");
    assert_eq!(agent.runs.mean, Some(site.mean()));
    for (percentile, told) in [(50.0, agent.runs.p50), (95.0, agent.runs.p95), (99.0, agent.runs.p99)] {
        assert_eq!(told, Some(site.percentile(percentile)), "p{percentile}");
    }

    let never = summary.agent("read_back.never").expect("it is known");
    assert_eq!(never.runs, agents::Calls::default());
    assert_eq!((never.tokens, never.runs.success_rate), (agents::Tokens::default(), None));

    // A zero is no use of tokens: the distribution does not have it.
    let Some(Value::Histogram(usage)) =
        snapshot.metric("agent_output_token_usage").and_then(|metric| metric.with_labels(&["read_back.agent"]))
    else {
        panic!("no distribution");
    };
    assert_eq!((usage.count(), usage.sum(), usage.min()), (4, 120, Some(30)));
}

#[test]
fn an_interval_has_what_happened_in_it() {
    let work = |input| perfmon::time!("read_back.interval", kind = agent, || perfmon::tokens(input, 1));
    work(1_000);
    let before = perfmon::snapshot();
    work(10);
    let summary = Summary::of(&(perfmon::snapshot() - before));
    let agent = summary.agent("read_back.interval").expect("it ran");
    assert_eq!((agent.runs.finished, agent.tokens.input, agent.tokens.output), (1, 10, 1));
}

/// A place without the label, and one with it, of one name.
#[test]
fn places_that_share_a_name_add_up() {
    perfmon::record!("read_back.shared", kind = agent, Duration::from_millis(1));
    perfmon::time!("read_back.shared", kind = agent, labels(agent = "read_back.sharing"), || {});
    let summary = agents::summary();
    for name in ["read_back.shared", "read_back.sharing"] {
        assert_eq!(summary.agent(name).expect("it ran").runs.finished, 1, "{name}");
    }
}

#[test]
fn a_table_for_people() {
    {
        let _within = Agent::named("read_back.\u{1b}[31mtable").enter();
        perfmon::tokens(12_345, 678);
        perfmon::record!("read_back.tabled", kind = tool, Duration::from_millis(20));
    }
    let table = agents::summary().to_string();
    let lines: Vec<&str> = table.lines().collect();
    let at = lines.iter().position(|line| line.contains("[31mtable")).expect("a line of the agent");
    assert!(lines[at].contains("\u{fffd}[31mtable") && lines[at].ends_with("12345         678"), "{}", lines[at]);
    assert!(
        lines[at + 1].contains("  read_back.tabled") && lines[at + 1].contains("100.0 %    20.0ms"),
        "{}",
        lines[at + 1]
    );
    assert!(!table.contains("read_back.never"), "who did nothing has no line");
}

#[test]
fn a_table_has_numbers_of_any_size() {
    {
        let _within = Agent::of("read_back.huge").enter();
        (0..100).for_each(|_| perfmon::tokens(1 << 53, 1));
    }
    let table = agents::summary().to_string();
    let line = table.lines().find(|line| line.contains("read_back.huge")).expect("a line of the agent");
    assert!(line.ends_with("900719925474099200         100"), "{line}");
}

/// Plain data, there and back.
#[cfg(feature = "serde")]
#[test]
fn it_is_data() {
    perfmon::time!("read_back.data", kind = agent, || perfmon::tokens(1, 2));
    let agent = agents::summary().agent("read_back.data").cloned();
    let text = serde_json::to_string(&agent).expect("JSON");
    assert_eq!(serde_json::from_str::<Option<agents::AgentSummary>>(&text).expect("an agent"), agent);
    assert!(text.starts_with(r#"{"agent":"read_back.data","runs":{"finished":1,"ok":1,"#), "{text}");
}
