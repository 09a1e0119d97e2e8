//! What Prometheus' own programs say to the documents.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use perfmon_exporter::encode::{Format, Profile, Scrape};
use serde_json::{Value, json};

use crate::fixture::{self, MS, metric, objective, shop, site, stats, text};

const PROMTOOL: &str = "install the Debian package prometheus";

/// Runs a program on a document; gives its status and what it wrote.
fn run(program: &str, arguments: &[&str], document: &[u8], install: &str) -> (bool, String) {
    let started = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.unwrap_or_else(|error| panic!("failed to run {program}: {error}; {install}"));
    let mut input = child.stdin.take().expect("piped");
    std::thread::scope(|scope| {
        scope.spawn(move || input.write_all(document).expect("the program reads all"));
        let output = child.wait_with_output().expect("the program ends");
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    })
}

fn promtool(document: &str) {
    let (passed, said) = run("promtool", &["check", "metrics"], document.as_bytes(), PROMTOOL);
    assert!(passed, "{said}");
}

/// Every sample that Prometheus' Python client reads: name, labels, value.
fn openmetrics(document: &str) -> Vec<(String, Value, f64)> {
    const READ: &str = "
import json, sys
from prometheus_client.openmetrics import parser
text = sys.stdin.buffer.read().decode()
samples = [s for f in parser.text_string_to_metric_families(text) for s in f.samples]
print(json.dumps([[s.name, s.labels, s.value] for s in samples]))
";
    // Where scripts/test puts it.
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/python/bin/python3");
    let install = "run scripts/test, which installs prometheus-client";
    let (passed, said) = run(python, &["-c", READ], document.as_bytes(), install);
    assert!(passed, "{install}, or: {said}");
    serde_json::from_str(&said).expect("JSON")
}

