//! Annotated code that the strictest settings accept: a lint raised by an expansion fails the build.

#![deny(warnings, missing_docs, unreachable_pub, unused_results, unused_qualifications, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::unwrap_used, clippy::shadow_unrelated)]
#![allow(clippy::redundant_pub_crate, reason = "`unreachable_pub` asks for it")]
#![forbid(unsafe_code)]

use std::{fmt, future::Future, pin::Pin};

use perfmon::{monitor_agent, monitor_db, monitor_latency, monitor_order, monitor_tool};

use crate::support::{give_way, ok, run};

/// An order.
#[derive(Debug)]
pub(crate) struct Order {
    /// What.
    pub(crate) symbol: String,
}

/// Why not.
#[derive(Debug)]
pub(crate) struct Refused;

impl fmt::Display for Refused {
    #[monitor_latency("lints.fmt")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

/// Adds.
#[must_use]
#[monitor_latency("lints.plain")]
pub(crate) fn plain(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

/// Nothing.
#[monitor_latency("lints.unit")]
pub(crate) fn unit(order: &mut Order) {
    order.symbol.push('x');
}

/// Places.
///
/// # Errors
/// When refused.
#[monitor_order(
    "lints.limit",
    labels(symbol = order.symbol, size = order.symbol.len(), why = %Refused),
    p99 = "250ms",
    error_rate = "5%",
    severity = "error",
    window = "5m",
    for = "30s",
    sample = 1/8,
    err = Result::is_err
)]
pub(crate) fn place(order: &Order) -> Result<usize, Refused> {
    if order.symbol.is_empty() {
        return Err(Refused);
    }
    Ok(order.symbol.len())
}

/// Waits.
#[monitor_latency("lints.wait", busy)]
pub(crate) async fn wait() {
    give_way().await;
}

/// Selects.
///
/// # Errors
/// Never.
#[monitor_db("select", "lints", labels(key))]
pub(crate) async fn select(key: &str) -> Result<String, Refused> {
    give_way().await;
    let text = Some(key).ok_or(Refused)?;
    Ok(text.to_owned())
}

/// Searches.
#[monitor_tool("lints.search", labels(key))]
pub(crate) fn search(key: &str) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    Box::pin(async move { key.len() })
}

/// Plans.
#[monitor_agent("lints.plan", labels(agent = goal))]
pub(crate) async fn plan(goal: &str) -> Result<usize, Refused> {
    give_way().await;
    let text = Some(goal).ok_or(Refused)?;
    Ok(text.len())
}

/// Decides.
#[monitor_agent]
pub(crate) fn decide(goal: &str) -> Option<char> {
    let first = goal.chars().next()?;
    Some(first)
}

/// Opaque.
#[monitor_latency("lints.opaque")]
pub(crate) fn opaque(x: u8) -> impl Future<Output = u8> + Send {
    async move { x }
}

/// Guarded.
#[monitor_latency("lints.guarded", labels(x))]
pub(crate) fn guarded(x: u8) -> impl Iterator<Item = u8> {
    0..x
}

/// Of a trait.
pub(crate) trait Rule {
    /// Checks.
    #[monitor_latency("lints.check")]
    fn check(&self) -> bool {
        true
    }
}

impl Rule for Order {}

#[monitor_latency("lints.block", labels(symbol = self.symbol))]
impl Order {
    /// Length.
    pub(crate) fn len(&self) -> usize {
        self.symbol.len()
    }

    /// By path.
    #[monitor_latency]
    pub(crate) fn by_path(&self) -> Option<char> {
        self.symbol.chars().next()
    }
}

/// Without attributes.
pub(crate) fn outside() -> usize {
    let _guard = perfmon::latency!("lints.guard", p50 = "1s");
    let length = perfmon::time!("lints.time", || "a".len());
    perfmon::record!("lints.record", std::time::Duration::from_millis(1));
    length
}

perfmon::counter! {
    /// Counted.
    pub(crate) static COUNTED: "lints_counted", unit = "calls", labels(symbol)
}

perfmon::gauge!(pub(crate) static LEVEL: "lints_level", help = "How high.");

#[test]
fn the_strictest_settings_are_met() {
    let mut order = Order { symbol: "a".to_owned() };
    assert_eq!(plain(1, 2), 3);
    unit(&mut order);
    assert!(place(&order).is_ok());
    run(wait());
    assert!(run(select("a")).is_ok());
    assert_eq!(run(search("abc")), 3);
    assert!(run(plan("abc")).is_ok());
    assert_eq!(decide("abc"), Some('a'));
    assert_eq!(run(opaque(1)), 1);
    assert_eq!(guarded(2).count(), 2);
    assert!(order.check());
    assert_eq!(order.len(), 2);
    assert_eq!(order.by_path(), Some('a'));
    assert_eq!(outside(), 1);
    assert_eq!(Refused.to_string(), "refused");
    COUNTED.with(&["a"]).inc();
    LEVEL.set(1.0);
    ok("lints.plain", 1);
    ok("lints.limit", 1);
    ok("lints.block::len", 1);
}
