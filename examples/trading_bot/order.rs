//! What is ordered, and what came of it.

use std::fmt;

pub(crate) use perfmon::trading::Side;

/// A wish to trade. With a limit it is a limit order, which waits for its price; without, a market order, which takes what there is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Order {
    /// Counted up by the bot, so that the broker can tell a repeated order from a new one.
    pub(crate) id: u64,
    pub(crate) side: Side,
    pub(crate) quantity: i64,
    pub(crate) limit: Option<f64>,
}

/// What was traded of an order, possibly nothing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Execution {
    pub(crate) filled: i64,
    /// Average over the fills.
    pub(crate) price: f64,
    /// Commission, in dollars.
    pub(crate) commission: f64,
}

impl Order {
    pub(crate) fn kind(&self) -> &'static str {
        if self.limit.is_some() { "limit" } else { "market" }
    }

    /// Shares to own more (or, negative, fewer) once `quantity` of them are filled.
    pub(crate) fn signed(&self, quantity: i64) -> i64 {
        match self.side {
            Side::Buy => quantity,
            Side::Sell => -quantity,
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {} {} at ", self.id, self.side, self.quantity)?;
        match self.limit {
            Some(limit) => write!(f, "{limit:.2}"),
            None => f.write_str("market"),
        }
    }
}
