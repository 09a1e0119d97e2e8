//! Slow calls kept one by one: which, how many, and that nothing else changes by it.

#[macro_use]
mod support;

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Barrier, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, UNIX_EPOCH},
};

use perfmon_core::{
    Snapshot,
    call::{enter, enter_labels, enter_sampled, guard, record, record_labels},
    evidence::{SlowCall, Trace, aim, dropped, limited, on_breach, set_trace_source, slow_calls},
    site::{Kind, Objective, Sample, Statistic},
    snapshot,
};
use support::{block_on, call, call_async, mock, ns, taken};

const MS: u64 = 1_000_000;
const BOUND: Objective = Objective::latency(Statistic::P99, 250 * MS);
const MEDIAN: Objective = Objective::latency(Statistic::P50, 10 * MS);

site!(PROMISED, "promised", objectives(&[BOUND, MEDIAN]));
site!(AIMED, "aimed");
site!(IDLE, "idle");
site!(THREADS, "new threads");
site!(NOISY, "noisy");
site!(QUIET, "quiet");
site!(LABELLED, "labelled", labels(&["symbol", "venue"]), objectives(&[BOUND]));
site!(EXACT, "exact", objectives(&[BOUND, MEDIAN]));
site!(SAMPLED, "sampled", sample(Sample::OneIn(4)), objectives(&[BOUND]));
site!(TRACED, "traced", objectives(&[BOUND]));
site!(FROM_SOURCE, "from source", objectives(&[BOUND]));
site!(PANICKING, "panicking", objectives(&[BOUND]));
site!(TOLD, "told", objectives(&[BOUND]));
site!(FROM_HOOK, "from hook", objectives(&[BOUND]));
site!(LATE, "late", objectives(&[BOUND]));
site!(MANY, "many", labels(&["n"]), objectives(&[BOUND]));

fn kept(name: &str) -> Vec<SlowCall> {
    slow_calls().into_iter().filter(|call| call.name == name).collect()
}

fn durations(name: &str) -> Vec<u64> {
    kept(name).iter().map(|call| u64::try_from(call.duration.as_nanos()).expect("short")).collect()
}

/// What happens in `calls`, as the pump would have it.
fn interval(calls: impl FnOnce()) -> Snapshot {
    let before = snapshot();
    calls();
    snapshot() - before
}

#[test]
fn a_call_beyond_the_highest_objective_is_kept() {
    let (clock, _alone) = mock();
    let slow = |nanos| call(&PROMISED, || clock.advance(ns(nanos)));
    for nanos in [9 * MS, 11 * MS, 250 * MS] {
        slow(nanos);
    }
    assert_eq!(durations("promised"), [0; 0], "a median is exceeded by half of the calls; that is no evidence");
    slow(250 * MS + 1);
    slow(251 * MS);
    assert_eq!(durations("promised"), [250 * MS + 1, 251 * MS]);
    let last = kept("promised").pop().expect("two");
    assert_eq!((last.kind, last.bound, last.trace.is_none()), (Kind::Latency, Some(ns(250 * MS)), true));
    assert_eq!(last.at, snapshot().taken_at());
    assert!(last.at > UNIX_EPOCH && last.labels.is_empty());
    let breaches: Vec<u64> = taken("promised").objectives().map(|status| status.breaches).collect();
    assert_eq!(breaches, [2, 4]);
}

#[test]
fn the_threshold_follows_the_last_minute() {
    let (clock, _alone) = mock();
    let slow = |nanos| call(&AIMED, || clock.advance(ns(nanos)));
    slow(3_600_000 * MS);
    assert_eq!(durations("aimed"), [0; 0], "no objective, nothing measured yet");
    aim(&interval(|| (0..100).for_each(|_| slow(100))));
    slow(100);
    slow(101);
    assert_eq!(durations("aimed"), [101], "calls that take as long as all others are not slow");
    aim(&interval(|| (0..1_000).for_each(|n| slow(5 * MS + n))));
    // Those were slow by the threshold until then; a second later there is room for more.
    clock.advance(Duration::from_secs(1));
    slow(4 * MS);
    slow(6 * MS);
    let aimed = durations("aimed");
    assert!(aimed.ends_with(&[6 * MS]) && !aimed.contains(&(4 * MS)), "{aimed:?}");
    // Without calls in the interval it stays as it is.
    aim(&interval(|| call(&IDLE, || ())));
    slow(4 * MS);
    slow(7 * MS);
    assert!(durations("aimed").ends_with(&[6 * MS, 7 * MS]));
    assert_eq!(kept("aimed").last().expect("some").bound, None);
}

#[test]
fn an_objective_is_a_threshold_whatever_is_usual() {
    let (clock, _alone) = mock();
    aim(&interval(|| (0..10).for_each(|_| call(&LATE, || clock.advance(ns(900 * MS))))));
    clock.advance(Duration::from_secs(2));
    call(&LATE, || clock.advance(ns(251 * MS)));
    assert_eq!(durations("late").last(), Some(&(251 * MS)));
}

