//! An hour in pieces, by a mock clock: they do not overlap, and add up.

use std::time::Duration;

use perfmon_core::{
    MockClock,
    call::record,
    inventory,
    site::{CallSite, Kind, Name},
};
use serde_json::Value;

static SITE: CallSite = CallSite::new(Kind::Latency, Name::One("order_execution"), module_path!());
inventory::submit! { SITE.registration() }

#[test]
fn pieces_of_the_past_add_up() {
    let clock = MockClock::install().expect("no call was made yet");
    let mut exporter = perfmon_exporter::builder().by_hand().expect("it starts");
    // First slow calls, then quick ones: a percentile of the last minutes must not know the slow ones.
    for second in 0..5_400_u64 {
        let took = Duration::from_millis(if second < 1_800 { 100 } else { 1 });
        (0..10).for_each(|_| record(&SITE, took));
        clock.advance(Duration::from_secs(1));
        exporter.tick();
    }
    let ask = |query: &str| -> Value {
        let path = format!("/api/v1/metrics?name=order_execution&{query}");
        let (status, body) = exporter.get(&path).expect("an answer");
        let text = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).expect("JSON")
    };
    let now = ask("measure=calls&start=0");
    let points = now["series"][0]["points"].as_array().expect("a list").clone();
    assert_eq!(now["value"], 54_000.0);
    let sum = |points: &[Value]| Some(points.iter().filter_map(|point| point["value"].as_f64()).sum::<f64>());
    assert_eq!(sum(&points), Some(54_000.0));
    assert_eq!(points.len(), 6, "{now}");
    let spans: f64 = points.iter().filter_map(|point| point["span_seconds"].as_f64()).sum();
    assert!((spans - 5_400.0).abs() < 1e-6, "{spans}");
    assert!(points.is_sorted_by(|a, b| a["timestamp"].as_f64() < b["timestamp"].as_f64()));

    let end = points[5]["timestamp"].as_f64().expect("a time");
    // The windows' edges are rounded outwards: a range of five minutes is told by the window that reaches at least so far.
    let recent = ask(&format!("measure=calls&start={}", end - 290.0));
    assert!((3_000.0..=3_200.0).contains(&recent["value"].as_f64().expect("a number")), "{recent}");
    let p99 = |query: &str| ask(&format!("measure=p99&{query}"))["value"].as_f64().expect("a number");
    assert!((p99("start=0") / 0.1 - 1.0).abs() < 0.01);
    assert!((p99(&format!("start={}", end - 800.0)) / 0.001 - 1.0).abs() < 0.01);
    // And of a range that has ended.
    let before = ask(&format!("measure=calls&start=0&end={}", end - 3_000.0));
    let earlier = before["series"][0]["points"].as_array().expect("a list");
    assert!(before["value"].as_f64() < Some(54_000.0), "{before}");
    assert_eq!(sum(earlier), before["value"].as_f64());
    assert_eq!(
        ask("measure=calls&start=99999999990&end=99999999999")["series"][0]["points"].as_array().map(Vec::len),
        Some(0)
    );
}
