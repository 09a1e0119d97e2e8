//! A snapshot of 1,000 busy sites, and what taking them costs the threads that go on working.

use std::{
    hint::black_box,
    io,
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use perfmon::macro_support as p;
use perfmon_benches_harness::{pin, thread_cpu};

use crate::{
    figures::Figures,
    machine,
    memory::{fill, sites},
    options::Options,
    table::Table,
};

const SITES: usize = 1_000;
const SNAPSHOTS: usize = 300;
const WINDOW: Duration = Duration::from_millis(150);

type Sites = [&'static p::CallSite];

pub(crate) fn run(options: &Options) -> io::Result<()> {
    println!("{}", machine::describe());
    perfmon::init();
    let sites = sites(SITES);
    let mut table = Table::new(&["snapshot of 1,000 sites", "median ms", "max ms", "CPU, median ms"]);
    for writers in [0, 1, 2] {
        let (wall, cpu) = taken(&sites, writers);
        let name = match writers {
            0 => "nobody writes".to_owned(),
            1 => "while 1 thread goes on at full speed".to_owned(),
            more => format!("while {more} threads go on at full speed"),
        };
        let cell = |value: f64| format!("{value:.2}");
        table.row(vec![name, cell(wall.median()), cell(wall.max()), cell(cpu.median())]);
    }
    table.print(options.markdown);
    let (alone, read) = slowdown(&sites, options.rounds.unwrap_or(21));
    println!(
        "A writer on its own core makes a call in {:.1} ns, and in {:.1} ns while another core takes snapshots without end ({:.2} ×).\n\
         Each site has values of 6 octaves on 2 threads. Bar: under 5 ms.\n",
        alone.median(),
        read.median(),
        read.median() / alone.median(),
    );
    Ok(())
}

/// Snapshots in milliseconds: wall, and CPU of the thread that takes them. More runnable threads than cores make wall wait.
fn taken(sites: &Sites, writers: usize) -> (Figures, Figures) {
    let stop = AtomicBool::new(false);
    // Always two threads with records: those that do not write wait.
    let ready = Barrier::new(3);
    thread::scope(|scope| {
        for core in 0..2 {
            let (stop, ready) = (&stop, &ready);
            scope.spawn(move || {
                pin(core);
                fill(sites, 6);
                write(sites, Duration::from_millis(20), &AtomicBool::new(false));
                ready.wait();
                if core < writers {
                    write(sites, Duration::MAX, stop);
                }
            });
        }
        ready.wait();
        let mut taken = (Figures::default(), Figures::default());
        for _ in 0..SNAPSHOTS {
            let (start, cpu) = (Instant::now(), thread_cpu());
            let snapshot = perfmon::snapshot();
            taken.1.push((thread_cpu() - cpu) as f64 / 1e6);
            taken.0.push(start.elapsed().as_secs_f64() * 1e3);
            black_box(snapshot.sites().len());
        }
        stop.store(true, Ordering::Relaxed);
        taken
    })
}

/// Nanoseconds per call, alone and beside a reader, in turns.
fn slowdown(sites: &Sites, rounds: usize) -> (Figures, Figures) {
    let (reading, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            while !stop.load(Ordering::Relaxed) {
                if reading.load(Ordering::Relaxed) {
                    black_box(perfmon::snapshot());
                } else {
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let writer = scope.spawn(|| {
            pin(0);
            let mut figures = (Figures::default(), Figures::default());
            for round in 0..2 * rounds {
                let beside = round % 2 == 1;
                reading.store(beside, Ordering::Relaxed);
                // Until the reader has begun, or ended its last one.
                thread::sleep(Duration::from_millis(10));
                let nanos = write(sites, WINDOW, &AtomicBool::new(false));
                if beside { figures.1.push(nanos) } else { figures.0.push(nanos) }
            }
            stop.store(true, Ordering::Relaxed);
            figures
        });
        writer.join().expect("calls do not panic")
    })
}

/// Calls one site after the other; gives nanoseconds per call.
fn write(sites: &Sites, window: Duration, stop: &AtomicBool) -> f64 {
    let start = Instant::now();
    let mut calls = 0_u64;
    while !stop.load(Ordering::Relaxed) && start.elapsed() < window {
        for _ in 0..8 {
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
