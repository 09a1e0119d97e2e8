//! Windows that have no memory. A process has one exporter, so this test is alone.

use std::time::Duration;

use perfmon_core::{
    MockClock,
    call::record,
    site::{CallSite, Kind, Name},
};

static SITE: CallSite = CallSite::new(Kind::Latency, Name::One("unwatched"), module_path!());

#[test]
fn series_without_windows_are_told_in_health() {
    let clock = MockClock::install().expect("no call was made yet");
    let mut exporter = perfmon_exporter::builder().windows_memory(0).by_hand().expect("it starts");
    for _ in 0..3 {
        record(&SITE, Duration::from_millis(2));
        clock.advance(Duration::from_secs(1));
        exporter.tick();
    }
    let health = exporter.health().expect("it has ticked");
    let told = health.deductions.iter().find(|one| one.rule == "windows").expect("told");
    assert_eq!(told.points, 5);
    assert!(told.reason.contains("have no live windows: give those more memory"), "{}", told.reason);
}