fn full() -> (perfmon_core::Snapshot, Vec<(&'static str, perfmon_core::Snapshot)>) {
    let windows = vec![
        ("1m", shop(120, Duration::from_secs(60))),
        ("5m", shop(300, Duration::from_secs(300))),
        ("1h", shop(0, Duration::ZERO)),
    ];
    (shop(1_000, Duration::from_secs(3_600)), windows)
}

#[test]
fn promtool_has_no_complaint() {
    let (snapshot, windows) = full();
    let scrape = Scrape { snapshot: &snapshot, windows: &windows, slow: &[] };
    promtool(&text(&scrape, Profile::canonical(), Format::Text));
}

#[test]
fn the_strictest_parser_reads_every_sample() {
    let (snapshot, windows) = full();
    let scrape = Scrape { snapshot: &snapshot, windows: &windows, slow: &[] };
    let document = text(&scrape, Profile::canonical(), Format::OpenMetrics);
    let lines = document.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(openmetrics(&document).len(), lines);
}

#[test]
fn hostile_labels_come_back_as_they_were() {
    let long = "\\\"\n".repeat(3_400) + "🦀";
    let values = [
        "\"",
        "\\",
        "\n",
        "\\n",
        "\\\\n\"",
        "a\"b\\c\nd",
        "{}",
        "},x=\"1\"} 5",
        "# EOF",
        " ",
        ",",
        "=",
        "🦀日本",
        "\u{0}\u{7f}",
        "\r\t",
        "\u{feff}",
        "é\u{301}",
        "\\\"",
        &long,
    ];
    let mut sorted: Vec<&str> = values.to_vec();
    sorted.sort_unstable();
    let series: Vec<(Vec<&str>, Value)> = sorted.iter().map(|value| (vec![*value], json!({ "counter": 1 }))).collect();
    let series: Vec<(&[&str], Value)> =
        series.iter().map(|(values, value)| (values.as_slice(), value.clone())).collect();
    let help = "Quotes \" back\\slashes \\n and\nlines 🦀";
    let hostile = metric("weird name-1", "", help, &["päir \"{}"], &series);
    let mut calls = site("order", &["a \"b\\\n"], &stats(&[MS; 7], 0, &[]));
    calls["label_keys"] = json!(["le", "outcome", "__name__"]);
    calls["series"] = json!([{ "values": ["1", "\"\n\\", "z"], "stats": stats(&[MS; 7], 0, &[]) }]);
    calls["objectives"] = json!([objective("p99", 3e6)]);
    let snapshot = fixture::snapshot(vec![calls], vec![hostile], Duration::from_secs(1));
    let scrape = Scrape { snapshot: &snapshot, windows: &[], slow: &[] };
    let document = text(&scrape, Profile::canonical(), Format::OpenMetrics);
    // Prometheus' own reader of text; that it calls some names bad style is as it should be.
    let plain = text(&scrape, Profile::canonical(), Format::Text);
    let (_, said) = run("promtool", &["check", "metrics"], plain.as_bytes(), PROMTOOL);
    assert!(!said.contains("error while linting"), "{said}");
    let read = openmetrics(&document);
    let mut back: Vec<&str> = read
        .iter()
        .filter(|(name, ..)| name == "weird_name_1_total")
        .map(|(_, labels, _)| labels["p_ir____"].as_str().expect("a label"))
        .collect();
    back.sort_unstable();
    assert_eq!(back, sorted);
    let bucket = read.iter().find(|(name, ..)| name == "perfmon_order_duration_seconds_bucket").expect("buckets");
    let wanted = json!({
        "order_type": "a \"b\\\n", "label_le": "1", "outcome": "\"\n\\", "label__name__": "z", "le": "1e-06",
    });
    assert_eq!(bucket.1, wanted);
    let call = read.iter().find(|(name, ..)| name == "perfmon_calls_total").expect("calls");
    assert_eq!((&call.1["outcome"], &call.1["label_outcome"]), (&json!("ok"), &json!("\"\n\\")));
}

#[test]
fn names_that_clash_stay_apart() {
    let metrics = vec![
        fixture::counter("x", 1),
        fixture::gauge("x", 2.0),
        metric("x", "", "", &[], &[(&[], fixture::distribution(&[3]))]),
        fixture::gauge("x_count", 4.0),
        fixture::gauge("x_total", 5.0),
        fixture::counter("x.total", 6),
        fixture::counter("x_total", 7),
        fixture::gauge("process_open_fds", 8.0),
        fixture::gauge("process-open-fds", 9.0),
        fixture::gauge("perfmon_build_info", 10.0),
        fixture::gauge("perfmon_calls_created", 11.0),
        metric("wait_ms", "ms", "", &[], &[(&[], json!({ "gauge": 12_000.0 }))]),
        metric("wait_seconds", "seconds", "", &[], &[(&[], json!({ "gauge": 13.0 }))]),
    ];
    let document = fixture::text_of(metrics, Format::OpenMetrics);
    let mut values: Vec<f64> = openmetrics(&document)
        .into_iter()
        .filter(|(name, ..)| !name.starts_with("perfmon") || name.contains("gauge"))
        .filter(|(name, ..)| !name.ends_with("_bucket") && !name.ends_with("m_count"))
        .map(|(_, _, value)| value)
        .collect();
    values.sort_by(f64::total_cmp);
    assert_eq!(values, (1..=13).map(f64::from).collect::<Vec<_>>(), "{document}");
    assert_eq!(
        document,
        fixture::text_of(
            vec![
                metric("wait_seconds", "seconds", "", &[], &[(&[], json!({ "gauge": 13.0 }))]),
                metric("wait_ms", "ms", "", &[], &[(&[], json!({ "gauge": 12_000.0 }))]),
                fixture::gauge("perfmon_calls_created", 11.0),
                fixture::gauge("perfmon_build_info", 10.0),
                fixture::gauge("process-open-fds", 9.0),
                fixture::gauge("process_open_fds", 8.0),
                fixture::counter("x_total", 7),
                fixture::counter("x.total", 6),
                fixture::gauge("x_total", 5.0),
                fixture::gauge("x_count", 4.0),
                metric("x", "", "", &[], &[(&[], fixture::distribution(&[3]))]),
                fixture::gauge("x", 2.0),
                fixture::counter("x", 1),
            ],
            Format::OpenMetrics,
        )
    );
}
