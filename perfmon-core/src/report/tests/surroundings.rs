//! What stands around the program does not bury what is its own.

use super::fixture::{self, collected, metric};
use crate::{
    report::{Report, Style},
    snapshot::{Metric, Snapshot, Value},
};

fn gauge(name: &str, unit: &str, value: f64) -> Metric {
    collected(metric(name, unit, "", &[], vec![(&[], Value::Gauge(value))]))
}

fn gauges(name: &str, unit: &str, key: &str, values: &[(&[&str], f64)]) -> Metric {
    let series = values.iter().map(|&(labels, value)| (labels, Value::Gauge(value))).collect();
    collected(metric(name, unit, "", &[key], series))
}

/// The program's own metrics and those that the exporter and the pack for the system bring.
fn crowded() -> Snapshot {
    let mut snapshot = fixture::rich();
    let traffic: [(&[&str], f64); 2] = [(&["eth0"], 97_800.0), (&["eth1"], 0.0)];
    snapshot.metrics.extend([
        gauge("cpu_cores", "cores", 8.0),
        gauge("cpu_usage_percent", "percent", 34.2),
        gauges("disk_total_bytes", "bytes", "mount", &[(&["/"], 271e9), (&["/data"], 2e12)]),
        gauges("disk_usage_percent", "percent", "mount", &[(&["/"], 46.157), (&["/data"], 81.0)]),
        gauges("load_average", "tasks", "period", &[(&["15m"], 1.86), (&["1m"], 2.74), (&["5m"], 2.4)]),
        gauge("memory_total_bytes", "bytes", 25.2e9),
        gauge("memory_usage_percent", "percent", 3.05),
        gauges("network_received_bytes_per_second", "bytes per second", "interface", &traffic),
        gauges("network_sent_bytes_per_second", "bytes per second", "interface", &traffic),
        collected(metric("network_sent_errors_total", "errors", "", &[], vec![(&[], Value::Counter(3))])),
        gauge("perfmon_health_ratio", "ratio", 1.0),
        gauge("process_cpu_usage_percent", "percent", 112.0),
        gauge("process_orders", "orders", 4.0),
        gauge("process_max_fds", "files", 20_000.0),
        gauge("process_memory_growing", "", 1.0),
        gauge("process_memory_growth_bytes_per_second", "bytes per second", 12_600.0),
        gauge("process_open_fds", "files", 26.0),
        gauge("process_resident_memory_bytes", "bytes", 8.75e6),
        gauge("process_start_time_seconds", "seconds", 1_795_202_073.0),
        gauge("process_threads", "threads", 6.0),
        gauges("temperature_celsius", "celsius", "sensor", &[(&["core"], 61.4), (&["disk"], 38.0)]),
        gauge("venue_temperature_celsius", "celsius", 21.0),
    ]);
    snapshot.metrics.sort_by(|a, b| a.key.cmp(&b.key));
    snapshot
}

#[test]
fn the_terminal_tells_the_headlines() {
    let report = Report::new(crowded());
    let text = report.to_terminal(&Style::default());
    let from = text.find("counters").expect("the program's own");
    insta::assert_snapshot!(&text[from..]);
    assert!(report.to_terminal(&Style::default().with_width(40)).lines().all(|line| line.chars().count() <= 40));
}

#[test]
fn everything_else_has_all_of_them() {
    let report = Report::new(crowded());
    let (markdown, json, csv) = (report.to_markdown(), report.to_json(), report.metrics_to_csv());
    for metric in report.snapshot().metrics() {
        let named = metric.name();
        assert!(markdown.contains(named) && json.contains(named), "{named}");
        assert!(metric.series().is_empty() || csv.contains(named), "{named}");
    }
    let at = |text: &str| markdown.find(text).unwrap_or_else(|| panic!("{text} is not in {markdown}"));
    assert!(at("| process_orders") < at("## Process, machine and perfmon"));
    assert!(at("| venue_temperature_celsius") < at("## Process, machine and perfmon"));
    assert!(at("## Process, machine and perfmon") < at("| cpu_usage_percent"));
}

#[test]
fn a_name_of_theirs_that_the_program_declares_is_its_own() {
    let declared = metric("cpu_usage_percent", "percent", "", &[], vec![(&[], Value::Gauge(12.0))]);
    let report = Report::new(Snapshot { metrics: vec![declared], ..fixture::empty() });
    let text = report.to_string();
    assert!(text.contains("\ncpu_usage_percent") && !text.contains("machine"), "{text}");
}

#[test]
fn figures_of_perfmon_alone_are_only_counted() {
    let metrics = vec![gauge("perfmon_health_ratio", "ratio", 1.0)];
    let text = Report::new(Snapshot { metrics, ..fixture::empty() }).to_string();
    assert!(text.contains("… 1 metric of process, machine and perfmon: in the report as"), "{text}");
}

#[test]
fn what_a_collector_brings_in_numbers_is_only_counted() {
    let mut snapshot = fixture::rich();
    let own = Report::new(snapshot.clone()).to_terminal(&Style::default());
    let fleet = |count: u32| (0..count).map(|number| gauge(&format!("fleet_figure_{number:02}"), "", 1.0));
    snapshot.metrics.extend(fleet(20));
    snapshot.metrics.push(metric("fleet_turns", "turns", "", &[], vec![(&[], Value::Counter(3))]));
    snapshot.metrics.sort_by(|a, b| a.key.cmp(&b.key));
    let few = Report::new(snapshot.clone()).to_terminal(&Style::default());
    assert!(few.contains("fleet_figure_19") && few.contains("fleet_turns"), "{few}");

    snapshot.metrics.extend(fleet(21).skip(20));
    snapshot.metrics.sort_by(|a, b| a.key.cmp(&b.key));
    let report = Report::new(snapshot);
    let many = report.to_terminal(&Style::default());
    let note = "… 22 metrics of fleet: in the report as Markdown, JSON or CSV\n";
    assert!(many.contains(note) && !many.contains("fleet_"), "{many}");
    let without: Vec<_> = many.lines().filter(|line| !line.contains("of fleet")).collect();
    assert!(own.lines().all(|line| line.is_empty() || without.contains(&line)), "the rest is as before: {many}");
    assert!(report.to_markdown().contains("fleet_figure_20"));
}
