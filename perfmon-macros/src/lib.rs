//! The attributes and macros of perfmon.
//!
//! Use them through the crate `perfmon`, which re-exports all of them and holds what they expand to.
//!
//! Six attributes measure functions, one for each kind of call; they differ in what the name is made of and in which
//! metrics they feed, and in nothing else:
//!
//! | Attribute | Name | For |
//! |---|---|---|
//! | [`macro@monitor_latency`] | `"name"` | any function |
//! | [`macro@monitor_order`] | `"order_type"` | placing an order |
//! | [`macro@monitor_db`] | `"operation", "table"` | a database statement |
//! | [`macro@monitor_request`] | `"METHOD", "/route"` | serving an HTTP request |
//! | [`macro@monitor_agent`] | `"name"` | an AI agent's run |
//! | [`macro@monitor_tool`] | `"name"` | a tool that an agent calls |
//!
//! The guide to their options stands at [`macro@monitor_latency`].

mod args;
mod errors;
mod expand;
mod item;
mod model;
mod shape;
mod tokens;
mod valid;

use proc_macro::TokenStream;

use crate::{expand::Mode, model::KINDS};

/// The feature `on`: without it, attributes give back the user's own code.
const MODE: Mode = if cfg!(feature = "on") { Mode::On { agents: cfg!(feature = "agents") } } else { Mode::Off };

/// The feature `db`: `perfmon::db` is there, and `monitor_db` counts rows. Unit tests always have it, so that snapshots are the same.
const ROWS: bool = cfg!(any(feature = "db", test));

/// The feature `stream`: what measures a stream is there. Unit tests always have it.
const STREAMS: bool = cfg!(any(feature = "stream", test));

