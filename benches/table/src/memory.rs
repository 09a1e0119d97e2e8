//! Bytes of a (thread, site) pair, as perfmon tells them and as the system sees them.

use std::{fs, io, process::Command, sync::Barrier, thread, time::Duration};

use perfmon::macro_support as p;

use crate::{machine, options::Options, table::Table};

pub(crate) fn run(options: &Options) -> io::Result<()> {
    println!("{}", machine::describe());
    let mut table = Table::new(&["", "bytes of the arena per pair", "resident bytes per pair", "arena, KiB"]);
    for (threads, sites, octaves) in [(1, 1000, 0), (1, 1000, 1), (1, 1000, 6), (2, 1000, 1), (2, 1000, 6), (2, 100, 6)]
    {
        let output = Command::new(std::env::current_exe()?)
            .args(["memory-probe", &threads.to_string(), &sites.to_string(), &octaves.to_string()])
            .output()?;
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        let figures: Vec<f64> = answer.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
        let [arena, resident] = figures[..] else {
            return Err(io::Error::other(format!("a probe answered {answer:?}")));
        };
        let pairs = f64::from(threads * sites);
        let values = match octaves {
            0 => "declared, never called".to_owned(),
            1 => "values of 1 octave".to_owned(),
            more => format!("values of {more} octaves"),
        };
        let name = format!("{threads} thread{} × {sites} sites, {values}", if threads == 1 { "" } else { "s" });
        let cell = |value: f64| format!("{value:.0}");
        table.row(vec![name, cell(arena / pairs), cell(resident / pairs), cell(arena / 1024.0)]);
    }
    table.print(options.markdown);
    println!(
        "A site's static takes {} bytes of the program, its registration {}. All pairs include their share of the thread's slot and \
         directory.\nBar: at most 8,192 bytes for a pair of 6 octaves.\n",
        size_of::<p::CallSite>(),
        size_of_registration(),
    );
    Ok(())
}

fn size_of_registration() -> usize {
    static SITE: p::CallSite = p::CallSite::new(p::Kind::Latency, p::Name::Parts(&["size"]), module_path!());
    size_of_val(&SITE.registration())
}

/// Sites that differ in their names, made while the program runs.
pub(crate) fn sites(count: usize) -> Vec<&'static p::CallSite> {
    let site = |i: usize| {
        let name: &'static str = Box::leak(format!("site_{i:04}").into_boxed_str());
        let parts: &'static [&'static str] = Box::leak(Box::new([name]));
        let site: &'static p::CallSite =
            Box::leak(Box::new(p::CallSite::new(p::Kind::Latency, p::Name::Parts(parts), module_path!())));
        site
    };
    (0..count).map(site).collect()
}

/// One value in each of so many octaves, from 1 µs.
pub(crate) fn fill(sites: &[&'static p::CallSite], octaves: u32) {
    for site in sites {
        for octave in 0..octaves {
            p::record(site, Duration::from_nanos(1_100 << octave));
        }
    }
}

/// In a process of its own: records, and prints by how many bytes arena and resident memory grew.
pub(crate) fn probe(threads: &str, sites: &str, octaves: &str) {
    let number = |text: &str| text.parse().unwrap_or(1);
    let (threads, octaves) = (number(threads), number(octaves) as u32);
    perfmon::init();
    let sites = self::sites(number(sites));
    let (go, done, end) = (Barrier::new(threads + 1), Barrier::new(threads + 1), Barrier::new(threads + 1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                go.wait();
                fill(&sites, octaves);
                done.wait();
                end.wait();
            });
        }
        // A snapshot now, so that what it needs itself is not counted below.
        let arena = perfmon::snapshot().footprint().arena_bytes;
        let before = resident();
        go.wait();
        done.wait();
        let after = resident();
        let grown = perfmon::snapshot().footprint().arena_bytes - arena;
        println!("{grown} {}", after.saturating_sub(before));
        end.wait();
    });
    std::process::exit(0)
}

fn resident() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).map_or(0, |pages: u64| pages * 4096)
}
