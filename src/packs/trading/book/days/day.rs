//! One day of a book.

use super::Date;

/// A day that had updates.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Day {
    /// What it is called.
    pub date: Date,
    /// The equity it began with: what the day before closed with, or the capital. Without capital, the P&L until then.
    pub open: f64,
    /// The equity it closed with, or that of now.
    pub close: f64,
    /// Realized and unrealized, with fees taken off: `close` − `open`, less `flows` where there is capital.
    pub pnl: f64,
    /// Deposits less withdrawals.
    pub flows: f64,
    /// `pnl` ÷ `open`, or time-weighted where money moved; absent without capital, or unless the day began with more than nothing, or got it.
    pub return_ratio: Option<f64>,
    /// P&L that was realized on it, without fees.
    pub realized: f64,
    /// Fees paid on it.
    pub fees: f64,
    /// Trades made on it.
    pub fills: u64,
    /// The last level of the benchmark that was told on it.
    pub benchmark: Option<f64>,
}
