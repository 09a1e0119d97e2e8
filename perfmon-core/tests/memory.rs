//! The memory limit of the process: counts stay exact, whatever the labels and threads.

#[macro_use]
mod support;

use std::{sync::Barrier, thread};

use perfmon_core::{call::record_labels, setup, snapshot, snapshot::Stats};
use support::{ns, taken};

site!(WIDE, "wide", labels(&["value"]));

const LIMIT: usize = 64 << 20;
const VALUES: u64 = 10_000;
const THREADS: u64 = 64;

#[test]
fn ten_thousand_values_on_64_threads() {
    setup().memory_limit(LIMIT).label_limit(20_000).apply().expect("before the first call");
    let barrier = Barrier::new(usize::try_from(THREADS).expect("few"));
    thread::scope(|scope| {
        for worker in 0..THREADS {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                for at in 0..VALUES {
                    let value = (at + worker * 157) % VALUES;
                    record_labels(&WIDE, &[&format!("value number {value}")], ns(1 + value * worker));
                }
            });
        }
    });
    let snapshot = snapshot();
    support::check(&snapshot);
    let site = taken("wide");
    assert_eq!((site.calls(), site.in_flight()), (THREADS * VALUES, 0));
    assert_eq!(site.series().iter().map(|series| series.stats().calls()).sum::<u64>(), THREADS * VALUES);
    // Those whose shared record found no room count in `other`, whose memory is held back; the others have every call.
    let other = site.with_labels(&["other"]).map_or(0, Stats::calls);
    assert!(
        site.series()
            .iter()
            .filter(|series| series.values() != ["other"])
            .all(|series| series.stats().calls() <= THREADS)
    );
    assert!(other == 0, "64 MiB hold 10,000 values: {other} in `other`");
    let footprint = snapshot.footprint();
    assert!(footprint.arena_bytes <= footprint.limit_bytes && footprint.limit_bytes <= LIMIT as u64, "{footprint:?}");
    assert!(snapshot.losses().shared_pairs > 0 && snapshot.losses().uncounted_calls == 0, "{:?}", snapshot.losses());
    assert!(setup().memory_limit(LIMIT * 2).apply().expect_err("too late").is_too_late());
}
