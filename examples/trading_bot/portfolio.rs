//! What is owned: cash, shares, and how it went.

use perfmon::monitor_latency;

use crate::order::{Execution, Order};

/// The fund's money to begin with, in dollars.
pub(crate) const CAPITAL: f64 = 10_000_000.0;

/// Cash and shares. Cash may be negative: bought on margin.
#[derive(Debug, Clone)]
pub(crate) struct Portfolio {
    pub(crate) cash: f64,
    pub(crate) shares: i64,
    pub(crate) commission: f64,
    /// Equity at each close.
    pub(crate) curve: Vec<f64>,
    peak: f64,
}

impl Default for Portfolio {
    fn default() -> Self {
        Self { cash: CAPITAL, shares: 0, commission: 0.0, curve: Vec::new(), peak: CAPITAL }
    }
}

// One attribute for the whole block: a site for each function, `portfolio::apply`, `portfolio::mark` … Those that only
// read a field or divide two numbers are left out.
#[monitor_latency("portfolio", skip(equity, exposure, last_return))]
impl Portfolio {
    /// Takes over what an order traded.
    pub(crate) fn apply(&mut self, order: &Order, execution: &Execution) {
        let shares = order.signed(execution.filled);
        self.shares += shares;
        self.cash -= shares as f64 * execution.price + execution.commission;
        self.commission += execution.commission;
    }

    /// Values everything at a close and notes it.
    pub(crate) fn mark(&mut self, close: f64) {
        let equity = self.equity(close);
        self.peak = self.peak.max(equity);
        self.curve.push(equity);
    }

    pub(crate) fn equity(&self, price: f64) -> f64 {
        self.cash + self.shares as f64 * price
    }

    /// The value of the shares as a fraction of the equity.
    pub(crate) fn exposure(&self, price: f64) -> f64 {
        self.shares as f64 * price / self.equity(price)
    }

    /// The equity's change over the last session, as a fraction.
    pub(crate) fn last_return(&self) -> f64 {
        match self.curve.as_slice() {
            [.., before, last] => last / before - 1.0,
            _ => 0.0,
        }
    }

    /// How far the equity is below its peak, as a fraction.
    pub(crate) fn drawdown(&self) -> f64 {
        self.curve.last().map_or(0.0, |last| 1.0 - last / self.peak)
    }
}
