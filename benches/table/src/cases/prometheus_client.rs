//! prometheus-client: a histogram of 12 buckets behind a lock.

use std::{hint::black_box, sync::LazyLock, time::Instant};

use perfmon_benches_harness::{Group, Settle, case, twice};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
};

use super::symbol;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Labels {
    symbol: &'static str,
}

fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(1e-6, 4.0, 12))
}

twice! {
    static HISTOGRAM: LazyLock<Histogram> = LazyLock::new(histogram);
    static FAMILY: LazyLock<Family<Labels, Histogram>> = LazyLock::new(|| Family::new_with_constructor(histogram));
    static COUNTER: LazyLock<Counter> = LazyLock::new(Counter::default);

    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        let start = Instant::now();
        let result = black_box(x) + 1;
        HISTOGRAM.observe(start.elapsed().as_secs_f64());
        result
    }

    #[inline(never)]
    pub(crate) fn one_label(x: u64, symbol: &'static str) -> u64 {
        let start = Instant::now();
        let result = black_box(x) + 1;
        FAMILY.get_or_create(&Labels { symbol }).observe(start.elapsed().as_secs_f64());
        result
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
        case!("`Family` of histograms, 1 label of 16 values", |i| one_label(i, symbol(i))),
        case!("`Counter` alone", counter),
    ];
    Group { name: "prometheus-client", cases, settle: Settle::AtOnce, remark: || None }
}
