//! Slow calls, kept one by one: what they were, how long they took, in which trace.
//!
//! ```
//! # use perfmon_core as perfmon;
//! use std::time::Duration;
//! use perfmon::{evidence, snapshot};
//!
//! let before = snapshot();
//! // … a minute later, and then every second:
//! evidence::aim(&(snapshot() - before));
//! for call in evidence::slow_calls() {
//!     println!("{} took {:?} in trace {:?}", call.name, call.duration, call.trace);
//! }
//! ```

use crate::{
    record::{running, undisturbed},
    site::{Instrument, REGISTRY},
    snapshot::{Snapshot, label_values},
};

#[doc(hidden)]
pub use crate::slow::suggest_trace_source;
pub use crate::slow::{SlowCall, Trace, current_trace, dropped, limited, on_breach, set_trace_source, slow_calls};

/// Moves every series' threshold to what 99 % of its calls in an interval stayed within, so that there is always some evidence; never beyond
/// the highest latency objective of its site. Series without calls in the interval keep theirs. Counts of calls over an objective are
/// exact whatever the threshold.
///
/// Meant for the last minute, each second. Costs the writers nothing, and the caller some nanoseconds for each called series and thread.
/// Snapshots of another process do nothing.
pub fn aim(recent: &Snapshot) {
    let Some(recorder) = running().filter(|recorder| recorder.process() == recent.process) else { return };
    let slots = recorder.slots();
    undisturbed(|| {
        for family in REGISTRY.families() {
            let Instrument::Calls(kind) = family.instrument else { continue };
            let Some(site) = recent.site(kind, &family.name).filter(|site| site.calls() > 0) else { continue };
            for (id, info) in family.series().into_iter().filter_map(|id| Some((id, REGISTRY.info(id)?))) {
                let stats = if info.values.is_empty() {
                    Some(site.stats())
                } else {
                    site.series_of(&label_values(info, site.label_keys()))
                };
                let Some(buckets) = stats.map(crate::snapshot::Stats::buckets) else { continue };
                // The upper edge of its bucket: where all calls take the same time, half of them would be over the middle.
                if let Some(p99) = buckets.percentile(99.0) {
                    info.gate.aim(buckets.layout().highest_of(buckets.layout().index_of(p99)));
                    recorder.apply_threshold(&slots, id, info);
                }
            }
        }
    });
}
