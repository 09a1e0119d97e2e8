//! What a program tells a book.

use std::fmt;

/// Which way a trade went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Bought: the quantity owned grows.
    Buy,
    /// Sold, or sold short: it shrinks, below zero too.
    Sell,
}

/// `buy` or `sell`, as a label has it.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        })
    }
}

/// A trade that happened: an order, or a part of one, that was filled.
///
/// ```
/// use perfmon::trading::Fill;
///
/// let fill = Fill::buy("AAPL", 100.0, 150.0).fee(1.0);
/// # let _ = fill;
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "give it to `Book::fill`"]
pub struct Fill<'a> {
    pub(crate) symbol: &'a str,
    pub(crate) side: Side,
    pub(crate) quantity: f64,
    pub(crate) price: f64,
    pub(crate) fee: f64,
}

impl<'a> Fill<'a> {
    /// A trade of so many, more than 0, at this price for one. Of contracts that stand for more than one, multiply the quantity by how many.
    pub const fn new(symbol: &'a str, side: Side, quantity: f64, price: f64) -> Self {
        Self { symbol, side, quantity, price, fee: 0.0 }
    }

    /// Bought.
    pub const fn buy(symbol: &'a str, quantity: f64, price: f64) -> Self {
        Self::new(symbol, Side::Buy, quantity, price)
    }

    /// Sold, or sold short.
    pub const fn sell(symbol: &'a str, quantity: f64, price: f64) -> Self {
        Self::new(symbol, Side::Sell, quantity, price)
    }

    /// What the trade cost beside its price, in money; negative where the exchange pays. 0 unless said.
    pub const fn fee(mut self, fee: f64) -> Self {
        self.fee = fee;
        self
    }
}

/// A position as the program itself keeps it.
///
/// ```
/// use perfmon::trading::Position;
///
/// let position = Position { quantity: 100.0, entry_price: 150.0, current_price: 155.0, ..Position::default() };
/// # let _ = position;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Position {
    /// How many are owned; below 0, owed.
    pub quantity: f64,
    /// What one cost on average.
    pub entry_price: f64,
    /// What one is worth now.
    pub current_price: f64,
    /// The P&L of the open position in money, where the program knows better than (current − entry) × quantity. It holds until the next mark, fill or position.
    pub unrealized_pnl: Option<f64>,
}

/// What an amount given to [`record_pnl`](crate::trading::Book::record_pnl) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PnlKind {
    /// Made, or lost if negative, and adds up. Each amount is a result of its own for the win rate.
    Realized,
    /// What the open position has made so far: takes the place of the last such amount, and of the derived one until the next mark, fill or position.
    Unrealized,
    /// Paid, or received if negative, and adds up.
    Fee,
}
