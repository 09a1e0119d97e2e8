//! Updates that a book does not take over, and why.

/// Updates that were not taken over, by reason. What was refused has changed nothing, but for what [`symbol_limit`](Self::symbol_limit) says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Refused {
    /// A number in them was `NaN` or infinite.
    pub not_finite: u64,
    /// A number in them was beyond ±10²⁴, the quantity of a fill, a multiplier, the level of a benchmark or money that moved below 10⁻²⁴, or a figure that was set out of
    /// [its range](crate::trading::Figure).
    pub out_of_range: u64,
    /// The symbol was empty, or longer than 128 bytes.
    pub symbol: u64,
    /// The event time was before 1678.
    pub time: u64,
    /// The event time was more than a minute ahead of the machine's clock, where it would make all that follows old.
    pub ahead: u64,
    /// A price, level or position that is older than the one known, or a position that is older than the last fill.
    pub outdated: u64,
    /// Positions of symbols that found no place, because all of them were held. A fill's fee was counted.
    pub symbol_limit: u64,
    /// Money that was to be taken out, and was not there: more than the equity.
    pub overdrawn: u64,
    /// Fills of contracts that stand for something else than those held.
    pub multiplier: u64,
}

/// Why an update is not taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    NotFinite,
    OutOfRange,
    Symbol,
    Time,
    Ahead,
    Outdated,
    SymbolLimit,
    Overdrawn,
    Multiplier,
}

impl Refused {
    pub(super) fn count(&mut self, reason: Reason) {
        *match reason {
            Reason::NotFinite => &mut self.not_finite,
            Reason::OutOfRange => &mut self.out_of_range,
            Reason::Symbol => &mut self.symbol,
            Reason::Time => &mut self.time,
            Reason::Ahead => &mut self.ahead,
            Reason::Outdated => &mut self.outdated,
            Reason::SymbolLimit => &mut self.symbol_limit,
            Reason::Overdrawn => &mut self.overdrawn,
            Reason::Multiplier => &mut self.multiplier,
        } += 1;
    }

    /// With the reasons as labels have them.
    pub(super) fn by_reason(&self) -> [(&'static str, u64); 9] {
        [
            ("not_finite", self.not_finite),
            ("out_of_range", self.out_of_range),
            ("symbol", self.symbol),
            ("time", self.time),
            ("ahead", self.ahead),
            ("outdated", self.outdated),
            ("symbol_limit", self.symbol_limit),
            ("overdrawn", self.overdrawn),
            ("multiplier", self.multiplier),
        ]
    }
}

/// Beyond it, sums and powers of sums could end as infinity or `NaN`.
const LARGEST: f64 = 1e24;
const LONGEST_SYMBOL: usize = 128;

/// Whether these numbers can be reckoned with.
pub(super) fn sound(numbers: &[f64]) -> Result<(), Reason> {
    if !numbers.iter().all(|number| number.is_finite()) {
        Err(Reason::NotFinite)
    } else if numbers.iter().any(|number| number.abs() > LARGEST) {
        Err(Reason::OutOfRange)
    } else {
        Ok(())
    }
}

/// Whether this number is one of those, and above zero, so that it can be divided by.
pub(super) fn positive(number: f64) -> Result<(), Reason> {
    sound(&[number])?;
    if number >= 1.0 / LARGEST { Ok(()) } else { Err(Reason::OutOfRange) }
}

pub(super) fn named(symbol: &str) -> Result<(), Reason> {
    if symbol.is_empty() || symbol.len() > LONGEST_SYMBOL { Err(Reason::Symbol) } else { Ok(()) }
}
