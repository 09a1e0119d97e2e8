//! Calls that are futures: begun at the first poll, finished when they return, cancelled when dropped before.

use std::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::returned;
use crate::{
    record::{Flight, Outcome, is_enabled},
    site::CallSite,
};

/// A future's call under way.
#[derive(Debug)]
#[must_use]
pub struct AsyncCall {
    /// Runs while it is polled. Dropped in that state, the poll is unwinding.
    flight: Flight,
}

/// A call begins, in its first poll.
#[inline(always)]
pub fn async_enter(site: &'static CallSite) -> AsyncCall {
    AsyncCall { flight: if is_enabled() { Flight::begin(site) } else { Flight::NONE } }
}

/// A call with label values begins, in its first poll.
#[inline(always)]
pub fn async_enter_labels(site: &'static CallSite, values: &[&str]) -> AsyncCall {
    AsyncCall { flight: if is_enabled() { Flight::begin_labelled(site, values) } else { Flight::NONE } }
}

impl AsyncCall {
    pub(super) const NONE: Self = Self { flight: Flight::NONE };

    /// The call returned.
    #[inline(always)]
    pub fn finish(self, failed: bool) {
        if self.flight.is_some() {
            self.flight.end(returned(failed));
        }
        mem::forget(self);
    }

    #[inline(always)]
    pub(super) fn resume(&mut self) {
        if self.flight.is_some() && !self.flight.is_running() {
            self.flight.resume();
        }
    }

    #[inline(always)]
    pub(super) fn pause(&mut self) {
        if self.flight.is_some() {
            self.flight.pause();
        }
    }

    #[cfg(feature = "stream")]
    pub(super) fn add_busy(&mut self, from: u64) {
        self.flight.add_busy(from);
    }

    /// Nobody goes on with it: failed if it had failed, otherwise cancelled; a panic all the same if it was being polled.
    #[cfg(feature = "stream")]
    pub(super) fn leave(self, had_failed: bool) {
        if had_failed && !(self.flight.is_some() && self.flight.is_running()) {
            self.finish(true);
        }
    }
}

impl Drop for AsyncCall {
    #[cold]
    fn drop(&mut self) {
        if self.flight.is_some() {
            self.flight.end(if self.flight.is_running() { Outcome::Panic } else { Outcome::Cancelled });
        }
    }
}

pin_project! {
    /// A body being polled, its call told when it waits and when it goes on.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Polled<'a, F> {
        call: &'a mut AsyncCall,
        #[pin]
        body: F,
    }
}

pin_project! {
    /// The same, the time spent polling measured.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct PolledBusy<'a, F> {
        #[pin]
        polled: Polled<'a, F>,
    }
}

/// Polls a body on behalf of a call.
#[inline(always)]
pub fn polled<F: Future>(call: &mut AsyncCall, body: F) -> Polled<'_, F> {
    Polled { call, body }
}

/// Polls a body on behalf of a call and measures the time spent polling.
#[inline(always)]
pub fn polled_busy<F: Future>(call: &mut AsyncCall, body: F) -> PolledBusy<'_, F> {
    PolledBusy { polled: polled(call, body) }
}

impl<F: Future> Future for Polled<'_, F> {
    type Output = F::Output;

    #[inline(always)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.call.resume();
        let polled = this.body.poll(cx);
        if polled.is_pending() {
            this.call.pause();
        }
        polled
    }
}

impl<F: Future> Future for PolledBusy<'_, F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let from = Flight::tick();
        let polled = this.polled.as_mut().poll(cx);
        this.polled.project().call.flight.add_busy(from);
        polled
    }
}

pin_project! {
    /// A future that somebody else made, measured in place: it is held once, whatever its size.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Measured<E, F, C> {
        // Taken at the first poll: a future that is never polled is no call.
        enter: Option<E>,
        call: Option<AsyncCall>,
        #[pin]
        body: F,
        // Taken when it is ready.
        failed: Option<C>,
        busy: bool,
    }
}

/// Measures a future: `enter` begins the call in its first poll, `failed` classifies what it resolves to.
#[inline(always)]
pub fn measured<E, F, C>(enter: E, body: F, failed: C) -> Measured<E, F, C>
where
    E: FnOnce() -> AsyncCall,
    F: Future,
    C: FnOnce(&F::Output) -> bool,
{
    Measured { enter: Some(enter), call: None, body, failed: Some(failed), busy: false }
}

/// Measures a future and the time spent polling it.
#[inline(always)]
pub fn measured_busy<E, F, C>(enter: E, body: F, failed: C) -> Measured<E, F, C>
where
    E: FnOnce() -> AsyncCall,
    F: Future,
    C: FnOnce(&F::Output) -> bool,
{
    Measured { enter: Some(enter), call: None, body, failed: Some(failed), busy: true }
}

impl<E, F, C> Future for Measured<E, F, C>
where
    E: FnOnce() -> AsyncCall,
    F: Future,
    C: FnOnce(&F::Output) -> bool,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        if let Some(enter) = this.enter.take() {
            *this.call = Some(enter());
        }
        // Without a call it has returned before; what polling it again does is the body's to say.
        let Some(call) = this.call else {
            return this.body.poll(cx);
        };
        let from = this.busy.then(Flight::tick);
        call.resume();
        let polled = this.body.poll(cx);
        if let Some(from) = from {
            call.flight.add_busy(from);
        }
        match &polled {
            Poll::Pending => call.pause(),
            Poll::Ready(value) => {
                // `failed` is the user's and may panic: the call then counts as one, like a panic of the body.
                let failed = this.failed.take().is_some_and(|failed| failed(value));
                if let Some(call) = this.call.take() {
                    call.finish(failed);
                }
            }
        }
        polled
    }
}
