//! What the exporter costs: the service it runs in, and the threads that go on working while it is scraped.

mod hour;
mod pushed;
mod scraped;

use std::{io, time::Duration};

use perfmon::macro_support as p;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // How this program starts itself, so that every measurement has a fresh process.
        ["hour", "plain"] => hour::live(false),
        ["hour", "watched"] => hour::live(true),
        ["hour"] => hour::run(),
        ["listen", address, clients] => pushed::listen(address, clients),
        ["scraped"] => scraped::run(),
        ["big"] => scraped::big(),
        ["pushed"] => pushed::run(),
        [] => {
            hour::run()?;
            for part in ["scraped", "big", "pushed"] {
                std::process::Command::new(std::env::current_exe()?).arg(part).status()?;
            }
            Ok(())
        }
        _ => Err(io::Error::other("parts: hour, scraped, big, pushed; all without one")),
    }
}

/// Sites as an attribute declares them.
fn sites(count: usize) -> Vec<&'static p::CallSite> {
    let site = |number: usize| {
        let name: &'static str = Box::leak(format!("site {number}").into_boxed_str());
        &*Box::leak(Box::new(p::CallSite::new(p::Kind::Latency, p::Name::One(name), module_path!())))
    };
    (0..count).map(site).collect()
}

/// Durations over three octaves around a millisecond, as a service's may be.
fn duration(number: usize) -> Duration {
    Duration::from_nanos(400_000 + (number as u64 * 7_919_071) % 2_800_000)
}

/// Resident memory in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).map_or(0, |pages: u64| pages * 4096)
}
