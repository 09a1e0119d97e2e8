//! Starting the exporter, and the guard that keeps it running.

mod builder;
mod by_hand;
mod check;
#[cfg(feature = "config")]
mod configured;
mod guard;
mod start;

#[doc(hidden)]
pub use self::by_hand::ByHand;
pub use self::{
    builder::{Builder, builder},
    guard::Exporter,
    start::start,
};
