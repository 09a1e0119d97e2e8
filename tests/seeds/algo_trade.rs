//! The algorithmic trader: four dashboards, alarms, forty-four metrics.

use crate::{ask::Document, world::world};

#[test]
fn the_algorithmic_traders_words_work() {
    let world = world();
    let document = Document::read(include_str!("algo_trade.toml"));
    assert_eq!(document.names().count(), 44);
    document.holds(world, &|name| match name {
        "resident memory in MiB" => world.resident_bytes() / 1024.0 / 1024.0,
        other => panic!("nobody knows {other}"),
    });
}
