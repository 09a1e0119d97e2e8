//! The agent framework's performance monitor: requests, resources, and a summary in the health endpoint.

use std::{io::BufRead as _, process::Stdio};

use serde_json::Value;

use crate::{
    ask::Document,
    support::{Leashed, built::built, soon},
    world::{json, world},
};

/// `alert_thresholds`, in PromQL.
#[test]
fn the_agent_frameworks_alarms_can_be_raised() {
    let world = world();
    Document::read(include_str!("agent_framework.toml")).holds(world, &|name| match name {
        "p95 of requests in milliseconds" => world.recent("request", "p95_ns") / 1e6,
        other => panic!("nobody knows {other}"),
    });
}

/// "Request timing … percentiles (p50, p95, p99), error rate tracking, endpoint performance profiling", and "performance data included in health
/// endpoints".
#[test]
fn the_health_endpoint_has_a_summary_of_requests() {
    let world = world();
    for order in 1..=20 {
        world.visit(&format!("/orders/{order}"));
    }
    let looked = soon(|| {
        let summary = world.get("/health")["performance"].take();
        let requests = &summary["calls"]["request"];
        let slowest: Vec<&str> =
            requests["slowest"].as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()).collect();
        let figures = [requests, &requests["slowest"][0]].into_iter().all(|of| {
            let at = ["p50_ns", "p95_ns", "p99_ns"].map(|figure| of[figure].as_f64().unwrap_or(f64::NAN));
            at.is_sorted() && at[0] > 0.0 && at[2] < 5e9 && of["calls"].as_u64() >= Some(1) && of["error_rate"] == 0.0
        });
        let endpoints = slowest.contains(&"GET /orders/{id}") && slowest.contains(&"GET /status");
        if figures && endpoints { Ok(()) } else { Err(summary) }
    });
    looked.unwrap_or_else(|summary| panic!("{summary:#}"));
}

/// "CPU, memory (system and process), disk, load average, process count".
#[test]
fn the_health_endpoint_has_resources() {
    let world = world();
    let within = |value: &Value, lowest: f64, highest: f64| {
        value.as_f64().is_some_and(|value| (lowest..=highest).contains(&value))
    };
    let looked = soon(|| {
        let resources = world.get("/health")["performance"]["resources"].take();
        let percents = ["cpu_usage_percent", "memory_usage_percent", "disk_usage_percent"];
        let resident = world.resident_bytes();
        let right = percents.iter().all(|name| within(&resources[*name], 0.0, 100.0))
            && ["1m", "5m", "15m"].iter().all(|period| within(&resources["load_average"][*period], 0.0, 1e4))
            && within(&resources["processes"], 3.0, 1e6)
            && within(&resources["process_cpu_usage_percent"], 0.0, 1e4)
            && within(&resources["process_resident_memory_bytes"], resident / 1.3, resident * 1.3);
        if right { Ok(()) } else { Err(resources) }
    });
    looked.unwrap_or_else(|resources| panic!("{resources:#}"));
}

/// A response tells how long it took, as the framework's middleware has it.
#[test]
fn answers_say_how_long_they_took() {
    let (_, took) = world().account();
    let milliseconds: f64 = took.strip_suffix("ms").expect("a unit").parse().expect("a number");
    assert!((0.0..10_000.0).contains(&milliseconds), "{took}");
}

/// "Agent execution timing, success/failure rate tracking, token usage monitoring, tool usage analytics": of real agents, in a process of their own.
#[test]
fn agents_have_their_tokens_tools_and_success() {
    let arguments = ["--topics", "12", "--listen", "127.0.0.1:0"].map(str::to_owned);
    let mut agents = Leashed::start(&built("ai_agent"), &arguments, Stdio::inherit());
    let mut line = String::new();
    agents.stdout.read_line(&mut line).expect("text");
    let address = line.split_once("http://").map(|(_, rest)| rest.trim().to_owned()).expect("an address");

    let within = |value: &Value, lowest: f64| value.as_f64().is_some_and(|value| (lowest..=1.0).contains(&value));
    let looked = soon(|| {
        let told = json(&format!("http://{address}/api/v1/dashboard"))["agents"].take();
        let of = |list: &str, key: &str, name: &str| {
            let mut all = told[list].as_array().into_iter().flatten();
            all.find(|one| one[key] == name).cloned().unwrap_or_default()
        };
        let works = ["planner", "researcher", "writer"].iter().all(|name| {
            let agent = of("agents", "agent", name);
            let times = ["p50_ns", "p95_ns", "p99_ns"].map(|figure| agent["runs"][figure].as_f64().unwrap_or(f64::NAN));
            within(&agent["runs"]["success_rate"], 0.1)
                && times.is_sorted()
                && agent["tokens"]["input"].as_u64() > Some(0)
                && agent["tokens"]["output_per_run"].as_f64() > Some(0.0)
        });
        let researcher = of("agents", "agent", "researcher");
        let search = of("tools", "tool", "search");
        let uses =
            researcher["tools"].as_array().is_some_and(|tools| tools.iter().any(|tool| tool["tool"] == "search"));
        if works && uses && within(&search["calls"]["success_rate"], 0.1) { Ok(()) } else { Err(told) }
    });
    looked.unwrap_or_else(|told| panic!("{told:#}"));

    // "Performance data included in health endpoints."
    let looked = soon(|| {
        let calls = json(&format!("http://{address}/health"))["performance"]["calls"].take();
        let right = ["agent", "tool"].iter().all(|kind| {
            let of_kind = &calls[*kind];
            let at = ["p50_ns", "p95_ns", "p99_ns"].map(|figure| of_kind[figure].as_f64().unwrap_or(f64::NAN));
            of_kind["calls"].as_u64() > Some(0) && at.is_sorted() && of_kind["error_rate"].as_f64() < Some(1.0)
        });
        if right { Ok(()) } else { Err(calls) }
    });
    looked.unwrap_or_else(|calls| panic!("{calls:#}"));
}
