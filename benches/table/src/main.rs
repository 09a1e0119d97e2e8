//! What perfmon costs, beside its peers: prints the tables of benches/README.md.

mod cases;
mod compile;
mod cost;
mod figures;
mod instructions;
mod machine;
mod memory;
mod options;
mod snapshot;
mod table;

use std::{io, process::Command};

use options::{Options, Part};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        // How this program starts itself, so that every measurement has a fresh process.
        ["worker", group] => worker(group),
        ["count", group, case, calls] => instructions::count(group, case, calls),
        ["memory-probe", threads, sites, octaves] => memory::probe(threads, sites, octaves),
        _ => {}
    }
    let options = match Options::parse(&arguments) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            std::process::exit(2);
        }
    };
    match options.part {
        Part::Cost => cost::run(&options),
        Part::Memory => memory::run(&options),
        Part::Snapshot => snapshot::run(&options),
        Part::Compile => compile::run(&options),
        Part::Instructions => instructions::run(&options),
        Part::All => Part::EACH.iter().try_for_each(|part| {
            let status = Command::new(std::env::current_exe()?).arg(part).args(&arguments[1..]).status()?;
            if status.success() { Ok(()) } else { Err(io::Error::other(format!("{part}: {status}"))) }
        }),
    }
}

fn worker(name: &str) {
    if let Some(group) = cases::group(name) {
        perfmon_benches_harness::serve(&group);
    }
}
