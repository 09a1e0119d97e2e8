//! Limits that an order must pass before the broker sees it.

use std::{fmt, time::SystemTime};

use perfmon::monitor_latency;

use crate::{
    order::{Order, Side},
    portfolio::Portfolio,
    sizing::whole_shares,
};

/// The value of all shares, as a fraction of the equity.
const MAX_EXPOSURE: f64 = 1.5;
/// The value of one order, as a fraction of the equity.
const MAX_ORDER: f64 = 0.5;
/// After losing this fraction in a session, nothing is added on the next.
const MAX_DAILY_LOSS: f64 = 0.02;
/// Below the peak by this fraction, everything is sold and trading ends.
const MAX_DRAWDOWN: f64 = 0.35;

/// Why an order was refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Refusal {
    /// The order alone is too large.
    OrderSize { allowed: i64 },
    /// The position would be too large.
    Exposure { allowed: i64 },
    /// The last session lost too much to add to the position.
    DailyLoss { percent: f64 },
}

/// Holds an order against every limit. Selling reduces risk and only has to be possible.
#[monitor_latency("risk_check", p99 = "50us", labels(side = %order.side))]
pub(crate) fn check(order: &Order, portfolio: &Portfolio, close: f64) -> Result<(), Refusal> {
    if order.side == Side::Sell {
        return Ok(());
    }
    let lost = -portfolio.last_return;
    if lost > MAX_DAILY_LOSS {
        return Err(Refusal::DailyLoss { percent: lost * 100.0 });
    }
    let equity = portfolio.equity;
    let room = whole_shares(MAX_EXPOSURE * equity / close) - portfolio.shares;
    if order.quantity > room {
        return Err(Refusal::Exposure { allowed: room.max(0) });
    }
    let largest = whole_shares(MAX_ORDER * equity / close);
    if order.quantity > largest {
        return Err(Refusal::OrderSize { allowed: largest });
    }
    Ok(())
}

/// Ends trading when so much is lost that a person must decide whether to go on. Tells whether it did that now.
pub(crate) fn kill_switch(portfolio: &Portfolio, now: SystemTime) -> bool {
    let drawdown = portfolio.drawdown();
    let switch = portfolio.book().kill_switch("drawdown");
    drawdown > MAX_DRAWDOWN && switch.at(now).activate(format!("{:.1} % below the peak", drawdown * 100.0))
}

/// Whether trading has ended, by whichever switch: perfmon remembers which, why and since when.
pub(crate) fn is_halted(portfolio: &Portfolio) -> bool {
    portfolio.book().kill_switches().any_active()
}

impl Refusal {
    /// For the label of a metric: few values, known beforehand.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::OrderSize { .. } => "order_size",
            Self::Exposure { .. } => "exposure",
            Self::DailyLoss { .. } => "daily_loss",
        }
    }

    /// How many shares would pass, if any would.
    pub(crate) fn allowed(self) -> Option<i64> {
        match self {
            Self::OrderSize { allowed } | Self::Exposure { allowed } => Some(allowed).filter(|&shares| shares > 0),
            Self::DailyLoss { .. } => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrderSize { allowed } => write!(f, "order too large, at most {allowed} shares"),
            Self::Exposure { allowed } => write!(f, "position too large, at most {allowed} shares more"),
            Self::DailyLoss { percent } => write!(f, "nothing is added after a loss of {percent:.1} %"),
        }
    }
}
