//! The spans this thread is in, innermost last, with their traces.
//!
//! Kept beside the registry's own, because the end of a slow call must not have to ask a subscriber that may be in the middle of something.

use std::cell::RefCell;

use perfmon_core::evidence::Trace;
use tracing::span::Id;

thread_local! {
    static STACK: RefCell<Vec<(u64, Option<Trace>)>> = const { RefCell::new(Vec::new()) };
}

/// Changes the stack; does nothing when the thread has come to its end.
fn change(change: impl FnOnce(&mut Vec<(u64, Option<Trace>)>)) {
    let _ = STACK.try_with(|stack| stack.try_borrow_mut().map(|mut stack| change(&mut stack)));
}

pub(super) fn enter(id: &Id, trace: Option<Trace>) {
    change(|stack| stack.push((id.into_u64(), trace)));
}

/// Spans may be left in another order than they were entered.
pub(super) fn exit(id: &Id) {
    change(|stack| {
        if let Some(at) = stack.iter().rposition(|(entered, _)| *entered == id.into_u64()) {
            stack.remove(at);
        }
    });
}

/// A span that may be entered learns its trace.
pub(super) fn learn(id: &Id, trace: Trace) {
    change(|stack| {
        stack.iter_mut().filter(|(entered, _)| *entered == id.into_u64()).for_each(|entry| entry.1 = Some(trace));
    });
}

/// The trace of the innermost span.
pub(crate) fn current() -> Option<Trace> {
    STACK.try_with(|stack| stack.try_borrow().ok()?.last()?.1).ok().flatten()
}
