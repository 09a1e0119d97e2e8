//! What snapshots mean: live windows, objectives, health, trends. State machines without I/O: time and snapshots arrive as arguments.

mod health;
mod judge;
mod trend;
mod window;

pub use self::{
    health::{Condition, Deduction, Health, HealthCheck, HealthPolicy, HealthRule, HealthStatus, MetricCheck, assess},
    judge::{Judge, Verdict},
    trend::{Trend, trend},
    window::{Window, Windows},
};
