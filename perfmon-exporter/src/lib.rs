//! The pump, the encoders and the HTTP server of [perfmon](https://docs.rs/perfmon). Use that crate and its feature `exporter`; this one is its inside.
//!
//! ```text
//! encode, section ─► profiles, audience ─► state ─► pump, serve ─► run ─► exporter          an arrow points to who uses what is left of it
//! ```

mod audience;
#[cfg(feature = "config")]
pub mod config;
mod connections;
pub mod encode;
mod exporter;
#[cfg(any(feature = "config", feature = "tls"))]
mod file;
mod listen;
#[cfg(feature = "config")]
mod log;
mod near;
mod profiles;
mod pump;
#[cfg(feature = "config")]
mod reload;
mod run;
mod section;
mod serve;
pub mod settings;
mod state;
#[cfg(feature = "tls")]
mod validity;
mod writable;

#[doc(hidden)]
pub use self::exporter::ByHand;
#[cfg(feature = "auth")]
pub use self::serve::hash_password;
pub use self::{
    exporter::{Builder, Exporter, builder, start},
    listen::DEFAULT_ADDRESS,
    state::Tick,
};
