//! Position sizing: how many shares the signal wants. Of one asset and cash that is all there is to optimizing a portfolio, and perfmon knows it by that name.

use perfmon::monitor_latency;

use crate::{
    order::{Order, Side},
    portfolio::Portfolio,
    signal::{SESSIONS_A_YEAR, Signal},
};

/// The volatility the fund is run at, a year.
const TARGET_VOLATILITY: f64 = 0.13;
/// More than this is never asked for, however calm the market.
const MAX_LEVERAGE: f64 = 1.53;
/// A position this near to its target, as a fraction of the equity, is left alone: trading costs.
const BAND: f64 = 0.04;
/// How far from the last close a limit is set, in standard deviations of a day.
const LIMIT_DISTANCE: f64 = 1.0;

/// The order that brings the portfolio to the signal's target, if it is far enough from it.
///
/// Buying can wait, so it has a limit; selling is getting out of a risk, so it takes the market's price.
#[monitor_latency("portfolio_optimization")]
pub(crate) fn size(id: u64, signal: &Signal, confidence: f64, portfolio: &Portfolio, close: f64) -> Option<Order> {
    // As much as brings the target volatility when the trend is full, less in proportion.
    let leverage = (signal.trend * confidence * TARGET_VOLATILITY / signal.volatility).min(MAX_LEVERAGE);
    let wanted = whole_shares(leverage * portfolio.equity / close);
    let change = wanted - portfolio.shares;
    let day = signal.volatility / SESSIONS_A_YEAR.sqrt();
    let order = match change {
        1.. => Order { id, side: Side::Buy, quantity: change, limit: Some(close * (1.0 + LIMIT_DISTANCE * day)) },
        _ => Order { id, side: Side::Sell, quantity: -change, limit: None },
    };
    worth_trading(&order, portfolio, close).then_some(order)
}

/// Whether an order changes enough to be worth its cost.
pub(crate) fn worth_trading(order: &Order, portfolio: &Portfolio, close: f64) -> bool {
    order.quantity as f64 * close / portfolio.equity >= BAND
}

/// Rounds down.
pub(crate) fn whole_shares(shares: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and no fund owns so many")]
    let whole = shares.floor() as i64;
    whole
}
