//! Database statements: what they do to which table, how many rows they return, and the slow ones without their values.
//!
//! A function that runs one statement has [`monitor_db`](crate::monitor_db). Statements that have no function of their own tell themselves what they are:
//!
//! | through | how |
//! |---|---|
//! | sqlx, and what is built on it | `perfmon::tracing::layer()` hears the event of each statement (feature `tracing`) |
//! | diesel | the eight lines [below](#diesel) |
//! | spans with [OpenTelemetry's attributes](https://opentelemetry.io/docs/specs/semconv/database/database-spans/) for databases | `perfmon::tracing::layer()` |
//! | anything else | [`Statement::begin`], or [`record`] for one that was timed elsewhere |
//!
//! Each becomes a call of the kind `db`, named by [`name_of`]: `select orders`. No value of a statement is ever kept. A thousand names are told apart; further tables are `other` and counted in
//! [`left_out`].
//!
//! # Counted once
//!
//! A statement that runs in a function with an attribute of its operation and table (`#[monitor_db("select", "orders")]`) is the function's call and not another one. What runs outside of it counts in the
//! same site. Whose a statement is, the thread tells that a [`Statement`] begins on, or is recorded on: in a call of the function it is the function's, and when no call of the name is in flight
//! anywhere it is its own. In between, where a call waits that may have sent the statement to another thread (`spawn_blocking`), or a guard (`perfmon::db!`) lives, it is left to that call. Of events and spans only the name says
//! whose they are, since a driver may tell them from a thread of its own: all are left to the attribute. What is left though no call of the name runs on the thread is counted in
//! `db_statements_counted_elsewhere_total` by operation and table: calls and these together are never fewer than the statements there were. It is no mistake that it grows: sqlx tells SQLite's statements from a
//! thread of its own, so there it grows by each statement of a function, which is counted all the same. Where it grows *faster than the calls of the name*, the difference ran outside of the functions, or several in one
//! call: give each function that runs such a statement the attribute. Another name for the attribute counts the statements beside the calls, twice.
//!
//! Both write a name in one way, and the compiler says it: operation and table in lower case, the table without schema or quotes. `DELETE FROM public."Papers"` is `#[monitor_db("delete", "papers")]`.
//!
//! # Rows
//!
//! The histogram `db_client_response_returned_rows` by operation and table takes what sqlx tells of statements that read, what
//! [`Statement::rows`] is given, and what functions with `monitor_db` return:
//!
//! ```
//! use perfmon::monitor_db;
//!
//! struct Order;
//!
//! #[monitor_db("select", "orders")] // a `Vec` or an `Option`, alone or in a `Result`, tells its rows
//! fn open_orders() -> Result<Vec<Order>, String> {
//!     Ok(vec![Order, Order])
//! }
//!
//! #[monitor_db("select", "prices", rows = |page| page.as_ref().map(|page| page.1))] // what is not seen is said: a number, or `None`, or an `Err`
//! fn prices() -> Result<(f64, u64), String> {
//!     Ok((101.5, 20))
//! }
//!
//! open_orders().unwrap();
//! prices().unwrap();
//! let rows = perfmon::snapshot().metric("db_client_response_returned_rows").unwrap().clone();
//! # #[cfg(feature = "on")]
//! assert_eq!(rows.series().len(), 2);
//! ```
//!
//! A `Vec` or an `Option` of numbers, `bool` or `char` tells nothing: it may be one row's picture or embedding, or a sum. Neither does a number: it may be an id, or rows that were changed and not
//! returned. Of a failed call no rows are counted.
//!
//! # Slow statements
//!
//! Statements that took 100 ms or longer ([`slow_after`]) are kept without their values: [`slow_queries`], and `database.slow_queries` of the exporter's dashboard. `slow_query_events` tells each as an event (feature `tracing`).
//!
//! # sqlx
//!
//! The layer has to hear events of the target `sqlx::query`, whose level is `DEBUG` (`WARN` for slow ones) unless the program chose another with sqlx's `log_statements`. A filter of the whole
//! subscriber, such as an `EnvFilter` of `info`, keeps them from it, and so does `with_filter(LevelFilter::INFO)` on the layer; its own `up_to` and a filter of the layer that prints do not:
//!
//! ```
//! # #[cfg(all(feature = "tracing", feature = "cli"))] {
//! use tracing_subscriber::{filter::LevelFilter, prelude::*};
//!
//! tracing_subscriber::registry()
//!     .with(perfmon::tracing::layer().up_to(LevelFilter::INFO))
//!     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO))
//!     .init();
//! # }
//! ```
//!
//! sqlx tells of a statement when it has ended, and not how: its event is the same for one that failed, even for one that the database does not understand, and nothing else in sqlx 0.8 and 0.9 tells an error of a
//! statement. So each counts as ok, an error rate of them is always 0, and calls in flight are not seen. It tells no `begin` on PostgreSQL, and neither `begin` nor `commit` nor `rollback` on SQLite.
//! Where that matters, annotate the function with `monitor_db`. The time lasts until the last row was taken or the stream was dropped, so it includes what the
//! program did between rows.
//!
//! # diesel
//!
//! Once, before connections are made. Failed statements count as errors; rows are not told.
//!
//! ```text
//! diesel::connection::set_default_instrumentation(|| {
//!     let mut running = None;
//!     Some(Box::new(move |event: InstrumentationEvent<'_>| match event {
//!         InstrumentationEvent::StartQuery { query, .. } => running = Some(Statement::begin(query.to_string())),
//!         InstrumentationEvent::FinishQuery { error, .. } => running.take().into_iter().for_each(|query: Statement| query.finish(error.is_some())),
//!         _ => {}
//!     }))
//! })?;
//! ```
//!
//! The feature `statement-fields` of `diesel-tracing` is heard by the layer, too; use one of the two.

mod bare;
mod froms;
mod lex;
mod name;
mod redact;
pub(crate) mod rows;
mod scan;
#[cfg(feature = "exporter")]
mod section;
mod slow;
mod statement;
mod table;
mod words;

#[cfg(feature = "exporter")]
pub(crate) use self::section::section;
#[cfg(feature = "tracing")]
pub use self::slow::slow_query_events;
#[cfg(feature = "tracing")]
pub(crate) use self::statement::{Known, known, known_by_text};
pub use self::{
    name::{Named, name_of},
    redact::redact,
    slow::{SlowQueries, SlowQuery, slow_after, slow_queries},
    statement::{Statement, left_out, record},
};
