//! Figures that are asked for, not counted: closures and collectors, run when a snapshot is taken.
//!
//! A collector that fails or panics is reported by [`collectors`] and tried again at its next turn; it never stops the others. Nothing here owns a
//! thread: synchronous collectors run inside [`snapshot`](crate::snapshot()) on the caller's thread, asynchronous ones inside [`run_async_collectors`], on the
//! caller's runtime.

mod history;
mod samples;
mod source;

pub use self::{
    history::Point,
    samples::Samples,
    source::{
        AsyncCollector, BoxError, Collecting, Collector, CollectorStatus, Source, collectors, observe,
        register_async_collector, register_collector, run_async_collectors,
    },
};
pub(crate) use self::{
    samples::{Quantity, Reading},
    source::{points_of, readings},
};
