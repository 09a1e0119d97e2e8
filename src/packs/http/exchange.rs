//! One request and its answer, from first to last.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use perfmon_core::{
    call::{Guard, Served, guard},
    evidence::Trace,
    is_enabled,
};

use super::{
    body::Received,
    route::{Named, Route},
    status::Status,
};

/// How a request's call ends.
#[derive(Debug, Clone, Copy)]
enum End {
    Finished { failed: bool },
    Cancelled,
    Unwound,
}

/// A request under way. Dropped, it counts as cancelled, as an error if its status was one, or as a panic while the service's code runs.
#[derive(Debug)]
pub(super) struct Exchange {
    route: &'static Route,
    /// Until it has ended.
    call: Option<Guard>,
    /// What the thread knows while the service's code runs.
    served: Served,
    /// Bytes of the response's body so far; none before there is a response.
    sent: Option<u64>,
    /// The response's; none before there is one.
    status: Option<Status>,
    /// What it said.
    failed: bool,
    /// The service's code runs.
    running: bool,
    /// Whether the request's body broke off, said by whoever reads it; none without a body.
    broken: Option<Arc<AtomicBool>>,
}

impl Exchange {
    /// A request arrives. `None` when recording is off.
    pub(super) fn begin(method: &str, route: Named<'_>, trace: Option<Trace>) -> Option<Self> {
        if !is_enabled() {
            return None;
        }
        let route = Route::find(method, route)?;
        Some(Self {
            route,
            call: Some(guard(route.requests)),
            served: Served::new(&route.template, trace),
            sent: None,
            status: None,
            failed: false,
            running: false,
            broken: None,
        })
    }

    /// The request has a body.
    pub(super) fn receive(&mut self) -> Received {
        let broken = self.broken.get_or_insert_default();
        Received { route: self.route, bytes: 0, broken: broken.clone() }
    }

    /// The time since it began. `None` when it is not recorded.
    pub(super) fn elapsed(&self) -> Option<Duration> {
        self.call.as_ref()?.elapsed()
    }

    /// Runs code of the service's. When that unwinds the exchange is over: it panicked.
    pub(super) fn run<T>(exchange: &mut Option<Self>, code: impl FnOnce() -> T) -> T {
        let Some(mut running) = exchange.take() else { return code() };
        running.running = true;
        let value = running.served.run(code);
        running.running = false;
        *exchange = Some(running);
        value
    }

    /// The head of the response is there.
    pub(super) fn respond(&mut self, status: Status, failed: bool) {
        self.sent = Some(0);
        self.status = Some(status);
        self.failed = failed;
    }

    /// Somebody else makes the response's body: its size is not known here.
    #[cfg(feature = "actix")]
    pub(super) fn leave_body(&mut self) {
        self.sent = None;
    }

    /// A piece of the response's body goes out. Gives all that went out so far.
    pub(super) fn send(&mut self, bytes: u64) -> u64 {
        let sent = self.sent.get_or_insert_default();
        *sent += bytes;
        *sent
    }

    /// The response's end says its status, of gRPC, and whether that failed.
    pub(super) fn judge(&mut self, grpc: u16, failed: bool) {
        self.status = self.status.map(|status| Status { grpc: Some(grpc), ..status });
        self.failed = failed;
    }

    /// The response is complete.
    pub(super) fn finish(mut self) {
        self.end(End::Finished { failed: self.failed });
    }

    /// The service, or the response's body, ended with an error.
    pub(super) fn fail(mut self) {
        self.end(End::Finished { failed: true });
    }

    fn end(&mut self, end: End) {
        let Some(mut call) = self.call.take() else { return };
        // Only now: until it ends a request is one that goes on, whatever its status.
        self.route.label(&mut call, self.status, self.served.labels());
        if let Some(sent) = self.sent {
            self.route.sent(sent);
        }
        let gone = self.has_client_gone();
        self.served.run(|| match end {
            End::Unwound => drop(call),
            End::Finished { failed } if !gone => call.finish(failed),
            End::Finished { .. } | End::Cancelled => call.cancel(),
        });
    }

    /// Whose request broke off reads no answer. A limit outside of the layer that breaks it off says so: there the client is told.
    fn has_client_gone(&self) -> bool {
        let broken = self.broken.as_ref().is_some_and(|broken| broken.load(Ordering::Relaxed));
        broken && self.status.is_none_or(|status| status.http != 413)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.end(match (self.running, self.failed) {
            // While the service's code runs nothing but unwinding drops it, and then a guard counts as a panic.
            (true, _) => End::Unwound,
            // It failed already; somebody outside may have put a body of their own in the place of this one.
            (false, true) => End::Finished { failed: true },
            (false, false) => End::Cancelled,
        });
    }
}
