//! All symbols of a book, bounded.

use std::{collections::HashMap, sync::Arc};

use super::{super::super::known::OTHER, Holding};

/// The symbols that have a place, and the sums of those that have none, called `other`.
///
/// A new symbol takes the place of the one that has held nothing for longest, whose sums are added to `other`. So a program that trades ever new
/// contracts keeps exact totals, and only one that holds more at once than there are places loses something.
#[derive(Debug)]
pub(crate) struct Holdings {
    index: HashMap<Arc<str>, usize>,
    pub(crate) rows: Vec<Holding>,
    pub(crate) other: Sums,
    /// How many gave their place away.
    pub(crate) folded: u64,
    limit: usize,
    updates: u64,
}

/// What was made and paid.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) realized: f64,
    pub(crate) unrealized: f64,
    pub(crate) fees: f64,
}

impl Sums {
    /// With fees taken off.
    pub(crate) fn total(self) -> f64 {
        self.realized + self.unrealized - self.fees
    }
}

impl Holdings {
    pub(crate) fn new(limit: usize) -> Self {
        Self { index: HashMap::new(), rows: Vec::new(), other: Sums::default(), folded: 0, limit, updates: 0 }
    }

    /// One that has a place.
    #[inline]
    pub(crate) fn known(&mut self, symbol: &str) -> Option<&mut Holding> {
        let row = *self.index.get(symbol)?;
        Some(self.touch(row))
    }

    /// One that has a place or gets one.
    pub(crate) fn get(&mut self, symbol: &str) -> Option<&mut Holding> {
        let row = self.index.get(symbol).copied().or_else(|| self.admit(symbol))?;
        Some(self.touch(row))
    }

    fn touch(&mut self, row: usize) -> &mut Holding {
        self.updates += 1;
        let holding = &mut self.rows[row];
        holding.touched = self.updates;
        holding
    }

    /// Adds to what was made with it.
    pub(crate) fn earn(&mut self, symbol: &str, amount: f64) {
        match self.get(symbol) {
            Some(holding) => holding.realized += amount,
            None => self.other.realized += amount,
        }
    }

    /// Adds to what was paid for it.
    pub(crate) fn pay(&mut self, symbol: &str, amount: f64) {
        match self.get(symbol) {
            Some(holding) => holding.fees += amount,
            None => self.other.fees += amount,
        }
    }

    #[cold]
    fn admit(&mut self, symbol: &str) -> Option<usize> {
        if symbol == OTHER {
            return None;
        }
        let (name, row) = (Arc::<str>::from(symbol), self.rows.len());
        if row < self.limit {
            self.rows.push(Holding::new(name.clone()));
            self.index.insert(name, row);
            return Some(row);
        }
        let flat = self.rows.iter_mut().enumerate().filter(|(_, holding)| holding.is_flat());
        let (row, idle) = flat.min_by_key(|(_, holding)| holding.touched)?;
        self.other.realized += idle.realized;
        self.other.fees += idle.fees;
        self.folded += 1;
        self.index.remove(&idle.symbol);
        *idle = Holding::new(name.clone());
        self.index.insert(name, row);
        Some(row)
    }

    pub(crate) fn sums(&self) -> Sums {
        sums(&self.rows, self.other)
    }
}

pub(crate) fn sums(rows: &[Holding], other: Sums) -> Sums {
    rows.iter().fold(other, |sums, holding| Sums {
        realized: sums.realized + holding.realized,
        unrealized: sums.unrealized + holding.unrealized(),
        fees: sums.fees + holding.fees,
    })
}
