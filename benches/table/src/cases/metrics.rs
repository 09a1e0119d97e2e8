//! metrics with its Prometheus exporter: durations into a histogram of 12 buckets.

use std::{hint::black_box, sync::LazyLock, sync::OnceLock, time::Instant};

use metrics::{counter, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use perfmon_benches_harness::{Group, Settle, case, twice};

use super::symbol;

static EXPORTER: OnceLock<PrometheusHandle> = OnceLock::new();

twice! {
    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        let start = Instant::now();
        let result = black_box(x) + 1;
        histogram!(concat!(module_path!(), "::function")).record(start.elapsed());
        result
    }

    #[inline(never)]
    pub(crate) fn counted(x: u64) -> u64 {
        let start = Instant::now();
        let result = black_box(x) + 1;
        histogram!(concat!(module_path!(), "::counted")).record(start.elapsed());
        counter!(concat!(module_path!(), "::calls")).increment(1);
        result
    }

    static KEPT: LazyLock<metrics::Histogram> = LazyLock::new(|| histogram!(concat!(module_path!(), "::kept")));

    #[inline(never)]
    pub(crate) fn kept(x: u64) -> u64 {
        let start = Instant::now();
        let result = black_box(x) + 1;
        KEPT.record(start.elapsed());
        result
    }

    #[inline(never)]
    pub(crate) fn one_label(x: u64, symbol: &'static str) -> u64 {
        let start = Instant::now();
        let result = black_box(x) + 1;
        histogram!(concat!(module_path!(), "::one_label"), "symbol" => symbol).record(start.elapsed());
        result
    }

    #[inline(never)]
    pub(crate) fn counter_alone(x: u64) -> u64 {
        counter!(concat!(module_path!(), "::alone")).increment(1);
        black_box(x) + 1
    }
}

pub(crate) fn group() -> Group {
    let buckets: Vec<f64> = (0..12).map(|power| 1e-6 * f64::from(1_u32 << (2 * power))).collect();
    let builder = PrometheusBuilder::new().set_buckets(&buckets).expect("there are buckets");
    let handle = builder.install_recorder().expect("no other recorder was installed");
    EXPORTER.set(handle).expect("set once");
    let cases = vec![
        case!("`histogram!`", function),
        case!("`histogram!` and `counter!`", counted),
        case!("histogram, handle kept", kept),
        case!("`histogram!`, 1 label of 16 values", |i| one_label(i, symbol(i))),
        case!("`counter!` alone", counter_alone),
    ];
    // The exporter does this every 5 seconds, and it is what fills the buckets.
    let upkeep = || EXPORTER.get().into_iter().for_each(PrometheusHandle::run_upkeep);
    Group { name: "metrics", cases, settle: Settle::By(upkeep), remark: || None }
}
