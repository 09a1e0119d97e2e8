//! Figures that a collector brings, and values as people say them.

use std::time::Duration;

use super::fixture::{self, collected, metric};
use crate::{
    report::{Report, Style},
    snapshot::{Snapshot, Value},
};

const MIB: u64 = 1 << 20;

/// After so many seconds, with a collected counter of these series.
fn after(seconds: u64, received: &[(&[&str], u64)]) -> Snapshot {
    let series = received.iter().map(|&(values, count)| (values, Value::Counter(count))).collect();
    let received = metric("feed_received_bytes_total", "bytes", "Received since boot", &["interface"], series);
    Snapshot { span: Duration::from_secs(seconds), metrics: vec![collected(received)], ..fixture::empty() }
}

/// The lines about it in the terminal, Markdown and CSV; and its rates in JSON.
fn told(snapshot: &Snapshot) -> (String, Vec<serde_json::Value>) {
    let report = Report::new(snapshot.clone());
    let texts = [report.to_terminal(&Style::default()), report.to_markdown(), report.metrics_to_csv()].concat();
    let lines: Vec<&str> =
        texts.lines().filter(|line| line.contains("eth") || line.contains("feed_received")).collect();
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).expect("JSON");
    super::schema::check(&report);
    let rates = json["metrics"][0]["series"].as_array().expect("series").iter().map(|one| one["rate_per_s"].clone());
    (lines.join("\n"), rates.collect())
}

#[test]
fn a_count_that_nobody_saw_begin_has_no_rate() {
    let earlier = after(10, &[(&["eth0"], 700 * MIB)]);
    let (lines, rates) = told(&earlier);
    assert!(lines.contains("700 MiB") && !lines.contains("/s"), "{lines}");
    assert!(lines.contains(",interface=eth0,734003200,,,"), "{lines}");
    assert_eq!(rates, [serde_json::Value::Null]);

    let later = after(20, &[(&["eth0"], 720 * MIB)]);
    let (lines, rates) = told(&(&later - &earlier));
    assert!(lines.contains("20 MiB") && lines.contains("2 MiB/s"), "{lines}");
    assert_eq!(rates, [2.0 * MIB as f64]);

    let restarted = Snapshot { process: 2, ..later };
    assert_eq!(told(&(&restarted - &earlier)).1, [serde_json::Value::Null]);
}

#[test]
fn a_series_that_came_between_has_no_rate_nor_has_their_sum() {
    let earlier = after(10, &[(&["eth0"], 700 * MIB)]);
    let later = after(20, &[(&["eth0"], 720 * MIB), (&["eth1"], 900 * MIB)]);
    let (lines, rates) = told(&(&later - &earlier));
    assert_eq!(rates, [(2.0 * MIB as f64).into(), serde_json::Value::Null]);
    let sum = lines.lines().find(|line| line.starts_with("feed_received")).expect("its line");
    assert!(sum.contains("920 MiB") && !sum.contains("/s"), "{sum}");
}

#[test]
fn values_read_as_people_say_them() {
    let gauge = |name, unit, value| metric(name, unit, "", &[], vec![(&[], Value::Gauge(value))]);
    let metrics = vec![
        gauge("", "", 7.0),
        gauge("feed_bytes_per_second", "bytes per second", 0.0),
        gauge("session_start_time_seconds", "seconds", 1_795_202_197.0),
        gauge("settle_time_seconds", "seconds", 90.0),
        gauge("slippage", "millipercent", 3_040.0),
    ];
    let report = Report::new(Snapshot { metrics, ..fixture::empty() });
    for text in [report.to_terminal(&Style::default()), report.to_markdown()] {
        for value in ["\"\" ", "0 B/s", "2026-11-20 19:16:37 UTC", "1m 30s", "3.04 %"] {
            assert!(text.contains(value), "{value} in {text}");
        }
    }
}
