//! The algorithmic trader: four dashboards, alarms, forty-four metrics.

use crate::{ask::Document, world::world};

#[test]
fn the_algorithmic_traders_words_work() {
    let world = world();
    let document = Document::read(include_str!("algo_trade.toml"));
    assert_eq!(document.names().count(), 44);
    document.holds(world, &|name| {
        let of_book = |part: &str, figure: &str| world.book()[part][figure].as_f64().unwrap_or(f64::NAN);
        match name {
            "resident memory in MiB" => world.resident_bytes() / 1024.0 / 1024.0,
            "the book's win rate" => of_book("performance", "win_rate"),
            "the book's profit factor" => of_book("performance", "profit_factor"),
            "the book's volatility" => of_book("risk", "volatility"),
            "the book's value at risk" => of_book("risk", "value_at_risk_95"),
            "the book's largest drawdown" => of_book("drawdown", "max_ratio"),
            other => panic!("nobody knows {other}"),
        }
    });
}
