//! Spans as calls: what `tracing` says of them, in figures.

use std::{
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    thread,
    time::Duration,
};

use perfmon::{
    MockClock,
    evidence::{SlowCall, slow_calls},
    monitor_latency,
    snapshot::Site,
    tracing::Trace,
};
use tracing::{Event, Instrument, Subscriber, field::Field, instrument, subscriber::with_default};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    layer::Context as LayerContext,
    prelude::*,
    registry::LookupSpan,
};

const MS: Duration = Duration::from_millis(1);
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A subscriber's other layer: hears what is told of slow calls, and is monitored and slow itself.
struct Listener;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
        if event.metadata().target() == "perfmon::slow" {
            let mut text = event.metadata().level().to_string();
            event
                .record(&mut |field: &Field, value: &dyn std::fmt::Debug| text.extend([format!(" {field}={value:?}")]));
            HEARD.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            listen();
        }
    }
}

#[monitor_latency("listen", p99 = "1ms")]
fn listen() {
    clock().advance(2 * MS);
}

fn clock() -> MockClock {
    static CLOCK: OnceLock<MockClock> = OnceLock::new();
    CLOCK.get_or_init(|| MockClock::install().expect("before the first call")).clone()
}

/// The mock clock and the layer, for one test at a time.
fn alone() -> (MockClock, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    static SUBSCRIBER: OnceLock<()> = OnceLock::new();
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let clock = clock();
    SUBSCRIBER.get_or_init(|| {
        tracing_subscriber::registry().with(perfmon::tracing::layer()).with(Listener).init();
        perfmon::tracing::slow_events();
    });
    // Who was told a moment ago may be told again.
    clock.advance(Duration::from_secs(100));
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).clear();
    (clock, alone)
}

fn heard() -> Vec<String> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn taken(name: &str) -> Site {
    perfmon::snapshot().get(name).unwrap_or_else(|| panic!("no site {name:?}")).clone()
}

/// `[ok, errors, panics, cancelled, in flight]`.
fn seen(name: &str) -> [u64; 5] {
    let site = taken(name);
    [site.ok(), site.errors(), site.panics(), site.cancelled(), site.in_flight()]
}

