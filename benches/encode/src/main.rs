//! What a document of `/metrics` costs, beside prometheus-client's: CPU time of encoding alone, from a snapshot that was taken.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml -p perfmon-benches-encode`

use std::{env, hint::black_box};

use hdrhistogram::Histogram as Hdr;
use perfmon_benches_harness::thread_cpu;
use perfmon_core::{Snapshot, snapshot::Buckets};
use perfmon_exporter::encode::{Format, Profile, Scrape, render};
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};
use serde_json::{Value, json};

const COUNTERS: usize = 100_000;
const HISTOGRAMS: usize = 1_000;
const SITES: usize = 100;
const EDGES: [f64; 20] =
    [1e2, 2.5e2, 5e2, 1e3, 2.5e3, 5e3, 1e4, 2.5e4, 5e4, 1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8];
const KEYS: [&str; 3] = ["symbol", "venue", "account"];

/// A name, how many series, and what makes the document and gives its length.
type Row<'a> = (&'a str, usize, Box<dyn Fn() -> usize + 'a>);

fn main() {
    let rounds = env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(31);
    let counters = snapshot(&[], &[counters()]);
    let histograms = snapshot(&[], &[histograms()]);
    let labelled = snapshot(&[labelled()], &[]);
    let sites = snapshot(&sites(), &[]);
    let windows = ["10s", "1m", "5m", "15m", "1h"].map(|name| (name, sites.clone()));
    let (peer_counters, peer_histograms) = (peer_counters(), peer_histograms());
    let twenty = format!(
        r#"
            rest = "drop"

            [[family]]
            name = "payload_bytes"
            type = "histogram"
            help = "Sizes."
            edges = {EDGES:?}
            from = {{ metric = "payload" }}

            [[family]]
            name = "call_ns"
            type = "histogram"
            help = "Durations."
            edges = {EDGES:?}
            labels = {{ name = "name" }}
            from = {{ calls = "latency", measure = "duration" }}
        "#
    );
    let twenty = Profile::parse("twenty", &twenty).expect("a valid profile");
    let (canonical, none) = (Profile::canonical(), &[][..]);
    let rows: [Row<'_>; 8] = [
        ("100,000 counters, text", COUNTERS, Box::new(|| document(&counters, none, canonical, Format::Text))),
        (
            "100,000 counters, OpenMetrics",
            COUNTERS,
            Box::new(|| document(&counters, none, canonical, Format::OpenMetrics)),
        ),
        ("100,000 counters, prometheus-client", COUNTERS, Box::new(|| peer(&peer_counters))),
        (
            "1,000 histograms of 20 edges, text",
            HISTOGRAMS,
            Box::new(|| document(&histograms, none, &twenty, Format::Text)),
        ),
        (
            "1,000 series of a site, 20 edges, text",
            HISTOGRAMS,
            Box::new(|| document(&labelled, none, &twenty, Format::Text)),
        ),
        ("1,000 histograms of 20 edges, prometheus-client", HISTOGRAMS, Box::new(|| peer(&peer_histograms))),
        (
            "1,000 histograms, protobuf, native",
            HISTOGRAMS,
            Box::new(|| document(&histograms, none, canonical, Format::Protobuf)),
        ),
        (
            "100 sites with five windows, OpenMetrics",
            SITES,
            Box::new(|| document(&sites, &windows, canonical, Format::OpenMetrics)),
        ),
    ];
    let mut figures = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for ((_, _, row), figures) in rows.iter().zip(&mut figures) {
            let start = thread_cpu();
            black_box(row());
            figures.push(thread_cpu() - start);
        }
    }
    println!("{:<50} {:>10} {:>12} {:>10}", "CPU time, median", "ms", "ns a series", "MB");
    for ((name, series, row), mut figures) in rows.iter().zip(figures) {
        figures.sort_unstable();
        let median = figures[figures.len() / 2] as f64;
        let megabytes = row() as f64 / 1e6;
        println!("{name:<50} {:>10.2} {:>12.0} {megabytes:>10.1}", median / 1e6, median / *series as f64);
    }
}

fn document(snapshot: &Snapshot, windows: &[(&str, Snapshot)], profile: &Profile, format: Format) -> usize {
    black_box(render(&Scrape { snapshot, windows, slow: &[] }, profile, format)).len()
}

fn peer(registry: &Registry) -> usize {
    let mut out = String::new();
    text::encode(&mut out, registry).expect("a string takes everything");
    black_box(out).len()
}

