//! The pump, the encoders and the HTTP server of [perfmon](https://docs.rs/perfmon). Use that crate and its feature `exporter`; this one is its inside.

pub mod encode;
