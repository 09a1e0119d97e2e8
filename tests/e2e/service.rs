//! What is watched: calls with known durations, names that are hard to write, slow calls in a trace.

use std::time::Duration;

use perfmon::{monitor_db, monitor_order, monitor_request};
use tracing_subscriber::layer::SubscriberExt;

/// Checkouts made, all in all.
pub(crate) const CHECKOUTS: u64 = 10_000;
/// The trace that a slow one was part of.
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Customers whose names are hard to write down.
pub(crate) fn customers() -> Vec<String> {
    vec![
        String::from("plain"),
        String::from("\"quoted\" and \\back\\slashed\\"),
        String::from("two\nlines\n"),
        String::from("🦀 日本語 \u{200b}"),
        String::from("{le=\"+Inf\"} 1 # {trace_id=\"x\"} 2"),
        "long ".repeat(2_000),
        String::new(),
    ]
}

#[perfmon::monitor_latency("order", labels(customer = customer))]
fn order(customer: &str) -> usize {
    customer.len()
}

#[perfmon::monitor_latency("never_called", p99 = "1ms")]
#[allow(dead_code, reason = "that is its point")]
fn never_called() {}

#[monitor_db("select", "orders")]
fn select(fail: bool) -> Result<(), &'static str> {
    if fail { Err("no such table") } else { Ok(()) }
}

#[monitor_request("GET", "/orders/{id}")]
fn request() {}

#[monitor_order("market_order")]
fn place() -> Result<(), ()> {
    Ok(())
}

#[perfmon::monitor_latency("payment", p99 = "1ms")]
fn payment(takes: Duration) {
    std::thread::sleep(takes);
}

perfmon::counter! { static LETTERS: "letters_sent", labels(to) }
perfmon::gauge! {
    /// How full the box is.
    static FULL: "box_full", unit = "percent"
}
perfmon::histogram! {
    /// The size of an answer.
    static ANSWER: "answer_size", unit = "bytes"
}

/// Does everything once.
pub(crate) fn work() {
    for customer in customers() {
        order(&customer);
        LETTERS.with(&[&customer]).inc();
    }
    for number in 0..20 {
        let _ = select(number % 4 == 0);
        request();
        let _ = place();
        ANSWER.record(1_000 * number);
    }
    FULL.set(12.5);
    // Checkouts from 1 µs to 50 ms, most of them fast, none where a bucket's edge would flatter us.
    for number in 0..CHECKOUTS {
        let spread = f64::from(u32::try_from(number * 7_919 % 10_000).expect("small")) / 10_000.0;
        perfmon::record!("checkout", Duration::from_secs_f64(1.3e-6 * (10.5 * spread).exp()));
    }
}

/// A call that misses its objective, in a trace.
pub(crate) fn pay_slowly() {
    let subscriber = tracing_subscriber::registry().with(perfmon::tracing::layer());
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("cart", trace_id = TRACE);
        span.in_scope(|| payment(Duration::from_millis(5)));
    });
}
