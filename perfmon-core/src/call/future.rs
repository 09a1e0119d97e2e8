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
    /// The call returned.
    #[inline(always)]
    pub fn finish(self, failed: bool) {
        if self.flight.is_some() {
            self.flight.end(returned(failed));
        }
        mem::forget(self);
    }

    #[inline(always)]
    fn resume(&mut self) {
        if self.flight.is_some() && !self.flight.is_running() {
            self.flight.resume();
        }
    }

    #[inline(always)]
    fn pause(&mut self) {
        if self.flight.is_some() {
            self.flight.pause();
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
