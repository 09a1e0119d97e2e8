//! The trading bot monitor: attributes, Prometheus, `/health`.

use crate::{ask::Document, world::world};

#[test]
fn the_trading_bot_monitors_words_work() {
    let world = world();
    Document::read(include_str!("trading_bot.toml")).holds(world, &|name| match name {
        "mean response time in seconds" => world.recent("latency", "mean_ns") / 1e9,
        "p95 of responses in seconds" => world.recent("latency", "p95_ns") / 1e9,
        "p95 of orders in milliseconds" => world.recent("order", "p95_ns") / 1e6,
        "part of the orders that succeed" => {
            let [calls, failed @ ..] =
                ["calls", "errors", "panics", "cancelled"].map(|figure| world.recent("order", figure));
            (calls - failed.iter().sum::<f64>()) / calls
        }
        "resident memory in MiB" => world.resident_bytes() / 1024.0 / 1024.0,
        other => panic!("nobody knows {other}"),
    });
    // "/health (JSON health check)"
    let health = world.get("/health");
    assert!(health["status"].is_string() && health["score"].as_u64() <= Some(100), "{health}");
}
