//! measured: a histogram of 12 buckets with its own timer; the label is an enum, which is its fastest kind.

use std::{hint::black_box, sync::LazyLock};

use measured::{
    Counter, FixedCardinalityLabel, Histogram, HistogramVec, LabelGroup, label::StaticLabelSet,
    metric::histogram::Thresholds,
};
use perfmon_benches_harness::{Group, Settle, case, twice};

#[rustfmt::skip]
#[derive(Clone, Copy, Debug, PartialEq, FixedCardinalityLabel)]
enum Symbol { Aapl, Msft, Googl, Tsla, Amzn, Nvda, Meta, Nflx, Intc, Amd, Ibm, Orcl, Crm, Adbe, Pypl, Uber }

const SYMBOLS: [Symbol; 16] = {
    use Symbol::*;
    [Aapl, Msft, Googl, Tsla, Amzn, Nvda, Meta, Nflx, Intc, Amd, Ibm, Orcl, Crm, Adbe, Pypl, Uber]
};

#[derive(Clone, Copy, PartialEq, Debug, LabelGroup)]
#[label(set = LabelsSet)]
struct Labels {
    symbol: Symbol,
}

fn buckets() -> Thresholds<12> {
    Thresholds::exponential_buckets(1e-6, 4.0)
}

twice! {
    static HISTOGRAM: LazyLock<Histogram<12>> = LazyLock::new(|| Histogram::with_metadata(buckets()));
    static FAMILY: LazyLock<HistogramVec<LabelsSet, 12>> = LazyLock::new(|| {
        HistogramVec::with_label_set_and_metadata(LabelsSet { symbol: StaticLabelSet::new() }, buckets())
    });
    static COUNTER: LazyLock<Counter> = LazyLock::new(Counter::new);

    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        let _timer = HISTOGRAM.start_timer();
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn one_label(x: u64, symbol: Symbol) -> u64 {
        let _timer = FAMILY.start_timer(Labels { symbol });
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
        case!("`HistogramVec`, 1 label of 16 values", |i| one_label(i, SYMBOLS[(i & 15) as usize])),
        case!("`Counter` alone", counter),
    ];
    Group { name: "measured", cases, settle: Settle::AtOnce, remark: || None }
}
