//! One symbol's position and what it made: average cost.
//!
//! Buying more of what is owned moves the average price of entry; selling realizes (price − entry) × quantity × multiplier and leaves the entry as it is. A trade through zero
//! closes the position and opens the rest at its own price. So at any moment realized + unrealized P&L is what the trades brought in and what the position is worth.

use std::sync::Arc;

use super::{Fill, Position, Side};

/// What trades leave of a position by rounding, in parts of the most it was since it was opened: 0.1 + 0.2 − 0.3 is not 0.
const DUST: f64 = 1e-10;

/// A symbol that the book has held.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) symbol: Arc<str>,
    pub(crate) quantity: f64,
    /// Average price; means nothing while the quantity is 0.
    pub(crate) entry: f64,
    /// What one stands for, in what prices are for.
    pub(crate) multiplier: f64,
    /// The latest price, and since when it is known.
    pub(crate) price: Option<f64>,
    priced_at: i64,
    /// The time of the latest trade or statement of the position; never after `priced_at`, since both are prices too.
    held_at: i64,
    /// Unrealized P&L as the program says.
    stated: Option<f64>,
    pub(crate) realized: f64,
    pub(crate) fees: f64,
    /// The most that was held since it was opened.
    most: f64,
    /// When it last changed, in updates of the book.
    pub(crate) touched: u64,
}

/// What a trade closed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Closed {
    /// What it made, without fees.
    pub(crate) pnl: f64,
    /// The part of the trade that closed, rather than opened.
    pub(crate) part: f64,
}

impl Holding {
    pub(crate) fn new(symbol: Arc<str>) -> Self {
        Self {
            symbol,
            quantity: 0.0,
            entry: 0.0,
            multiplier: 1.0,
            price: None,
            priced_at: i64::MIN,
            held_at: i64::MIN,
            stated: None,
            realized: 0.0,
            fees: 0.0,
            most: 0.0,
            touched: 0,
        }
    }

    /// Whether nothing would be forgotten but its sums.
    pub(crate) fn is_flat(&self) -> bool {
        self.quantity == 0.0 && self.stated.is_none()
    }

    /// What it is worth; shorts are below zero.
    pub(crate) fn value(&self) -> f64 {
        self.quantity * self.multiplier * self.price.unwrap_or(self.entry) + 0.0
    }

    pub(crate) fn unrealized(&self) -> f64 {
        let derived = || self.price.map_or(0.0, |price| (price - self.entry) * (self.quantity * self.multiplier));
        // A short that made nothing has made 0, not -0.
        self.stated.unwrap_or_else(derived) + 0.0
    }

    /// Whether this can be a trade of what is held.
    pub(crate) fn fits(&self, fill: &Fill<'_>) -> bool {
        self.quantity == 0.0 || self.multiplier.to_bits() == fill.multiplier.to_bits()
    }

    /// Takes a trade over; what it closed, if it did.
    pub(crate) fn trade(&mut self, fill: &Fill<'_>, at: i64) -> Option<Closed> {
        let signed = if fill.side == Side::Buy { fill.quantity } else { -fill.quantity };
        let opens = self.quantity == 0.0 || (self.quantity > 0.0) == (signed > 0.0);
        let closed = if opens {
            if self.quantity == 0.0 {
                // What a flat position is said to have cost means nothing.
                (self.entry, self.multiplier) = (fill.price, fill.multiplier);
            }
            let quantity = self.quantity + signed;
            // A mean of prices stays between them; a quotient of sums need not.
            self.entry += (fill.price - self.entry) * (signed / quantity);
            self.quantity = quantity;
            None
        } else {
            Some(self.close(signed, fill.price))
        };
        self.most = self.most.max(self.quantity.abs());
        self.fees += fill.fee;
        self.stated = None;
        self.held_at = self.held_at.max(at);
        self.mark(fill.price, at);
        closed
    }

