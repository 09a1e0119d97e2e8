//! autometrics over the prometheus crate.

use std::hint::black_box;

use autometrics::{autometrics, settings::AutometricsSettings};
use perfmon_benches_harness::{Group, Settle, case, twice};

use super::ready;

twice! {
    #[autometrics]
    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[autometrics]
    async fn future(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn polled(x: u64) -> Option<u64> {
        ready(future(x))
    }
}

pub(crate) fn group() -> Group {
    AutometricsSettings::builder().init();
    let cases = vec![case!("`#[autometrics]`", function), case!("`#[autometrics]`, async", polled)];
    Group { name: "autometrics", cases, settle: Settle::AtOnce, remark: || None }
}
