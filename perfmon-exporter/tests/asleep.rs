//! A machine that slept, by a mock clock.

use std::time::Duration;

use perfmon_core::{
    MockClock,
    call::record,
    site::{CallSite, Kind, Name},
};

static SITE: CallSite = CallSite::new(Kind::Latency, Name::One("before_and_after"), module_path!());

#[test]
fn a_night_of_sleep_is_taken_in_by_one_tick() {
    let clock = MockClock::install().expect("no call was made yet");
    let mut exporter = perfmon_exporter::builder().by_hand().expect("it starts");
    let mut pass = |seconds: usize, clock: &MockClock| {
        for _ in 0..seconds {
            (0..10).for_each(|_| record(&SITE, Duration::from_millis(2)));
            clock.advance(Duration::from_secs(1));
            exporter.tick();
        }
        let text = exporter.scrape(None, None).expect("the canonical profile");
        String::from_utf8(text).expect("text")
    };
    let value = |text: &str, name: &str| -> Option<f64> {
        let line = text.lines().find(|line| line.starts_with(name) && line.contains("before_and_after"))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let rate = "perfmon_calls_per_second{kind=\"latency\",name=\"before_and_after\",window=\"1m\"}";
    let count = "perfmon_call_duration_seconds_count";

    let evening = pass(120, &clock);
    assert_eq!((value(&evening, rate), value(&evening, count)), (Some(10.0), Some(1_200.0)));
    clock.advance(Duration::from_secs(8 * 3_600));
    let awake = pass(1, &clock);
    assert_eq!(value(&awake, count), Some(1_210.0));
    // A window that slept says how long it truly was.
    assert!(value(&awake, rate) < Some(0.1), "{:?}", value(&awake, rate));
    let morning = pass(120, &clock);
    assert_eq!((value(&morning, rate), value(&morning, count)), (Some(10.0), Some(2_410.0)));
}
