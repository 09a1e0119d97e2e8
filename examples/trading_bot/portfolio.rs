//! What is owned: cash, shares, and how it went.
//!
//! The bot decides by figures of its own, a sum or two. Everything that people want to know of a portfolio (P&L by day, drawdown, ratios, exposure, risk) is
//! left to a book of perfmon's, which is told every fill and every close with the time of the session.

use perfmon::{
    monitor_latency,
    trading::{Book, Fill, Summary},
};

use crate::{
    market::{Bar, SYMBOL},
    order::{Execution, Order},
};

/// The fund's money to begin with, in dollars.
pub(crate) const CAPITAL: f64 = 10_000_000.0;

/// Cash and shares. Cash may be negative: bought on margin.
pub(crate) struct Portfolio {
    cash: f64,
    pub(crate) shares: i64,
    /// Cash and shares at the last close.
    pub(crate) equity: f64,
    /// The equity's change over the last session, as a fraction.
    pub(crate) last_return: f64,
    peak: f64,
    book: Book,
}

// One attribute for the whole block: a site for each function, `portfolio::apply`, `portfolio::mark` … Those that only
// read a field or divide two numbers are left out.
#[monitor_latency("portfolio", skip(new, drawdown, book, summary))]
impl Portfolio {
    /// An empty one.
    pub(crate) fn new() -> Result<Self, perfmon::Error> {
        let book = Book::builder("algo_trade").capital(CAPITAL).currency("USD").replay().build()?;
        Ok(Self { cash: CAPITAL, shares: 0, equity: CAPITAL, last_return: 0.0, peak: CAPITAL, book })
    }

    /// Takes over what an order traded in a session.
    pub(crate) fn apply(&mut self, order: &Order, execution: &Execution, bar: &Bar) {
        let shares = order.signed(execution.filled);
        self.shares += shares;
        self.cash -= shares as f64 * execution.price + execution.commission;
        if execution.filled > 0 {
            let fill = Fill::new(SYMBOL, order.side, execution.filled as f64, execution.price);
            self.book.at(bar.date.close()).fill(fill.fee(execution.commission));
        }
    }

    /// Values everything at the close of a session. The index itself is the benchmark.
    pub(crate) fn mark(&mut self, bar: &Bar) {
        let before = std::mem::replace(&mut self.equity, self.cash + self.shares as f64 * bar.close);
        self.last_return = self.equity / before - 1.0;
        self.peak = self.peak.max(self.equity);
        let at = self.book.at(bar.date.close());
        at.mark(SYMBOL, bar.close);
        at.benchmark(bar.close);
    }

    /// How far the equity is below its peak, as a fraction.
    pub(crate) fn drawdown(&self) -> f64 {
        1.0 - self.equity / self.peak
    }

    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// How it went so far.
    pub(crate) fn summary(&self) -> Summary {
        let summary = self.book.summary();
        // Reckoned twice, in two ways: they must come to the same.
        let told = summary.equity.unwrap_or_default();
        debug_assert!((told - self.equity).abs() < 0.01, "the book has {told}, the portfolio {}", self.equity);
        summary
    }
}
