//! What is in a document, and what is not.

use std::time::{Duration, UNIX_EPOCH};

use perfmon_core::site::Kind;
use perfmon_exporter::encode::{Exemplar, Format, Profile, Scrape};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    fixture::{self, MS, distribution, lines, metric, shop, site, stats, text, text_of},
    parser::{self, Labels},
};

fn canonical(snapshot: &perfmon_core::Snapshot, format: Format) -> String {
    text(&Scrape { snapshot, windows: &[], slow: &[] }, Profile::canonical(), format)
}

fn one(sites: Vec<Value>) -> perfmon_core::Snapshot {
    fixture::snapshot(sites, Vec::new(), Duration::from_secs(60))
}

#[test]
fn canonical_names_read_well() {
    let windows = [("1m", shop(120, Duration::from_secs(60))), ("5m", shop(0, Duration::from_secs(300)))];
    let scrape = Scrape { snapshot: &shop(1_000, Duration::from_secs(3_600)), windows: &windows, slow: &[] };
    let document = text(&scrape, Profile::canonical(), Format::Text);
    parser::parse(&document);
    // Of the buckets one series is enough to look at.
    let shown = |line: &&str| !line.contains("_bucket{") || line.contains("market_order\",symbol=\"AAPL");
    let shown: Vec<&str> = document.lines().filter(shown).collect();
    insta::assert_snapshot!("canonical", shown.join("\n"));
}

#[test]
fn other_systems_names_read_well() {
    let windows = [("5m", shop(120, Duration::from_secs(300)))];
    let scrape = Scrape { snapshot: &shop(1_000, Duration::from_secs(3_600)), windows: &windows, slow: &[] };
    for name in ["trading_bot", "algo_trade", "agent_cellphone"] {
        let profile = Profile::shipped(name).expect("shipped");
        // Whatever format is asked for, it is text 0.0.4.
        let document = text(&scrape, profile, Format::OpenMetrics);
        parser::parse(&document);
        let shown: Vec<&str> =
            document.lines().filter(|line| !line.contains("_bucket{") || line.contains("0.0\"}")).collect();
        insta::assert_snapshot!(name, shown.join("\n"));
    }
}

/// The label `agent` of an agent's call takes the place of its site's name, wherever that is shown as such; two sites that name one agent are one.
#[test]
fn agents_are_named_by_their_calls() {
    let named = |name: &str, series: &[(&str, usize)]| {
        let calls: usize = series.iter().map(|(_, calls)| calls).sum();
        let mut site = site("agent", &[name], &stats(&vec![MS; calls + 1], 0, &[]));
        site["label_keys"] = json!(["agent"]);
        let series =
            series.iter().map(|(agent, calls)| json!({ "values": [agent], "stats": stats(&vec![MS; *calls], 0, &[]) }));
        site["series"] = series.collect();
        site
    };
    let mut tool = site("tool", &["call"], &stats(&[MS; 5], 0, &[]));
    tool["label_keys"] = json!(["tool", "agent"]);
    tool["series"] = json!([
        { "values": ["weather", "ada"], "stats": stats(&[MS; 3], 0, &[]) },
        { "values": ["weather", "none"], "stats": stats(&[MS; 2], 0, &[]) },
    ]);
    let document = canonical(
        &one(vec![named("reader", &[("ada", 2), ("bob", 3)]), named("worker", &[("ada", 4)]), tool]),
        Format::Text,
    );
    parser::parse(&document);
    let agent = |name: &str, calls: u64| {
        format!(
            "gen_ai_client_operation_duration_seconds_count{{gen_ai_agent_name=\"{name}\",gen_ai_operation_name=\"invoke_agent\"}} {calls}"
        )
    };
    let tool = |agent: &str, calls: u64| {
        format!(
            "gen_ai_client_operation_duration_seconds_count{{gen_ai_tool_name=\"weather\",gen_ai_agent_name=\"{agent}\",gen_ai_operation_name=\"execute_tool\"}} {calls}"
        )
    };
    assert_eq!(
        lines(&document, "gen_ai_client_operation_duration_seconds_count"),
        [agent("ada", 6), agent("bob", 3), agent("reader", 1), agent("worker", 1), tool("ada", 3), tool("none", 2)]
    );
    assert_eq!(
        lines(&document, "perfmon_calls_total{kind=\"agent\",name=\"reader\",outcome=\"ok\""),
        [
            "perfmon_calls_total{kind=\"agent\",name=\"reader\",outcome=\"ok\",agent=\"ada\"} 2",
            "perfmon_calls_total{kind=\"agent\",name=\"reader\",outcome=\"ok\",agent=\"bob\"} 3",
            "perfmon_calls_total{kind=\"agent\",name=\"reader\",outcome=\"ok\"} 1",
        ]
    );
}

