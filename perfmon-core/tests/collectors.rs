//! Closures and collectors: who runs them when, and what becomes of those that fail, hang or are given up.

mod support;

use std::{
    collections::HashMap,
    future::{Future, pending},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    task::{Context, Waker},
    thread,
    time::{Duration, SystemTime},
};

use perfmon_core::{
    Aggregate, MockClock, aggregate,
    collect::{
        AsyncCollector, BoxError, Collecting, Collector, CollectorStatus, Driver, Samples, Source, Turn, collectors,
        configure_collector, drive, observe, register_async_collector, register_collector, run_async_collectors,
    },
    series, snapshot,
    snapshot::Value,
};
use support::{block_on, mock};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

type Body = Box<dyn Fn(&mut Samples) -> Result<(), BoxError> + Send + Sync>;

struct Test {
    name: &'static str,
    interval: Duration,
    body: Body,
}

impl Collector for Test {
    fn name(&self) -> &str {
        self.name
    }
    fn interval(&self) -> Duration {
        self.interval
    }
    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        (self.body)(out)
    }
}

fn test(
    name: &'static str,
    interval: Duration,
    body: impl Fn(&mut Samples) -> Result<(), BoxError> + Send + Sync + 'static,
) -> Test {
    Test { name, interval, body: Box::new(body) }
}

fn status(name: &str) -> CollectorStatus {
    collectors().into_iter().find(|status| status.name == name).expect("registered")
}

fn gauge(name: &str) -> Option<f64> {
    match snapshot().metric(name)?.total()? {
        Value::Gauge(value) => Some(value),
        other => panic!("{other:?}"),
    }
}

/// The mock clock, alone, and a driver, which goes first.
fn driven() -> (MockClock, MutexGuard<'static, ()>, Driver) {
    let (clock, alone) = mock();
    (clock, alone, drive().expect("the only one"))
}

fn due(driver: &Driver) -> HashMap<String, Turn> {
    driver.due().into_iter().map(|turn| (turn.name().to_owned(), turn)).collect()
}

fn run_all(driver: &Driver) {
    driver.due().into_iter().for_each(|turn| block_on(turn.run()));
}

#[test]
fn without_a_driver_snapshots_run_what_is_due() {
    let (clock, _alone) = mock();
    let runs = Arc::new(AtomicU64::new(0));
    let counted = runs.clone();
    let source = register_collector(test("undriven", s(5), move |out| {
        out.gauge("undriven_runs", counted.fetch_add(1, Ordering::Relaxed) as f64);
        Ok(())
    }));
    for (advance, shown) in [(0, 0.0), (4, 0.0), (1, 1.0), (1_000, 2.0)] {
        clock.advance(s(advance));
        assert_eq!(gauge("undriven_runs"), Some(shown));
    }
    assert_eq!((status("undriven").runs, status("undriven").interval), (3, s(5)));
    source.set_enabled(false);
    clock.advance(s(5));
    assert_eq!((gauge("undriven_runs"), status("undriven").enabled), (None, false));
    source.remove();
}

#[test]
fn with_a_driver_nobody_else_runs_them() {
    let (clock, _alone, driver) = driven();
    assert!(drive().is_none(), "there is one already");
    let source = observe("driven_closure", || 7.0).help("A closure").unit("things");
    assert_eq!((gauge("driven_closure"), series("driven_closure")), (None, Vec::new()));
    run_all(&driver);
    assert_eq!(gauge("driven_closure"), Some(7.0));
    assert_eq!(snapshot().metric("driven_closure").map(|metric| metric.unit().to_owned()), Some("things".to_owned()));
    clock.advance(Duration::from_millis(500));
    assert!(!due(&driver).contains_key("driven_closure"), "at most once a second");
    clock.advance(Duration::from_millis(450));
    run_all(&driver);
    assert_eq!(status("driven_closure").runs, 2, "ticks are not quite even");
    series::remember(&snapshot());
    assert_eq!(series("driven_closure")[0].points.len(), 2, "what is collected is there without being remembered");
    drop(driver);
    let _ = snapshot();
    assert_eq!(status("driven_closure").runs, 3, "snapshots run it again");
    source.remove();
}

