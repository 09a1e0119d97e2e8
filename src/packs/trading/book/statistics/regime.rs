//! How rough the market is.

use std::fmt;

use super::moments::deviation;

/// How rough the market is, by how much returns vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename_all = "lowercase"))]
pub enum Regime {
    /// Returns vary less than usual. As a metric 0.
    Calm,
    /// As usual. As a metric 1.
    Normal,
    /// Much more than usual. As a metric 2.
    Storm,
}

/// `calm`, `normal` or `storm`, as a label has it.
impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Calm => "calm",
            Self::Normal => "normal",
            Self::Storm => "storm",
        })
    }
}

/// What tells one regime from the next. Volatility is that of the last 21 days, a month of sessions: of the benchmark where it has a level on each of them, else of
/// the book.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum RegimeRule {
    /// In parts of the volatility of all days, of which there must be 63, a quarter: below `calm` is [`Regime::Calm`], above `storm` is [`Regime::Storm`].
    Relative {
        /// 0.5 by default: of the S&P 500 from 1999 to 2018, a quarter of the days.
        calm: f64,
        /// 1.5 by default: there one day in seventeen, most of them in 2002, 2008 and 2009.
        storm: f64,
    },
    /// Annualized: 0.12 is 12 %.
    Annualized {
        /// Below it is [`Regime::Calm`].
        calm: f64,
        /// Above it is [`Regime::Storm`].
        storm: f64,
    },
}

impl Default for RegimeRule {
    fn default() -> Self {
        Self::Relative { calm: 0.5, storm: 1.5 }
    }
}

/// The days whose volatility is judged.
pub(crate) const RECENT: usize = 21;
/// The days that tell what is usual.
const USUAL: usize = 63;

impl RegimeRule {
    /// The bounds, lower first.
    pub(crate) fn bounds(self) -> (f64, f64) {
        match self {
            Self::Relative { calm, storm } | Self::Annualized { calm, storm } => (calm, storm),
        }
    }

    /// The regime after these returns; `None` when there are too few.
    pub(crate) fn judge(self, returns: &[f64], days_a_year: f64) -> Option<Regime> {
        let recent = deviation(returns.get(returns.len().checked_sub(RECENT)?..)?)?;
        let measure = match self {
            Self::Relative { .. } => {
                let usual = deviation(returns).filter(|usual| returns.len() >= USUAL && *usual > 0.0)?;
                recent / usual
            }
            Self::Annualized { .. } => recent * days_a_year.sqrt(),
        };
        let (calm, storm) = self.bounds();
        Some(match measure {
            below if below < calm => Regime::Calm,
            above if above > storm => Regime::Storm,
            _ => Regime::Normal,
        })
    }
}
