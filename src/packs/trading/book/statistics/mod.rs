//! What a book's days say: functions of lists of days, and of the curve of equity.

pub(crate) mod drawdown;
mod growth;
pub(crate) mod moments;
pub(crate) mod performance;
mod regime;
mod results;
pub(crate) mod risk;

pub use self::{
    drawdown::Drawdown,
    performance::Performance,
    regime::{Regime, RegimeRule},
    risk::Risk,
};
pub(crate) use self::{growth::Growth, results::Results};