/// Measures a function: how often it is called, how long it takes, how it ends, how many calls are running.
///
/// ```text
/// #[monitor_latency("order_execution", p99 = "250ms", severity = "error", labels(symbol = order.symbol))]
/// async fn execute(order: &Order) -> Result<Fill, BrokerError> { … }
/// ```
///
/// # Where it stands
///
/// On any function with a body: free, method, trait default, trait implementation, generic, `async`, `unsafe`,
/// `extern "C"`, nested, made by `macro_rules!`; in either order with other attributes. A function that *returns* a future
/// is measured like an `async fn`, from the first poll to the result: `impl Future`, `Pin<Box<dyn Future>>`,
/// `BoxFuture`, `LocalBoxFuture`, and what `#[async_trait]` makes. What such a function does before it returns its future is
/// done once, in place, and is not part of the time.
///
/// With the feature `stream` of `perfmon` (which `agents` brings), a function that gives a *stream* is measured until the stream ends: from the call, or the first poll of an `async fn`, to the
/// end of the stream, what its reader does between items included. `impl Stream<Item = T>`, `Pin<Box<dyn Stream<Item = T>>>`, `BoxStream`, `LocalBoxStream`, or a `Result` of one, returned as it is,
/// by an `async fn`, or by a future. Its call ends as its last item does, so an `Err` that ends it is an error, also if it is then dropped; `err` and `ok` see each item. Dropped before it has ended otherwise, as
/// by `take(10)`, it is cancelled. Without the feature only the making is measured.
///
/// On an `impl` block, a trait or an inline module it measures every function inside (in a module also those of
/// the blocks, traits and modules in it), except those with an attribute of their own, those named in `skip(…)`,
/// `const fn` and functions without a body. A name given there becomes a prefix, `name::function`; of a
/// database statement or a request it is the name of all. `busy` is for the functions that return futures, `err` and `ok` for those
/// whose value can be seen.
///
/// A `const fn` cannot be measured: it may run while compiling.
///
/// # Name
///
/// String literals, first. Left out, the name is the path of the function: `my_crate::Broker::execute`. Two places of one kind
/// and name are one series.
///
/// # Options
///
/// | Option | |
/// |---|---|
/// | `labels(symbol = order.symbol, venue)` | Labels of each call, read before the body runs: text, integers, `bool`, `char`; `side = %order.side` for anything with `Display`. `venue` is short for `venue = venue`. Keys that perfmon's own metrics have (`kind`, `name`, `outcome`, `window`, …) are refused, so that a label is called the same in all of them; `job` and `instance` are Prometheus's, which shows a program's own as `exported_job` and `exported_instance`. |
/// | `label_limit = 1000` | How many sets of label values have figures of their own, 1 to 65,536, whatever `perfmon::setup().label_limit(…)` says (256 by default). Calls with further ones count in the series `other`. |
/// | `p50`, `p95`, `p99`, `p999 = "250ms"` | An objective: this percentile is to stay below. Units: ns, us, ms, s, m, h, d; `"1m 30s"` is fine. |
/// | `error_rate = "5%"` | An objective: errors and panics, of all calls that finished, are to stay below. |
/// | `severity = "error"` | How bad it is to miss the objectives: info, warning (P2, medium; the default), error (P1, high), critical (P0), emergency. |
/// | `window = "5m"` | What health judges the objectives over (default 5 minutes, an hour at most): the narrowest of the live windows 10 s, 1 min, 5 min, 15 min and 1 h that is not shorter. A report judges them over all that it is of. |
/// | `for = "30s"` | How long they must be missed, without a break, before they count against health (default: at once). |
/// | `sample = 1/64`, `sample = "auto"` | Time one call in 64, chosen without bias; or as many as keep the own cost below 1 % of one core. Every call is counted and classified all the same. |
/// | `err = \|r\| r.is_none()`, `ok = \|r\| …` | Which values are errors, or are none. Without it, a `Result` that is `Err`, by type, so aliases count too. |
/// | `rows = \|r\| r.len()` | Of `monitor_db`: how many rows were returned, where the type does not tell ([`macro@monitor_db`]). |
/// | `busy` | Of a future or stream: the time spent polling it, beside the time from start to end. |
/// | `skip` | Alone: not this function, though what it is in is measured. On a container: `skip(new, len)`. |
/// | `crate = my_crate::perfmon` | Where perfmon is, when it is not a dependency of this crate under its own name. |
///
/// # How a call ends
///
/// As *ok*, *error* (see `err`), *panic* (unwinding), or *cancelled* (a future that was polled, or a stream, and dropped before it finished). The
/// value, the panic and the control flow are never changed.
///
/// # Limits
///
/// The body becomes a closure or an async block. Where a closure would lose the return type or the caller (`-> impl Trait`, `-> !`,
/// `#[track_caller]`) it runs beside a guard, and an `Err` counts as ok there. A future is known by how its type is written: behind an
/// alias of your own, or a concrete type like `Ready<T>`, the call that makes it is measured; so it is of a stream, like `ReceiverStream<T>`. An argument that the body moves is dropped before
/// the other arguments rather than in their order. The future of an `async fn` grows by 32 bytes, and by the arguments that
/// the plain one would have freed before its first await.
#[proc_macro_attribute]
pub fn monitor_latency(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(&KINDS[0], options.into(), item.into(), MODE).into()
}

/// Measures placing an order: `#[monitor_order("limit")]`. Options as in [`macro@monitor_latency`].
///
/// ```text
/// #[monitor_order("limit", p95 = "200ms", labels(symbol = order.symbol))]
/// fn place(order: &Order) -> Result<OrderId, Rejected> { … }
/// ```
#[proc_macro_attribute]
pub fn monitor_order(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(&KINDS[1], options.into(), item.into(), MODE).into()
}

