//! Put an attribute on a function and know how it performs.
//!
//! ```
//! use perfmon::{monitor_db, monitor_latency};
//!
//! #[monitor_latency("order_execution", p99 = "250ms", severity = "error")]
//! fn execute(quantity: u32) -> Result<u32, String> {
//!     if quantity > 100 { Err("too large".into()) } else { store(quantity) }
//! }
//!
//! #[monitor_db("insert", "orders")]
//! fn store(quantity: u32) -> Result<u32, String> {
//!     Ok(quantity)
//! }
//!
//! # #[cfg(feature = "report")]
//! let _report = perfmon::report_on_exit(); // a table of every site, also after a panic
//! assert!(execute(10).is_ok() && execute(200).is_err());
//!
//! let snapshot = perfmon::snapshot();
//! let site = snapshot.get("order_execution").unwrap();
//! assert_eq!((site.calls(), site.ok(), site.errors(), site.in_flight()), (2, 1, 1, 0));
//! println!("p99 {:?}, mean {:?}", site.percentile(99.0), site.mean());
//! assert_eq!(snapshot.get("insert orders").unwrap().calls(), 1);
//! ```
//!
//! # Measure
//!
//! | | |
//! |---|---|
//! | [`monitor_latency("name")`](monitor_latency) | any function |
//! | [`monitor_order("order_type")`](monitor_order) | placing an order |
//! | [`monitor_db("operation", "table")`](monitor_db) | a database statement |
//! | [`monitor_request("METHOD", "/route")`](monitor_request) | serving a request |
//! | [`monitor_agent("name")`](monitor_agent), [`monitor_tool("name")`](monitor_tool) | an AI agent's run, a tool it calls |
//!
//! on functions, methods, `impl` blocks, traits and inline modules, sync and async. All take the same options: labels, objectives, sampling,
//! what counts as an error; [`monitor_latency`] explains them.
//!
//! Without an attribute: a guard ([`latency!`], [`order!`], [`db!`], [`request!`], [`agent!`], [`tool!`]), a closure or a future
//! ([`time!`]), a duration already measured ([`record!`]). Figures of your own: [`counter!`], [`gauge!`], [`histogram!`], a closure that is asked
//! ([`observe`]), a [`Collector`] ([`register_collector`]). Names that are known only at run time: [`sites`].
//!
//! # Read
//!
//! [`snapshot()`] is every site at this moment; `later - earlier` is exactly what happened in between; [`Snapshot::merge`] adds processes
//! together. [`report()`] prints one: a table for the terminal, JSON, Markdown or CSV. [`evidence`] has the slowest calls one by one, with their traces.
//! [`series()`] and [`aggregate`] read custom metrics back, as they are and were during the last day (or however long [`series::set_bounds`] says).
//! `perfmon::exporter::start()` serves all of it over HTTP from a thread of its own, for Prometheus and for people (feature `exporter`).
//! `perfmon::http::MonitorLayer` measures every request of a web service by its route (features `http`, `axum`, `actix`).
//! `perfmon::system::register()` adds the machine's and the process's own figures (feature `system`): processor, memory, disks, network.
//! `perfmon::agents::summary()` has AI agents with their tokens and tools (feature `agents`).
//!
//! # AI agents
//!
//! With the feature `agents`, `perfmon::tokens(input, output)` counts for the agent that runs: the innermost [`monitor_agent`] function around it, whichever thread polls it,
//! and in spawned tasks when it is carried along. Tools are counted by the agent that calls them. `perfmon::agents` explains.
//!
//! # What it costs
//!
//! One call costs two readings of the processor's counter and next to nothing more, on any number of threads: no lock, no atomic
//! read-modify-write, no allocation after a thread's first call of a site, no channel, no thread in the background. The first monitored
//! call of the process starts the recorder, which calibrates the clock and takes 10 to 200 ms, once; [`init`] does it when it suits you. Memory is
//! bounded and told: [`setup()`] and [`footprint()`].
//!
//! # What is exact, and what is not
//!
//! Counts are exact, always, sampled sites included. Percentiles are the midpoint of a bucket, within 0.4 % (see [`Setup::significant_digits`]).
//! A sampled site's times are estimates: each timed call stands for those up to the next one. What a bound turned away is counted
//! in [`Snapshot::losses`] and shown in reports.
//!
//! # Features
//!
//! | feature | default | |
//! |---|---|---|
//! | `on` | yes | The attributes and macros measure. |
//! | `report` | yes | [`report()`], [`report_on_exit`]. |
//! | `serde` | no | `Serialize` and `Deserialize` for [`Snapshot`], with histograms as HDR V2 bytes. |
//! | `exporter` | no | `perfmon::exporter`: `/metrics`, `/health`, live windows; brings `on`, `report` and `system`. |
//! | `config` | no | `perfmon::exporter::config`: configuration files and environment variables for the exporter; brings `exporter`. |
//! | `tls` | no | HTTPS for the exporter, by rustls; brings `exporter`. |
//! | `auth` | no | Users with passwords for the exporter, by argon2; brings `exporter`. Tokens need no feature. |
//! | `cli` | no | The program `perfmon`, which runs the exporter on its own and asks one that runs; brings `config`, `tls` and `auth`. Not for programs. |
//! | `system` | no | `perfmon::system`: processor, memory, disks, network, temperature, connections, the process itself and whether it leaks. |
//! | `trading` | no | `perfmon::trading`: books with their P&L, drawdown, performance and risk; kill switches, orders, market data, brokers. |
//! | `agents` | no | `perfmon::agents`: who runs, `perfmon::tokens` by agent, tools by the agent that calls them; brings `stream`. |
//! | `stream` | no | Functions that return a stream are measured until the stream ends, not only while they make it. |
//! | `db` | no | `perfmon::db`: statements of sqlx, diesel and others as call sites, rows, slow statements without their values. |
//! | `http` | no | `perfmon::http`: a tower layer that measures requests by route, for hyper and tonic; a profile of endpoints. |
//! | `axum` | no | The same with axum's route templates; brings `http`. |
//! | `actix` | no | `perfmon::http::actix`: a middleware for actix-web; brings `http`. |
//! | `tracing` | no | `perfmon::tracing`: call sites of the spans there are, trace ids for slow calls, slow calls as events. |
//!
//! Without `on`, attributes leave the plain function, machine code identical, and the other macros do nothing. A library depends on perfmon with
//! `default-features = false` and pays nothing; the program that has `on` turns it on for all, and no crate can turn it off for another. At run
//! time, [`set_enabled`] switches recording, for one relaxed load a call.
//!
//! # Limits
//!
//! - Linux on x86-64 is what it is built and measured on. macOS, Windows and other processors should work and are untested.
//! - A crate that the program never names is not linked, so its sites are not known as never called; `use that_crate as _;` is enough.
//! - A cancelled call counts with the time until it was dropped, and not as an error. A caller that gives up after 10 ms so keeps a `p99 = "10ms"` met: watch
//!   [`cancelled`](snapshot::Stats::cancelled) beside it.
//! - Where a function returns `impl Trait` in any place, never returns, or has `#[track_caller]`, its value cannot be seen: an `Err` counts as ok there. An
//!   alias of a boxed future or stream is not seen to be one; write the type out.
//! - A process that ends by `process::exit` or a signal runs no destructors, so [`report_on_exit`] prints nothing then.

