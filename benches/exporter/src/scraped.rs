//! A thread that goes on calling while the exporter on another core is scraped without end, as Prometheus scrapes: over HTTP, compressed.

use std::{
    hint::black_box,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use perfmon::macro_support as p;
use perfmon_benches_harness::{pin, thread_cpu};

use crate::{duration, sites};

const SITES: usize = 100;
const ROUNDS: usize = 41;
const WINDOW: Duration = Duration::from_millis(100);

pub(crate) fn run() -> io::Result<()> {
    let sites = sites(SITES);
    for site in &sites {
        (0..100).for_each(|call| p::record(site, duration(call)));
    }
    // The exporter's threads stay on this thread's core.
    pin(1);
    let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start().map_err(io::Error::other)?;
    let mut scraper = Scraper::new(exporter.address())?;
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
        while !stop.load(Ordering::Relaxed) {
            if scraping.load(Ordering::Relaxed) {
                scraper.scrape()?;
                scrapes += 1;
            } else {
                thread::sleep(Duration::from_millis(1));
            }
        }
        writer.join().map_err(|_| io::Error::other("the writer panicked"))
    })?;
    alone.sort_by(f64::total_cmp);
    beside.sort_by(f64::total_cmp);
    let (alone, beside) = (alone[ROUNDS / 2], beside[ROUNDS / 2]);
    let rate = scrapes as f64 / (ROUNDS as f64 * WINDOW.as_secs_f64());
    println!(
        "A call takes {alone:.1} ns alone and {beside:.1} ns while the exporter on the other core is scraped without end \
         ({SITES} sites, {rate:.0} scrapes a second): {:.3} × (bar: 1.05).",
        beside / alone,
    );
    Ok(())
}

/// Histograms and nothing else.
const HISTOGRAMS: &str = r#"
    rest = "drop"

    [[family]]
    name = "call_seconds"
    type = "histogram"
    help = "Durations."
    edges = [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5]
    labels = { name = "name" }
    from = { calls = "latency", measure = "duration" }
"#;

/// A scrape of 1,000 sites, from the snapshot to the last byte.
pub(crate) fn big() -> io::Result<()> {
    let sites = sites(10 * SITES);
    for site in &sites {
        (0..1_000).for_each(|call| p::record(site, duration(call)));
    }
    let builder = perfmon::exporter::builder().without("system").profile("histograms", HISTOGRAMS);
    let mut exporter = builder.by_hand().map_err(io::Error::other)?;
    exporter.tick();
    for (names, what) in
        [(Some("histograms"), "snapshot and histograms of 20 edges"), (None, "all there is, two windows too")]
    {
        let mut figures = Vec::new();
        let mut bytes = 0;
        for _ in 0..ROUNDS {
            let cpu = thread_cpu();
            bytes = exporter.scrape(names, Some("application/openmetrics-text")).map_err(io::Error::other)?.len();
            figures.push((thread_cpu() - cpu) as f64 / 1e6);
        }
        figures.sort_by(f64::total_cmp);
        let (count, took, size) = (sites.len(), figures[ROUNDS / 2], bytes as f64 / 1e6);
        println!("A scrape of {count} sites takes {took:.1} ms of CPU: {what}, {size:.1} MB.");
    }
    Ok(())
}

/// One connection that asks again and again.
struct Scraper {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Scraper {
    fn new(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 1 << 20] })
    }

    fn scrape(&mut self) -> io::Result<()> {
        self.stream.write_all(
            b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\
              Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n\r\n",
        )?;
        let (mut read, mut whole) = (0, usize::MAX);
        while read < whole {
            let more = self.stream.read(&mut self.buffer[read..])?;
            if more == 0 {
                return Err(io::Error::other("the exporter hung up"));
            }
            read += more;
            let text = &self.buffer[..read];
            if whole == usize::MAX
                && let Some(head) = text.windows(4).position(|end| end == b"\r\n\r\n")
            {
                let length = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
                let length =
                    length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                whole = head + 4 + length.ok_or_else(|| io::Error::other("no length"))?;
            }
        }
        black_box(&self.buffer[..read]);
        Ok(())
    }
}

/// Calls one site after the other; gives nanoseconds of CPU per call. Not of wall time, which has the wait for a core in it where others work too.
fn write(sites: &[&'static p::CallSite]) -> f64 {
    let (start, cpu) = (Instant::now(), thread_cpu());
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
    (thread_cpu() - cpu) as f64 / calls.max(1) as f64
}