#[test]
fn new_threads_have_the_threshold_there_is() {
    let (clock, _alone) = mock();
    aim(&interval(|| (0..100).for_each(|_| call(&THREADS, || clock.advance(ns(1_000))))));
    let worker = || {
        call(&THREADS, || clock.advance(ns(1_500)));
        block_on(call_async(&THREADS, async { clock.advance(ns(1_600)) }));
        let guard = guard(&THREADS);
        clock.advance(ns(1_700));
        drop(guard);
        record(&THREADS, ns(1_800));
    };
    thread::scope(|scope| scope.spawn(worker).join()).expect("a thread ends well");
    assert_eq!(durations("new threads"), [1_500, 1_600, 1_700, 1_800]);
    // And threads that were there have the new one.
    let moved = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            call(&THREADS, || clock.advance(ns(10)));
            moved.wait();
            moved.wait();
            clock.advance(Duration::from_secs(2));
            call(&THREADS, || clock.advance(ns(500)));
        });
        moved.wait();
        aim(&interval(|| (0..2_000).for_each(|_| call(&THREADS, || clock.advance(ns(300))))));
        moved.wait();
    });
    assert_eq!(durations("new threads").last(), Some(&500));
}

#[test]
fn a_noisy_site_pushes_no_other_out_and_is_bounded() {
    let (clock, _alone) = mock();
    aim(&interval(|| {
        for _ in 0..100 {
            call(&NOISY, || clock.advance(ns(10)));
            call(&QUIET, || clock.advance(ns(10)));
        }
    }));
    call(&QUIET, || clock.advance(ns(77)));
    let before = limited();
    for _ in 0..100_000 {
        call(&NOISY, || clock.advance(ns(10_000)));
    }
    // One second: ten at once and ten more.
    clock.advance(Duration::from_secs(5));
    call(&NOISY, || clock.advance(ns(20_000)));
    assert_eq!(durations("quiet"), [77]);
    let noisy = durations("noisy");
    assert_eq!((noisy.len(), noisy.last()), (8, Some(&20_000)));
    let limited = limited() - before;
    assert!((99_975..=99_990).contains(&limited), "{limited} of 100,001 were turned away");
}

#[test]
fn labels_have_places_of_their_own() {
    let (clock, _alone) = mock();
    let slow = |values: &[&str], nanos| {
        let call = enter_labels(&LABELLED, values);
        clock.advance(ns(nanos));
        call.finish(false);
    };
    slow(&["AAPL", "NYSE"], 300 * MS);
    slow(&["MSFT", "NASDAQ"], 1);
    let calls = kept("labelled");
    let labels: Vec<_> = calls.iter().map(|call| call.labels.clone()).collect();
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(labels, [[pair("symbol", "AAPL"), pair("venue", "NYSE")]]);
    // Each series has its own usual time.
    aim(&interval(|| {
        (0..100).for_each(|_| slow(&["AAPL", "NYSE"], 10 * MS));
        (0..100).for_each(|_| slow(&["MSFT", "NASDAQ"], 10));
    }));
    slow(&["AAPL", "NYSE"], MS);
    slow(&["MSFT", "NASDAQ"], MS);
    let last = kept("labelled").pop().expect("two");
    assert_eq!((last.labels[0].1.as_str(), last.duration), ("MSFT", ns(MS)));
    assert_eq!(kept("labelled").len(), 2);
}

#[test]
fn breaches_are_exact_while_the_threshold_moves() {
    let (_clock, _alone) = mock();
    let done = AtomicBool::new(false);
    let (threads, calls) = (3_u64, 20_000_u64);
    thread::scope(|scope| {
        scope.spawn(|| {
            let start = snapshot();
            while !done.load(Ordering::Relaxed) {
                aim(&(&snapshot() - &start));
                let _ = slow_calls();
            }
        });
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| (0..calls).for_each(|n| record(&EXACT, ns((n % 500 + 1) * MS)))))
            .collect();
        workers.into_iter().for_each(|worker| worker.join().expect("a thread ends well"));
        done.store(true, Ordering::Relaxed);
    });
    let breaches: Vec<u64> = taken("exact").objectives().map(|status| status.breaches).collect();
    assert_eq!(breaches, [threads * calls / 2, threads * calls * 490 / 500]);
    support::check(&snapshot());
}

#[test]
fn a_timed_call_of_a_sampled_site_is_kept_when_it_ends() {
    let (clock, _alone) = mock();
    // The first call of a sampled site is timed.
    let call = enter_sampled(&SAMPLED);
    clock.advance(ns(400 * MS));
    call.finish(false);
    assert_eq!(durations("sampled"), [400 * MS]);
}

const TRACE: Trace = Trace { trace_id: [7; 16], span_id: Some([9; 8]) };

thread_local! {
    static IN_TRACE: Cell<bool> = const { Cell::new(false) };
    static SOURCE_PANICS: Cell<bool> = const { Cell::new(false) };
}

