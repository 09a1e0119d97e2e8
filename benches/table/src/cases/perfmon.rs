//! perfmon, in every form that a hot function can take.

use std::hint::black_box;

use perfmon::macro_support as p;
use perfmon_benches_harness::{Case, Group, Settle, case, twice};

use super::{ready, symbol};

twice! {
    #[perfmon::monitor_latency]
    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[perfmon::monitor_latency]
    #[inline(never)]
    pub(crate) fn result(x: u64) -> Result<u64, u64> {
        black_box(Ok(x + 1))
    }

    #[perfmon::monitor_latency(p99 = "250ms", error_rate = "5%")]
    #[inline(never)]
    pub(crate) fn objectives(x: u64) -> Result<u64, u64> {
        black_box(Ok(x + 1))
    }

    #[perfmon::monitor_latency]
    async fn future(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn polled(x: u64) -> Option<u64> {
        ready(future(x))
    }

    #[perfmon::monitor_latency(labels(symbol))]
    #[inline(never)]
    pub(crate) fn one_label(x: u64, symbol: &str) -> u64 {
        black_box(x) + 1
    }

    #[perfmon::monitor_latency(labels(symbol, side))]
    #[inline(never)]
    pub(crate) fn two_labels(x: u64, symbol: &str, side: &str) -> u64 {
        black_box(x) + 1
    }

    #[perfmon::monitor_latency(sample = 1/64)]
    #[inline(never)]
    pub(crate) fn sampled(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[perfmon::monitor_latency(sample = "auto")]
    #[inline(never)]
    pub(crate) fn sampled_auto(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn guard(x: u64) -> u64 {
        let _guard = perfmon::latency!();
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn closure(x: u64) -> u64 {
        perfmon::time!(|| black_box(x) + 1)
    }

    // One name in both modules: a thread has a record of its own anyway.
    perfmon::counter!(static CALLS: "calls");

    #[inline(never)]
    pub(crate) fn increment(x: u64) -> u64 {
        CALLS.inc();
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn addition(x: u64) -> u64 {
        CALLS.add(black_box(x));
        black_box(x) + 1
    }

    perfmon::histogram!(static SIZES: "sizes");

    #[inline(never)]
    pub(crate) fn value(x: u64) -> u64 {
        SIZES.record(black_box(x));
        black_box(x) + 1
    }

    /// One of 64 sites. What `#[monitor_latency]` expands to, over a table: 64 functions would measure the processor's
    /// guesses about an indirect call.
    #[inline(never)]
    pub(crate) fn one_of_many(x: u64) -> u64 {
        let call = p::enter(&SITES[(x.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58) as usize]);
        let result = p::call(|| black_box(x) + 1);
        call.finish(p::Probe(&result).failed());
        result
    }

    /// 64 sites that differ in their names.
    static SITES: [p::CallSite; 64] = {
        macro_rules! sites {
            ($($name:literal)*) => {
                [$(p::CallSite::new(p::Kind::Latency, p::Name::Parts(&[concat!(module_path!(), "::", $name)]), module_path!())),*]
            };
        }
        sites! {
            "00" "01" "02" "03" "04" "05" "06" "07" "10" "11" "12" "13" "14" "15" "16" "17"
            "20" "21" "22" "23" "24" "25" "26" "27" "30" "31" "32" "33" "34" "35" "36" "37"
            "40" "41" "42" "43" "44" "45" "46" "47" "50" "51" "52" "53" "54" "55" "56" "57"
            "60" "61" "62" "63" "64" "65" "66" "67" "70" "71" "72" "73" "74" "75" "76" "77"
        }
    };
}

fn disabled(case: Case) -> Case {
    case.around(|| perfmon::set_enabled(false), || perfmon::set_enabled(true))
}

fn side(x: u64) -> &'static str {
    if x & 16 == 0 { "buy" } else { "sell" }
}

pub(crate) fn group() -> Group {
    perfmon::init();
    let cases = vec![
        case!("function", function),
        case!("returns `Result`", result),
        case!("with two objectives", objectives),
        case!("async, ready at once", polled),
        case!("1 label of 16 values", |i| one_label(i, symbol(i))),
        case!("2 labels, 32 sets", |i| two_labels(i, symbol(i), side(i))),
        case!("`sample = 1/64`", sampled),
        case!("`sample = \"auto\"`", sampled_auto),
        case!("64 sites at random", one_of_many),
        case!("guard, `latency!`", guard),
        case!("closure, `time!`", closure),
        case!("counter, `inc()`", increment),
        case!("counter, `add(n)`", addition),
        case!("histogram, `record(n)`", value),
        disabled(case!("disabled at run time", function)),
    ];
    Group { name: "perfmon", cases, settle: Settle::AtOnce, remark }
}

fn remark() -> Option<String> {
    let snapshot = perfmon::snapshot();
    let calls: u64 = snapshot.sites().iter().map(|site| site.stats().calls()).sum();
    Some(format!(
        "perfmon: {calls} calls counted; own cost of a call as its report states it: {:?}",
        snapshot.own_cost()
    ))
}
