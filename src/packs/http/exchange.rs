//! One request and its answer, from first to last.

use std::time::Duration;

use perfmon_core::{
    call::{Guard, Stopwatch, guard},
    evidence::Trace,
    is_enabled,
};

use super::{
    route::{Counted, Named, Route},
    status::Status,
    trace,
};

/// A request's call.
#[derive(Debug)]
enum Call {
    Counted(Guard),
    /// An attribute of the route's name counts it.
    Elsewhere(Stopwatch),
}

impl Call {
    /// Its labels say how it was answered.
    fn label(&mut self, route: &Route, status: Option<Status>) {
        if let (Self::Counted(guard), Some(labels)) = (self, status.and_then(|status| route.labels(status))) {
            guard.relabel_as(labels);
        }
    }

    fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::Counted(guard) => guard.elapsed(),
            Self::Elsewhere(began) => Some(began.elapsed()),
        }
    }

    fn finish(self, failed: bool) {
        if let Self::Counted(guard) = self {
            guard.finish(failed);
        }
    }

    fn cancel(self) {
        if let Self::Counted(guard) = self {
            guard.cancel();
        }
    }
}

/// A request under way. Dropped, it counts as cancelled, as an error if its status was one, or as a panic while the service's code runs.
#[derive(Debug)]
pub(super) struct Exchange {
    route: &'static Route,
    /// Until it has ended.
    call: Option<Call>,
    /// Bytes of the response's body so far; none before there is a response.
    sent: Option<u64>,
    /// The response's; none before there is one.
    status: Option<Status>,
    /// What it said.
    failed: bool,
    /// The trace that the client began.
    trace: Option<Trace>,
    /// The service's code runs.
    running: bool,
}

impl Exchange {
    /// A request arrives. `None` when recording is off.
    pub(super) fn begin(method: &str, route: Named<'_>, trace: Option<Trace>) -> Option<Self> {
        if !is_enabled() {
            return None;
        }
        let route = Route::find(method, route)?;
        let call = match &route.requests {
            Counted::Here(site, _) => Call::Counted(guard(site)),
            Counted::Elsewhere(_) => Call::Elsewhere(Stopwatch::start()),
        };
        Some(Self { route, call: Some(call), sent: None, status: None, failed: false, trace, running: false })
    }

    pub(super) fn route(&self) -> &'static Route {
        self.route
    }

    /// The time since it began. `None` when it is not recorded.
    pub(super) fn elapsed(&self) -> Option<Duration> {
        self.call.as_ref()?.elapsed()
    }

    /// Runs code of the service's. When that unwinds the exchange is over: it panicked.
    pub(super) fn run<T>(exchange: &mut Option<Self>, code: impl FnOnce() -> T) -> T {
        let mut running = exchange.take();
        running.as_mut().into_iter().for_each(|running| running.running = true);
        let entered = trace::enter(running.as_ref().and_then(|running| running.trace));
        let value = code();
        drop(entered);
        running.as_mut().into_iter().for_each(|running| running.running = false);
        *exchange = running;
        value
    }

    /// The head of the response is there.
    pub(super) fn respond(&mut self, status: Status, failed: bool) {
        self.route.respond(status.http);
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
        let failed = self.failed;
        self.end(|call| call.finish(failed));
    }

    /// The service, or the response's body, ended with an error.
    pub(super) fn fail(mut self) {
        self.end(|call| call.finish(true));
    }

    fn end(&mut self, end: impl FnOnce(Call)) {
        if let Some(mut call) = self.call.take() {
            // Only now: until it ends a request is one that goes on, whatever its status.
            call.label(self.route, self.status);
            if let Some(sent) = self.sent {
                self.route.sent(sent);
            }
            let _entered = trace::enter(self.trace);
            end(call);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // While the service's code runs nothing but unwinding drops it, and then a guard counts as a panic.
        let (running, failed) = (self.running, self.failed);
        self.end(|call| match (running, failed) {
            (true, _) => drop(call),
            // It failed already; somebody outside may have put a body of their own in the place of this one.
            (false, true) => call.finish(true),
            (false, false) => call.cancel(),
        });
    }
}
