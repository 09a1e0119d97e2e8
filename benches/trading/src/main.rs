//! What updates of a trading book cost, beside a mutex around a map of the same symbols, and what reading one costs.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml -p perfmon-benches-trading`

use std::{
    env,
    hint::black_box,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use perfmon::trading::{Book, Fill, PnlKind, Position};
use perfmon_benches_harness::{
    pin,
    updates::{Row, compare, map_of, median, symbols, timed},
};

const SYMBOLS: usize = 16;
const DAY: Duration = Duration::from_secs(86_400);

fn main() {
    let rounds = env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(101);
    pin(1);
    let symbols = symbols(SYMBOLS);
    let symbol = |number: u32| symbols[number as usize % SYMBOLS].as_str();
    let map = map_of(&symbols);
    let book = Book::builder("bench").capital(1e6).build().expect("a new name");
    let watched = Book::builder("intraday").capital(1e6).intraday_drawdown().build().expect("a new name");
    for symbol in &symbols {
        book.fill(Fill::buy(symbol, 1.0, 100.0));
        watched.fill(Fill::buy(symbol, 1.0, 100.0));
    }
    let now = SystemTime::now();
    let price = |number: u32| 100.0 + f64::from(number % 7);
    let rows: Vec<Row<'_>> = vec![
        ("at(time).mark", 1, Box::new(|number| book.at(now).mark(symbol(number), price(number)))),
        ("mark", 1, Box::new(|number| book.mark(symbol(number), price(number)))),
        ("mark, intraday drawdown", 1, Box::new(|number| watched.mark(symbol(number), price(number)))),
        (
            "fill",
            1,
            Box::new(|number| {
                let fill = if number / 16 % 2 == 0 { Fill::buy } else { Fill::sell };
                book.fill(fill(symbol(number), 1.0, price(number)).fee(0.1));
            }),
        ),
        ("record_pnl", 1, Box::new(|number| book.record_pnl(symbol(number), 1.0, PnlKind::Realized))),
        (
            "update_position",
            1,
            Box::new(|number| {
                let position =
                    Position { quantity: 1.0, entry_price: 100.0, current_price: price(number), ..Position::default() };
                book.update_position(symbol(number), position);
            }),
        ),
        ("benchmark", 1, Box::new(|number| book.benchmark(price(number)))),
        (
            "deposit, withdraw",
            2,
            Box::new(|_| {
                book.deposit(1.0);
                book.withdraw(1.0);
            }),
        ),
    ];
    compare(&symbols, &map, rounds, rows);
    reading(rounds);
}

/// Twenty years of days and 256 symbols.
fn reading(rounds: usize) {
    let book = Book::builder("history").capital(1e6).build().expect("a new name");
    let begin = UNIX_EPOCH + DAY * 10_000;
    let made = timed(|| {
        for number in 0..5_031_u32 {
            let at = book.at(begin + DAY * number);
            at.record_pnl(
                &format!("SYM{}", number % 256),
                f64::from(number * 7_919 % 101) * 10.0 - 490.0,
                PnlKind::Realized,
            );
            at.benchmark(1_000.0 + f64::from(number * 37 % 17));
        }
    });
    println!("\na replayed day of two updates: {:.2} µs", made / 5_031.0 / 1e3);
    let mut whole: Vec<f64> = (0..rounds).map(|_| timed(|| drop(black_box(book.summary())))).collect();
    println!("summary of 5,031 days and 256 symbols: {:.0} µs", median(&mut whole) / 1e3);

    let mut all: Vec<f64> = (0..rounds).map(|_| timed(|| drop(black_box(perfmon::snapshot())))).collect();
    println!("a snapshot of the process with it: {:.0} µs", median(&mut all) / 1e3);

    // How long an update waits at worst for somebody who does nothing but read.
    let done = std::sync::atomic::AtomicBool::new(false);
    let mut waits = std::thread::scope(|scope| {
        scope.spawn(|| {
            pin(0);
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                drop(black_box(book.summary()));
            }
        });
        let at = begin + DAY * 6_000;
        let waits: Vec<f64> = (0..200_000).map(|_| timed(|| book.at(at).mark("SYM7", 100.0))).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        waits
    });
    waits.sort_unstable_by(f64::total_cmp);
    let of = |part: usize| waits[waits.len() * part / 10_000];
    println!(
        "an update while another thread only reads: median {:.0} ns, 99 % {:.0} ns, 99.9 % {:.0} ns",
        of(5_000),
        of(9_900),
        of(9_990)
    );
}
