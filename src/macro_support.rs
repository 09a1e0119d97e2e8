//! All that generated code may name. Not for use by hand: it may change with any version.

#[cfg(feature = "agents")]
pub use crate::packs::agents::{Agent, running_agent};
#[cfg(feature = "db")]
pub use crate::packs::db::rows::{Rows, Told, told};
#[cfg(feature = "stream")]
pub use perfmon_core::call::{Streamed, streamed, streamed_busy};
pub use perfmon_core::{
    Counter, Gauge, Histogram, Severity,
    call::{
        AsyncCall, Call, Guard, Label, LabelBuf, Measured, Polled, PolledBusy, Probe, Sampled, async_enter,
        async_enter_labels, call, classify, display, enter, enter_labels, enter_labels_sampled, enter_sampled, guard,
        guard_labels, measured, measured_busy, nanos, never, off, path_of, polled, polled_busy, record, record_labels,
        unless_served, unless_served_labels,
    },
    inventory,
    site::{CallSite, Kind, Name, Objective, Sample, Statistic},
};
