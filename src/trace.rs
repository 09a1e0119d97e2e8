//! Which trace the current thread is in, for slow calls: what each of the features that know traces says.

use perfmon_core::evidence::{Trace, suggest_trace_source};

/// Takes this for the source of traces unless the program has set one.
pub(crate) fn suggest() {
    suggest_trace_source(current);
}

/// The innermost span's, else the request's.
fn current() -> Option<Trace> {
    #[cfg(feature = "tracing")]
    if let Some(trace) = crate::tracing::current_trace() {
        return Some(trace);
    }
    #[cfg(feature = "http")]
    if let Some(trace) = perfmon_core::call::served_trace() {
        return Some(trace);
    }
    None
}
