//! Calls whose labels are known only while they go on: each counts in one series, the one that its labels name when it ends.

#[macro_use]
mod support;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::channel,
    },
    thread,
};

use perfmon_core::{
    call::{Guard, LabelSet, guard, guard_labels, in_flight},
    evidence::slow_calls,
    set_enabled,
    site::{CallSite, Objective, Sample, Statistic},
    snapshot,
    snapshot::{Site, Stats},
};
use proptest::prelude::*;
use support::{check, check_growth, mock, ns, taken};

site!(MOVED, "moved", labels(&["status"]));
site!(PAIR, "pair", labels(&["status", "tier"]));
site!(BARE, "bare");
site!(LIMITED, "limited", labels(&["status"]), label_limit(2));
site!(SAMPLED, "sampled", labels(&["status"]), sample(Sample::OneIn(64)));
site!(OFF, "off", labels(&["status"]));
site!(SLOW, "slow", labels(&["status"]), objectives(&[Objective::latency(Statistic::P99, 1_000)]));
site!(ENDS, "ends", labels(&["status"]));
site!(INTERVAL, "interval", labels(&["status"]));
site!(THREADS, "threads", labels(&["status"]));
site!(MODEL, "model", labels(&["status"]));

/// Calls and calls in flight of the series with these values; of none, of what the labelled series leave.
fn of(site: &Site, values: &[&str]) -> (u64, u64) {
    let both = |stats: &Stats| (stats.calls(), stats.in_flight());
    if !values.is_empty() {
        return site.with_labels(values).map_or((0, 0), both);
    }
    let labelled = site.series().iter().map(|series| both(series.stats()));
    let all = labelled.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    (site.calls() - all.0, site.in_flight() - all.1)
}

#[test]
fn it_counts_where_it_ends() {
    let (clock, _alone) = mock();
    let mut call = guard(&MOVED);
    clock.advance(ns(5));
    assert_eq!((of(&taken("moved"), &[]), in_flight(&MOVED)), ((0, 1), 1));
    call.relabel(&["200"]);
    let site = taken("moved");
    assert_eq!((of(&site, &[]), of(&site, &["200"]), site.started(), site.in_flight()), ((0, 0), (0, 1), 1, 1));
    assert_eq!(in_flight(&MOVED), 1);
    // Again, to the same, and to another one.
    call.relabel(&["200"]);
    call.relabel(&["500"]);
    clock.advance(ns(5));
    call.finish(true);
    let site = taken("moved");
    assert_eq!((of(&site, &[]), of(&site, &["200"]), of(&site, &["500"])), ((0, 0), (0, 0), (1, 0)));
    let failed = site.with_labels(&["500"]).expect("it ended there");
    assert_eq!((failed.errors(), failed.total(), failed.outermost(), failed.max()), (1, ns(10), ns(10), ns(10)));
    assert_eq!((site.started(), site.calls(), site.in_flight(), in_flight(&MOVED)), (1, 1, 0, 0));
    // And back to where it began.
    let mut call = guard(&MOVED);
    call.relabel(&["200"]);
    call.relabel(&[]);
    drop(call);
    assert_eq!((of(&taken("moved"), &[]), of(&taken("moved"), &["200"])), ((1, 0), (0, 0)));
}

#[test]
fn labels_it_began_with_change() {
    let _clock = mock();
    let mut call = guard_labels(&PAIR, &["", "free"]);
    call.relabel(&["404", "free", "and one too many"]);
    assert_eq!(LabelSet::of(&PAIR, &["404", "free", "too"]), LabelSet::of(&PAIR, &["404", "free"]));
    drop(call);
    let site = taken("pair");
    assert_eq!((of(&site, &["404", "free"]), of(&site, &["", "free"]), of(&site, &[])), ((1, 0), (0, 0), (0, 0)));
    assert_eq!(site.with_labels(&["", "free"]).map(Stats::started), Some(1), "it began there");
}

