//! The trace that a client began, kept by the thread while it works on the request.

use std::cell::Cell;

use perfmon_core::evidence::Trace;

thread_local! {
    static CURRENT: Cell<Option<Trace>> = const { Cell::new(None) };
}

/// The trace of the request that this thread works on.
pub(crate) fn current_trace() -> Option<Trace> {
    CURRENT.try_with(Cell::get).ok().flatten()
}

/// Works in this trace until it is dropped.
#[derive(Debug)]
pub(super) struct Entered(Option<Trace>);

/// Enters the trace, where there is one.
pub(super) fn enter(trace: Option<Trace>) -> Option<Entered> {
    let trace = trace?;
    let before = CURRENT.try_with(|current| current.replace(Some(trace)));
    before.ok().map(Entered)
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.set(self.0));
    }
}
