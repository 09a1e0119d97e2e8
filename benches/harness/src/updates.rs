//! What updates cost, one sort after the other in one process, beside two yardsticks.

use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Mutex, PoisonError},
    time::{Instant, SystemTime},
};

/// How often a row runs at a time.
pub const BATCH: u32 = 20_000;

/// What a program would write itself: numbers by symbol, behind a lock.
pub type Map = Mutex<HashMap<String, f64>>;

/// A name, how many updates one run makes, and the run, which is given its number.
pub type Row<'a> = (&'static str, u32, Box<dyn Fn(u32) + 'a>);

/// So many symbols.
pub fn symbols(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("SYM{number}")).collect()
}

/// A map of these symbols.
pub fn map_of(symbols: &[String]) -> Map {
    Mutex::new(symbols.iter().map(|symbol| (symbol.clone(), 0.0)).collect())
}

/// One update of the map.
pub fn add(map: &Map, symbol: &str) {
    if let Some(value) = map.lock().unwrap_or_else(PoisonError::into_inner).get_mut(symbol) {
        *value += 1.0;
    }
}

/// Measures rows round by round, so that all see the same machine, and prints their medians, also in parts of the yardsticks: a mutex around a map of the
/// symbols, and two readings of the clock.
pub fn compare(symbols: &[String], map: &Map, rounds: usize, rows: Vec<Row<'_>>) {
    let yardsticks: [Row<'_>; 2] = [
        ("a mutex around a map", 1, Box::new(|number| add(map, &symbols[number as usize % symbols.len()]))),
        ("two readings of the wall clock", 1, Box::new(|_| _ = black_box((SystemTime::now(), SystemTime::now())))),
    ];
    let rows: Vec<Row<'_>> = yardsticks.into_iter().chain(rows).collect();
    let mut figures = vec![Vec::new(); rows.len()];
    for _ in 0..rounds {
        for ((_, updates, row), figures) in rows.iter().zip(&mut figures) {
            figures.push(timed(|| (0..BATCH).for_each(row)) / f64::from(BATCH * updates));
        }
    }
    let medians: Vec<f64> = figures.iter_mut().map(|figures| median(figures)).collect();
    println!("{:<52} {:>8} {:>10} {:>10}", "an update, median of batches", "ns", "× map", "× clocks");
    for ((name, ..), ns) in rows.iter().zip(&medians) {
        println!("{name:<52} {ns:>8.1} {:>10.2} {:>10.2}", ns / medians[0], ns / medians[1]);
    }
}

/// How long it takes, in nanoseconds.
pub fn timed(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_nanos() as f64
}

/// The one in the middle; sorts them.
pub fn median(figures: &mut [f64]) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures[figures.len() / 2]
}