#[test]
fn labelled_series_add_up_to_the_site() {
    // Of ten calls, four have labels of one place and three of another; one has an empty label,
    // and two come from a place that shares the name and has no labels.
    let mut orders = site("order", &["limit"], &stats(&[MS; 10], 3, &[]));
    orders["label_keys"] = json!(["symbol"]);
    orders["series"] = json!([
        { "values": ["A"], "stats": stats(&[MS; 4], 1, &[]) },
        { "values": ["B"], "stats": stats(&[MS; 3], 0, &[]) },
        { "values": [""], "stats": stats(&[MS; 1], 0, &[]) },
    ]);
    let document = canonical(&one(vec![orders]), Format::Text);
    assert_eq!(
        lines(&document, "perfmon_order_duration_seconds_count"),
        [
            "perfmon_order_duration_seconds_count{order_type=\"limit\",symbol=\"A\"} 4",
            "perfmon_order_duration_seconds_count{order_type=\"limit\",symbol=\"B\"} 3",
            "perfmon_order_duration_seconds_count{order_type=\"limit\"} 3",
        ]
    );
    let families = parser::parse(&document);
    let calls: f64 = families["perfmon_calls_total"].samples.iter().map(|(.., value)| value).sum();
    assert!((calls - 10.0).abs() < 1e-9);
    assert_eq!(
        lines(&document, "perfmon_calls_in_flight{"),
        ["perfmon_calls_in_flight{kind=\"order\",name=\"limit\"} 0"]
    );
}

#[test]
fn sites_without_parts_give_their_whole_name() {
    let path = site("db", &["app::store::load"], &stats(&[MS], 0, &[]));
    let document = canonical(&one(vec![path]), Format::Text);
    assert_eq!(
        lines(&document, "db_client_operation_duration_seconds_count"),
        ["db_client_operation_duration_seconds_count{db_operation_name=\"app::store::load\"} 1"]
    );
}

#[test]
fn objectives_declared_twice_are_told_once() {
    let mut twice = site("latency", &["twice"], &stats(&[MS; 5], 0, &[2, 2]));
    twice["objectives"] = json!([fixture::objective("p99", 250e6), fixture::objective("p99", 250e6)]);
    let document = canonical(&one(vec![twice]), Format::Text);
    parser::parse(&document);
    assert_eq!(
        lines(&document, "perfmon_objective_breaches_total{"),
        ["perfmon_objective_breaches_total{kind=\"latency\",name=\"twice\",objective=\"p99\",bound=\"0.25\"} 2"]
    );
}

