//! What ends a call, and how often, wherever it runs: recursion, panics, cancellation, migration, guards.

#![allow(clippy::items_after_statements, reason = "the call graph of each test, where it is used")]

#[macro_use]
mod support;

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind},
    pin::Pin,
    thread,
    time::Duration,
};

use perfmon_core::{
    call::{Probe, Stopwatch, announce, async_enter, enter, enter_labels, guard, polled_busy, record},
    is_enabled, set_enabled,
    site::{CallSite, Kind, Name},
    snapshot::Stats,
};
use support::{Later, block_on, call, call_async, mock, ns, outcomes, poll, taken};

site!(SYNC, "sync recursion");
site!(BOXED, "boxed recursion");
site!(JOINED, "joined");
site!(BY_LABEL, "recursion by label", labels(&["depth"]));
site!(RESULT, "result");
site!(PANICS, "panics");
site!(IN_DROP, "in drop");
site!(CANCELLED, "cancelled");
site!(UNWOUND, "unwound");
site!(MIGRATES, "migrates");
site!(NEVER, "never polled");
site!(UNTOUCHED, "untouched");
site!(GUARDED, "guarded");
site!(GUARDED_CLOCK, "guarded by the clock");
site!(TOGGLED, "toggled");
site!(BUSY, "busy", busy());

#[test]
fn recursion_counts_every_call_and_the_outermost_time() {
    let (clock, _alone) = mock();
    fn down(clock: &perfmon_core::MockClock, depth: u32) {
        call(&SYNC, || {
            clock.advance(ns(10));
            if depth > 1 {
                down(clock, depth - 1);
            }
        });
    }
    down(&clock, 5);
    down(&clock, 1);
    let site = taken("sync recursion");
    assert_eq!((site.calls(), site.in_flight()), (6, 0));
    assert_eq!((site.total(), site.outermost()), (ns(50 + 40 + 30 + 20 + 10 + 10), ns(60)));
}

#[test]
fn boxed_async_recursion() {
    let (clock, _alone) = mock();
    fn down(clock: &perfmon_core::MockClock, depth: u32) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(call_async(&BOXED, async move {
            clock.advance(ns(10));
            Later::default().await;
            if depth > 1 {
                down(clock, depth - 1).await;
            }
        }))
    }
    block_on(down(&clock, 3));
    let site = taken("boxed recursion");
    assert_eq!((site.calls(), site.total(), site.outermost()), (3, ns(30 + 20 + 10), ns(30)));
}

#[test]
fn a_stopwatch_goes_by_the_clock_of_calls() {
    let (clock, _alone) = mock();
    let watch = Stopwatch::start();
    clock.advance(ns(1_234));
    assert_eq!(watch.elapsed(), ns(1_234));
}

/// Two futures on one thread at a time are not each other's recursion.
#[test]
fn joined_futures_are_both_outermost() {
    let (clock, _alone) = mock();
    let step = || {
        Box::pin(call_async(&JOINED, async {
            clock.advance(ns(5));
            Later::default().await;
            clock.advance(ns(5));
        }))
    };
    let (mut one, mut two) = (step(), step());
    assert!(poll(&mut one).is_pending() && poll(&mut two).is_pending());
    assert_eq!(outcomes("joined"), [0, 0, 0, 0, 2]);
    assert!(poll(&mut one).is_ready() && poll(&mut two).is_ready());
    let site = taken("joined");
    assert_eq!((site.calls(), site.total(), site.outermost()), (2, ns(30), ns(30)));
}

#[test]
fn recursion_with_other_labels_is_recursion() {
    let (clock, _alone) = mock();
    let outer = enter_labels(&BY_LABEL, &["1"]);
    clock.advance(ns(7));
    let inner = enter_labels(&BY_LABEL, &["2"]);
    clock.advance(ns(3));
    inner.finish(false);
    outer.finish(false);
    let site = taken("recursion by label");
    assert_eq!((site.total(), site.outermost()), (ns(13), ns(10)));
    assert_eq!(site.with_labels(&["2"]).map(Stats::outermost), Some(ns(0)));
}