static ASKED: AtomicU64 = AtomicU64::new(0);

/// A source that is itself monitored, and slow.
fn source() -> Option<Trace> {
    if !IN_TRACE.get() {
        return None;
    }
    ASKED.fetch_add(1, Ordering::Relaxed);
    record(&FROM_SOURCE, ns(300 * MS));
    assert!(!SOURCE_PANICS.get(), "a source that panics");
    Some(TRACE)
}

#[test]
fn a_source_is_asked_for_slow_calls_only_and_may_be_slow_itself() {
    let (clock, _alone) = mock();
    set_trace_source(source);
    IN_TRACE.set(true);
    let (asked, lost) = (ASKED.load(Ordering::Relaxed), dropped());
    call(&TRACED, || clock.advance(ns(MS)));
    assert_eq!(ASKED.load(Ordering::Relaxed), asked);
    call(&TRACED, || clock.advance(ns(300 * MS)));
    assert_eq!(kept("traced").last().expect("one").trace, Some(TRACE));
    assert_eq!(
        (ASKED.load(Ordering::Relaxed), dropped()),
        (asked + 1, lost + 1),
        "the source's own call is left out, and counted"
    );
    assert_eq!((taken("from source").calls(), kept("from source").len()), (1, 0));
    // A panic in it ends there, also while the call itself unwinds.
    SOURCE_PANICS.set(true);
    record(&PANICKING, ns(301 * MS));
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _call = enter(&PANICKING);
        clock.advance(ns(302 * MS));
        panic!("the call's own");
    }));
    IN_TRACE.set(false);
    assert_eq!(unwound.expect_err("it panics").downcast_ref(), Some(&"the call's own"));
    assert_eq!(durations("panicking"), [301 * MS, 302 * MS]);
    assert!(kept("panicking").iter().all(|call| call.trace.is_none()));
    assert_eq!((taken("panicking").calls(), taken("panicking").panics()), (2, 1));
}

static HEARD: Mutex<Vec<(SlowCall, u64)>> = Mutex::new(Vec::new());

/// A hook that is monitored, slow, and panics.
fn hook(call: &SlowCall, left_out: u64) {
    if call.name == "told" || call.name == "from hook" {
        HEARD.lock().expect("nobody panics with it").push((call.clone(), left_out));
        record(&FROM_HOOK, ns(300 * MS));
        panic!("a hook that panics");
    }
}

#[test]
fn breaches_are_told_once_a_second() {
    let (clock, _alone) = mock();
    on_breach(hook);
    for _ in 0..50 {
        call(&TOLD, || clock.advance(ns(251 * MS)));
    }
    let heard: Vec<_> = HEARD.lock().expect("nobody panics with it").drain(..).collect();
    assert!(heard.iter().all(|(call, _)| call.name == "told" && call.bound == Some(ns(250 * MS))), "{heard:?}");
    // 12.55 seconds of calls that take a quarter of one.
    assert_eq!(heard.len(), 13);
    assert!(heard[1..].iter().all(|(_, left_out)| *left_out == 3), "{heard:?}");
    assert_eq!((taken("from hook").calls(), kept("from hook").len()), (13, 0));
}

struct AtTheEnd;

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        record(&LATE, ns(555 * MS));
    }
}

thread_local! {
    static AT_THE_END: AtTheEnd = const { AtTheEnd };
}

#[test]
fn the_last_calls_of_a_thread_are_kept() {
    let (clock, _alone) = mock();
    clock.advance(Duration::from_secs(10));
    let life = || {
        AT_THE_END.with(|_| ());
        record(&LATE, ns(1));
    };
    thread::spawn(life).join().expect("a thread ends well");
    thread::spawn(|| AT_THE_END.with(|_| ())).join().expect("a thread ends well");
    assert_eq!(durations("late").iter().filter(|nanos| **nanos == 555 * MS).count(), 2);
}

#[test]
fn what_is_kept_of_many_series_is_bounded() {
    let (clock, _alone) = mock();
    let lost = dropped();
    perfmon_core::setup().label_limit(3_000).apply().expect("may be raised");
    for n in 0..2_000 {
        for _ in 0..20 {
            record_labels(&MANY, &[&n.to_string()], ns(300 * MS));
        }
    }
    let many = kept("many");
    assert!((6_000..=8 * 1_024).contains(&many.len()), "{}", many.len());
    assert!(many.iter().all(|call| call.labels.len() == 1));
    assert!(dropped() - lost >= 9_000, "the series that found no place are counted");
    assert_eq!(taken("many").objectives().next().expect("one").breaches, 40_000);
    // After a minute without slow calls they yield.
    clock.advance(Duration::from_secs(61));
    for n in 1_900..2_000 {
        record_labels(&MANY, &[&n.to_string()], ns(444 * MS));
    }
    assert_eq!(durations("many").iter().filter(|nanos| **nanos == 444 * MS).count(), 100);
    clock.advance(Duration::from_secs(61));
}