#[test]
fn what_is_no_label_of_the_site_changes_nothing() {
    let _clock = mock();
    let mut bare = guard(&BARE);
    bare.relabel(&["200"]);
    bare.relabel_as(LabelSet::of(&MOVED, &["200"]));
    bare.relabel_as(LabelSet::of(&BARE, &["200"]));
    drop(bare);
    let site = taken("bare");
    assert_eq!((site.calls(), site.in_flight(), site.series().len()), (1, 0, 0));
}

#[test]
fn beyond_the_limit_it_is_other() {
    let _clock = mock();
    let sets = ["200", "404", "500", "503"].map(|status| LabelSet::of(&LIMITED, &[status]));
    for (at, status) in ["200", "404", "500", "503"].into_iter().enumerate() {
        let (mut by_text, mut by_set) = (guard(&LIMITED), guard(&LIMITED));
        by_text.relabel(&[status]);
        by_set.relabel_as(sets[at]);
    }
    let site = taken("limited");
    assert_eq!((of(&site, &["200"]), of(&site, &["404"]), of(&site, &["other"])), ((2, 0), (2, 0), (4, 0)));
}

/// It ends as any other call does.
#[test]
fn outcomes_are_those_of_the_end() {
    let _clock = mock();
    let begin = || {
        let mut call = guard(&ENDS);
        call.relabel(&["200"]);
        call
    };
    drop(begin());
    begin().finish(true);
    begin().cancel();
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _call = begin();
        resume_unwind(Box::new("on purpose"));
    }));
    assert!(unwound.is_err());
    let site = taken("ends");
    let ended = site.with_labels(&["200"]).expect("they ended there");
    assert_eq!([ended.ok(), ended.errors(), ended.cancelled(), ended.panics()], [1; 4]);
}

/// Which calls are timed is chosen where they begin; counts are exact, and timings stay few.
#[test]
fn sampled_calls_move_too() {
    let (clock, _alone) = mock();
    let calls = 64 * 1_000;
    for at in 0..calls {
        let mut call = guard(&SAMPLED);
        clock.advance(ns(100));
        call.relabel(&[if at % 4 == 0 { "500" } else { "200" }]);
        call.finish(at % 4 == 0);
    }
    let site = taken("sampled");
    check(&snapshot());
    assert_eq!((of(&site, &["200"]), of(&site, &["500"])), ((calls / 4 * 3, 0), (calls / 4, 0)));
    assert_eq!((site.errors(), site.total()), (calls / 4, ns(100 * calls)));
    let one_in = calls as f64 / site.timed() as f64;
    assert!((45.0..80.0).contains(&one_in), "one in {one_in}");
}

#[test]
fn a_call_that_is_not_recorded_has_no_labels() {
    let _clock = mock();
    let mut before = guard(&OFF);
    set_enabled(false);
    let mut meanwhile = guard(&OFF);
    meanwhile.relabel(&["200"]);
    // One that began before is counted when it ends, and so are its labels.
    before.relabel(&["404"]);
    drop((before, meanwhile));
    set_enabled(true);
    let site = taken("off");
    assert_eq!((site.calls(), of(&site, &["404"]), site.with_labels(&["200"])), (1, (1, 0), None));
}

#[test]
fn a_slow_call_is_of_the_series_it_ended_in() {
    let (clock, _alone) = mock();
    let mut call = guard(&SLOW);
    call.relabel(&["504"]);
    clock.advance(ns(5_000));
    drop(call);
    let kept: Vec<_> = slow_calls().into_iter().filter(|call| call.name == "slow").collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].labels, [("status".to_owned(), "504".to_owned())]);
    let site = taken("slow");
    assert_eq!(site.objectives().next().map(|status| status.breaches), Some(1));
}

#[test]
fn intervals_and_sums_hold_each_call_once() {
    let _clock = mock();
    let mut call = guard(&INTERVAL);
    let before = snapshot();
    call.relabel(&["200"]);
    let amid = snapshot();
    drop(call);
    let after = snapshot();
    let moved = amid.clone() - before.clone();
    let ended = after.clone() - amid;
    let all = after.clone() - before;
    let site = |snapshot: &perfmon_core::Snapshot| snapshot.get("interval").expect("a site").clone();
    assert_eq!((site(&moved).calls(), site(&moved).in_flight(), of(&site(&moved), &["200"]).1), (0, 0, 1));
    assert_eq!((site(&ended).calls(), site(&ended).in_flight(), of(&site(&ended), &["200"])), (1, 0, (1, 0)));
    assert_eq!((site(&all).calls(), of(&site(&all), &["200"])), (1, (1, 0)));
    let mut twice = after.clone();
    twice.merge(&after);
    assert_eq!((site(&twice).calls(), site(&twice).in_flight(), of(&site(&twice), &["200"])), (2, 0, (2, 0)));
}

