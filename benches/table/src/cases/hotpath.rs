//! hotpath: an event for each call, aggregated by a thread of its own.

use std::{hint::black_box, time::Duration};

use hotpath::HotpathGuardBuilder;
use perfmon_benches_harness::{Group, Settle, case, twice};

use super::ready;

twice! {
    #[hotpath::measure]
    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[hotpath::measure]
    async fn future(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn polled(x: u64) -> Option<u64> {
        ready(future(x))
    }
}

pub(crate) fn group() -> Group {
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var("HOTPATH_METRICS_SERVER_OFF", "true") };
    // Lives to the end: dropped, it would print its report among our answers.
    std::mem::forget(HotpathGuardBuilder::new("main").build());
    let cases = vec![case!("`#[measure]`", function), case!("`#[measure]`, async", polled)];
    // Its thread wakes every 50 ms, and takes several turns for a long queue.
    Group { name: "hotpath", cases, settle: Settle::Quiet(Duration::from_millis(120)), remark: || None }
}
