//! Trading: kill switches, orders, market data, the broker.
#![doc = include_str!("desk.md")]

mod at;
mod broker;
mod errors;
mod feed;
mod kill_switch;
mod known;
mod orders;
mod ring;

pub use self::{
    at::AtTime,
    broker::{Broker, BrokerStatus},
    errors::error,
    feed::{Feed, FeedBuilder, FeedStatus, SymbolStatus, TickCounts},
    kill_switch::{KillSwitch, KillSwitchChange, KillSwitchState, KillSwitches, kill_switches, on_kill_switch},
    orders::{Intent, Order, OrderEvent, OrderLatency, Orders},
};