#[test]
fn results_are_told_by_type() {
    let _clock = mock();
    type Alias<T> = Result<T, String>;
    let finish = |failed| enter(&RESULT).finish(failed);
    finish(Probe(&Alias::<u8>::Ok(1)).failed());
    finish(Probe(&Alias::<u8>::Err(String::new())).failed());
    finish(Probe(&Some(1)).failed());
    finish(Probe(&Some(Err::<(), ()>(()))).failed());
    finish(Probe::<dyn std::fmt::Debug>(&1).failed());
    assert_eq!(outcomes("result"), [4, 1, 0, 0, 0]);
}

struct CallsInDrop;

impl Drop for CallsInDrop {
    fn drop(&mut self) {
        call(&IN_DROP, || ());
        let inner = catch_unwind(|| call(&IN_DROP, || resume_unwind(Box::new("inside another unwinding"))));
        assert!(inner.is_err());
    }
}

#[test]
fn panics_count_where_they_pass() {
    let _clock = mock();
    let outer = catch_unwind(|| {
        call(&PANICS, || {
            let _late = CallsInDrop;
            call(&PANICS, || resume_unwind(Box::new("on purpose")));
        });
    });
    assert!(outer.is_err());
    assert_eq!(outcomes("panics"), [0, 0, 2, 0, 0]);
    // A call in a destructor during unwinding is no panic itself; one that panics there is.
    assert_eq!(outcomes("in drop"), [1, 0, 1, 0, 0]);
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    assert!(catch_unwind(|| block_on(call_async(&PANICS, async { panic_any(1) }))).is_err());
    std::panic::set_hook(quiet);
    assert_eq!(outcomes("panics"), [0, 0, 3, 0, 0]);
}

#[test]
fn dropped_futures_are_cancelled() {
    let _clock = mock();
    let wait = || Box::pin(call_async(&CANCELLED, Later::default()));
    let mut dropped = wait();
    assert!(poll(&mut dropped).is_pending());
    assert_eq!(outcomes("cancelled"), [0, 0, 0, 0, 1]);
    drop(dropped);
    assert_eq!(outcomes("cancelled"), [0, 0, 0, 1, 0]);
    // Dropped while something else unwinds, it is still a cancellation: its own poll did not panic.
    let unwinding = catch_unwind(AssertUnwindSafe(|| {
        let mut held = Box::pin(call_async(&UNWOUND, Later::default()));
        assert!(poll(&mut held).is_pending());
        resume_unwind(Box::new("elsewhere"));
    }));
    assert!(unwinding.is_err());
    assert_eq!(outcomes("unwound"), [0, 0, 0, 1, 0]);
    // Ready, and dropped after: one call.
    let mut ready = wait();
    assert!(poll(&mut ready).is_pending() && poll(&mut ready).is_ready());
    drop(ready);
    assert_eq!(outcomes("cancelled"), [1, 0, 0, 1, 0]);
}

#[test]
fn never_polled_is_no_call() {
    let _clock = mock();
    drop(call_async(&NEVER, async {}));
    assert_eq!(outcomes("never polled"), [0; 5]);
    assert_eq!(taken("never polled").started(), 0);
    assert!(perfmon_core::snapshot().never_called().any(|site| site.name() == "untouched"));
}

#[test]
fn futures_migrate() {
    let _clock = mock();
    for _ in 0..20 {
        let mut future = Box::pin(call_async(&MIGRATES, async {
            Later::default().await;
            Later::default().await;
        }));
        for _ in 0..2 {
            future = thread::spawn(move || {
                assert!(poll(&mut future).is_pending());
                future
            })
            .join()
            .expect("a thread ends well");
            assert_eq!(taken("migrates").in_flight(), 1);
        }
        assert!(poll(&mut future).is_ready());
    }
    assert_eq!(outcomes("migrates"), [20, 0, 0, 0, 0]);
}

#[test]
fn a_guard_tells_how_long_it_has_lasted() {
    let (clock, _alone) = mock();
    let held = guard(&GUARDED_CLOCK);
    assert_eq!(held.elapsed(), Some(ns(0)));
    clock.advance(ns(1_500));
    assert_eq!(held.elapsed(), Some(ns(1_500)));
    set_enabled(false);
    assert_eq!(guard(&GUARDED_CLOCK).elapsed(), None, "it is not recorded");
    set_enabled(true);
    drop(held);
    assert_eq!(taken("guarded by the clock").total(), ns(1_500));
}

