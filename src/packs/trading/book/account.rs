//! The money of a book: what it began with, what was put in and taken out, and so its equity.

use super::statistics::Growth;

/// Equity within this part of the most there was after money moved is what rounding leaves of nothing; and so is what is left of a unit of money.
const DUST: f64 = 1e-9;

#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    capital: Option<f64>,
    pub(super) deposits: f64,
    pub(super) withdrawals: f64,
    /// Deposits less withdrawals, as they came: so what comes and goes again leaves nothing.
    net: f64,
    /// The most it was after money moved.
    most: f64,
    /// What a unit of the capital has become.
    growth: Growth,
}

impl Account {
    pub(super) fn new(capital: Option<f64>) -> Self {
        let growth = Growth::from(capital.unwrap_or(0.0), 0.0);
        Self { capital, deposits: 0.0, withdrawals: 0.0, net: 0.0, most: capital.unwrap_or(0.0), growth }
    }

    /// With so much P&L. Without capital, P&L is counted from zero, and money that moves is none of it.
    pub(super) fn equity(&self, pnl: f64) -> f64 {
        let Some(capital) = self.capital else { return pnl };
        let equity = capital + self.net + pnl;
        if equity.abs() > self.rounding() { equity } else { 0.0 }
    }

    /// The equity that returns are of: nothing where it is below zero, or nobody knows how much there is.
    pub(super) fn worth(&self, pnl: f64) -> f64 {
        self.capital.map_or(0.0, |_| self.equity(pnl).max(0.0))
    }

    /// Whether so much can be taken out.
    pub(super) fn has(&self, amount: f64, pnl: f64) -> bool {
        self.capital.is_none() || amount <= self.equity(pnl) + self.rounding()
    }

    /// The return since the beginning, as a fraction; absent without capital.
    pub(super) fn ratio(&self, pnl: f64) -> Option<f64> {
        self.growth.at(pnl)
    }

    /// Whether nothing is left that could grow, so that money which comes begins anew.
    pub(super) fn is_lost(&self, pnl: f64) -> bool {
        self.worth(pnl) <= 0.0 || self.ratio(pnl).is_some_and(|ratio| ratio <= DUST - 1.0)
    }

    /// Money came in, or went out where it is below zero.
    pub(super) fn flow(&mut self, amount: f64, pnl: f64) {
        let lost = self.is_lost(pnl);
        *if amount > 0.0 { &mut self.deposits } else { &mut self.withdrawals } += amount.abs();
        self.net += amount;
        let after = self.worth(pnl);
        self.most = self.most.max(after);
        if lost {
            self.growth = Growth::from(after, pnl);
        } else {
            self.growth.flow(pnl, after);
        }
    }

    fn rounding(&self) -> f64 {
        self.most * DUST
    }
}
