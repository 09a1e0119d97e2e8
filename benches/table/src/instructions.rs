//! Instructions of a call, counted by valgrind: no noise at all, but no idea of time either. For comparing two versions of perfmon.

use std::{env, fs, io, process::Command};

use crate::{
    cases::{GROUPS, group},
    machine,
    options::Options,
    table::Table,
};

/// Calls that warm up, and calls that are counted.
const CALLS: [u64; 2] = [1_000, 10_000];

pub(crate) fn run(options: &Options) -> io::Result<()> {
    println!("{}", machine::describe());
    let mut table = Table::new(&["instructions", "a call"]);
    for (name, _) in &GROUPS[..2] {
        table.heading(name);
        let Some(group) = group(name) else { continue };
        for (at, case) in group.cases.iter().enumerate() {
            let wanted = options.only.as_ref().is_none_or(|only| name.contains(only) || case.name.contains(only));
            if !wanted || case.function.is_empty() {
                continue;
            }
            let symbol = format!("perfmon_benches::cases::{name}::a::{}", case.function);
            let counted = [CALLS[0], CALLS[0] + CALLS[1]].map(|calls| counted(&symbol, name, at, calls));
            let [few, many] = counted;
            table.row(vec![case.name.to_owned(), format!("{:.1}", (many? - few?) / CALLS[1] as f64)]);
        }
    }
    table.print(options.markdown);
    Ok(())
}

/// Runs a case under valgrind; gives the instructions inside its function and all it calls.
fn counted(symbol: &str, group: &str, case: usize, calls: u64) -> io::Result<f64> {
    let out = env::temp_dir().join(format!("perfmon-benches-callgrind-{}", std::process::id()));
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", &format!("--toggle-collect={symbol}")])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(env::current_exe()?)
        .args(["count", group, &case.to_string(), &calls.to_string()])
        .output()?;
    // What it writes besides is for a viewer.
    let _ = fs::remove_file(&out);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let count = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count.ok_or_else(|| io::Error::other(format!("valgrind counted nothing:\n{said}")))
}

/// Under valgrind: makes the calls.
pub(crate) fn count(name: &str, case: &str, calls: &str) {
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    if let Some(case) = group(name).and_then(|group| group.cases.get(number(case) as usize).copied()) {
        (case.around[0])();
        (case.run[0])(number(calls));
    }
    std::process::exit(0)
}
