//! An allocator that is itself monitored, with labels, neither waits for itself nor crashes.

#[macro_use]
mod support;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
};

use perfmon_core::{
    call::{enter, enter_labels},
    evidence::{aim, on_breach, set_trace_source, slow_calls},
    site::{Objective, Statistic},
    snapshot,
};
use support::check;

// Every allocation is a slow call.
site!(ALLOC, "alloc", objectives(&[Objective::latency(Statistic::P99, 0)]));
site!(BY_SIZE, "alloc by size", labels(&["size"]));
site!(WORK, "work", labels(&["n"]));

struct Monitored;

static CALLS: AtomicU64 = AtomicU64::new(0);

#[global_allocator]
static ALLOCATOR: Monitored = Monitored;

const SIZES: [&str; 9] = ["0", "8", "16", "32", "64", "128", "256", "512", "more"];

// SAFETY: every request is passed to the system's allocator unchanged.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Monitored {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        let call = enter(&ALLOC);
        let class = (layout.size() / 8).checked_ilog2().map_or(0, |bits| (bits as usize + 1).min(8));
        let sized = enter_labels(&BY_SIZE, &[SIZES[class]]);
        // SAFETY: the caller's promises are passed on.
        let pointer = unsafe { System.alloc(layout) };
        sized.finish(false);
        call.finish(pointer.is_null());
        pointer
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[test]
fn neither_deadlock_nor_crash() {
    set_trace_source(|| format!("{:032x}", CALLS.load(Relaxed)).parse().ok());
    on_breach(|call, left_out| _ = format!("{call:?} {left_out} {}", slow_calls().len()));
    for generation in 0..5 {
        thread::scope(|scope| {
            for worker in 0..8 {
                scope.spawn(move || {
                    for at in 0..200 {
                        enter_labels(&WORK, &[&format!("{}", (at + worker) % 30)]).finish(false);
                    }
                });
            }
            for _ in 0..5 {
                let taken = snapshot();
                check(&taken);
                aim(&taken);
            }
        });
        let taken = snapshot();
        let site = taken.get("work").expect("registered");
        assert_eq!(site.calls(), (generation + 1) * 8 * 200);
    }
    assert!(slow_calls().iter().any(|call| call.name == "alloc"));
    let taken = snapshot();
    let counted = taken.get("alloc").map(|site| site.calls()).unwrap_or_default();
    let made = CALLS.load(Relaxed);
    assert!(counted > 1_000 && counted + taken.losses().uncounted_calls <= made * 2, "{counted} of {made}");
    assert!(taken.get("alloc by size").is_some_and(|site| site.series().len() > 3));
}
