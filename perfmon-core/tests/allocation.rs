//! After a thread's first calls, no call touches the heap: an allocator counts.

#[path = "support/counting.rs"]
mod counting;
#[macro_use]
mod support;

use std::{
    pin::pin,
    task::{Context, Waker},
    thread,
};

use counting::ALLOCATIONS;
use perfmon_core::{
    Counter, Gauge, Histogram,
    call::{
        Label, LabelBuf, LabelSet, async_enter, display, enter, enter_labels, enter_labels_sampled, enter_sampled,
        guard, polled, record,
    },
    site::Sample,
};
use support::ns;

site!(PLAIN, "plain");
site!(LABELLED, "labelled", labels(&["symbol"]));
site!(PAIR, "pair", labels(&["symbol", "venue"]));
site!(NUMBERS, "numbers", labels(&["n"]));
site!(SHOWN, "shown", labels(&["text"]));
site!(LONG, "long", labels(&["text"]));
site!(SAMPLED, "sampled", sample(Sample::OneIn(8)));
site!(SAMPLED_LABELLED, "sampled and labelled", sample(Sample::Auto), labels(&["n"]));
site!(ASYNC, "async");
site!(GUARDED, "guarded");
site!(RELABELLED, "relabelled", labels(&["symbol", "status"]));
site!(GIVEN, "given");
static COUNT: Counter = Counter::new("count", module_path!());
static BY_SIDE: Counter<1> = Counter::new("by_side", module_path!()).labels(&["side"]);
static SIZES: Histogram = Histogram::new("sizes", module_path!());
static LEVEL: Gauge = Gauge::new("level", module_path!());

const SYMBOLS: [&str; 40] = {
    let mut symbols = ["AAPL"; 40];
    let all = [
        "A", "AB", "ABC", "MSFT", "GOOGL", "TSLA", "AMZN", "NVDA", "META", "NFLX", "INTC", "AMD", "IBM", "ORCL", "CRM",
        "ADBE", "PYPL", "UBER", "SHOP", "SNOW",
    ];
    let mut at = 0;
    while at < 20 {
        symbols[at] = all[at];
        at += 1;
    }
    symbols
};

fn round(at: u64, labels: LabelSet) {
    let symbol = SYMBOLS[(at % 40) as usize];
    enter(&PLAIN).finish(at.is_multiple_of(2));
    enter_labels(&LABELLED, &[symbol]).finish(false);
    enter_labels(&PAIR, &[symbol, "a venue of some length"]).finish(false);
    enter_labels(&NUMBERS, &[(at % 30).text(&mut LabelBuf::new())]).finish(false);
    enter_labels(&SHOWN, &[display(&format_args!("{:>64}", at % 5), &mut LabelBuf::new())]).finish(false);
    enter_labels(
        &LONG,
        &["a label value that is far longer than two words, longer even than what a buffer holds, by some"],
    )
    .finish(false);
    enter_sampled(&SAMPLED).finish(false);
    enter_labels_sampled(&SAMPLED_LABELLED, &[symbol]).finish(false);
    let future = pin!(async {
        let mut call = async_enter(&ASYNC);
        polled(&mut call, async {}).await;
        call.finish(false);
    });
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    drop(guard(&GUARDED));
    let mut relabelled = guard(&RELABELLED);
    relabelled.relabel(&["AAPL", if at.is_multiple_of(2) { "200" } else { "404" }]);
    relabelled.relabel_as(labels);
    drop(relabelled);
    record(&GIVEN, ns(at));
    COUNT.inc();
    BY_SIDE.with(&["buy"]).inc();
    SIZES.record(at % 100);
    LEVEL.set(1.0);
}

#[test]
fn nothing_after_the_first_calls() {
    for _ in 0..3 {
        thread::spawn(|| {
            let labels = LabelSet::of(&RELABELLED, &["MSFT", "500"]);
            (0..200).for_each(|at| round(at, labels));
            let before = ALLOCATIONS.get();
            (0..20_000).for_each(|at| round(at, labels));
            assert_eq!(ALLOCATIONS.get() - before, 0);
        })
        .join()
        .expect("a call allocated");
    }
}
