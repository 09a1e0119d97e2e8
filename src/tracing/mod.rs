//! Spans as call sites, trace ids for slow calls, slow calls as events.
//!
//! A layer makes a call site of every span there is already, `#[instrument]`, sqlx, tonic, hyper and so on, without touching their code:
//!
//! ```
//! use tracing_subscriber::{filter::LevelFilter, prelude::*};
//!
//! tracing_subscriber::registry().with(perfmon::tracing::layer().up_to(LevelFilter::INFO)).init();
//! perfmon::tracing::slow_events();
//!
//! #[tracing::instrument(err)]
//! fn settle(quantity: u32) -> Result<u32, String> {
//!     if quantity > 100 { Err("too large".into()) } else { Ok(quantity) }
//! }
//!
//! assert!(settle(10).is_ok() && settle(200).is_err());
//! let snapshot = perfmon::snapshot();
//! let site = snapshot.get("settle").unwrap();
//! assert_eq!((site.ok(), site.errors()), (1, 1));
//! ```
//!
//! # What becomes a call
//!
//! A span's name is its site's name, of the kind latency; sites of the same name share their figures ([`Layer::with_target`] tells them apart). Its call lasts
//! from when it is first entered until it is closed; the time it is entered counts as [busy](crate::snapshot::Stats::busy). A span
//! that is never entered is no call. What perfmon's own attributes measure is no span. A span that
//! has the name of an attribute's site in the same module is taken to be of the same function and is no call either, so a function that has both is counted once, by
//! the attribute.
//!
//! A call failed when an event of the level `ERROR` was recorded directly in its span (as `#[instrument(err)]` does), or the span has a field
//! `error` that is not `false`, or `otel.status_code` with the value `ERROR`. It panicked when its span was left by unwinding. A future that was
//! dropped before it finished cannot be told from one that finished: it counts as ok.
//!
//! With the feature `db`, a span with OpenTelemetry's attributes of a database (`db.query.text`, `db.operation.name`, `db.collection.name`, and their older names
//! `db.statement`, `db.operation`, `db.sql.table`) is a call of the kind db, named by what it does to which table, as long as it is told before the span is first left; and
//! sqlx's events of the target `sqlx::query` are calls. See `perfmon::db`.
//!
//! [`Layer::up_to`] says which spans are taken, by their level, and lets the layer see nothing that it does not read. Without it, and without another filter, the
//! layer asks for everything, as any layer does: each `trace!` of the program and of its libraries then is made, for nobody. Other filters of `tracing-subscriber`, such as
//! [`Targets`](https://docs.rs/tracing-subscriber/latest/tracing_subscriber/filter/struct.Targets.html), work too, if they let through events of the level `ERROR`, which tell
//! failures, and of the target `sqlx::query`, whose level is `DEBUG`. A filter of the whole subscriber, such as `EnvFilter`, holds for this layer as well. At most 4,096 places
//! in the source have a site; spans of others are counted in [`left_out`].
//!
//! # Traces
//!
//! A span with a field `trace_id` (32 hexadecimal digits) or `traceparent` ([W3C Trace Context](https://www.w3.org/TR/trace-context/)) gives its trace to
//! itself and the spans inside, and to every monitored call made in them: those that are slow carry it as evidence
//! ([`slow_calls`](crate::evidence::slow_calls)). A program that uses OpenTelemetry or fastrace sets a source of its own with [`set_trace_source`].
//!
//! # What it costs
//!
//! A span costs a fifth of a microsecond more than without the layer; an attribute costs a tenth of that.

mod events;
mod filter;
mod layer;
mod outcome;
mod sites;
mod stack;
#[cfg(feature = "db")]
mod statements;

pub use perfmon_core::evidence::{Trace, set_trace_source};

pub(crate) use self::stack::current as current_trace;

pub use self::{
    events::slow_events,
    filter::Read,
    layer::{Layer, layer},
    sites::left_out,
};
