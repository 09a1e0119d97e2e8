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
mod errors;
mod feed;
mod kill_switch;
mod known;
mod orders;
mod ring;
#[cfg(feature = "exporter")]
mod section;

#[cfg(feature = "exporter")]
pub(crate) use self::section::section;
pub use self::{
    at::AtTime,
    book::{
        Book, Builder, Date, Day, Drawdown, Figure, Fill, Performance, Pnl, PnlKind, PortfolioRisk, Position, Refused,
        Regime, RegimeRule, Risk, SharpeWindow, Side, Summary, SymbolSummary, books,
    },
    broker::{Broker, BrokerStatus},
    errors::error,
    feed::{Feed, FeedBuilder, FeedStatus, SymbolStatus, TickCounts},
    kill_switch::{KillSwitch, KillSwitchChange, KillSwitchState, KillSwitches, kill_switches, on_kill_switch},
    orders::{Intent, Order, OrderEvent, OrderLatency, Orders},
};