#[test]
fn units_become_base_units() {
    let value = |name: &str, unit: &str, value: Value| metric(name, unit, "Help", &[], &[(&[], value)]);
    let metrics = vec![
        value("hit_rate_percent", "percent", json!({ "gauge": 35.0 })),
        value("lag", "ms", json!({ "gauge": 250.0 })),
        value("spent_milliseconds_total", "milliseconds", json!({ "counter": 1_500 })),
        value("cache_kb", "kilobytes", json!({ "gauge": 3.0 })),
        value("open_orders", "orders", json!({ "gauge": 3.0 })),
        value("equity", "usd", json!({ "gauge": 9.5 })),
        value("wait", "nanoseconds", distribution(&[5 * MS])),
        value("size", "", distribution(&[5])),
        metric("odd.name", "", "", &[], &[(&[], json!({ "counter": 1 }))]),
    ];
    let text = text_of(metrics.clone(), Format::Text);
    for line in [
        "hit_rate_ratio 0.35",
        "lag_seconds 0.25",
        "spent_seconds_total 1.5",
        "cache_bytes 3000",
        "open_orders 3",
        "# HELP equity Help. Unit: usd.",
        "wait_seconds_bucket{le=\"0.0025\"} 0",
        "wait_seconds_bucket{le=\"0.005\"} 1",
        "wait_seconds_sum 0.005",
        "size_bucket{le=\"5.0\"} 1",
        "# HELP odd_name_total The counter `odd.name`; its declaration does not say what it means.",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    let open = text_of(metrics, Format::OpenMetrics);
    for line in [
        "# UNIT hit_rate_ratio ratio",
        "# UNIT spent_seconds seconds",
        "# TYPE spent_seconds counter",
        "# UNIT open_orders orders",
        "# UNIT cache_bytes bytes",
    ] {
        assert!(open.lines().any(|one| one == line), "{line}\n{open}");
    }
    assert!(!open.contains("# UNIT equity"));
}

#[test]
fn help_comes_back_as_it_was() {
    let help = "Quotes \" back\\slashes \\n and\nlines 🦀";
    let text = text_of(vec![metric("x", "", help, &[], &[(&[], json!({ "gauge": 1.0 }))])], Format::Text);
    assert_eq!(parser::parse(&text)["x"].help, help);
}

#[test]
fn a_label_named_like_ours_is_not_lost() {
    let mut calls = site("db", &["app::load"], &stats(&[MS; 2], 0, &[]));
    calls["label_keys"] = json!(["table", "outcome", "name"]);
    calls["series"] = json!([{ "values": ["t", "o", "n"], "stats": stats(&[MS; 2], 0, &[]) }]);
    let document = canonical(&one(vec![calls]), Format::Text);
    assert_eq!(
        lines(&document, "perfmon_calls_total")[0],
        "perfmon_calls_total{kind=\"db\",name=\"app::load\",outcome=\"ok\",table=\"t\",label_outcome=\"o\",label_name=\"n\"} 2"
    );
    assert_eq!(
        lines(&document, "db_client_operation_duration_seconds_count"),
        [
            "db_client_operation_duration_seconds_count{db_operation_name=\"app::load\",table=\"t\",outcome=\"o\",name=\"n\"} 2"
        ]
    );
}

#[test]
fn edges_are_the_same_in_every_format() {
    let snapshot = shop(100, Duration::from_secs(60));
    let les = |document: &str| -> Vec<String> {
        let buckets = document.lines().filter(|line| line.starts_with("perfmon_order_duration_seconds_bucket"));
        buckets.map(|line| line.split(" # ").next().unwrap_or_default().to_owned()).collect()
    };
    let [text, open] = [Format::Text, Format::OpenMetrics].map(|format| les(&canonical(&snapshot, format)));
    assert_eq!(text, open);
    assert!(
        text.iter().any(|line| line.contains("le=\"1.0\"")) && text.iter().any(|line| line.contains("le=\"0.02\""))
    );
}

#[test]
fn exemplars_are_the_newest_of_their_bucket() {
    let exemplar = |millis: u64, at: u64, trace: &str, span: Option<&str>| Exemplar {
        kind: Kind::Order,
        name: "market_order".to_owned(),
        labels: vec![("symbol".to_owned(), "AAPL".to_owned())],
        value: Duration::from_millis(millis),
        at: UNIX_EPOCH + Duration::from_millis(at),
        trace_id: trace.to_owned(),
        span_id: span.map(str::to_owned),
    };
    let long = "f".repeat(120);
    let slow = [
        exemplar(7, 2_500, "newer", Some("s1")),
        exemplar(8, 1_000, "older", None),
        exemplar(12, 1_000, "", None),
        exemplar(30, 1_000, &long, Some("0123456789abcdef")),
        exemplar(60_000, 1_000, &"f".repeat(121), None),
        Exemplar { labels: vec![("symbol".to_owned(), "MSFT".to_owned())], ..exemplar(70, 1_000, "other", None) },
    ];
    let snapshot = shop(100, Duration::from_secs(60));
    let scrape = Scrape { snapshot: &snapshot, windows: &[], slow: &slow };
    let document = text(&scrape, Profile::canonical(), Format::OpenMetrics);
    let shown: Vec<&str> = document.lines().filter(|line| line.contains(" # {")).collect();
    let bucket = |symbol: &str, le: &str| {
        format!("perfmon_order_duration_seconds_bucket{{order_type=\"market_order\",symbol=\"{symbol}\",le=\"{le}\"}} ")
    };
    for (line, (start, end)) in shown.iter().zip([
        (bucket("AAPL", "0.01"), "# {trace_id=\"newer\",span_id=\"s1\"} 0.007 2.5".to_owned()),
        (bucket("AAPL", "0.05"), format!("# {{trace_id=\"{long}\"}} 0.03 1")),
        (bucket("MSFT", "0.1"), "# {trace_id=\"other\"} 0.07 1".to_owned()),
    ]) {
        assert!(line.starts_with(&start) && line.ends_with(&end), "{line}");
    }
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(!text(&scrape, Profile::canonical(), Format::Text).contains("trace_id"));
}

#[test]
fn an_empty_process_has_a_document() {
    let snapshot = one(Vec::new());
    for name in Profile::shipped_names() {
        let profile = Profile::shipped(name).expect("shipped");
        parser::parse(&text(&Scrape { snapshot: &snapshot, windows: &[], slow: &[] }, profile, Format::Text));
    }
    assert!(canonical(&snapshot, Format::OpenMetrics).ends_with("# EOF\n"));
}

fn any_metric() -> impl Strategy<Value = Value> {
    let name = prop_oneof!["[abc_]{1,3}(_total|_count|_sum|_bucket|_info|_created|_ms|_percent)?", "\\PC{1,6}"];
    let unit = prop_oneof![Just(String::new()), Just("percent".to_owned()), Just("ms".to_owned()), "\\PC{1,5}"];
    let keys = prop::collection::btree_set(prop_oneof!["[a-b_]{1,2}", "\\PC{1,3}", Just("le".to_owned())], 0..3);
    (name, unit, keys, 0..3_u8, "\\PC{0,8}|\n\\\\\"").prop_flat_map(|(name, unit, keys, kind, help)| {
        let values = prop::collection::vec("[ab\\\\\"\n]{0,2}", keys.len());
        let series = prop::collection::btree_set(values, 1..4);
        series.prop_map(move |series| {
            let value = match kind {
                0 => json!({ "counter": 3 }),
                1 => json!({ "gauge": 1.5 }),
                _ => distribution(&[1, 5, 1_000_000]),
            };
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let series: Vec<Vec<&str>> =
                series.iter().map(|values| values.iter().map(String::as_str).collect()).collect();
            let series: Vec<(&[&str], Value)> =
                series.iter().map(|values| (values.as_slice(), value.clone())).collect();
            metric(&name, &unit, &help, &keys, &series)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// The strict reader refuses shared names, doubled series, bad escapes. Every value is still there.
    #[test]
    fn always_valid_and_nothing_is_lost(metrics in prop::collection::vec(any_metric(), 0..12)) {
        let mut metrics = metrics;
        metrics.sort_by_key(|metric| metric["key"].to_string());
        metrics.dedup_by_key(|metric| metric["key"].to_string());
        let samples = |metric: &Value| -> usize {
            let each = if metric["key"][1] == "histogram" { 2 } else { 1 };
            each * metric["series"].as_array().map_or(0, Vec::len)
        };
        let wanted: usize = metrics.iter().map(samples).sum();
        let families = parser::parse(&text_of(metrics, Format::Text));
        let own = |name: &String| name.starts_with("perfmon_");
        let found: usize = families
            .iter()
            .filter(|(name, _)| !own(name))
            .flat_map(|(_, family)| &family.samples)
            .filter(|(_, labels, _): &&(String, Labels, f64)| !labels.contains_key("le"))
            .count();
        prop_assert_eq!(found, wanted);
    }
}