#[test]
fn guards_move_and_end_as_told() {
    let _clock = mock();
    let held = guard(&GUARDED);
    thread::spawn(move || drop(held)).join().expect("a thread ends well");
    guard(&GUARDED).finish(true);
    guard(&GUARDED).cancel();
    let unwinding = catch_unwind(|| {
        let _held = guard(&GUARDED);
        resume_unwind(Box::new("on purpose"));
    });
    assert!(unwinding.is_err());
    struct InDrop;
    impl Drop for InDrop {
        fn drop(&mut self) {
            drop(guard(&GUARDED));
        }
    }
    let unwinding = catch_unwind(|| {
        let _late = InDrop;
        resume_unwind(Box::new("on purpose"));
    });
    assert!(unwinding.is_err());
    assert_eq!(outcomes("guarded"), [2, 1, 1, 1, 0]);
}

/// Off, calls do not count; those under way end as they began.
#[test]
fn switched_while_calls_are_under_way() {
    // The lock on the clock keeps other tests of the process away from the switch.
    let _clock = mock();
    let begun = enter(&TOGGLED);
    let mut waiting = Box::pin(call_async(&TOGGLED, Later::default()));
    assert!(poll(&mut waiting).is_pending());
    thread::scope(|scope| {
        scope.spawn(|| {
            set_enabled(false);
            assert!(!is_enabled());
            let off = enter(&TOGGLED);
            let mut unseen = Box::pin(call_async(&TOGGLED, Later::default()));
            assert!(poll(&mut unseen).is_pending());
            let guard = guard(&TOGGLED);
            begun.finish(false);
            assert!(poll(&mut waiting).is_ready());
            set_enabled(true);
            off.finish(true);
            assert!(poll(&mut unseen).is_ready());
            drop(guard);
        });
    });
    assert_eq!(outcomes("toggled"), [2, 0, 0, 0, 0]);
}

#[test]
fn busy_time_is_time_spent_polling() {
    let (clock, _alone) = mock();
    let mut future = Box::pin(async {
        let mut call = async_enter(&BUSY);
        polled_busy(&mut call, async {
            clock.advance(ns(4));
            Later::default().await;
            clock.advance(ns(4));
        })
        .await;
        call.finish(false);
    });
    assert!(poll(&mut future).is_pending());
    clock.advance(ns(100));
    assert!(poll(&mut future).is_ready());
    let site = taken("busy");
    assert_eq!((site.total(), site.busy()), (ns(108), ns(8)));
}

static HERE: CallSite = CallSite::new(Kind::Db, Name::Parts(&["select", "orders"]), module_path!());
static THERE: CallSite = CallSite::new(Kind::Db, Name::Parts(&["select", "orders"]), module_path!());
static ELSEWHERE: CallSite = CallSite::new(Kind::Latency, Name::One("select orders"), module_path!());
perfmon_core::inventory::submit! { HERE.registration() }
perfmon_core::inventory::submit! { THERE.registration() }
perfmon_core::inventory::submit! { ELSEWHERE.registration() }

#[test]
fn two_places_of_one_kind_and_name_are_one_series() {
    let _clock = mock();
    call(&HERE, || ());
    call(&THERE, || ());
    call(&ELSEWHERE, || ());
    let snapshot = perfmon_core::snapshot();
    let site = snapshot.site(Kind::Db, "select orders").expect("registered");
    assert_eq!((site.calls(), site.places().len()), (2, 2));
    assert_eq!(snapshot.site(Kind::Latency, "select orders").map(|site| site.calls()), Some(1));
    assert_eq!(site.name_parts(), ["select", "orders"]);
}

#[test]
fn what_is_made_at_run_time_stands_nowhere_unless_it_says_where() {
    let _clock = mock();
    let made = |name: &str| CallSite::made(Kind::Request, &["GET", name], module_path!());
    let nowhere = announce(made("/nowhere"));
    let somewhere = announce(made("/somewhere").declared_at("routes.rs", 7));
    for site in [nowhere, somewhere] {
        record(site, Duration::from_millis(1));
    }
    let snapshot = perfmon_core::snapshot();
    let places = |name: &str| snapshot.get(name).expect("announced").places().len();
    assert_eq!([places("GET /nowhere"), places("GET /somewhere")], [0, 1]);
}
