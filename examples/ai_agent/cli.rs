//! What is typed after `cargo run --release --example ai_agent --features agents,exporter --`.

/// What `--help` prints.
pub(crate) const HELP: &str = "\
A team of AI agents answers questions about perfmon's source, watched by perfmon.

Usage: ai_agent [OPTIONS]

Options:
      --topics N        How many questions [default: 16; more begin again]
      --at-once N       How many of them at once [default: 4]
      --listen ADDRESS  Serve metrics and health here, also when the work is done, until Ctrl-C
  -h, --help            Print this help
";

/// What the command line asks for.
pub(crate) enum Command {
    Help,
    Run(Options),
}

/// How to work.
pub(crate) struct Options {
    pub(crate) topics: usize,
    pub(crate) at_once: usize,
    /// Where the exporter listens; nobody does by default.
    pub(crate) listen: Option<String>,
}

/// Understands the arguments, or says in a sentence what to write instead.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut options = Options { topics: 16, at_once: 4, listen: None };
    while let Some(argument) = arguments.next() {
        let mut value = |what: &str| arguments.next().ok_or_else(|| format!("{argument} needs {what}"));
        match argument.as_str() {
            "--topics" => options.topics = number(&argument, &value("a number, as in `--topics 4`")?)?,
            "--at-once" => options.at_once = number(&argument, &value("a number, as in `--at-once 2`")?)?,
            "--listen" => options.listen = Some(value("an address, as in `--listen 127.0.0.1:9464`")?),
            "-h" | "--help" => return Ok(Command::Help),
            _ => return Err(format!("unknown option {argument:?}; `--help` lists all")),
        }
    }
    Ok(Command::Run(options))
}

fn number(flag: &str, text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=100_000).contains(number));
    number.ok_or_else(|| format!("{flag} takes a whole number from 1 to 100000, not {text:?}"))
}