    fn close(&mut self, signed: f64, price: f64) -> Closed {
        let (before, after) = (self.quantity, self.quantity + signed);
        let through = after != 0.0 && (after > 0.0) != (before > 0.0);
        let exactly = after.abs() <= DUST * self.most.max(signed.abs());
        let quantity = if through || exactly { before } else { -signed };
        let pnl = (price - self.entry) * (quantity * self.multiplier);
        self.realized += pnl;
        if exactly {
            (self.quantity, self.entry, self.most) = (0.0, 0.0, 0.0);
        } else {
            self.quantity = after;
            if through {
                (self.entry, self.most) = (price, after.abs());
            }
        }
        Closed { pnl, part: if exactly { 1.0 } else { (quantity / signed).abs() } }
    }

    /// A price; false, and nothing changes, when a later one is known.
    pub(crate) fn mark(&mut self, price: f64, at: i64) -> bool {
        let newest = self.renew(at);
        if newest {
            (self.price, self.stated) = (Some(price), None);
        }
        newest
    }

    /// The position as the program keeps it; false, and nothing changes, when a later trade or position is known. A later price stays: positions come from
    /// brokers, prices from exchanges, whose clocks and ways are different ones.
    pub(crate) fn state(&mut self, position: &Position, at: i64) -> bool {
        if at < self.held_at {
            return false;
        }
        self.held_at = at;
        (self.quantity, self.entry) = (position.quantity, position.entry_price);
        self.multiplier = position.multiplier.unwrap_or(self.multiplier);
        self.most = self.quantity.abs();
        if self.renew(at) {
            self.price = Some(position.current_price);
            self.stated = position.unrealized_pnl.filter(|amount| *amount != 0.0 || self.quantity != 0.0);
        }
        true
    }

    /// Its unrealized P&L as the program knows it; false, and nothing changes, when something later is known.
    pub(crate) fn state_unrealized(&mut self, amount: f64, at: i64) -> bool {
        let newest = self.renew(at);
        if newest {
            self.stated = Some(amount).filter(|amount| *amount != 0.0 || self.quantity != 0.0);
        }
        newest
    }

    fn renew(&mut self, at: i64) -> bool {
        let newest = at >= self.priced_at;
        if newest {
            self.priced_at = at;
        }
        newest
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Closed, Holding};
    use crate::trading::{Fill, Position};

    fn closing(fills: &[Fill<'_>]) -> (Holding, Vec<Option<Closed>>) {
        let mut holding = Holding::new(Arc::from("X"));
        let closed = fills.iter().map(|fill| holding.trade(fill, 0)).collect();
        (holding, closed)
    }

    #[test]
    fn a_trade_through_zero_closes_and_opens() {
        let (holding, closed) = closing(&[Fill::buy("X", 10.0, 100.0), Fill::sell("X", 40.0, 110.0)]);
        assert_eq!(closed[1], Some(Closed { pnl: 100.0, part: 0.25 }));
        assert_eq!((holding.quantity, holding.entry, holding.realized), (-30.0, 110.0, 100.0));
    }

    #[test]
    fn the_entry_of_a_flat_position_means_nothing() {
        let mut holding = Holding::new(Arc::from("X"));
        holding.state(&Position { entry_price: 1e17, ..Position::default() }, 0);
        holding.trade(&Fill::buy("X", 10.0, 100.0), 0);
        assert_eq!((holding.entry, holding.unrealized()), (100.0, 0.0));
    }

    #[test]
    fn dust_is_nothing() {
        let fills = [Fill::buy("X", 0.1, 5.0), Fill::buy("X", 0.2, 5.0), Fill::sell("X", 0.3, 6.0)];
        let (holding, closed) = closing(&fills);
        assert!(holding.is_flat());
        assert_eq!(closed[2].map(|closed| closed.part), Some(1.0));
        let (small, _) = closing(&[Fill::buy("X", 1e-9, 5.0)]);
        assert!(!small.is_flat());
    }
}
