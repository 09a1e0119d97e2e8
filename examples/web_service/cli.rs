//! What is typed after `cargo run --release --example web_service --features axum,exporter --`.

/// What `--help` prints.
pub(crate) const HELP: &str = "\
A monitored web service (axum and SQLite) that its own clients load for a while.

Usage: web_service [OPTIONS]

Options:
      --seconds N        Load it for so long [default: 10]
      --requests N       And with so many requests at most [default: no limit]
      --clients N        So many at a time [default: 8]
      --listen ADDRESS   Serve metrics and health here [default: 127.0.0.1:9464; port 0: any that is free]
      --exit-when-done   End with the load; otherwise it goes on serving until Ctrl-C
      --report FILE      Write the report to a file too: .json, .md, .csv or .txt
  -h, --help             Print this help

Ctrl-C ends the load; the result and the report so far are printed all the same.
";

const FLAGS: [&str; 7] = ["--seconds", "--requests", "--clients", "--listen", "--exit-when-done", "--report", "--help"];

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Run(Options),
}

/// How to run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) seconds: u64,
    /// Requests at most.
    pub(crate) requests: u64,
    pub(crate) clients: u64,
    /// Where the exporter listens.
    pub(crate) listen: String,
    /// Whether to end when the load is over.
    pub(crate) exit_when_done: bool,
    /// Where the report is written to besides.
    pub(crate) report: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seconds: 10,
            requests: u64::MAX,
            clients: 8,
            listen: String::from(perfmon::exporter::DEFAULT_ADDRESS),
            exit_when_done: false,
            report: None,
        }
    }
}

/// Understands the arguments, or says in a sentence what to write instead.
pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut options = Options::default();
    while let Some(flag) = arguments.next() {
        let mut value = |what: &str| arguments.next().ok_or_else(|| format!("{flag} needs {what}"));
        match flag.as_str() {
            "--seconds" => options.seconds = whole(&flag, &value("a number, as in `--seconds 60`")?)?,
            "--requests" => options.requests = whole(&flag, &value("a number, as in `--requests 1000`")?)?,
            "--clients" => options.clients = whole(&flag, &value("a number, as in `--clients 16`")?)?,
            "--listen" => options.listen = value("an address, as in `--listen 127.0.0.1:9465`")?,
            "--report" => options.report = Some(value("a file, as in `--report service.json`")?),
            "--exit-when-done" => options.exit_when_done = true,
            "-h" | "--help" => return Ok(Command::Help),
            unknown => return Err(format!("unknown option {unknown:?}; the options are {}", FLAGS.join(", "))),
        }
    }
    Ok(Command::Run(options))
}

fn whole(flag: &str, text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| (1..=1_000_000_000).contains(number));
    number.ok_or_else(|| format!("{flag} takes a whole number of at least 1, not {text:?}"))
}
