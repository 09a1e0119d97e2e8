//! Configuration: what can be written, what is said of mistakes, what changes while the exporter runs.
#![cfg(feature = "config")]

#[path = "config/equal.rs"]
mod equal;
#[path = "config/mistakes.rs"]
mod mistakes;
#[path = "config/reload.rs"]
mod reload;
mod support;
#[path = "config/written.rs"]
mod written;
