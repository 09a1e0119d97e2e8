//! The windows that a profile asks for.

use std::time::Duration;

use perfmon_core::{
    MockClock,
    call::record,
    site::{CallSite, Kind, Name},
};

static SITE: CallSite = CallSite::new(Kind::Latency, Name::One("windowed"), module_path!());

#[test]
fn a_profile_gets_the_window_it_names() {
    let clock = MockClock::install().expect("no call was made yet");
    let toml = r#"
        rest = "drop"

        [[family]]
        name = "calls_per_second"
        type = "gauge"
        help = "Calls per second over an hour."
        window = "1h"
        from = { calls = "latency", name = "windowed", measure = "rate" }
    "#;
    let mut exporter = perfmon_exporter::builder().profile("hourly", toml).by_hand().expect("it starts");
    for _ in 0..120 {
        record(&SITE, Duration::from_millis(2));
        clock.advance(Duration::from_secs(1));
        exporter.tick();
    }
    let document = exporter.scrape(Some("hourly"), None).expect("it is known");
    let document = String::from_utf8(document).expect("UTF-8");
    let value = document.lines().find_map(|line| line.strip_prefix("calls_per_second ")).expect("a value");
    let rate: f64 = value.parse().expect("a number");
    assert!((0.95..=1.05).contains(&rate), "{document}");
}
