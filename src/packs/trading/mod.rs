//! Trading: books with their P&L and risk, kill switches, orders, market data, the broker.
//!
//! ```
//! use std::time::Duration;
//! use perfmon::trading::{Book, Broker, Feed, Fill, Orders};
//!
//! let book = Book::builder("momentum").capital(1_000_000.0).build()?;
//! book.fill(Fill::buy("AAPL", 100.0, 150.0).fee(1.0));
//! book.mark("AAPL", 155.0);
//! assert_eq!(book.summary().pnl.total, 499.0);
//!
//! let orders = Orders::new("momentum");
//! let order = orders.intent("limit").submitted(); // … the broker answers, perhaps on another thread:
//! order.filled();
//!
//! let feed = Feed::builder("sp500").interval(Duration::from_secs(1)).build();
//! feed.tick("SPX");
//!
//! let broker = Broker::new("ibkr").with_limit(50.0);
//! broker.request();
//!
//! book.kill_switch("pnl").activate("-5.2 %");
//! assert!(book.kill_switches().any_active());
//!
//! perfmon::trading::error("timeout");
//! # Ok::<(), perfmon::Error>(())
//! ```
//!
//! Every handle is cheap to clone and can be used from any thread. There is one of each name in the process: whoever makes it again gets the same one, but for books, which are set up once. What
//! happens is said at the time it happens, or with a time of its own: [`feed.at(time).tick("SPX")`](Feed::at), so that a replay of twenty years gives the
//! right figures. Handles keep their state whether or not perfmon [records](crate::set_enabled): a kill switch always works.
//!
//! # Metrics
//!
//! [`Book`] has those of books, and how each is reckoned. The others:
//!
//! | metric | kind | unit | |
//! |---|---|---|---|
//! | `trading_kill_switch_active{book, switch}` | gauge | | 1 while the switch is active, else 0 |
//! | `trading_kill_switch_activations{book, switch}` | counter | activations | times it went from inactive to active |
//! | `trading_order_intents{book, order_type}` | counter | orders | orders that were decided on |
//! | `trading_order_intents_refused{book, order_type, reason}` | counter | orders | refused before they were submitted, by the program's own limits |
//! | `trading_orders_submitted{book, order_type}` | counter | orders | handed to the broker |
//! | `trading_orders_acknowledged{book, order_type}` | counter | orders | acknowledged by the broker |
//! | `trading_order_partial_fills{book, order_type}` | counter | fills | fills that left something open |
//! | `trading_orders_filled{book, order_type}` | counter | orders | filled in whole |
//! | `trading_orders_cancelled{book, order_type}` | counter | orders | cancelled, by whomever |
//! | `trading_orders_rejected{book, order_type, reason}` | counter | orders | rejected by the broker |
//! | `trading_orders_dropped{book, order_type, stage}` | counter | orders | whose end was never told; how far they had come: intent, submitted, acknowledged |
//! | `trading_order_times_reversed{book}` | counter | latencies | latencies left out because event times went backwards |
//! | `trading_orders_open{book}` | gauge | orders | submitted and not yet at their end |
//! | `trading_feed_messages{feed}` | counter | messages | ticks of every sort |
//! | `trading_feed_messages_per_second{feed}` | gauge | messages per second | over the last 10 s by the machine's clock, also in a replay |
//! | `trading_feed_expected_ticks{feed}` | counter | ticks | received or missing |
//! | `trading_feed_missing_ticks{feed}` | counter | ticks | that were expected and did not come |
//! | `trading_feed_gaps{feed}` | counter | gaps | runs of so many missing ticks ([`FeedBuilder::gap`]) |
//! | `trading_feed_completeness_ratio{feed}` | gauge | ratio | received ticks of those expected, over [a window](FeedBuilder::window) |
//! | `trading_feed_overall_completeness_ratio{feed}` | gauge | ratio | the same since the feed began |
//! | `trading_feed_staleness_seconds{feed}` | gauge | seconds | age of the newest tick of the symbol that has waited longest |
//! | `trading_feed_symbol_staleness_seconds{feed, symbol}` | gauge | seconds | age of a symbol's newest tick |
//! | `trading_feed_symbol_missing_ticks{feed, symbol}` | counter | ticks | a symbol's missing ticks |
//! | `trading_feed_symbols{feed}` | gauge | symbols | that are watched |
//! | `trading_feed_unwatched_ticks{feed}` | counter | ticks | of symbols beyond [the bound](FeedBuilder::symbols) |
//! | `trading_feed_paused{feed}` | gauge | | 1 while no ticks are expected |
//! | `trading_data_quality_errors{feed, error_type}` | counter | errors | `duplicate`, `out_of_order`, `ahead`, and what [`Feed::error`] was told |
//! | `trading_broker_connection_errors{broker}` | counter | errors | |
//! | `trading_broker_reconnections{broker}` | counter | reconnections | |
//! | `trading_broker_pacing_violations{broker}` | counter | violations | |
//! | `trading_broker_requests{broker}` | counter | requests | |
//! | `trading_broker_requests_per_second{broker}` | gauge | requests per second | over the last second |
//! | `trading_broker_peak_requests_per_second{broker}` | gauge | requests per second | the busiest of the seconds in the last ten |
//! | `trading_broker_limit_requests_per_second{broker}` | gauge | requests per second | what [`Broker::with_limit`] says |
//! | `trading_broker_connected{broker}` | gauge | | 1 or 0, once it was said |
//! | `trading_broker_clients{broker}` | gauge | clients | once it was said |
//! | `trading_errors{error_type}` | counter | errors | what [`error`] was told |
//!
//! and the call sites `intent_to_ack`, `order_placement` and `order_fill`, with the labels `book` and `order_type`: see [`Orders`].
//!
//! A figure that is not known is absent, never a made-up 0. Ratios are absent until something was expected.
//!
//! # Signals and optimization
//!
//! They are functions, so the attribute is the way:
//!
//! ```
//! # #[derive(Debug)] struct Infeasible;
//! use perfmon::monitor_latency;
//!
//! #[monitor_latency("signal_generation")]
//! fn signal(closes: &[f64]) -> f64 {
//!     closes.iter().sum::<f64>() / closes.len() as f64
//! }
//!
//! #[monitor_latency("portfolio_optimization")]
//! fn optimize(target: f64) -> Result<f64, Infeasible> {
//!     if target < 1.0 { Ok(target) } else { Err(Infeasible) }
//! }
//!
//! optimize(signal(&[0.5, 2.5])).unwrap_err();
//! # #[cfg(feature = "on")]
//! assert_eq!(perfmon::snapshot().get("portfolio_optimization").unwrap().errors(), 1); // a failed optimization
//! ```
//!
//! # Bounds
//!
//! 256 books, feeds and brokers each; 64 kill switches of a book; 256 symbols of a feed unless it says otherwise; 64 error types of a feed. What comes after that
//! shares one called `other`; ticks of further symbols are counted, not watched. Names are cut after 128 bytes. Counters of orders and errors
//! are bounded as all labels are ([`Setup::label_limit`](crate::Setup::label_limit)).

mod at;
mod book;
mod broker;
mod builder;
mod calendar;
mod collector;
mod date;
mod day;
mod drawdown;
mod errors;
mod feed;
mod figures;
mod fill;
mod holding;
mod holdings;
mod kill_switch;
mod known;
mod ledger;
mod moments;
mod orders;
mod performance;
mod refused;
mod regime;
mod ring;
mod risk;
mod summary;

pub use self::{
    at::AtTime,
    book::Book,
    broker::{Broker, BrokerStatus},
    builder::Builder,
    date::Date,
    day::Day,
    drawdown::Drawdown,
    errors::error,
    feed::{Feed, FeedBuilder, FeedStatus, SymbolStatus},
    figures::{Figure, PortfolioRisk, SharpeWindow},
    fill::{Fill, PnlKind, Position, Side},
    kill_switch::{KillSwitch, KillSwitchChange, KillSwitchState, KillSwitches, kill_switches, on_kill_switch},
    orders::{Intent, Order, OrderEvent, OrderLatency, Orders},
    performance::Performance,
    refused::Refused,
    regime::{Regime, RegimeRule},
    risk::Risk,
    summary::{Pnl, Summary, SymbolSummary},
};
