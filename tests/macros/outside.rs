//! Guards, closures, futures and durations.

use std::{pin::pin, time::Duration};

use crate::support::{assert_send, forever, give_way, ok, panic_text, poll_once, run, seen};

#[test]
fn guards_of_every_kind() {
    {
        let _latency = perfmon::latency!("outside.latency");
        let _order = perfmon::order!("outside.order");
        let _db = perfmon::db!("select", "outside");
        let _request = perfmon::request!("GET", "/outside");
        let _agent = perfmon::agent!("outside.agent");
        let _tool = perfmon::tool!("outside.tool", labels(size = 1_u8), p99 = "1s", sample = 1 / 2);
    }
    for name in ["outside.latency", "outside.order", "select outside", "GET /outside", "outside.agent", "outside.tool"]
    {
        ok(name, 1);
    }
}

#[test]
fn a_guard_can_be_moved() {
    let guard = assert_send(perfmon::latency!("outside.moved"));
    std::thread::spawn(move || drop(guard)).join().expect("no panic");
    ok("outside.moved", 1);
}

#[test]
fn a_guard_dropped_by_unwinding_is_a_panic() {
    let text = panic_text(|| {
        let _guard = perfmon::latency!("outside.unwound");
        panic!("out");
    });
    assert_eq!(text, "out");
    assert_eq!(seen("outside.unwound"), [0, 0, 1, 0]);
}

fn guarded_by_path() {
    let _guard = perfmon::latency!();
}

fn timed_by_path() -> u8 {
    perfmon::time!(|| 1) + run(async { perfmon::time!(async { 1 }).await })
}

#[test]
fn without_a_name_it_is_the_function_around() {
    guarded_by_path();
    ok("macros::outside::guarded_by_path", 1);
    assert_eq!(timed_by_path(), 2);
    ok("macros::outside::timed_by_path", 2);
}

#[test]
fn closures() {
    let text = "12".to_owned();
    assert_eq!(perfmon::time!("outside.closure", || text.len()), 2);
    let moved = perfmon::time!("outside.move", move || text);
    assert_eq!(moved, "12");
    assert_eq!(perfmon::time!("outside.parsed", labels(moved), p99 = "1s", || moved.parse::<u8>()), Ok(12));
    assert!(perfmon::time!("outside.refused", || "x".parse::<u8>()).is_err());
    assert_eq!(seen("outside.refused"), [0, 1, 0, 0]);
    assert_eq!(perfmon::time!("outside.classified", err = |r| *r > 1, || 2), 2);
    assert_eq!(seen("outside.classified"), [0, 1, 0, 0]);
    assert_eq!(perfmon::time!("select", "outside_kind", kind = db, || 2), 2);
    ok("select outside_kind", 1);
    fn early() -> Option<u8> {
        let x = perfmon::time!("outside.early", || -> Option<u8> { Some(None?) })?;
        Some(x)
    }
    assert_eq!(early(), None);
    assert_eq!(panic_text(|| perfmon::time!("outside.closure_panics", || -> u8 { panic!("in") })), "in");
    assert_eq!(seen("outside.closure_panics"), [0, 0, 1, 0]);
    let collected: Vec<u8> = perfmon::time!("outside.collected", || [1, 2].into_iter().collect());
    assert_eq!(collected, [1, 2]);
    let shown: Box<dyn std::fmt::Display> = perfmon::time!("outside.coerced", || Box::new(1));
    assert_eq!(shown.to_string(), "1");
    let mut count = 0;
    let reference: &mut i32 = perfmon::time!("outside.reborrow", sample = 1 / 3, || &mut count);
    *reference += 1;
    assert_eq!(count, 1);
    for name in ["outside.closure", "outside.move", "outside.parsed", "outside.early", "outside.reborrow"] {
        ok(name, 1);
    }
}

async fn work(x: u8) -> Result<u8, u8> {
    give_way().await;
    if x == 0 { Err(x) } else { Ok(x) }
}

#[test]
fn futures() {
    let x = 1;
    let value = run(async {
        let a = perfmon::time!("outside.async", async { work(x).await }).await?;
        let b = perfmon::time!("outside.call", busy, work(x)).await?;
        let c = perfmon::time!("outside.async_labels", labels(x), async move { work(x).await }).await?;
        Ok::<_, u8>(a + b + c)
    });
    assert_eq!(value, Ok(3));
    assert!(run(perfmon::time!("outside.async_error", assert_send(work(0)))).is_err());
    assert_eq!(seen("outside.async_error"), [0, 1, 0, 0]);
    for name in ["outside.async", "outside.call", "outside.async_labels"] {
        ok(name, 1);
    }
    {
        let mut future = pin!(perfmon::time!("outside.cancelled", forever()));
        assert!(poll_once(future.as_mut()).is_pending());
        let _never_polled = perfmon::time!("outside.never_polled", labels(x), forever());
    }
    assert_eq!(seen("outside.cancelled"), [0, 0, 0, 1]);
    ok("outside.never_polled", 0);
}

#[test]
fn durations() {
    perfmon::record!("outside.record", Duration::from_millis(5));
    let venue = "NYSE";
    perfmon::record!("outside.record_labels", labels(venue), p99 = "1s", Duration::from_millis(1) * 2);
    perfmon::record!("outside.record_kind", kind = order, Duration::from_millis(1));
    ok("outside.record", 1);
    ok("outside.record_kind", 1);
    let snapshot = perfmon::snapshot();
    assert!(snapshot.get("outside.record").is_some_and(|site| site.total() >= Duration::from_micros(4900)));
    let series = snapshot.get("outside.record_labels").expect("a site");
    assert_eq!(series.with_labels(&["NYSE"]).map(|stats| stats.calls()), Some(1));
}

#[test]
fn as_expressions_anywhere() {
    struct Holder<G>(G);
    let holder = Holder(perfmon::latency!("outside.field"));
    let Holder(_) = holder;
    let total: u8 = [1, 2].into_iter().map(|x| perfmon::time!("outside.mapped", || x)).sum();
    assert_eq!(total, 3);
    ok("outside.mapped", 2);
    match perfmon::time!("outside.matched", || 1) {
        1 => {}
        _ => unreachable!(),
    }
    if perfmon::time!("outside.condition", || true) && perfmon::time!("outside.condition_2", || true) {
        ok("outside.condition", 1);
    }
}
