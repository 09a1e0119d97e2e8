//! Without the feature `on`: everything compiles, runs, and is as if no attribute were there.
//!
//! `cargo test --no-default-features --features agents --test off`

#![cfg(not(feature = "on"))]
#![deny(warnings)]
#![warn(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::{future::Future, mem::size_of_val, pin::Pin, task::Context, time::Duration};

use perfmon::{monitor_db, monitor_latency};

fn run<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("no future here waits"),
    }
}

#[monitor_latency("off.plain", p99 = "1s", sample = 1/64)]
fn plain(x: u8) -> u8 {
    x + 1
}

/// What only options mention is not unused.
#[monitor_db("select", "off", labels(venue, what = %size), err = Option::is_none)]
fn mentioned(venue: &str, size: f64) -> Option<u8> {
    None
}

/// Nor what only `rows` mentions, which is there with the feature `db`.
#[cfg(feature = "db")]
#[monitor_db("select", "off_rows", rows = |r: &Vec<u8>| rows_of(r))]
fn counted() -> Vec<u8> {
    vec![1]
}

#[cfg(feature = "db")]
fn rows_of(row: &[u8]) -> usize {
    row.len()
}

#[monitor_latency("off.async", busy, labels(x))]
async fn asynchronous(x: u8) -> u8 {
    std::future::ready(1).await
}

#[monitor_latency("off.consumed", labels(text))]
async fn consumed(text: String) -> String {
    std::future::ready(()).await;
    text
}

#[monitor_latency("off.boxed", labels(x), ok = Option::is_some)]
fn boxed(x: u8) -> Pin<Box<dyn Future<Output = Option<u8>> + Send>> {
    Box::pin(async { None })
}

#[monitor_latency("off.opaque", labels(x))]
fn opaque(x: u8) -> impl Future<Output = u8> {
    std::future::ready(1)
}

/// What is said of a stream's items is not unused either.
#[cfg(feature = "stream")]
#[monitor_latency("off.stream", busy, labels(x), err = |item| *item > 1)]
fn streamed(x: u8) -> Result<futures::stream::BoxStream<'static, u8>, String> {
    Ok(Box::pin(futures::stream::iter([1, 2])))
}

#[monitor_latency("off.guarded", labels(x))]
fn guarded(x: u8) -> impl Iterator<Item = u8> {
    #![allow(clippy::needless_pass_by_value)]
    [1].into_iter()
}

struct Book(u8);

#[monitor_latency("off.block", labels(depth = self.0), skip(skipped))]
impl Book {
    fn depth(&self) -> u8 {
        self.0
    }

    fn skipped() -> u8 {
        1
    }

    #[monitor_latency(skip)]
    fn skipped_too() -> u8 {
        1
    }
}

#[monitor_latency]
mod module {
    pub(super) const fn constant() -> u8 {
        1
    }
}

#[monitor_latency("off.outer")]
#[monitor_latency("off.inner", labels(x))]
fn twice(x: u8) {}

perfmon::counter! {
    /// Counted.
    static COUNTED: "off_counted", labels(a)
}

#[test]
fn values_come_back() {
    assert_eq!(plain(1), 2);
    assert_eq!(mentioned("a", 1.0), None);
    assert_eq!(run(asynchronous(1)), 1);
    assert_eq!(run(consumed("a".to_owned())), "a");
    assert_eq!(run(boxed(1)), None);
    assert_eq!(run(opaque(1)), 1);
    assert_eq!(guarded(1).count(), 1);
    assert_eq!(Book(1).depth() + Book::skipped() + Book::skipped_too() + module::constant(), 4);
    twice(1);
    #[cfg(feature = "db")]
    assert_eq!(counted(), [1]);
    #[cfg(feature = "stream")]
    assert!(streamed(1).is_ok());
}

#[test]
fn macros_do_nothing_else() {
    let venue = "a";
    let _guard = perfmon::latency!("off.guard", labels(venue));
    let _by_path = perfmon::latency!();
    assert_eq!(perfmon::time!("off.time", labels(venue), err = |r| *r > 1, || 1), 1);
    assert_eq!(run(perfmon::time!("off.time_future", busy, async { 1 })), 1);
    perfmon::record!("off.record", labels(venue), Duration::from_millis(1));
}

#[test]
fn there_are_no_sites() {
    let snapshot = perfmon::snapshot();
    assert!(snapshot.sites().is_empty(), "{:?}", snapshot.sites());
}

#[test]
fn a_future_is_no_larger() {
    async fn plain_asynchronous(x: u8) -> u8 {
        let _ = x;
        std::future::ready(1).await
    }
    async fn plain_consumed(text: String) -> String {
        std::future::ready(()).await;
        text
    }
    assert_eq!(size_of_val(&asynchronous(1)), size_of_val(&plain_asynchronous(1)));
    assert_eq!(size_of_val(&consumed(String::new())), size_of_val(&plain_consumed(String::new())));
}

#[cfg(feature = "agents")]
#[test]
fn nobody_runs_and_tokens_are_not_counted() {
    #[perfmon::monitor_agent("off.agent", labels(agent = name))]
    fn agent(name: &str) -> &'static str {
        perfmon::tokens(1, 1);
        tool()
    }
    #[perfmon::monitor_tool("off.tool")]
    fn tool() -> &'static str {
        perfmon::agents::Agent::current().name()
    }
    assert_eq!(agent("ada"), perfmon::agents::NONE);
    assert_eq!(perfmon::agents::summary(), perfmon::agents::Summary::default());
}

#[test]
fn custom_metrics_work_all_the_same() {
    COUNTED.with(&["x"]).inc();
    assert!(perfmon::snapshot().metric("off_counted").is_some());
}
