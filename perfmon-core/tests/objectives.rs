//! Objectives are judged over their own windows, and count against health once they are missed for as long as they say.

#[macro_use]
mod support;

use std::{borrow::Cow, time::Duration};

use perfmon_core::{
    MockClock,
    analyse::{Health, HealthPolicy, Judge, Verdict, Window, Windows, assess},
    call::record,
    site::{CallSite, Kind, Name, Objective, Statistic},
    snapshot,
};

const SECOND: Duration = Duration::from_secs(1);
const P99: Objective = Objective::latency(Statistic::P99, 1_000_000);

macro_rules! promising {
    ($static:ident, $name:expr, $objectives:expr) => {
        static $static: CallSite =
            CallSite::new(Kind::Latency, Name::One($name), module_path!()).objectives(&$objectives);
        perfmon_core::inventory::submit! { $static.registration() }
    };
}

promising!(SHORT, "short", [P99.with_window(Duration::from_secs(8))]);
promising!(USUAL, "usual", [P99]);
promising!(LONG, "long", [P99.with_window(Duration::from_secs(86_400))]);
promising!(PATIENT, "patient", [P99.with_window(SECOND), P99.with_window(SECOND).with_hold(Duration::from_secs(5))]);

/// One who looks each second.
struct Watch {
    clock: MockClock,
    windows: Windows,
    judge: Judge,
}

impl Watch {
    fn tick(&mut self) -> (Vec<Verdict>, Health) {
        self.clock.advance(SECOND);
        let now = snapshot();
        self.windows.advance(&now);
        let windows = &self.windows;
        let verdicts = self.judge.judge(&now, |window| Cow::Owned(windows.interval(window, &now)));
        let recent = windows.interval(Window::FiveMinutes, &now);
        let health = assess(&HealthPolicy::default(), &now, &recent, &verdicts, &[], &[]);
        (verdicts, health)
    }
}

fn missed(verdicts: &[Verdict]) -> Vec<&str> {
    verdicts.iter().filter(|verdict| verdict.is_missed()).map(|verdict| verdict.name.as_str()).collect()
}

#[test]
fn each_over_its_own_window_and_for_as_long_as_it_says() {
    let (clock, _alone) = support::mock();
    let mut watch = Watch { clock, windows: Windows::default(), judge: Judge::default() };
    watch.tick();
    for site in [&SHORT, &USUAL, &LONG] {
        (0..3).for_each(|_| record(site, Duration::from_millis(2)));
    }
    assert_eq!(missed(&watch.tick().0), ["long", "short", "usual"]);
    let windows = |verdicts: &[Verdict]| verdicts.iter().map(|one| one.window.as_str()).collect::<Vec<_>>();
    assert_eq!(windows(&watch.tick().0), ["1h", "10s", "10s", "10s", "5m"], "of long, patient, patient, short, usual");
    // What is out of a window is out of the verdict.
    let after = |watch: &mut Watch, seconds: u64| (0..seconds).map(|_| watch.tick()).last().expect("some");
    assert_eq!(missed(&after(&mut watch, 15).0), ["long", "usual"]);
    let (verdicts, health) = after(&mut watch, 330);
    assert_eq!(missed(&verdicts), ["long"]);
    let reasons: Vec<_> = health.deductions.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(reasons, ["long misses p99 ≤ 1 ms over the last 6 min: 3 of 3 calls were slower"]);

    // Missed, but not for long enough; a break begins it anew.
    let slow = |watch: &mut Watch| {
        (0..3).for_each(|_| record(&PATIENT, Duration::from_millis(2)));
        watch.tick().0.into_iter().filter(|one| one.name == "patient").collect::<Vec<_>>()
    };
    for lasted in 0..5 {
        let verdicts = slow(&mut watch);
        assert_eq!(verdicts[1].missed_for, Some(SECOND * lasted));
        assert_eq!([verdicts[0].is_missed(), verdicts[1].is_missed()], [true, false]);
    }
    assert!(after(&mut watch, 20).0.iter().all(|one| one.name != "patient" || one.missed_for.is_none()));
    (0..5).for_each(|_| assert!(!slow(&mut watch)[1].is_missed()));
    (0..3).for_each(|_| record(&PATIENT, Duration::from_millis(2)));
    let (verdicts, health) = watch.tick();
    assert!(verdicts.iter().any(|one| one.is_missed() && !one.status.objective.hold().is_zero()));
    assert_eq!(health.deductions.iter().map(|one| one.points).sum::<u8>(), 15, "{health:?}");
}