/// Measures a database statement: `#[monitor_db("select", "orders")]`. Options as in [`macro@monitor_latency`].
///
/// The names are written as `perfmon::db` reads them in statements, so that a function and its statement are one call: in lower case, the table without schema or quotes. An operation may be any word, as `"report"`,
/// but none that is one letter from an everyday one.
///
/// With the feature `db` of `perfmon` rows are counted in the histogram `db_client_response_returned_rows`: those of a returned `Vec` or `Option`, alone or in a
/// `Result`, unless they hold numbers, `bool` or `char`; of any other value `rows = |r| …` tells them as a number, or as an `Option` or `Result` of one.
///
/// ```text
/// #[monitor_db("select", "experiences")]
/// async fn query_memories(pool: &Pool, since: Date) -> sqlx::Result<Vec<Row>> { … }
/// ```
#[proc_macro_attribute]
pub fn monitor_db(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(&KINDS[2], options.into(), item.into(), MODE).into()
}

/// Measures serving an HTTP request: `#[monitor_request("GET", "/orders/{id}")]`. Options as in [`macro@monitor_latency`].
///
/// The method is written in capitals, the route as a template that starts with `/`. Under the layer of `perfmon::http` a request of this route is counted by the layer, which knows its response, with
/// the objectives and labels that are written here.
///
/// ```text
/// #[monitor_request("GET", "/orders/{id}", p99 = "50ms", error_rate = "1%")]
/// async fn order(Path(id): Path<u64>) -> Result<Json<Order>, StatusCode> { … }
/// ```
#[proc_macro_attribute]
pub fn monitor_request(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(&KINDS[3], options.into(), item.into(), MODE).into()
}

/// Measures an AI agent's run: `#[monitor_agent("planner")]`. Options as in [`macro@monitor_latency`].
///
/// ```text
/// #[monitor_agent("planner", error_rate = "10%", window = "15m")]
/// async fn plan(goal: &str) -> Result<Plan, ModelError> { … }
/// ```
///
/// With the feature `agents`, the agent is known while the function runs: `perfmon::tokens` and the tools it calls are counted as its own. An agent whose
/// name is known at run time only gives it as the label `agent`: `#[monitor_agent("worker", labels(agent = task.agent))]`. An agent that answers in a stream runs until the stream ends,
/// and is known whenever it is polled.
#[proc_macro_attribute]
pub fn monitor_agent(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(&KINDS[4], options.into(), item.into(), MODE).into()
}

/// Measures a tool that an agent calls: `#[monitor_tool("web_search")]`. Options as in [`macro@monitor_latency`].
///
/// ```text
/// #[monitor_tool("web_search", labels(agent_id = caller), error_rate = "20%")]
/// async fn search(caller: &str, query: &str) -> Result<Vec<Hit>, ToolError> { … }
/// ```
///
/// A tool whose name is known at run time only gives it as the label `tool`: `#[monitor_tool("call", labels(tool = name))]`. With the feature `agents`, its calls
/// have the label `agent`, the agent that runs, `none` outside of any; a label of that key written here takes its place.
#[proc_macro_attribute]
pub fn monitor_tool(options: TokenStream, item: TokenStream) -> TokenStream {
    expand::attribute(&KINDS[5], options.into(), item.into(), MODE).into()
}

/// Measures until the guard it makes is dropped: `let _t = perfmon::latency!("name");`.
///
/// Takes the name and options of [`macro@monitor_latency`] that need no function and no value: labels and their limit, objectives, `sample`, `crate`.
/// Without a name, that of the function around it. A guard sees no value, so a call counts as ok, or as a panic when it is dropped by
/// unwinding. It is `Send` and can be moved.
///
/// ```text
/// let _t = perfmon::latency!("match_orders", labels(venue), p99 = "1ms");
/// ```
#[proc_macro]
pub fn latency(options: TokenStream) -> TokenStream {
    expand::guard(&KINDS[0], options.into(), MODE).into()
}

/// Measures placing an order until the guard is dropped: `let _t = perfmon::order!("limit");`. See [`macro@latency`].
#[proc_macro]
pub fn order(options: TokenStream) -> TokenStream {
    expand::guard(&KINDS[1], options.into(), MODE).into()
}

