//! What options do.

use std::{fmt, time::Duration};

use perfmon::{Severity, Statistic, monitor_db, monitor_latency, monitor_order};

use crate::support::{give_way, ok, run, seen};

struct Order {
    symbol: String,
    side: Side,
    size: u64,
}

#[derive(Clone, Copy)]
enum Side {
    Buy,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Buy => "buy",
        })
    }
}

#[monitor_order("options.labels", labels(symbol = order.symbol, side = %order.side, size = order.size, venue, r#type = "limit"))]
fn labels(order: &Order, venue: &str) -> Result<(), ()> {
    Ok(())
}

#[monitor_order("options.async_labels", labels(symbol = order.symbol, large = order.size > 10))]
async fn async_labels(order: Order) -> u64 {
    give_way().await;
    drop(order.symbol);
    order.size
}

#[monitor_order("options.future_labels", labels(symbol = order.symbol, side = %order.side))]
fn future_labels(order: Order) -> std::pin::Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        drop(order.symbol);
        order.size
    })
}

#[monitor_order("options.guard_labels", labels(symbol = order.symbol, first = order.symbol.chars().next().unwrap_or(' ')))]
fn guard_labels(order: Order) -> impl Into<String> {
    order.symbol
}

#[monitor_db("select", "options", labels(symbol = symbol))]
fn generic_labels<S: AsRef<str> + perfmon::macro_support::Label>(symbol: S) -> usize {
    symbol.as_ref().len()
}

fn order() -> Order {
    Order { symbol: "AAPL".to_owned(), side: Side::Buy, size: 100 }
}

#[track_caller]
fn labelled(name: &str, values: &[&str]) -> u64 {
    let snapshot = perfmon::snapshot();
    let site = snapshot.get(name).unwrap_or_else(|| panic!("no site {name}"));
    let found: Vec<_> = site.series().iter().map(|series| series.values().to_vec()).collect();
    site.with_labels(values).unwrap_or_else(|| panic!("{name} has {found:?}")).calls()
}

#[test]
fn labels_are_read_before_the_body() {
    labels(&order(), "NYSE").expect("fine");
    assert_eq!(labelled("options.labels", &["AAPL", "buy", "100", "NYSE", "limit"]), 1);
    assert_eq!(run(async_labels(order())), 100);
    assert_eq!(labelled("options.async_labels", &["AAPL", "true"]), 1);
    assert_eq!(run(future_labels(order())), 100);
    assert_eq!(labelled("options.future_labels", &["AAPL", "buy"]), 1);
    assert_eq!(guard_labels(order()).into(), "AAPL");
    assert_eq!(labelled("options.guard_labels", &["AAPL", "A"]), 1);
    assert_eq!(generic_labels("a") + generic_labels("bc".to_owned()), 3);
    assert_eq!(labelled("select options", &["bc"]), 1);
    let keys: Vec<_> = perfmon::snapshot().get("options.labels").expect("a site").label_keys().to_vec();
    assert_eq!(keys, ["symbol", "side", "size", "venue", "type"]);
}

#[monitor_latency(
    "options.objectives",
    p50 = "1ms",
    p95 = "1.5s",
    p99 = "1m 30s",
    p999 = "1h",
    error_rate = "5%",
    severity = "P1",
    window = "10m",
    for = "30s"
)]
fn objectives() {}

#[monitor_latency("options.defaults", p99 = "250us")]
fn defaults() {}

