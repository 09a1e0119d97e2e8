//! Slow calls as events.

use perfmon_core::evidence::{SlowCall, on_breach};

/// From now on, a call that takes longer than the highest latency objective of its site is told as an event: target `perfmon::slow`, level `WARN`, fields
/// `site`, `kind`, `duration` and `bound` in seconds, `trace_id` if known, `left_out`. On the calling thread, after the call was recorded, at most one for each
/// site and second; `left_out` is the number of such calls since that were not told.
///
/// Where a subscriber holds a lock while it calls monitored code of its own (a writer, say), that code should have no objective: its slow calls would be
/// told to the subscriber that waits for them.
///
/// Works with any subscriber, with or without the [`layer`](super::layer()). Calls made while an event is told, by the subscriber say, are not told
/// in turn.
pub fn slow_events() {
    on_breach(tell);
}

fn tell(call: &SlowCall, left_out: u64) {
    tracing::warn!(
        target: "perfmon::slow",
        site = call.name.as_str(),
        kind = call.kind.as_str(),
        duration = call.duration.as_secs_f64(),
        bound = call.bound.map(|bound| bound.as_secs_f64()),
        trace_id = call.trace.map(tracing::field::display),
        left_out,
        "slow call"
    );
}
