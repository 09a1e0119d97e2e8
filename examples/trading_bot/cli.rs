//! What is typed after `cargo run --release --example trading_bot --`.

use std::path::PathBuf;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Replays twenty years of S&P 500 sessions through a monitored trading bot.

Usage: trading_bot [OPTIONS]

Options:
      --days N             Replay only the first N sessions [default: all 5,031]
      --days-per-second N  Replay at this pace, to watch it [default: as fast as the broker answers]
      --listen ADDRESS     Serve metrics and health here [default: 127.0.0.1:9464; port 0: any that is free]
      --status ADDRESS     Tell the account and orders here [default: 127.0.0.1:0, any port that is free]
      --exit-when-done     End with the replay; otherwise it goes on serving until Ctrl-C
      --report FILE        Write the report to a file too: .json, .md, .csv or .txt
  -q, --quiet              Print no progress, only the result and the report
  -h, --help               Print this help

Ctrl-C ends the replay; the result and the report so far are printed all the same.
";

const FLAGS: [&str; 8] =
    ["--days", "--days-per-second", "--listen", "--status", "--exit-when-done", "--report", "--quiet", "--help"];

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Run(Options),
}

/// How to replay.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    /// Sessions to replay; all by default.
    pub(crate) days: Option<usize>,
    /// Sessions a second; unpaced by default.
    pub(crate) days_per_second: Option<f64>,
    /// Where the exporter listens.
    pub(crate) listen: String,
    /// Where the bot itself tells its account and orders.
    pub(crate) status: String,
    /// Whether to end when the replay is over.
    pub(crate) exit_when_done: bool,
    /// Where the report is written to besides.
    pub(crate) report: Option<PathBuf>,
    pub(crate) quiet: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            days: None,
            days_per_second: None,
            listen: String::from(perfmon::exporter::DEFAULT_ADDRESS),
            status: String::from("127.0.0.1:0"),
            exit_when_done: false,
            report: None,
            quiet: false,
        }
    }
}

/// Understands the arguments, or says in a sentence what to write instead.
pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Command, String> {
    let mut options = Options::default();
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        // `--days=250` is `--days 250`.
        let (flag, mut inline) = match argument.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value.to_owned())),
            _ => (argument.as_str(), None),
        };
        // What follows is the flag's value unless it is a flag itself.
        let mut value = |what: &str| {
            let next = || arguments.next_if(|next| !next.starts_with("--"));
            inline.take().or_else(next).ok_or_else(|| format!("{flag} needs {what}"))
        };
        match flag {
            "--days" => options.days = Some(whole(flag, &value("a number of sessions, as in `--days 250`")?)?),
            "--days-per-second" => {
                options.days_per_second = Some(pace(flag, &value("a number, as in `--days-per-second 50`")?)?);
            }
            "--listen" => options.listen = value("an address, as in `--listen 127.0.0.1:9465`")?,
            "--status" => options.status = value("an address, as in `--status 127.0.0.1:8080`")?,
            "--exit-when-done" => options.exit_when_done = true,
            "--report" => options.report = Some(report(flag, &value("a file, as in `--report bot.json`")?)?),
            "-q" | "--quiet" => options.quiet = true,
            "-h" | "--help" => return Ok(Command::Help),
            unknown => return Err(unknown_argument(unknown)),
        }
        if let Some(value) = inline {
            return Err(format!("{flag} takes no value, but was given {value:?}"));
        }
    }
    Ok(Command::Run(options))
}

fn whole(flag: &str, text: &str) -> Result<usize, String> {
    let number = text.replace([',', '_'], "").parse().ok().filter(|&number| number > 0);
    number.ok_or_else(|| format!("{flag} takes a whole number of at least 1, not {text:?}"))
}

fn pace(flag: &str, text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.01..=1e6).contains(number));
    number.ok_or_else(|| format!("{flag} takes a number from 0.01 to 1000000, not {text:?}"))
}

fn report(flag: &str, text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    // Found out now rather than when the replay is over.
    if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) {
        return Err(format!("{flag}: there is no directory {}", directory.display()));
    }
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json" | "md" | "csv" | "txt") => Ok(path),
        _ => Err(format!("{flag} takes a file that ends in .json, .md, .csv or .txt, not {text:?}")),
    }
}

fn unknown_argument(argument: &str) -> String {
    let nearest = FLAGS.iter().min_by_key(|flag| distance(argument, flag));
    match nearest {
        Some(flag) if distance(argument, flag) <= 1 + argument.len() / 3 => {
            format!("unknown option {argument:?}; did you mean {flag}? `--help` lists all")
        }
        _ => format!("unknown option {argument:?}; the options are {}", FLAGS.join(", ")),
    }
}

/// How many letters must be changed, added or dropped to turn one text into the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.chars().enumerate() {
            let substituted = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}
