//! What a call costs: the table of all libraries.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::Command,
};

use perfmon_benches_harness::{Mode, Worker};

use crate::{cases::GROUPS, figures::Figures, machine, options::Options, table::Table};

const ROUNDS: usize = 21;

/// One library's process and its figures.
struct Library {
    name: &'static str,
    worker: Worker,
    rows: Vec<Row>,
}

struct Row {
    case: usize,
    name: String,
    figures: [Cost; 3],
}

/// Of one row in one mode.
#[derive(Default, Clone)]
struct Cost {
    /// Nanoseconds.
    wall: Figures,
    /// Two bare timestamp reads just before, in nanoseconds.
    base: Figures,
    /// In parts of those.
    ratio: Figures,
    /// CPU of the process, in parts of what those took.
    cpu: Figures,
}

pub(crate) fn run(options: &Options) -> io::Result<()> {
    println!("{}", machine::describe());
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let mut libraries = start(options)?;
    for round in 0..rounds {
        eprint!("\rround {} of {rounds}", round + 1);
        for library in &mut libraries {
            for row in &mut library.rows {
                for (mode, cost) in Mode::ALL.into_iter().zip(&mut row.figures) {
                    let measured = library.worker.measure(row.case, mode)?;
                    cost.wall.push(measured.wall);
                    cost.base.push(measured.base_wall);
                    cost.ratio.push(measured.wall / measured.base_wall);
                    cost.cpu.push(measured.cpu / measured.base_cpu);
                }
            }
        }
    }
    eprint!("\r                    \r");
    table(&libraries).print(options.markdown);
    notes(&libraries, rounds);
    bars(&libraries);
    for library in libraries {
        if let Some(remark) = library.worker.end()? {
            println!("{remark}");
        }
    }
    Ok(())
}

fn start(options: &Options) -> io::Result<Vec<Library>> {
    let program = env::current_exe()?;
    let off = build_off(&program)?;
    let mut libraries = Vec::new();
    for (name, _) in GROUPS {
        eprint!("\rwarming up: {name}                    ");
        let mut command = Command::new(&program);
        command.args(["worker", name]);
        libraries.push(library(name, &mut command, options)?);
        if name == "perfmon" {
            libraries.push(library("perfmon, off", &mut Command::new(&off), options)?);
        }
    }
    libraries.retain(|library| !library.rows.is_empty());
    Ok(libraries)
}

fn library(name: &'static str, command: &mut Command, options: &Options) -> io::Result<Library> {
    let worker = Worker::start(command)?;
    let wanted = |row: &str| options.only.as_ref().is_none_or(|only| name.contains(only) || row.contains(only));
    let named = worker.cases.iter().enumerate().filter(|(_, row)| wanted(row));
    let rows = named.map(|(case, row)| Row { case, name: row.clone(), figures: Default::default() }).collect();
    Ok(Library { name, worker, rows })
}

/// Builds the program without `on`: alone, because in one build with this one it would be on.
fn build_off(program: &Path) -> io::Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let target =
        program.parent().and_then(Path::parent).ok_or_else(|| io::Error::other("this program lies nowhere"))?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--quiet", "--package", "perfmon-benches-off", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(target)
        .status()?;
    if !status.success() {
        return Err(io::Error::other(format!("failed to build perfmon-benches-off: {status}")));
    }
    Ok(program.with_file_name(format!("perfmon-benches-off{}", env::consts::EXE_SUFFIX)))
}

fn table(libraries: &[Library]) -> Table {
    let mut table = Table::new(&[
        "",
        "1 thread ns",
        "×",
        "CPU ×",
        "2 threads, same site ns",
        "×",
        "CPU ×",
        "2 threads, a site each ns",
        "×",
        "CPU ×",
        "±",
    ]);
    for library in libraries {
        table.heading(library.name);
        for row in &library.rows {
            let mut cells = vec![row.name.clone()];
            for cost in &row.figures {
                cells.push(format!("{:.1}", cost.wall.median()));
                cells.push(format!("{:.2}", cost.ratio.median()));
                cells.push(format!("{:.2}", cost.cpu.median()));
            }
            let spread = row.figures.iter().map(|cost| cost.ratio.spread()).fold(0.0, f64::max);
            cells.push(format!("{:.0} %", spread * 100.0));
            table.row(cells);
        }
    }
    table
}

fn notes(libraries: &[Library], rounds: usize) {
    let bases = || libraries.iter().flat_map(|library| &library.rows).flat_map(|row| &row.figures);
    let medians: Figures = bases().map(|cost| cost.base.median()).collect();
    println!(
        "× are two bare timestamp reads in the same process just before, {:.1} ns (their medians: {:.1} to {:.1} ns). CPU is of all threads of \
         the process.\nMedians of {rounds} interleaved rounds; ± is half the distance between the quartiles of ×, the largest of the row. \
         Threads are {}pinned.",
        medians.median(),
        medians.min(),
        medians.max(),
        if perfmon_benches_harness::pin(0) { "" } else { "not " },
    );
}

/// What perfmon wants to keep to.
fn bars(libraries: &[Library]) {
    let find = |library: &str, row: &str| {
        let library = libraries.iter().find(|candidate| candidate.name == library)?;
        library.rows.iter().find(|candidate| candidate.name == row)
    };
    let times = |row: &str, bar: f64| {
        let Some(found) = find("perfmon", row) else { return };
        let worst =
            found.figures[..2].iter().flat_map(|cost| [cost.ratio.median(), cost.cpu.median()]).fold(0.0, f64::max);
        verdict(&format!("{row}: {worst:.2} ×, at most {bar:.2} ×"), worst <= bar);
    };
    let above = |library: &str, row: &str, bar: f64| {
        let (Some(found), Some(plain)) = (find(library, row), find("plain", "plain function")) else { return };
        let above = found.figures[0].wall.median() - plain.figures[0].wall.median();
        verdict(&format!("{row}: {above:.1} ns above the plain function, at most {bar:.1} ns"), above <= bar);
    };
    println!("\nBars (wall and CPU, 1 and 2 threads on the same site):");
    times("function", 1.20);
    times("returns `Result`", 1.20);
    times("1 label of 16 values", 1.30);
    times("async, ready at once", 1.25);
    above("perfmon", "`sample = 1/64`", 4.0);
    above("perfmon", "disabled at run time", 1.0);
    above("perfmon, off", "monitored, compiled without `on`", 0.2);
    println!();
}

fn verdict(text: &str, met: bool) {
    println!("  {}  {text}", if met { "met   " } else { "MISSED" });
}