fn last(name: &str) -> SlowCall {
    slow_calls().into_iter().rfind(|call| call.name == name).unwrap_or_else(|| panic!("no slow call of {name:?}"))
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Waits once.
#[derive(Default)]
struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

#[instrument(err)]
fn settle(quantity: u32) -> Result<u32, String> {
    clock().advance(5 * MS);
    if quantity > 100 { Err("too large".into()) } else { Ok(quantity) }
}

#[test]
fn a_function_is_a_call_of_its_name() {
    let (_clock, _alone) = alone();
    assert!(settle(1).is_ok() && settle(2).is_ok() && settle(200).is_err());
    assert_eq!(seen("settle"), [2, 1, 0, 0, 0]);
    let site = taken("settle");
    assert_eq!((site.total(), site.busy(), site.is_busy_measured()), (15 * MS, 15 * MS, true));
    let place = &site.places()[0];
    assert_eq!((place.module.as_ref(), place.file.as_ref()), ("tracing_layer", "tests/tracing_layer.rs"));
    assert!(place.line > 1);
}

#[instrument]
async fn fetch() {
    clock().advance(MS);
    Later::default().await;
    clock().advance(MS);
}

#[test]
fn a_future_is_busy_while_it_is_polled_whatever_the_thread() {
    let (clock, _alone) = alone();
    let mut future = Box::pin(fetch());
    assert!(poll(future.as_mut()).is_pending());
    assert_eq!(seen("fetch"), [0, 0, 0, 0, 1]);
    clock.advance(10 * MS);
    thread::spawn(move || assert!(poll(future.as_mut()).is_ready())).join().expect("a thread ends well");
    assert_eq!(seen("fetch"), [1, 0, 0, 0, 0]);
    assert_eq!((taken("fetch").total(), taken("fetch").busy()), (12 * MS, 2 * MS));
}

#[instrument]
async fn wait_for_ever() {
    pending::<()>().await;
}

#[test]
fn a_dropped_future_ends_and_one_never_polled_is_no_call() {
    let (_clock, _alone) = alone();
    let mut future = Box::pin(wait_for_ever());
    assert!(poll(future.as_mut()).is_pending());
    drop(future);
    assert_eq!(seen("wait_for_ever"), [1, 0, 0, 0, 0]);
    drop(tracing::info_span!("never entered"));
    assert_eq!(seen("never entered"), [0; 5]);
    assert!(perfmon::snapshot().never_called().any(|site| site.name() == "never entered"));
}

#[instrument]
fn descend(depth: u32) {
    clock().advance(MS);
    if depth > 0 {
        between(depth - 1);
    }
}

#[instrument]
fn between(depth: u32) {
    descend(depth);
}

#[instrument]
async fn descend_async(depth: u32) {
    clock().advance(MS);
    Later::default().await;
    if depth > 0 {
        Box::pin(descend_async(depth - 1)).await;
    }
}

#[test]
fn recursion_counts_once_as_outermost() {
    let (_clock, _alone) = alone();
    descend(3);
    assert_eq!(seen("descend"), [4, 0, 0, 0, 0]);
    assert_eq!((taken("descend").total(), taken("descend").outermost()), (10 * MS, 4 * MS));
    let mut future = Box::pin(descend_async(3));
    while poll(future.as_mut()).is_pending() {}
    drop(future);
    assert_eq!((taken("descend_async").calls(), taken("descend_async").outermost()), (4, 4 * MS));
}

#[instrument]
fn fall(deep: bool) {
    if deep {
        fall(false);
    }
    panic!("on purpose");
}

struct WhileUnwinding;

impl Drop for WhileUnwinding {
    fn drop(&mut self) {
        let _ = settle_in_drop();
    }
}

#[instrument]
fn settle_in_drop() -> u32 {
    1
}

#[instrument]
async fn fall_later() {
    let _held = WhileUnwinding;
    Later::default().await;
    panic!("on purpose");
}

#[test]
fn unwinding_is_a_panic_of_what_it_leaves() {
    let (_clock, _alone) = alone();
    assert!(catch_unwind(|| fall(true)).is_err());
    assert_eq!(seen("fall"), [0, 0, 2, 0, 0]);
    let mut future = Box::pin(fall_later());
    assert!(poll(future.as_mut()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).is_err());
    drop(future);
    assert_eq!(seen("fall_later"), [0, 0, 1, 0, 0]);
    assert_eq!(seen("settle_in_drop"), [1, 0, 0, 0, 0], "what runs and returns meanwhile is well");
}

#[test]
fn fields_and_events_tell_errors() {
    let (_clock, _alone) = alone();
    tracing::info_span!("told", error = true).in_scope(|| ());
    tracing::info_span!("told", error = false).in_scope(|| ());
    tracing::info_span!("told", error = "broken pipe").in_scope(|| ());
    tracing::info_span!("told", otel.status_code = "ERROR").in_scope(|| ());
    tracing::info_span!("told", otel.status_code = %"OK").in_scope(|| ());
    tracing::info_span!("told", otel.status_code = ?"error").in_scope(|| ());
    let span = tracing::info_span!("told", error = tracing::field::Empty);
    span.in_scope(|| span.record("error", "late"));
    drop(span);
    tracing::info_span!("told").in_scope(|| tracing::warn!("no error"));
    tracing::info_span!("told").in_scope(|| tracing::info_span!("inside").in_scope(|| tracing::error!("its own")));
    assert_eq!(seen("told"), [4, 5, 0, 0, 0]);
    assert_eq!(seen("inside"), [0, 1, 0, 0, 0]);
    assert_eq!(taken("told").places().len(), 9);
}

#[test]
fn a_span_may_be_entered_twice_and_on_two_threads() {
    let (clock, _alone) = alone();
    let span = tracing::info_span!("shared");
    {
        let _first = span.enter();
        clock.advance(MS);
        span.in_scope(|| clock.advance(MS));
        thread::scope(|scope| {
            scope.spawn(|| span.in_scope(|| clock.advance(MS)));
        });
    }
    clock.advance(MS);
    assert_eq!(seen("shared"), [0, 0, 0, 0, 1]);
    drop(span);
    assert_eq!(seen("shared"), [1, 0, 0, 0, 0]);
    assert_eq!((taken("shared").total(), taken("shared").busy()), (4 * MS, 3 * MS));
}

#[monitor_latency("charge", p99 = "10ms")]
fn charge(time: Duration) {
    clock().advance(time);
}

#[monitor_latency("charge_async", p99 = "10ms")]
async fn charge_async() {
    clock().advance(20 * MS);
    Later::default().await;
}

#[instrument]
fn handle() {
    charge(20 * MS);
}

#[test]
fn a_slow_call_carries_the_trace_of_the_spans_around_it() {
    let (_clock, _alone) = alone();
    let id = |text: &str| text.parse::<Trace>().expect("an id").trace_id;
    let trace = || last("charge").trace.map(|trace| trace.trace_id);
    charge(20 * MS);
    assert_eq!(trace(), None);
    let request = tracing::info_span!("request", trace_id = TRACE);
    request.in_scope(handle);
    assert_eq!(trace(), Some(id(TRACE)));
    tracing::info_span!("request", traceparent = %PARENT).in_scope(|| {
        handle();
        assert_eq!(trace(), Some(id(PARENT)));
        // An inner span has its own, and gives it back.
        request.in_scope(handle);
        assert_eq!(trace(), Some(id(TRACE)));
        charge(21 * MS);
        assert_eq!(trace(), Some(id(PARENT)));
        tracing::info_span!(parent: None, "elsewhere").in_scope(handle);
        assert_eq!(trace(), None);
    });
    // Learnt while it is entered, by what comes after.
    let span = tracing::info_span!("request", trace_id = tracing::field::Empty);
    span.in_scope(|| {
        span.record("trace_id", tracing::field::debug(TRACE));
        handle();
        assert_eq!(trace(), Some(id(TRACE)));
    });
    tracing::info_span!("request", trace_id = "nonsense").in_scope(handle);
    assert_eq!(trace(), None);
    tracing::info_span!("request", trace_id = 0xABCD_u128).in_scope(handle);
    assert_eq!(trace(), Some(0xABCD_u128.to_be_bytes()));
}

#[test]
fn a_future_carries_its_trace_to_other_threads() {
    let (_clock, _alone) = alone();
    let mut future = Box::pin(charge_async().instrument(tracing::info_span!("task", trace_id = TRACE)));
    assert!(poll(future.as_mut()).is_pending());
    thread::spawn(move || assert!(poll(future.as_mut()).is_ready())).join().expect("a thread ends well");
    assert_eq!(last("charge_async").trace.expect("a trace").to_string(), TRACE);
}

#[test]
fn spans_left_in_another_order_leave_the_right_trace() {
    let (_clock, _alone) = alone();
    let (first, second) =
        (tracing::info_span!("first", trace_id = TRACE), tracing::info_span!("second", trace_id = 7_u128));
    let (one, two) = (first.enter(), second.enter());
    drop(one);
    charge(20 * MS);
    assert_eq!(last("charge").trace.expect("a trace").trace_id, 7_u128.to_be_bytes());
    drop(two);
    charge(20 * MS);
    assert_eq!(last("charge").trace, None);
}

/// In a module of its own: a span beside it would be taken for its own.
mod with_objective {
    #[perfmon::monitor_latency("span or call", p99 = "10ms")]
    pub(super) fn span_or_call() {}
}

#[test]
fn a_slow_span_has_its_own_trace() {
    let (clock, _alone) = alone();
    with_objective::span_or_call();
    tracing::info_span!("span or call", trace_id = TRACE).in_scope(|| clock.advance(30 * MS));
    let call = last("span or call");
    assert_eq!((call.duration, call.trace.expect("a trace").to_string().as_str()), (30 * MS, TRACE));
    assert_eq!(heard().len(), 1, "told although it is a span that closes: {:?}", heard());
}

#[test]
fn slow_calls_are_told_as_events() {
    let (clock, _alone) = alone();
    tracing::info_span!("request", trace_id = TRACE).in_scope(|| {
        for _ in 0..5 {
            charge(20 * MS);
        }
    });
    charge(5 * MS);
    let told = heard();
    assert_eq!(told.len(), 1, "{told:?}");
    for part in [
        "WARN",
        "site=\"charge\"",
        "kind=\"latency\"",
        "duration=0.02",
        "bound=0.01",
        &format!("trace_id={TRACE}"),
        "left_out=",
    ] {
        assert!(told[0].contains(part), "{part} in {told:?}");
    }
    clock.advance(Duration::from_secs(1));
    charge(20 * MS);
    let told = heard();
    assert!(told.len() == 2 && told[1].contains("left_out=4") && !told[1].contains("trace_id"), "{told:?}");
    // The listener's own calls were recorded, and not told.
    assert!(taken("listen").calls() >= 2 && told.iter().all(|text| !text.contains("listen")), "{told:?}");
}

#[test]
fn filters_choose_spans() {
    let (_clock, _alone) = alone();
    let level = tracing_subscriber::registry().with(perfmon::tracing::layer().with_filter(LevelFilter::INFO));
    with_default(level, || {
        tracing::info_span!("by level").in_scope(|| ());
        tracing::debug_span!("too fine").in_scope(|| ());
    });
    assert_eq!(seen("by level"), [1, 0, 0, 0, 0]);
    let targets = Targets::new().with_target("mine", LevelFilter::TRACE);
    with_default(tracing_subscriber::registry().with(perfmon::tracing::layer().with_filter(targets)), || {
        tracing::trace_span!(target: "mine::deep", "by target").in_scope(|| ());
        tracing::info_span!(target: "theirs", "not mine").in_scope(|| ());
    });
    assert_eq!(seen("by target"), [1, 0, 0, 0, 0]);
    let snapshot = perfmon::snapshot();
    let calls = |name| snapshot.get(name).map_or(0, |site| site.started());
    assert_eq!((calls("too fine"), calls("not mine")), (0, 0));
}

#[test]
fn names_may_have_the_target() {
    let (_clock, _alone) = alone();
    with_default(tracing_subscriber::registry().with(perfmon::tracing::layer().with_target(true)), || {
        for _ in 0..2 {
            tracing::info_span!(target: "shop::orders", "place").in_scope(|| ());
        }
        tracing::info_span!(target: "shop::bets", "place").in_scope(|| ());
    });
    assert_eq!((seen("shop::orders::place")[0], seen("shop::bets::place")[0]), (2, 1));
    assert!(perfmon::snapshot().get("place").is_none_or(|site| site.calls() == 0));
}

#[test]
fn two_layers_count_once() {
    let (_clock, _alone) = alone();
    let twice = tracing_subscriber::registry().with(perfmon::tracing::layer()).with(perfmon::tracing::layer());
    with_default(twice, || tracing::info_span!("doubled").in_scope(|| ()));
    assert_eq!(seen("doubled"), [1, 0, 0, 0, 0]);
}

#[monitor_latency("reconcile")]
#[instrument(fields(trace_id = TRACE))]
fn reconcile() {
    clock().advance(MS);
    tracked();
}

#[instrument(skip_all, name = "rebalance")]
#[monitor_latency("rebalance", p99 = "1ms")]
async fn rebalance_books() {
    clock().advance(MS);
    Later::default().await;
    clock().advance(MS);
}

#[monitor_latency("tracked", p99 = "1ms")]
fn tracked() {
    clock().advance(2 * MS);
}

/// An attribute and a span of one function that are named alike are one call, which the attribute counts.
#[test]
fn a_function_that_has_both_is_counted_once() {
    let (_clock, _alone) = alone();
    reconcile();
    let mut future = Box::pin(rebalance_books());
    while poll(future.as_mut()).is_pending() {}
    assert_eq!((seen("reconcile"), seen("rebalance")), ([1, 0, 0, 0, 0], [1, 0, 0, 0, 0]));
    assert_eq!(taken("rebalance").total(), 2 * MS);
    assert_eq!(
        last("tracked").trace.map(|trace| trace.to_string()),
        TRACE.to_owned().into(),
        "the span still has its trace"
    );
}
