//! Reading back what was counted, and running futures without a runtime.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

/// `[ok, errors, panics, cancelled]` of a site so far. Panics when there is no such site.
#[track_caller]
pub fn seen(name: &str) -> [u64; 4] {
    let snapshot = perfmon::snapshot();
    let site = snapshot.get(name).unwrap_or_else(|| panic!("no site {name:?}"));
    assert_eq!(site.calls(), site.ok() + site.errors() + site.panics() + site.cancelled());
    assert_eq!(site.in_flight(), 0, "{name} has calls in flight");
    [site.ok(), site.errors(), site.panics(), site.cancelled()]
}

/// So many calls went well, and nothing else happened.
#[track_caller]
pub fn ok(name: &str, calls: u64) {
    assert_eq!(seen(name), [calls, 0, 0, 0], "{name}");
}

/// Runs a future that never waits for anything outside.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Polls a future once.
pub fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Gives way once: pending, then ready.
pub async fn give_way() {
    let mut first = true;
    std::future::poll_fn(|context| {
        if std::mem::take(&mut first) {
            context.waker().wake_by_ref();
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    })
    .await;
}

/// Never ready.
pub async fn forever() {
    std::future::pending::<()>().await;
}

/// What a panicking closure panicked with.
pub fn panic_text<T>(body: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(_) => "no panic".to_owned(),
        Err(payload) => payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_default(),
    }
}

pub fn assert_send<T: Send>(value: T) -> T {
    value
}
