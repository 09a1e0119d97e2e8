//! prometheus (tikv): a histogram of 12 buckets with its own timer.

use std::{hint::black_box, sync::LazyLock};

use perfmon_benches_harness::{Group, Settle, case, twice};
use prometheus::{
    Histogram, HistogramVec, IntCounter, exponential_buckets, register_histogram, register_histogram_vec,
    register_int_counter,
};

use super::symbol;

fn buckets() -> Vec<f64> {
    exponential_buckets(1e-6, 4.0, 12).expect("they grow")
}

fn name(module: &str, rest: &str) -> String {
    format!("{}_{rest}", module.replace("::", "_"))
}

twice! {
    static HISTOGRAM: LazyLock<Histogram> =
        LazyLock::new(|| register_histogram!(name(module_path!(), "plain"), "help", buckets()).expect("a new name"));
    static FAMILY: LazyLock<HistogramVec> = LazyLock::new(|| {
        register_histogram_vec!(name(module_path!(), "labelled"), "help", &["symbol"], buckets()).expect("a new name")
    });
    static COUNTER: LazyLock<IntCounter> =
        LazyLock::new(|| register_int_counter!(name(module_path!(), "calls"), "help").expect("a new name"));

    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        let _timer = HISTOGRAM.start_timer();
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn one_label(x: u64, symbol: &str) -> u64 {
        let _timer = FAMILY.with_label_values(&[symbol]).start_timer();
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn counter(x: u64) -> u64 {
        COUNTER.inc();
        black_box(x) + 1
    }
}

pub(crate) fn group() -> Group {
    let cases = vec![
        case!("`Histogram`", function),
        case!("`HistogramVec`, 1 label of 16 values", |i| one_label(i, symbol(i))),
        case!("`IntCounter` alone", counter),
    ];
    Group { name: "prometheus", cases, settle: Settle::AtOnce, remark: || None }
}
