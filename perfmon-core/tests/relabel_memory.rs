//! Labels given while a call goes on, when memory has run out: counts stay exact.

#[macro_use]
mod support;

use std::thread;

use perfmon_core::{call::guard, setup, snapshot};
use support::taken;

site!(MOVED, "moved", labels(&["value"]));

const VALUES: u64 = 4_000;
const THREADS: u64 = 8;

#[test]
fn calls_that_share_records_move_too() {
    setup().memory_limit(4 << 20).label_limit(20_000).apply().expect("before the first call");
    thread::scope(|scope| {
        for worker in 0..THREADS {
            scope.spawn(move || {
                for at in 0..VALUES {
                    let mut call = guard(&MOVED);
                    call.relabel(&[&format!("value number {}", (at + worker * 157) % VALUES)]);
                    call.finish(at % 2 == 0);
                }
            });
        }
    });
    let snapshot = snapshot();
    support::check(&snapshot);
    let site = taken("moved");
    let all = THREADS * VALUES;
    assert_eq!((site.started(), site.calls(), site.errors(), site.in_flight()), (all, all, all / 2, 0));
    assert_eq!(site.series().iter().map(|series| series.stats().calls()).sum::<u64>(), all, "none stayed behind");
    assert!(site.series().iter().all(|series| series.stats().in_flight() == 0));
    assert!(snapshot.losses().shared_pairs > 0 && snapshot.losses().uncounted_calls == 0, "{:?}", snapshot.losses());
    assert!(site.with_labels(&["other"]).is_some_and(|other| other.calls() > 0), "records ran out");
}
