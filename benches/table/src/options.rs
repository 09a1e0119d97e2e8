//! The command line.

const USAGE: &str = "\
usage: cargo run --release --manifest-path benches/Cargo.toml -- [PART] [OPTIONS]

parts:
  cost          nanoseconds and CPU of a call (the default)
  memory        bytes of a thread and site
  snapshot      a snapshot of 1,000 busy sites, and what it costs the writers
  compile       build after an edit, of 500 monitored functions
  instructions  instructions of a call, counted by valgrind (not in `all`)
  all           all of the others

options:
  --markdown    a table for the README
  --rounds N    how often each figure is taken (default: 21 of cost, 7 of compile)
  --only TEXT   only rows, or libraries, with this in their name (cost)";

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Cost,
    Memory,
    Snapshot,
    Compile,
    Instructions,
    All,
}

impl Part {
    pub(crate) const EACH: [&str; 4] = ["cost", "memory", "snapshot", "compile"];
}

pub(crate) struct Options {
    pub(crate) part: Part,
    pub(crate) markdown: bool,
    pub(crate) rounds: Option<usize>,
    pub(crate) only: Option<String>,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self { part: Part::Cost, markdown: false, rounds: None, only: None };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().cloned().ok_or_else(|| format!("{argument} needs a value\n\n{USAGE}"));
            match argument.as_str() {
                "cost" => options.part = Part::Cost,
                "memory" => options.part = Part::Memory,
                "snapshot" => options.part = Part::Snapshot,
                "compile" => options.part = Part::Compile,
                "instructions" => options.part = Part::Instructions,
                "all" => options.part = Part::All,
                "--markdown" => options.markdown = true,
                "--only" => options.only = Some(value()?),
                "--rounds" => {
                    let rounds = value()?;
                    let number = rounds.parse().ok().filter(|&number| number > 0);
                    options.rounds =
                        Some(number.ok_or_else(|| format!("--rounds: {rounds:?} is not a number above 0"))?);
                }
                "--help" | "-h" => return Err(USAGE.to_owned()),
                other => return Err(format!("unknown argument {other:?}\n\n{USAGE}")),
            }
        }
        Ok(options)
    }
}
