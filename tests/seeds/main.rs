//! Five systems described the monitors that perfmon replaces. Their own words must work: a real Prometheus scrapes the trading bot, once for each profile
//! of names, and answers the queries of their documents as they are written there.
//!
//! Each system has a file of what its document names and asks, in plain data (`*.toml`, explained in `ask.rs`), and a file of code for what data cannot say.
//! All of them watch one bot and one Prometheus.

mod agent_framework;
mod algo_trade;
mod ask;
mod dashboard_system;
mod page;
mod shape;
#[path = "../support/mod.rs"]
mod support;
mod trading_agent;
mod trading_bot;
mod world;