fn labels(at: usize) -> [String; 3] {
    [format!("SYM{:05}", at / 20), format!("X{:03}", at % 20), format!("account-{}", at % 7)]
}

fn snapshot(sites: &[Value], metrics: &[Value]) -> Snapshot {
    serde_json::from_value(json!({
        "process": 1, "taken_at": { "secs_since_epoch": 1_795_202_197, "nanos_since_epoch": 0 },
        "span": { "secs": 60, "nanos": 0 }, "sites": sites, "metrics": metrics, "own_cost": { "secs": 0, "nanos": 11 },
        "footprint": { "arena_bytes": 0, "limit_bytes": 0, "label_bytes": 0, "slots": 0, "series": 0 },
        "losses": { "labels_refused": 0, "shared_pairs": 0, "uncounted_calls": 0 },
    }))
    .expect("the form in which snapshots are stored")
}

fn metric(name: &str, kind: &str, unit: &str, mut series: Vec<([String; 3], Value)>) -> Value {
    series.sort_by(|a, b| a.0.cmp(&b.0));
    let series: Vec<Value> =
        series.into_iter().map(|(values, value)| json!({ "values": values, "value": { kind: value } })).collect();
    json!({ "key": [name, kind], "help": "What it is.", "unit": unit, "label_keys": KEYS, "series": series })
}

fn counters() -> Value {
    let series = (0..COUNTERS).map(|at| (labels(at), json!(at * 7_919))).collect();
    metric("fills_total", "counter", "", series)
}

/// Some 200 buckets of 1,000 values.
fn buckets(seed: u64) -> Value {
    let mut hdr = Hdr::<u64>::new_with_max((1 << 45) - 1, 2).expect("bounds");
    let mut dice = seed * 2 + 1;
    for _ in 0..1_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        hdr.record(100_000 + (dice >> 33) % 300_000).expect("in range");
    }
    serde_json::to_value(Buckets::from_histogram(&hdr).expect("two digits")).expect("buckets become JSON")
}

fn histograms() -> Value {
    let value =
        |at| json!({ "sum": 250_000_000, "min": null, "max": null, "coarse": 0, "buckets": buckets(at as u64) });
    metric("payload", "histogram", "bytes", (0..HISTOGRAMS).map(|at| (labels(at), value(at))).collect())
}

fn stats(at: usize) -> Value {
    json!({
        "started": 1_000, "ok": 990, "errors": 10, "panics": 0, "cancelled": 0, "timed": 1_000, "clamped": 0, "coarse": 0,
        "total_ns": 250_000_000, "outermost_ns": 250_000_000, "busy_ns": 0, "min_ns": null, "max_ns": null,
        "breaches": [], "buckets": buckets(at as u64),
    })
}

fn site(at: usize) -> Value {
    let name = format!("service::module::function_{at:03}");
    json!({
        "key": ["latency", name], "parts": [name], "label_keys": [], "objectives": [], "sample": "every", "busy": false,
        "places": [{ "module": "service::module", "file": "src/module.rs", "line": at + 1 }], "total": stats(at), "series": [],
    })
}

fn sites() -> Vec<Value> {
    (0..SITES).map(site).collect()
}

/// A site with as many label sets as there are histograms.
fn labelled() -> Value {
    let mut site = site(0);
    let mut series: Vec<_> = (0..HISTOGRAMS).map(|at| (labels(at), stats(at))).collect();
    series.sort_by(|a, b| a.0.cmp(&b.0));
    site["label_keys"] = json!(KEYS);
    site["total"]["started"] = json!(1_000 * HISTOGRAMS);
    site["series"] = series.into_iter().map(|(values, stats)| json!({ "values": values, "stats": stats })).collect();
    site
}

type Labels = Vec<(&'static str, String)>;

fn peer_labels(at: usize) -> Labels {
    KEYS.into_iter().zip(labels(at)).collect()
}

fn peer_counters() -> Registry {
    let family = Family::<Labels, Counter>::default();
    (0..COUNTERS).for_each(|at| {
        family.get_or_create(&peer_labels(at)).inc_by(at as u64 * 7_919);
    });
    let mut registry = Registry::default();
    registry.register("fills", "What it is", family);
    registry
}

fn peer_histograms() -> Registry {
    let family = Family::<Labels, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(EDGES));
    for at in 0..HISTOGRAMS {
        let histogram = family.get_or_create_owned(&peer_labels(at));
        (0..1_000).for_each(|value| histogram.observe(f64::from(100_000 + value * 300)));
    }
    let mut registry = Registry::default();
    registry.register("payload_bytes", "Sizes", family);
    registry
}
