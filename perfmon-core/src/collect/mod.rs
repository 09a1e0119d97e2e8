//! Figures that are asked for, not counted: closures and collectors.
//!
//! Who runs them when it is their turn: the [driver](drive) if there is one, as with the exporter; without, [`snapshot`](crate::snapshot()) runs
//! synchronous ones on the caller's thread, and [`run_async_collectors`] asynchronous ones on the caller's runtime. Their turn comes by a clock that no
//! correction of the wall clock moves.
//!
//! A collector that fails, panics or hangs is reported by [`collectors`], its old values are no longer shown, and it is tried again at its next turn; it
//! never stops the others. Nothing here owns a thread.

mod clock;
mod collector;
mod driver;
mod entry;
mod samples;
mod source;

pub(crate) use self::{
    clock::now,
    driver::{found, is_driven},
    entry::turned_away,
    samples::{Quantity, Reading},
    source::Found,
};
pub use self::{
    collector::{AsyncCollector, BoxError, Collecting, Collector},
    driver::{Driver, Turn, drive, run_async_collectors},
    entry::CollectorStatus,
    samples::Samples,
    source::{Source, collectors, configure_collector, observe, register_async_collector, register_collector},
};
