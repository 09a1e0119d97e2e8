//! Call sites, recorder, snapshots and reports of [perfmon](https://docs.rs/perfmon). Use that crate; this one is its inside.
//!
//! Counts only grow, and everything else is a view of them:
//!
//! ```text
//! site ─► record ─► snapshot ─► report          an arrow points to who uses whom from the right
//! ```

pub mod analyse;
pub mod call;
mod clock;
pub mod collect;
mod error;
pub mod evidence;
pub mod format;
mod history;
mod layout;
mod metric;
mod record;
#[cfg(feature = "report")]
pub mod report;
pub mod series;
mod settings;
mod severity;
pub mod site;
mod slow;
pub mod snapshot;

pub use self::{
    clock::MockClock,
    error::Error,
    layout::Layout,
    metric::{Bound, Counter, Gauge, Histogram, Labelled},
    record::{Footprint, footprint, is_enabled, set_enabled},
    series::{Aggregate, MetricHistory, Point, aggregate, series},
    settings::{Setup, setup},
    severity::Severity,
    snapshot::{Snapshot, snapshot},
};

/// Forces the start of the recorder, which otherwise happens at the first monitored call and takes 10 to 200 ms there, once, to calibrate the
/// clock. Does nothing the second time.
pub fn init() {
    record::recorder();
}

#[doc(hidden)]
pub use inventory;
