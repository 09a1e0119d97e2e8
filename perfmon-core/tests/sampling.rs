//! Sampled sites: every call counted, few timed, none favoured.

#[macro_use]
mod support;

use std::thread;

use perfmon_core::{
    call::{async_enter, enter_labels_sampled, enter_sampled, guard, polled, record},
    site::{Objective, Sample, Statistic},
};
use support::{Later, mock, ns, poll, taken};

site!(PERIODIC, "periodic", sample(Sample::OneIn(64)), objectives(&[Objective::latency(Statistic::P50, 5_000)]));
site!(LABELLED, "labelled", sample(Sample::OneIn(16)), labels(&["n"]));
site!(AUTO, "auto", sample(Sample::Auto));
site!(MIXED, "mixed", sample(Sample::OneIn(8)));
site!(MOVING, "moving", sample(Sample::OneIn(64)));

/// A workload with the period of the sampling: one call in 64 takes long. A fixed choice would see it always or never.
#[test]
fn one_in_64_has_no_favourite_phase() {
    let (clock, _alone) = mock();
    let calls: u64 = 64 * 20_000;
    for at in 0..calls {
        let call = enter_sampled(&PERIODIC);
        clock.advance(ns(if at % 64 == 17 { 10_000 } else { 100 }));
        call.finish(at % 3 == 0);
    }
    let site = taken("periodic");
    assert_eq!((site.calls(), site.errors(), site.buckets().total()), (calls, calls.div_ceil(3), calls));
    let timed = calls as f64 / site.timed() as f64;
    assert!((55.0..70.0).contains(&timed), "one in {timed}");
    // 20,000 timings, each slow with a chance of 1/64: 312 ± 18; seven times that allowed.
    let slow = site.buckets().iter().filter(|bucket| bucket.0 > 5_000).map(|bucket| bucket.2).sum::<u64>();
    let share = slow as f64 * 64.0 / calls as f64;
    assert!((0.6..1.4).contains(&share), "{share}");
    let exact = (10_000.0 + 63.0 * 100.0) / 64.0;
    assert!((site.mean().as_nanos() as f64 / exact - 1.0).abs() < 0.3, "{:?}", site.mean());
    assert_eq!(
        site.objectives().next().map(|status| status.breaches),
        Some(slow),
        "breaches and buckets tell the same"
    );
}

#[test]
fn few_calls_are_all_timed() {
    let (clock, _alone) = mock();
    for at in 0..3 {
        let call = enter_labels_sampled(&LABELLED, &["few"]);
        clock.advance(ns(at));
        call.finish(false);
    }
    for _ in 0..5_000 {
        enter_labels_sampled(&LABELLED, &["many"]).finish(false);
    }
    let site = taken("labelled");
    assert!(site.with_labels(&["few"]).is_some_and(|stats| stats.calls() == 3 && stats.timed() >= 2));
    let many = site.with_labels(&["many"]).expect("called");
    assert_eq!((many.calls(), many.buckets().total()), (5_000, 5_000));
    assert!((150..700).contains(&many.timed()), "{}", many.timed());
}

/// How far the gaps go is tested in `record/tests.rs`; a mock clock finds that timing costs nothing.
#[test]
fn auto_counts_all() {
    let _clock = mock();
    for _ in 0..10_000 {
        enter_sampled(&AUTO).finish(false);
    }
    let site = taken("auto");
    assert!(site.is_sampled());
    assert_eq!((site.calls(), site.buckets().total()), (10_000, 10_000));
}

/// Guards, given durations and futures on one sampled site; what is not timed ends where nothing was timed before.
#[test]
fn untimed_ends_elsewhere() {
    let (clock, _alone) = mock();
    for _ in 0..2_000 {
        enter_sampled(&MIXED).finish(false);
    }
    record(&MIXED, ns(5));
    let guards: Vec<_> = (0..50).map(|_| guard(&MIXED)).collect();
    for guard in guards {
        thread::spawn(move || drop(guard)).join().expect("a thread ends well");
    }
    let site = taken("mixed");
    assert_eq!((site.calls(), site.buckets().total(), site.in_flight()), (2_051, 2_051, 0));
    for _ in 0..2_000 {
        enter_sampled(&MOVING).finish(false);
    }
    for round in 0..30 {
        let mut future = Box::pin(async {
            let mut call = async_enter(&MOVING);
            polled(&mut call, Later::default()).await;
            call.finish(true);
        });
        assert!(poll(&mut future).is_pending());
        clock.advance(ns(50));
        // A thread of its own each time, and the first of them with a record that knows no call.
        thread::spawn(move || assert!(poll(&mut future).is_ready())).join().expect("a thread ends well");
        let site = taken("moving");
        assert_eq!((site.errors(), site.calls()), (round + 1, 2_001 + round));
        assert_eq!(site.buckets().total(), site.calls());
    }
}
