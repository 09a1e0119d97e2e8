//! The pump, the encoders and the HTTP server of [perfmon](https://docs.rs/perfmon). Use that crate and its feature `exporter`; this one is its inside.
//!
//! ```text
//! encode ─► profiles, audience ─► state ─► pump, serve ─► run, by_hand ─► exporter          an arrow points to who uses what is left of it
//! ```

mod audience;
mod by_hand;
mod connections;
pub mod encode;
mod exporter;
mod listen;

mod profiles;
mod pump;
mod run;
mod serve;
mod state;

#[doc(hidden)]
pub use self::by_hand::ByHand;
pub use self::{
    exporter::{Builder, Exporter, builder, start},
    listen::DEFAULT_ADDRESS,
    state::Tick,
};
