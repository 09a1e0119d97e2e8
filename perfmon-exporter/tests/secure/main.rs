//! How the server is protected.

mod abuse;
mod browsers;
mod canary;
mod client;
mod limits;
mod matrix;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod tls;
