//! What the recorder's tests share.
#![allow(dead_code, unused_macros, reason = "each test file uses its part")]

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use perfmon_core::{
    MockClock, Snapshot,
    call::{Call, async_enter, enter, polled},
    site::CallSite,
    snapshot::{Site, Stats},
};

/// A static call site, registered as an attribute would.
macro_rules! site {
    ($name:ident, $text:expr $(, $method:ident($($arg:expr),*))*) => {
        static $name: perfmon_core::site::CallSite = perfmon_core::site::CallSite::new(
            perfmon_core::site::Kind::Latency,
            perfmon_core::site::Name::One($text),
            module_path!(),
        )$(.$method($($arg),*))*;
        perfmon_core::inventory::submit! { $name.registration() }
    };
}

/// The mock clock, held so that no other test of the process moves it meanwhile.
pub(crate) fn mock() -> (MockClock, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    static CLOCK: OnceLock<MockClock> = OnceLock::new();
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (CLOCK.get_or_init(|| MockClock::install().expect("before the first call")).clone(), alone)
}

pub(crate) const fn ns(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

/// A call around `body`, as an attribute makes it.
pub(crate) fn call<R>(site: &'static CallSite, body: impl FnOnce() -> R) -> R {
    let call: Call = enter(site);
    let result = body();
    call.finish(false);
    result
}

/// A call around a future, as an attribute makes it.
pub(crate) async fn call_async<F: Future>(site: &'static CallSite, body: F) -> F::Output {
    let mut call = async_enter(site);
    let result = polled(&mut call, body).await;
    call.finish(false);
    result
}

/// Waits once.
#[derive(Default)]
pub(crate) struct Later(bool);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

pub(crate) fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls until ready; for futures that wait for nothing.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

pub(crate) fn taken(name: &str) -> Site {
    perfmon_core::snapshot().get(name).expect("a registered site").clone()
}

/// Calls, in the order ok, errors, panics, cancelled, in flight.
pub(crate) fn outcomes(name: &str) -> [u64; 5] {
    let site = taken(name);
    [site.ok(), site.errors(), site.panics(), site.cancelled(), site.in_flight()]
}

/// What holds in every snapshot.
pub(crate) fn check(snapshot: &Snapshot) {
    for site in snapshot.sites() {
        check_stats(site.name(), site.stats());
        site.series().iter().for_each(|series| check_stats(site.name(), series.stats()));
        // In one of its series a call may end that began in another.
        assert!(site.started() >= site.calls(), "{}: {} started, {} ended", site.name(), site.started(), site.calls());
    }
}

fn check_stats(name: &str, stats: &Stats) {
    assert_eq!(stats.calls(), stats.buckets().total(), "{name}: outcomes add up to the buckets");
    assert!(stats.timed() <= stats.calls(), "{name}");
}

/// That nothing shrank, bucket by bucket.
pub(crate) fn check_growth(earlier: &Snapshot, later: &Snapshot) {
    for site in earlier.sites() {
        let now = later.site(site.kind(), site.name()).expect("sites stay");
        check_not_below(site.name(), now.stats(), site.stats());
        for series in site.series() {
            let values: Vec<&str> = series.values().iter().map(String::as_str).collect();
            check_not_below(site.name(), now.with_labels(&values).expect("series stay"), series.stats());
        }
    }
}

fn check_not_below(name: &str, now: &Stats, then: &Stats) {
    let counts = |stats: &Stats| {
        [stats.started(), stats.ok(), stats.errors(), stats.panics(), stats.cancelled(), stats.timed(), stats.clamped()]
    };
    assert!(counts(now).iter().zip(counts(then)).all(|(now, then)| *now >= then), "{name}: {then:?} then {now:?}");
    assert!(now.total() >= then.total() && now.max() >= then.max(), "{name}");
    let mut growing = now.buckets().clone();
    growing.subtract(then.buckets());
    assert_eq!(growing.total(), now.calls() - then.calls(), "{name}: a bucket shrank");
}
