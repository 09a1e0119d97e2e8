//! Packs: figures of one domain, ready made.
//!
//! A pack is collectors, metrics and what else a domain needs, written with what `perfmon` gives everybody: nothing in a pack could not be written in a program that
//! uses the crate. Each has its own feature, and the core knows none of them.

#[cfg(feature = "agents")]
pub mod agents;
#[cfg(feature = "db")]
pub mod db;
#[cfg(feature = "http")]
pub mod http;
#[cfg(all(any(feature = "agents", feature = "http"), any(feature = "serde", feature = "exporter")))]
mod nanos;
#[cfg(feature = "system")]
pub mod system;
#[cfg(feature = "trading")]
pub mod trading;