#[test]
fn a_turn_is_taken_once_and_ends() {
    let (clock, _alone, driver) = driven();
    let source = register_collector(test("turns", s(5), |out| {
        out.gauge("turns_value", 1.0);
        Ok(())
    }));
    let turn = due(&driver).remove("turns").expect("never run");
    assert!(turn.blocks());
    clock.advance(s(6));
    assert!(!due(&driver).contains_key("turns"), "it is running");
    assert_eq!(status("turns").running_for, Some(s(6)));
    block_on(turn.run());
    let now = status("turns");
    assert_eq!((now.running_for, now.last_took, now.last_success_age), (None, Some(s(0)), Some(s(0))));
    clock.advance(s(3));
    assert_eq!(status("turns").last_success_age, Some(s(3)));
    drop(due(&driver).remove("turns").expect("its interval has passed since it was handed out"));
    let now = status("turns");
    assert_eq!((now.runs, now.failures, now.last_error), (1, 0, None), "a turn that was not begun is put back");
    assert_eq!(gauge("turns_value"), Some(1.0));
    run_all(&driver);
    assert_eq!((status("turns").runs, gauge("turns_value")), (2, Some(1.0)));
    assert!(!due(&driver).contains_key("turns"));
    source.remove();
}

struct Slow(mpsc::Sender<()>);

impl AsyncCollector for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn collect<'a>(&'a self, out: &'a mut Samples) -> Collecting<'a> {
        Box::pin(async move {
            out.gauge("slow_value", 1.0);
            self.0.send(())?;
            pending::<()>().await;
            Ok(())
        })
    }
}

#[test]
fn a_future_dropped_half_way_is_given_up() {
    let (clock, _alone, driver) = driven();
    let (sender, polled) = mpsc::channel();
    let source = register_async_collector(Slow(sender));
    {
        let mut run: Pin<&mut dyn Future<Output = ()>> = pin!(due(&driver).remove("slow").expect("due").run());
        assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        clock.advance(s(2));
        assert_eq!(status("slow").running_for, Some(s(2)));
    }
    assert_eq!(polled.try_recv(), Ok(()));
    let now = status("slow");
    assert_eq!((now.failures, now.last_error.as_deref()), (1, Some("given up after 2 s")));
    assert_eq!(gauge("slow_value"), None, "old values would look like new ones");
    drop(driver);
    clock.advance(s(5));
    drop(Box::pin(async {
        let mut run = pin!(run_async_collectors());
        assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }));
    source.remove();
}

#[test]
fn one_that_hangs_is_told_and_its_old_values_are_hidden() {
    let (clock, _alone, driver) = driven();
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel::<f64>();
    let left = Mutex::new(left);
    let source = register_collector(test("hanging", s(5), move |out| {
        enter.send(())?;
        out.gauge("hanging_value", left.lock().expect("one at a time").recv()?);
        Ok(())
    }));
    leave.send(1.0).expect("received");
    block_on(due(&driver).remove("hanging").expect("due").run());
    entered.recv().expect("it ran");
    clock.advance(s(5));
    let turn = due(&driver).remove("hanging").expect("due");
    let running = thread::spawn(move || block_on(turn.run()));
    entered.recv().expect("it runs");
    clock.advance(s(15));
    assert_eq!(
        (gauge("hanging_value"), status("hanging").last_error),
        (Some(1.0), None),
        "three intervals are patience"
    );
    clock.advance(Duration::from_millis(500));
    assert_eq!(gauge("hanging_value"), None);
    assert_eq!(status("hanging").last_error.as_deref(), Some("still running after 15 s (hanging?)"));
    assert!(!due(&driver).contains_key("hanging"), "no second one beside it");
    leave.send(2.0).expect("received");
    running.join().expect("no panic");
    let now = status("hanging");
    assert_eq!((gauge("hanging_value"), now.last_error, now.failures), (Some(2.0), None, 0), "healthy again");
    assert_eq!(now.last_took, Some(Duration::from_millis(15_500)));
    source.remove();
}

#[test]
fn one_that_hangs_in_a_snapshot_hangs_no_other() {
    let (clock, _alone) = mock();
    let (enter, entered) = mpsc::channel();
    let (leave, left) = mpsc::channel::<()>();
    let left = Mutex::new(left);
    let source = register_collector(test("hanging_once", s(5), move |_| {
        enter.send(())?;
        Ok(left.lock().expect("one at a time").recv()?)
    }));
    let first = thread::spawn(snapshot);
    entered.recv().expect("it runs");
    clock.advance(s(60));
    let _ = snapshot();
    assert_eq!(status("hanging_once").runs, 1);
    leave.send(()).expect("received");
    first.join().expect("no panic");
    source.remove();
}

struct Bad;

impl AsyncCollector for Bad {
    fn name(&self) -> &'static str {
        "bad_future"
    }
    fn collect<'a>(&'a self, _: &'a mut Samples) -> Collecting<'a> {
        panic!("before there is a future")
    }
}

