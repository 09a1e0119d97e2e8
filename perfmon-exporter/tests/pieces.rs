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
    let points = |answer: &Value| answer["series"][0]["points"].as_array().expect("a list").clone();
    let of = |object: &Value, member: &str| object[member].as_f64().expect("a number");
    let sum = |points: &[Value]| points.iter().map(|point| of(point, "value")).sum::<f64>();
    // All there is: the half hour before, minutes, ten seconds, seconds.
    let all = ask("measure=calls&start=0");
    let pieces = points(&all);
    assert_eq!((of(&all, "value"), sum(&pieces)), (54_000.0, 54_000.0));
    let spans: Vec<f64> = pieces.iter().map(|point| of(point, "span_seconds")).collect();
    assert!((1_700.0..1_900.0).contains(&spans[0]) && (spans.iter().sum::<f64>() - 5_400.0).abs() < 1e-6, "{spans:?}");
    for length in [1.0, 10.0, 60.0] {
        assert!(spans.iter().filter(|span| (**span - length).abs() < 1e-6).count() > 40, "{spans:?}");
    }
    assert!(pieces.windows(2).all(|two| two[0]["end"] == two[1]["start"]));
    let now = of(&all, "end");

    // An hour, by steps: even, aligned, and exact.
    let hour = ask("aggregate=count&start=-55m&step=60");
    let steps = points(&hour);
    assert!((54..=56).contains(&steps.len()), "{hour}");
    for step in &steps[1..steps.len() - 1] {
        assert!((of(step, "timestamp") / 60.0).fract().abs() < 1e-9, "{step}");
        assert!((of(step, "start") - of(step, "timestamp")).abs() <= 1.0, "{step}");
        assert!(
            (of(step, "span_seconds") - 60.0).abs() <= 1.0 && (590.0..=610.0).contains(&of(step, "value")),
            "{step}"
        );
        assert!((of(step, "value") - 10.0 * of(step, "span_seconds")).abs() < 1e-6, "{step}");
    }
    assert!((sum(&steps) - of(&hour, "value")).abs() < 1e-6, "{hour}");
    // A percentile of each minute: the slow calls were before.
    let p99 = |query: &str| ask(&format!("aggregate=p99&{query}"));
    assert!((of(&p99("start=0"), "value") / 0.1 - 1.0).abs() < 0.01);
    for step in points(&p99("step=5m&start=-50m")) {
        assert!((of(&step, "value") / 0.001 - 1.0).abs() < 0.01, "{step}");
    }
    let recent = points(&ask("aggregate=rate&start=-10m&step=10"));
    assert!(
        (59..=61).contains(&recent.len()) && recent.iter().all(|step| (of(step, "value") - 10.0).abs() < 1e-9),
        "{recent:?}"
    );

    // Of a range that has ended, and of one that is shorter than what is known: what is told is the truth about the times that are told with it.
    let before = ask(&format!("measure=calls&start={}&end={}", now - 3_000.0, now - 2_400.0));
    assert!((5_400.0..=6_600.0).contains(&of(&before, "value")), "{before}");
    assert!(
        (of(&before, "start") - (now - 3_000.0)).abs() <= 30.0 && (of(&before, "end") - (now - 2_400.0)).abs() <= 30.0
    );
    let short = ask(&format!("measure=calls&start={}&end={}", now - 1_800.0, now - 1_799.0));
    let one = &points(&short)[0];
    assert!(
        of(one, "start") < now - 1_799.0 && of(one, "end") > now - 1_800.0 && of(one, "span_seconds") <= 60.5,
        "{short}"
    );
    assert_eq!((&one["start"], &one["end"], &one["value"]), (&short["start"], &short["end"], &short["value"]));
    // Nothing is known of a part of what was before the hour.
    let old = ask(&format!("measure=calls&start={}&end={}", now - 5_000.0, now - 4_000.0));
    assert_eq!((points(&old).len(), &old["value"]), (0, &Value::Null));
    assert_eq!(points(&ask("measure=calls&start=99999999990&end=99999999999")).len(), 0);
}
