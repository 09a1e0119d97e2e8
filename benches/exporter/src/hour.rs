//! An hour of a service, by a mock clock: 100 sites called 100 times a second each, one scrape a second.

use std::{
    hint::black_box,
    io,
    process::Command,
    time::{Duration, Instant},
};

use perfmon::macro_support as p;
use perfmon_benches_harness::process_cpu;

use crate::{duration, resident, sites};

const SITES: usize = 100;
const CALLS: usize = 100;
const SECONDS: usize = 3_600;

pub(crate) fn run() -> io::Result<()> {
    let plain = lived("plain")?;
    let watched = lived("watched")?;
    let cpu = (watched.0 - plain.0) / SECONDS as f64;
    println!(
        "{SITES} sites called {CALLS} times a second each, 1 scrape a second, system resources every 5 s, an hour by a mock clock:\n\
         CPU of pump, collectors and scrapes {:.2} ms a second, {:.2} % of one core (bar: 1 %); resident memory {:.1} MiB \
         over the plain service's {:.1} (bar: 20).",
        cpu * 1e3,
        cpu * 100.0,
        (watched.1 - plain.1) / f64::from(1 << 20),
        plain.1 / f64::from(1 << 20),
    );
    Ok(())
}

/// CPU in seconds and resident memory in bytes, of a process of its own.
fn lived(how: &str) -> io::Result<(f64, f64)> {
    let output = Command::new(std::env::current_exe()?).args(["hour", how]).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut figures = text.split_whitespace().map(str::parse);
    match (figures.next(), figures.next()) {
        (Some(Ok(cpu)), Some(Ok(memory))) => Ok((cpu, memory)),
        _ => Err(io::Error::other(format!("hour {how} printed {text:?}: {}", String::from_utf8_lossy(&output.stderr)))),
    }
}

pub(crate) fn live(watched: bool) -> io::Result<()> {
    let clock = perfmon::MockClock::install().map_err(io::Error::other)?;
    let sites = sites(SITES);
    let mut exporter = watched.then(|| perfmon::exporter::builder().by_hand()).transpose().map_err(io::Error::other)?;
    let begun = (process_cpu(), Instant::now());
    for second in 0..SECONDS {
        for (at, site) in sites.iter().enumerate() {
            for call in 0..CALLS {
                p::record(site, duration(second * 31 + at * 17 + call));
            }
        }
        clock.advance(Duration::from_secs(1));
        if let Some(exporter) = &mut exporter {
            exporter.tick();
            black_box(exporter.scrape(None, Some("application/openmetrics-text")).map_err(io::Error::other)?);
            if second % 600 == 599 {
                eprintln!(
                    "after {} s: {:.1} MiB, {:?}",
                    second + 1,
                    resident() as f64 / f64::from(1 << 20),
                    begun.1.elapsed()
                );
            }
        }
    }
    println!("{} {}", (process_cpu() - begun.0) as f64 / 1e9, resident());
    Ok(())
}
