//! What the attributes and macros do, seen through the public face: every function shape we know, and every rule.
//!
//! Site names are unique to their test, since the recorder belongs to the whole process.

#![allow(
    clippy::all,
    clippy::pedantic,
    missing_docs,
    unreachable_pub,
    reason = "shapes, not good style; `lints` is strict"
)]

#[path = "macros/support.rs"]
mod support;

#[path = "macros/async_shapes.rs"]
mod async_shapes;
#[path = "macros/containers.rs"]
mod containers;
#[path = "macros/future_shapes.rs"]
mod future_shapes;
#[path = "macros/future_size.rs"]
mod future_size;
#[path = "macros/hygiene.rs"]
mod hygiene;
#[path = "macros/lints.rs"]
mod lints;
#[path = "macros/method_shapes.rs"]
mod method_shapes;
#[path = "macros/metrics.rs"]
mod metrics;
#[path = "macros/names.rs"]
mod names;
#[path = "macros/options.rs"]
mod options;
#[path = "macros/outside.rs"]
mod outside;
#[path = "macros/stacked.rs"]
mod stacked;
#[cfg(feature = "stream")]
#[path = "macros/stream_shapes.rs"]
mod stream_shapes;
#[path = "macros/sync_shapes.rs"]
mod sync_shapes;