/// Measures a database statement until the guard is dropped: `let _t = perfmon::db!("select", "orders");`. See [`macro@latency`].
#[proc_macro]
pub fn db(options: TokenStream) -> TokenStream {
    expand::guard(&KINDS[2], options.into(), MODE).into()
}

/// Measures an HTTP request until the guard is dropped: `let _t = perfmon::request!("GET", "/orders");`. See [`macro@latency`].
#[proc_macro]
pub fn request(options: TokenStream) -> TokenStream {
    expand::guard(&KINDS[3], options.into(), MODE).into()
}

/// Measures an agent's run until the guard is dropped: `let _t = perfmon::agent!("planner");`. See [`macro@latency`].
///
/// A guard can be moved and outlive the code around it, so it says nothing of who runs meanwhile: tokens and tools go to the agent around it.
/// [`macro@time`] with `kind = agent` does.
#[proc_macro]
pub fn agent(options: TokenStream) -> TokenStream {
    expand::guard(&KINDS[4], options.into(), MODE).into()
}

/// Measures a tool's use until the guard is dropped: `let _t = perfmon::tool!("web_search");`. See [`macro@latency`].
#[proc_macro]
pub fn tool(options: TokenStream) -> TokenStream {
    expand::guard(&KINDS[5], options.into(), MODE).into()
}

/// Measures a closure or a future, and gives what it gives.
///
/// ```text
/// let fill = perfmon::time!("match_orders", || book.take(order))?;
/// let rows = perfmon::time!("load", labels(table), async { pool.fetch(table).await }).await;
/// ```
///
/// A closure written there is called; anything else must be a future, and comes back as a future to await. A `return` or `?` in
/// the closure leaves the closure. Name and options come first, as in [`macro@monitor_latency`]; without a name, that of
/// the function around it. `kind = db` and so on measures another kind: `time!("select", "orders", kind = db, || …)`.
#[proc_macro]
pub fn time(options: TokenStream) -> TokenStream {
    expand::time(options.into(), MODE).into()
}

/// Records a duration that is already measured, as a call that went well: `perfmon::record!("name", duration)`.
///
/// ```text
/// perfmon::record!("venue_round_trip", labels(venue), ack.received - ack.sent);
/// ```
///
/// Name and options come first, as in [`macro@monitor_latency`]; `kind = order` and so on records another kind.
#[proc_macro]
pub fn record(options: TokenStream) -> TokenStream {
    expand::record(options.into(), MODE).into()
}

/// Declares a counter, a sum that only grows.
///
/// ```text
/// perfmon::counter! {
///     /// Orders that the risk check refused.
///     pub static REJECTED: "orders_rejected", unit = "orders", labels(symbol, reason)
/// }
/// ```
///
/// The name and the label keys have a-z, 0-9 and `_` only. `label_limit = 1000` is as of [`macro@monitor_latency`]. `help` is the doc comment's first paragraph unless `help = "…"` is given.
/// Declared and registered without the feature `on`, too.
#[proc_macro]
pub fn counter(metric: TokenStream) -> TokenStream {
    expand::metric("Counter", metric.into()).into()
}

/// Declares a gauge, which holds the last value set. Written like [`macro@counter`].
///
/// ```text
/// perfmon::gauge!(/// Positions that are open.
///     pub static OPEN: "open_positions");
/// ```
#[proc_macro]
pub fn gauge(metric: TokenStream) -> TokenStream {
    expand::metric("Gauge", metric.into()).into()
}

/// Declares a histogram, a distribution of values. Written like [`macro@counter`].
///
/// ```text
/// perfmon::histogram!(/// How much was ordered at once.
///     pub static SIZE: "order_size", unit = "shares", labels(symbol));
/// ```
#[proc_macro]
pub fn histogram(metric: TokenStream) -> TokenStream {
    expand::metric("Histogram", metric.into()).into()
}
