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
    pub(crate) multiplier: f64,
}

impl<'a> Fill<'a> {
    /// A trade of so many, more than 0, at this price for one.
    pub const fn new(symbol: &'a str, side: Side, quantity: f64, price: f64) -> Self {
        Self { symbol, side, quantity, price, fee: 0.0, multiplier: 1.0 }
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

    /// What one contract stands for, in what the price is for: 50 for the E-mini S&P 500, 100 for most options on shares. 1 unless said. While a position is
    /// open, a trade of another one is refused and counted: it cannot be of the same contract.
    ///
    /// ```
    /// use perfmon::trading::{Book, Fill};
    ///
    /// let book = Book::builder("futures").capital(1_000_000.0).build()?;
    /// book.fill(Fill::buy("ESH4", 2.0, 5_000.0).multiplier(50.0));
    /// book.mark("ESH4", 5_010.0);
    /// assert_eq!(book.summary().pnl.unrealized, 1_000.0);
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    pub const fn multiplier(mut self, multiplier: f64) -> Self {
        self.multiplier = multiplier;
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
    /// The P&L of the open position in money, where the program knows better than (current − entry) × quantity × multiplier. It holds until the next mark, fill or position.
    pub unrealized_pnl: Option<f64>,
    /// What one contract stands for, in what the prices are for. Unless said, what the book knows of the symbol, and 1 where it knows nothing.
    pub multiplier: Option<f64>,
}

/// What an amount given to [`record_pnl`](crate::trading::Book::record_pnl) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PnlKind {
    /// Made, or lost if negative, and adds up. Each amount is a result of its own for the win rate. So are amounts of a program that tells only what it made in all.
    Realized,
    /// What the open position has made so far: takes the place of the last such amount, and of the derived one until the next mark, fill or position.
    Unrealized,
    /// Paid, or received if negative, and adds up: fees, and dividends, interest and funding, which are no results of trades.
    Fee,
}
