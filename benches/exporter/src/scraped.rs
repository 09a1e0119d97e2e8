//! A thread that goes on calling while another scrapes without end.

use std::{
    hint::black_box,
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use perfmon::macro_support as p;
use perfmon_benches_harness::pin;

use crate::{duration, sites};

const SITES: usize = 100;
const ROUNDS: usize = 41;
const WINDOW: Duration = Duration::from_millis(100);

pub(crate) fn run() -> io::Result<()> {
    let sites = sites(SITES);
    for site in &sites {
        (0..100).for_each(|call| p::record(site, duration(call)));
    }
    let mut exporter = perfmon::exporter::builder().by_hand().map_err(io::Error::other)?;
    exporter.tick();
    let (scraping, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let mut scrapes = 0_u64;
    let (mut alone, mut beside) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            pin(0);
            let mut figures = (Vec::new(), Vec::new());
            for round in 0..2 * ROUNDS {
                scraping.store(round % 2 == 1, Ordering::Relaxed);
                // Until the scraper has begun, or ended its last one.
                thread::sleep(Duration::from_millis(10));
                let nanos = write(&sites);
                if round % 2 == 1 { figures.1.push(nanos) } else { figures.0.push(nanos) }
            }
            stop.store(true, Ordering::Relaxed);
            figures
        });
        pin(1);
        while !stop.load(Ordering::Relaxed) {
            if scraping.load(Ordering::Relaxed) {
                black_box(exporter.scrape(None, Some("application/openmetrics-text"))).map_err(io::Error::other)?;
                scrapes += 1;
            } else {
                thread::sleep(Duration::from_millis(1));
            }
        }
        writer.join().map_err(|_| io::Error::other("the writer panicked"))
    })?;
    alone.sort_by(f64::total_cmp);
    beside.sort_by(f64::total_cmp);
    let ratios = (alone[ROUNDS / 2], beside[ROUNDS / 2]);
    println!(
        "A call takes {:.1} ns alone and {:.1} ns while another core scrapes {SITES} sites without end ({scrapes} scrapes): {:.3} × (bar: 1.05).",
        ratios.0,
        ratios.1,
        ratios.1 / ratios.0,
    );
    Ok(())
}

/// Calls one site after the other; gives nanoseconds per call.
fn write(sites: &[&'static p::CallSite]) -> f64 {
    let start = Instant::now();
    let mut calls = 0_u64;
    while start.elapsed() < WINDOW {
        for _ in 0..50 {
            for site in sites {
                let call = p::enter(site);
                let result = p::call(|| black_box(calls) + 1);
                call.finish(p::Probe(&result).failed());
                calls = result;
            }
        }
    }
    start.elapsed().as_nanos() as f64 / calls.max(1) as f64
}
