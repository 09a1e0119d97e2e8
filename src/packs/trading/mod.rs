//! Trading: books with their P&L and risk, kill switches, orders, market data, the broker.
//!
//! ```
//! use perfmon::trading::{Book, Fill};
//!
//! let book = Book::builder("algo_trade").capital(1_000_000.0).build()?;
//! book.fill(Fill::buy("AAPL", 100.0, 150.0).fee(1.0));
//! book.mark("AAPL", 155.0);
//! assert_eq!(book.summary().pnl.total, 499.0);
//! book.kill_switch("pnl").activate("-5.2 %");
//! # Ok::<(), perfmon::Error>(())
//! ```
//!
//! [`Book`] tells what its figures mean, how each is reckoned, and which metrics it has. The rest is here:
#![doc = include_str!("desk.md")]

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
#[cfg(feature = "exporter")]
mod section;
mod summary;

#[cfg(feature = "exporter")]
pub(crate) use self::section::section;
pub use self::{
    at::AtTime,
    book::Book,
    broker::{Broker, BrokerStatus},
    builder::{Builder, books},
    date::Date,
    day::Day,
    drawdown::Drawdown,
    errors::error,
    feed::{Feed, FeedBuilder, FeedStatus, SymbolStatus, TickCounts},
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
