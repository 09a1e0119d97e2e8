//! What updates of the desk cost (kill switches, orders, market data, the broker), beside a mutex around a map.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml -p perfmon-benches-desk`

use std::{
    cell::Cell,
    env,
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, UNIX_EPOCH},
};

use perfmon::trading::{Broker, Feed, KillSwitches, Orders, error};
use perfmon_benches_harness::{
    pin,
    updates::{BATCH, Map, Row, add, compare, map_of, median, symbols, timed},
};

const SYMBOLS: usize = 16;

fn main() {
    let rounds = env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(101);
    pin(1);
    let symbols = symbols(SYMBOLS);
    let symbol = |number: u32| symbols[number as usize % SYMBOLS].as_str();
    let map = map_of(&symbols);
    let feed = Feed::builder("live").interval(Duration::from_secs(1)).build();
    let replay = Feed::builder("replay").interval(Duration::from_secs(1)).replay().build();
    let (broker, orders) = (Broker::new("bench").with_limit(50.0), Orders::new("momentum"));
    let switch = KillSwitches::new("momentum").switch("pnl");
    let second = Cell::new(0_u64);
    let rows: Vec<Row<'_>> = vec![
        ("feed.tick", 1, Box::new(|number| feed.tick(symbol(number)))),
        (
            "feed.at(time).tick, each one expected",
            1,
            Box::new(|number| {
                if (number as usize).is_multiple_of(SYMBOLS) {
                    second.set(second.get() + 1);
                }
                replay.at(UNIX_EPOCH + Duration::from_secs(second.get())).tick(symbol(number));
            }),
        ),
        ("broker.request", 1, Box::new(|_| broker.request())),
        ("an order: intent, submitted, acknowledged, filled", 4, Box::new(|_| life(&orders))),
        ("the same by event times", 4, Box::new(|_| past_life(&orders))),
        (
            "switch.is_active",
            1,
            Box::new(|_| {
                black_box(switch.is_active());
            }),
        ),
        (
            "switch.activate, deactivate",
            2,
            Box::new(|_| {
                switch.activate("");
                switch.deactivate();
            }),
        ),
        ("error", 1, Box::new(|_| error("timeout"))),
    ];
    compare(&symbols, &map, rounds, rows);
    contended(&feed, &map, &symbols, rounds);
}

fn life(orders: &Orders) {
    let mut order = orders.intent("limit").submitted();
    order.acknowledged();
    order.filled();
}

fn past_life(orders: &Orders) {
    let at = |milliseconds| UNIX_EPOCH + Duration::from_millis(milliseconds);
    let intent = orders.at(at(0)).intent("limit");
    let mut order = orders.at(at(1)).submitted(intent);
    orders.at(at(9)).acknowledged(&mut order);
    orders.at(at(30)).filled(order);
}

/// Two threads that do nothing but update the same.
fn contended(feed: &Feed, map: &Map, symbols: &[String], rounds: usize) {
    let both = |update: &(dyn Fn(&str) + Sync)| {
        let barrier = Barrier::new(2);
        let run = |core: usize| {
            pin(core);
            barrier.wait();
            timed(|| (0..BATCH as usize).for_each(|number| update(&symbols[number % SYMBOLS])))
        };
        let times = thread::scope(|scope| {
            [0, 1].map(|core| scope.spawn(move || run(core))).map(thread::ScopedJoinHandle::join)
        });
        times.into_iter().map(|time| time.expect("a thread ends well")).sum::<f64>() / f64::from(2 * BATCH)
    };
    let (mut plain, mut ticks) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        plain.push(both(&|symbol| add(map, symbol)));
        ticks.push(both(&|symbol| feed.tick(symbol)));
    }
    let (plain, ticks) = (median(&mut plain), median(&mut ticks));
    println!(
        "\ntwo threads on one: feed.tick {ticks:.0} ns, the mutex around a map {plain:.0} ns: × {:.2}",
        ticks / plain
    );
}
