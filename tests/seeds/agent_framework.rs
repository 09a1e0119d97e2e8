//! The agent framework's performance monitor: requests, resources, and a summary in the health endpoint.

use serde_json::Value;

use crate::{ask::Document, support::soon, world::world};

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