#[test]
fn objectives_are_declared() {
    objectives();
    defaults();
    let snapshot = perfmon::snapshot();
    let all: Vec<_> = snapshot.get("options.objectives").expect("a site").objectives().map(|o| o.objective).collect();
    let bounds: Vec<_> = all.iter().map(|objective| (objective.statistic(), objective.latency_bound())).collect();
    assert_eq!(
        bounds,
        [
            (Statistic::P50, Some(Duration::from_millis(1))),
            (Statistic::P95, Some(Duration::from_millis(1500))),
            (Statistic::P99, Some(Duration::from_secs(90))),
            (Statistic::P999, Some(Duration::from_secs(3600))),
            (Statistic::ErrorRate, None),
        ]
    );
    assert_eq!(all[4].error_rate_bound(), Some(0.05));
    for objective in &all {
        assert_eq!(objective.severity(), Severity::Error);
        assert_eq!(objective.window(), Duration::from_secs(600));
        assert_eq!(objective.hold(), Duration::from_secs(30));
    }
    let default = snapshot.get("options.defaults").expect("a site").objectives().next().expect("one").objective;
    assert_eq!(default.severity(), Severity::Warning);
    assert_eq!(default.window(), Duration::from_secs(300));
    assert_eq!(default.latency_bound(), Some(Duration::from_micros(250)));
}

#[monitor_latency("options.sampled", sample = 1/64)]
fn sampled(x: u8) -> Result<u8, u8> {
    if x == 0 { Err(x) } else { Ok(x) }
}

#[monitor_latency("options.sampled_labels", sample = "1/8", labels(x))]
fn sampled_labels(x: u8) -> u8 {
    x
}

#[monitor_latency("options.sampled_auto", sample = "auto")]
fn sampled_auto() {}

#[monitor_latency("options.sampled_async", sample = 1/4)]
async fn sampled_async(x: u8) -> Result<u8, u8> {
    if x == 0 { Err(x) } else { Ok(x) }
}

#[monitor_latency("options.sampled_guard", sample = 1/4)]
fn sampled_guard() -> impl Sized {}

#[test]
fn sampled_calls_are_all_counted() {
    for x in 0..200 {
        let _ = sampled(x % 2);
        sampled_labels(x % 4);
        sampled_auto();
        let _ = run(sampled_async(x % 2));
        sampled_guard();
    }
    assert_eq!(seen("options.sampled"), [100, 100, 0, 0]);
    assert_eq!(seen("options.sampled_async"), [100, 100, 0, 0]);
    assert_eq!(labelled("options.sampled_labels", &["3"]), 50);
    ok("options.sampled_auto", 200);
    ok("options.sampled_guard", 200);
    assert!(perfmon::snapshot().get("options.sampled").is_some_and(|site| site.is_sampled()));
}

#[monitor_latency("options.err", err = |r| r.is_none())]
fn err(x: u8) -> Option<u8> {
    x.checked_sub(1)
}

#[monitor_latency("options.ok", ok = |status: &u16| *status < limit)]
fn ok_below(limit: u16, status: u16) -> u16 {
    status
}

fn is_large(x: &u64) -> bool {
    *x > 10
}

#[monitor_latency("options.err_function", err = is_large)]
async fn err_function(x: u64) -> u64 {
    give_way().await;
    x
}

#[monitor_latency("options.err_future", err = |r: &Result<u8, u8>| matches!(r, Err(x) if *x > 1))]
fn err_future(x: Result<u8, u8>) -> impl Future<Output = Result<u8, u8>> {
    async move { x }
}

#[monitor_latency("options.err_generic", err = |r: &Result<T, E>| r.is_err())]
fn err_generic<T, E>(x: Result<T, E>) -> Result<T, E> {
    x
}

#[test]
fn values_are_classified_as_told() {
    assert_eq!([err(0), err(1)], [None, Some(0)]);
    assert_eq!(seen("options.err"), [1, 1, 0, 0]);
    assert_eq!(ok_below(400, 200) + ok_below(400, 500), 700);
    assert_eq!(seen("options.ok"), [1, 1, 0, 0]);
    assert_eq!(run(err_function(1)) + run(err_function(20)), 21);
    assert_eq!(seen("options.err_function"), [1, 1, 0, 0]);
    let _ = (run(err_future(Err(1))), run(err_future(Err(2))), run(err_future(Ok(1))));
    assert_eq!(seen("options.err_future"), [2, 1, 0, 0]);
    let _ = (err_generic::<u8, ()>(Err(())), err_generic::<u8, ()>(Ok(1)));
    assert_eq!(seen("options.err_generic"), [1, 1, 0, 0]);
}