/// Begun on one thread, relabelled on a second, ended on a third, while others read.
#[test]
fn calls_move_between_threads_and_series() {
    const CALLS: u64 = 20_000;
    let _clock = mock();
    let done = AtomicBool::new(false);
    let statuses = ["200", "404", "500"];
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut before = snapshot();
            while !done.load(Relaxed) {
                let now = snapshot();
                check(&now);
                check_growth(&before, &now);
                before = now;
            }
        });
        let (to_second, second) = channel::<Guard>();
        let (to_third, third) = channel::<Guard>();
        let first = scope.spawn(move || {
            (0..CALLS).for_each(|_| to_second.send(guard(&THREADS)).expect("the second thread takes it"));
        });
        scope.spawn(move || {
            for (at, mut call) in second.into_iter().enumerate() {
                call.relabel(&[statuses[at % 3]]);
                to_third.send(call).expect("the third thread takes it");
            }
        });
        let last = scope.spawn(move || third.into_iter().for_each(drop));
        first.join().expect("the first thread ends well");
        last.join().expect("the last thread ends well");
        done.store(true, Relaxed);
        reader.join().expect("a snapshot was at fault");
    });
    let site = taken("threads");
    assert_eq!((site.calls(), site.started(), site.in_flight(), of(&site, &[])), (CALLS, CALLS, 0, (0, 0)));
    assert_eq!(
        statuses.map(|status| of(&site, &[status])),
        [(CALLS.div_ceil(3), 0), (CALLS.div_ceil(3), 0), (CALLS / 3, 0)]
    );
}

#[derive(Debug, Clone)]
enum Step {
    Begin(usize),
    Relabel(usize, usize),
    RelabelAs(usize, usize),
    End(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let (call, label) = (0..8_usize, 0..LABELS.len());
    prop_oneof![
        label.clone().prop_map(Step::Begin),
        (call.clone(), label.clone()).prop_map(|(call, label)| Step::Relabel(call, label)),
        (call.clone(), label).prop_map(|(call, label)| Step::RelabelAs(call, label)),
        call.prop_map(Step::End),
    ]
}

const LABELS: [&[&str]; 4] = [&[], &["200"], &["a status that is longer than two words are"], &["other"]];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done in whatever order, each series has the calls that are or ended in it.
    #[test]
    fn a_series_has_the_calls_that_are_in_it(steps in proptest::collection::vec(step(), 1..60)) {
        let _clock = mock();
        let site: &'static CallSite = &MODEL;
        let now = || LABELS.map(|values| of(&taken("model"), values));
        let before = now();
        let mut running: Vec<(Guard, usize)> = Vec::new();
        let mut ended: BTreeMap<usize, u64> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Begin(label) => running.push((guard_labels(site, LABELS[label]), label)),
                Step::Relabel(call, label) => if let Some(call) = running.get_mut(call) {
                    call.0.relabel(LABELS[label]);
                    call.1 = label;
                },
                Step::RelabelAs(call, label) => if let Some(call) = running.get_mut(call) {
                    call.0.relabel_as(LabelSet::of(site, LABELS[label]));
                    call.1 = label;
                },
                Step::End(call) => if call < running.len() {
                    *ended.entry(running.remove(call).1).or_default() += 1;
                },
            }
            for (label, ((calls, in_flight), (calls_before, _))) in now().into_iter().zip(before).enumerate() {
                prop_assert_eq!(calls - calls_before, ended.get(&label).copied().unwrap_or(0));
                prop_assert_eq!(in_flight, running.iter().filter(|call| call.1 == label).count() as u64);
            }
            prop_assert_eq!(in_flight(site), running.len() as u64);
        }
    }
}
