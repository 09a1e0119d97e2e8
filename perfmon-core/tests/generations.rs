//! Counts are exact though threads come and go and somebody looks all the time.

#[macro_use]
mod support;

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
};

use perfmon_core::{
    call::{enter, enter_labels, enter_sampled, guard, record},
    site::Sample,
    snapshot,
};
use support::{block_on, call_async, check, check_growth, ns, taken};

site!(PLAIN, "plain");
site!(LABELLED, "labelled", labels(&["symbol"]));
site!(SAMPLED, "sampled", sample(Sample::OneIn(8)));
site!(ASYNC, "async");
site!(GIVEN, "given");
site!(MOVED, "moved");

const THREADS: u64 = 64;
const GENERATIONS: u64 = 4;
const CALLS: u64 = 1_200;
const SYMBOLS: [&str; 5] = ["AAPL", "MSFT", "", "a symbol that is longer than two words", "BRK.B"];

fn work() {
    for at in 0..CALLS {
        enter(&PLAIN).finish(at % 4 == 0);
        enter_labels(&LABELLED, &[SYMBOLS[(at % 5) as usize]]).finish(false);
        enter_sampled(&SAMPLED).finish(at % 10 == 0);
        block_on(call_async(&ASYNC, async {}));
        record(&GIVEN, ns(at * 1_000));
    }
}

#[test]
fn every_call_counts() {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut before = snapshot();
            let mut taken = 0;
            while !done.load(Relaxed) {
                let now = snapshot();
                check(&now);
                check_growth(&before, &now);
                before = now;
                taken += 1;
            }
            taken
        });
        for _ in 0..GENERATIONS {
            let guards: Vec<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..THREADS)
                    .map(|_| {
                        scope.spawn(|| {
                            work();
                            guard(&MOVED)
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().expect("a thread ends well")).collect()
            });
            // Begun on threads that are gone.
            drop(guards);
        }
        done.store(true, Relaxed);
        assert!(reader.join().expect("a snapshot was at fault") > 0);
    });
    let all = THREADS * GENERATIONS * CALLS;
    for (name, errors) in [("plain", all / 4), ("labelled", 0), ("sampled", all / 10), ("async", 0), ("given", 0)] {
        let site = taken(name);
        assert_eq!((site.calls(), site.errors(), site.in_flight()), (all, errors, 0), "{name}");
        assert_eq!(site.buckets().total(), all, "{name}");
    }
    assert_eq!((taken("moved").calls(), taken("moved").in_flight()), (THREADS * GENERATIONS, 0));
    let labelled = taken("labelled");
    assert_eq!(labelled.series().len(), SYMBOLS.len());
    assert!(labelled.series().iter().all(|series| series.stats().calls() == all / 5));
    // A given duration is kept in ticks of the counter, so it may be a tick too long.
    let given = THREADS * GENERATIONS * (0..CALLS).map(|at| at * 1_000).sum::<u64>();
    assert!(taken("given").total().abs_diff(ns(given)) <= ns(all), "{:?}", taken("given").total());
    let snapshot = snapshot();
    assert_eq!(snapshot.losses().uncounted_calls, 0);
    assert!(snapshot.footprint().slots <= THREADS + 2, "slots are used again: {:?}", snapshot.footprint());
}
