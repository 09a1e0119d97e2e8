//! No library: what the body costs, and the clocks.

use std::{hint::black_box, time::Instant};

use perfmon_benches_harness::{Group, Settle, case, twice};

use super::ready;

twice! {
    #[inline(never)]
    pub(crate) fn plain(x: u64) -> u64 {
        black_box(x) + 1
    }

    async fn future(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn polled(x: u64) -> Option<u64> {
        ready(future(x))
    }

    #[inline(never)]
    pub(crate) fn two_instants(x: u64) -> u64 {
        let start = Instant::now();
        let result = black_box(x) + 1;
        black_box(start.elapsed());
        result
    }
}

pub(crate) fn group() -> Group {
    let cases = vec![
        case!("plain function", plain),
        case!("plain async, ready at once", polled),
        case!("two `Instant::now`", two_instants),
    ];
    Group { name: "no library", cases, settle: Settle::AtOnce, remark: || None }
}