type Fallible<T> = std::io::Result<T>;
type Deep = Fallible<Option<u8>>;

#[monitor_latency("options.alias")]
fn alias(fail: bool) -> Deep {
    if fail { Err(std::io::Error::other("no")) } else { Ok(None) }
}

#[monitor_latency("options.generic_value")]
fn generic_value<T>(x: T) -> T {
    x
}

#[test]
fn a_result_is_known_by_type() {
    assert!(alias(true).is_err());
    assert!(alias(false).is_ok());
    assert_eq!(seen("options.alias"), [1, 1, 0, 0]);
    // Generic: whatever it is, it is a value.
    assert!(generic_value(Err::<(), ()>(())).is_err());
    ok("options.generic_value", 1);
}

#[monitor_latency("options.busy", busy)]
async fn busy() {
    give_way().await;
}

#[monitor_latency("options.busy_boxed", busy, labels(x))]
fn busy_boxed(x: u8) -> std::pin::Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async move { x })
}

#[test]
fn polling_is_measured_beside() {
    run(busy());
    run(busy_boxed(1));
    let snapshot = perfmon::snapshot();
    for name in ["options.busy", "options.busy_boxed"] {
        let site = snapshot.get(name).expect("a site");
        assert!(site.is_busy_measured());
        assert!(site.busy() <= site.total(), "{name}: {:?} of {:?}", site.busy(), site.total());
    }
}

#[monitor_latency("options.skip_alone_is_no_site", labels(x), p99 = "1s")]
fn measured(x: u8) -> u8 {
    x
}

#[monitor_latency(skip)]
fn skipped(x: u8) -> u8 {
    x
}

mod renamed {
    pub use ::perfmon as metrics;
}

#[perfmon::monitor_latency("options.root", crate = crate::options::renamed::metrics, labels(x), p99 = "1s")]
fn root(x: u8) -> u8 {
    x
}

#[perfmon::monitor_latency("options.root_async", crate = crate::options::renamed::metrics, err = |r| *r > 0)]
async fn root_async(x: u8) -> u8 {
    x
}

#[test]
fn skip_and_crate() {
    assert_eq!(measured(1) + skipped(1) + root(1) + run(root_async(1)), 4);
    ok("options.root", 1);
    assert_eq!(seen("options.root_async"), [0, 1, 0, 0]);
}

#[monitor_order("options.limited", labels(symbol), label_limit = 2)]
fn limited(symbol: &str) {}

#[test]
fn labels_have_a_limit_of_their_own() {
    ["AAPL", "MSFT", "TSLA", "IBM", "AAPL"].into_iter().for_each(limited);

    ok("options.limited", 5);
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("options.limited").expect("called");
    let calls = |symbol: &str| site.with_labels(&[symbol]).map(perfmon::snapshot::Stats::calls);
    assert_eq!(["AAPL", "MSFT", "TSLA", "IBM", "other"].map(calls), [Some(2), Some(1), None, None, Some(2)]);
}

#[test]
fn a_site_knows_its_place() {
    #[monitor_latency("options.place")]
    #[allow(dead_code)]
    fn never_called() {}
    let line = line!() - 1;
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("options.place").expect("registered without a call");
    assert_eq!(site.calls(), 0);
    let [place] = site.places() else { panic!("{:?}", site.places()) };
    assert_eq!(place.module, "macros::options");
    assert!(place.file.ends_with("options.rs"), "{place:?}");
    assert_eq!(place.line, line);
}

#[test]
fn a_caller_stays_the_users() {
    #[monitor_latency("options.track_caller")]
    #[track_caller]
    fn line() -> u32 {
        std::panic::Location::caller().line()
    }
    assert_eq!(line(), line!());
    ok("options.track_caller", 1);
}
