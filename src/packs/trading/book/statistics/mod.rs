//! What a book's days say: functions of lists of days, and of the curve of equity.

pub(crate) mod drawdown;
pub(crate) mod moments;
pub(crate) mod performance;
mod regime;
mod results;
pub(crate) mod risk;

pub(crate) use self::results::Results;
pub use self::{
    drawdown::Drawdown,
    performance::Performance,
    regime::{Regime, RegimeRule},
    risk::Risk,
};
