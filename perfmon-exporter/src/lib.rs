//! The pump, the encoders and the HTTP server of [perfmon](https://docs.rs/perfmon). Use that crate and its feature `exporter`; this one is its inside.
//!
//! ```text
//! encode ─► profiles ─► state ─► pump, serve ─► run ─► exporter          an arrow points to who uses what is left of it
//! ```

mod connections;
pub mod encode;
mod exporter;
mod listen;
mod listeners;
mod profiles;
mod pump;
mod run;
mod serve;
mod state;

#[doc(hidden)]
pub use self::exporter::ByHand;
pub use self::{
    exporter::{Builder, Exporter, builder, start},
    listen::DEFAULT_ADDRESS,
    state::Tick,
};
