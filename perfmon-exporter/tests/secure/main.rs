//! How the server is protected.

mod abuse;
mod browsers;
mod canary;
mod client;
mod limits;
mod listeners;
mod matrix;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod tls;
