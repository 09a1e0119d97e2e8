//! Put an attribute on a function and know how it performs.

#[doc(hidden)]
pub mod macro_support;

pub use perfmon_core::{
    Aggregate, Counter, Error, Footprint, Gauge, Histogram, Labelled, MetricHistory, MockClock, Setup, Severity,
    aggregate,
    call::Guard,
    collect::{
        AsyncCollector, BoxError, Collecting, Collector, CollectorStatus, Point, Samples, Source, collect, collectors,
        observe, register, register_async,
    },
    init, is_enabled, series, set_enabled, setup,
    site::{Kind, Objective, Statistic},
    snapshot::{self, Snapshot, snapshot},
};
pub use perfmon_macros::{
    agent, counter, db, gauge, histogram, latency, monitor_agent, monitor_db, monitor_latency, monitor_order,
    monitor_request, monitor_tool, order, record, request, time, tool,
};
