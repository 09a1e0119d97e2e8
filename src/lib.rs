//! Put an attribute on a function and know how it performs.

#[doc(hidden)]
pub mod macro_support;

pub use perfmon_core::{
    Error, Footprint, MockClock, Setup, Severity, init, is_enabled, set_enabled, setup,
    site::{Kind, Objective, Statistic},
    snapshot::{self, Snapshot, snapshot},
};
