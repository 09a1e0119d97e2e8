//! Positions: what is told of them, and what is held.

mod fill;
mod holding;
mod holdings;

pub use self::fill::{Fill, PnlKind, Position, Side};
pub(crate) use self::{
    holding::{Closed, Holding},
    holdings::{Holdings, Sums, sums},
};
