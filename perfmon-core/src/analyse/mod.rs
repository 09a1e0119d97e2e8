//! What snapshots mean: live windows, health, trends. State machines without I/O: time and snapshots arrive as arguments.

mod health;
mod trend;
mod window;

pub use self::{
    health::{Condition, Deduction, Health, HealthCheck, HealthPolicy, HealthRule, HealthStatus, MetricCheck, assess},
    trend::{Trend, trend},
    window::{Window, Windows},
};