#[cfg(feature = "exporter")]
pub mod exporter;
#[doc(hidden)]
pub mod macro_support;
mod packs;
pub mod sites;
#[cfg(any(feature = "http", feature = "tracing"))]
mod trace;
#[cfg(feature = "tracing")]
pub mod tracing;

#[cfg(feature = "agents")]
pub use packs::agents::{self, tokens};
#[cfg(feature = "db")]
pub use packs::db;
#[cfg(feature = "http")]
pub use packs::http;
#[cfg(feature = "system")]
pub use packs::system;
#[cfg(feature = "trading")]
pub use packs::trading;
#[cfg(feature = "report")]
pub use perfmon_core::report::{self, Report, ReportOnExit, report, report_on_exit};
pub use perfmon_core::{
    Aggregate, Bound, Counter, Error, Footprint, Gauge, Histogram, Labelled, MetricHistory, MockClock, Point, Setup,
    Severity, aggregate, analyse,
    call::{Guard, Label},
    collect::{
        AsyncCollector, BoxError, Collecting, Collector, CollectorStatus, Samples, Source, collectors,
        configure_collector, observe, register_async_collector, register_collector, run_async_collectors,
    },
    evidence, footprint, format, init, is_enabled, series, set_enabled, setup,
    site::{Kind, Objective, Statistic},
    snapshot::{self, Snapshot, snapshot},
};
pub use perfmon_macros::{
    agent, counter, db, gauge, histogram, latency, monitor_agent, monitor_db, monitor_latency, monitor_order,
    monitor_request, monitor_tool, order, record, request, time, tool,
};

/// What README shows in whole is compiled.
#[cfg(all(doctest, feature = "agents", feature = "axum", feature = "cli", feature = "db", feature = "tracing"))]
#[doc = include_str!("../README.md")]
struct Readme;