#[test]
fn failures_and_panics_stop_no_other() {
    let (clock, _alone, driver) = driven();
    let failing = register_collector(test("failing", s(1), |out| {
        out.gauge("half", 1.0);
        Err("no permission".into())
    }));
    let panicking = register_collector(test("panicking", s(1), |_| panic!("out of cheese")));
    let bad = register_async_collector(Bad);
    let good = observe("good", || 1.0);
    clock.advance(s(1));
    run_all(&driver);
    assert_eq!(status("failing").last_error.as_deref(), Some("no permission"));
    assert_eq!(status("panicking").last_error.as_deref(), Some("panicked: out of cheese"));
    assert_eq!(status("bad_future").last_error.as_deref(), Some("panicked: before there is a future"));
    assert_eq!((gauge("half"), gauge("good")), (None, Some(1.0)));
    [failing, panicking, bad, good].into_iter().for_each(Source::remove);
}

#[test]
fn a_collector_may_take_snapshots_and_series() {
    let (clock, _alone) = mock();
    let source = register_collector(test("curious", s(1), |out| {
        out.gauge("curious_metrics", snapshot().metrics().len() as f64);
        let _ = series("curious_metrics");
        Ok(())
    }));
    let runs = Arc::new(AtomicU64::new(0));
    let counted = runs.clone();
    let closure = observe("asked_once", move || counted.fetch_add(1, Ordering::Relaxed) as f64);
    clock.advance(s(1));
    assert!(gauge("curious_metrics").is_some());
    assert_eq!(runs.load(Ordering::Relaxed), 1, "not by the snapshot inside");
    [source, closure].into_iter().for_each(Source::remove);
}

#[test]
fn ranges_over_a_day() {
    let (clock, _alone, driver) = driven();
    let ticks = Arc::new(AtomicU64::new(0));
    let read = ticks.clone();
    let source = observe("ticks", move || read.load(Ordering::Relaxed) as f64);
    let read = ticks.clone();
    let counter = register_collector(test("counting", s(10), move |out| {
        out.counter("ticks_total", read.load(Ordering::Relaxed));
        Ok(())
    }));
    // On the minute, so that every range below begins where a cell does.
    let span = snapshot().span();
    clock.advance(
        s(60).saturating_sub(Duration::from_nanos(u64::try_from(span.as_nanos() % 60_000_000_000).expect("small"))),
    );
    let before = SystemTime::now();
    for tick in 0..=2 * 360 {
        ticks.store(tick, Ordering::Relaxed);
        run_all(&driver);
        clock.advance(s(10));
    }
    clock.advance(Duration::ZERO);
    let over = |how, last| aggregate("ticks", how, s(last)).expect("values");
    // The last value is 10 s old, so an hour holds 360 of them.
    let hour = 360.0;
    assert_eq!(
        (over(Aggregate::Count, 3_600), over(Aggregate::Max, 3_600), over(Aggregate::Min, 3_600)),
        (hour, 720.0, 361.0)
    );
    assert!((over(Aggregate::Avg, 3_600) - 540.5).abs() < 1e-9);
    assert_eq!(aggregate("ticks", Aggregate::Last, s(3_600)), Some(720.0));
    assert_eq!(aggregate("ticks", Aggregate::Count, s(86_400)), Some(721.0));
    assert_eq!((aggregate("ticks", Aggregate::Rate, s(60)), aggregate("nothing", Aggregate::Avg, s(60))), (None, None));
    assert_eq!(aggregate("ticks_total", Aggregate::Increase, s(3_600)), Some(hour));
    assert_eq!(aggregate("ticks_total", Aggregate::Rate, s(3_600)), Some(0.1));
    let points = &series("ticks")[0].points;
    assert_eq!(points.iter().map(|point| point.count).sum::<u64>(), 721);
    assert!(points.len() < 500 && points[0].count == 6 && points[0].at < before + s(3_600), "{} points", points.len());
    assert!(points.is_sorted_by_key(|point| point.at));
    [source, counter].into_iter().for_each(Source::remove);
}

#[test]
fn configuration_goes_before_the_program() {
    let (clock, _alone, driver) = driven();
    configure_collector("configured", None, Some(s(20)));
    let source = register_collector(test("configured", s(5), |out| {
        out.gauge("configured_value", 1.0);
        Ok(())
    }));
    run_all(&driver);
    assert_eq!(status("configured").interval, s(20), "its own interval does not come back with a run");
    clock.advance(s(10));
    assert!(!due(&driver).contains_key("configured"));

    configure_collector("configured", Some(true), Some(s(8)));
    source.set_enabled(false);
    run_all(&driver);
    assert_eq!((status("configured").runs, status("configured").enabled), (2, true));

    configure_collector("configured", Some(false), None);
    assert_eq!((gauge("configured_value"), status("configured").interval), (None, s(5)));
    configure_collector("configured", None, None);
    assert!(!status("configured").enabled, "what the program said last");
    source.set_enabled(true);
    assert_eq!(gauge("configured_value"), Some(1.0));
    source.remove();
}
