//! What can be written on the command line.

#![expect(clippy::doc_markdown, reason = "a terminal shows it as it is")]

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use perfmon::{
    analyse::Window,
    exporter::config::{Format, Source},
};

const EXITS: &str = "\
Exit status:
  0  all is well
  1  the command failed: it was refused, or a file cannot be written
  2  wrong usage or configuration
  3  nobody could be reached: no connection, no answer in time, an untrusted certificate
  4  `health` alone: critical or down, a score below 60
  130 (SIGINT) or 143 (SIGTERM)
     `start` alone: it was told once more to stop, a second or later after the first time, and
     stopped at once, without what was left to do, such as the last report

Options may stand before the command, too, as in: perfmon --url URL status

Environment:
  PERFMON_URL       whom to ask, unless --url or --config says it
  PERFMON_TOKEN     the bearer token to ask with, unless --token-file or --user says who asks
  PERFMON_USER      the name to log in with, unless one of those or PERFMON_TOKEN is there
  PERFMON_PASSWORD  the user's password, unless --password-file says it
  NO_COLOR          no colour; there is none either where output is no terminal
  PERFMON_<SECTION>__<KEY>, as in PERFMON_SERVER__LISTEN, go before the configuration file";

/// Watches this machine, and asks programs that are watched by perfmon how they fare.
#[derive(Debug, Parser)]
#[command(name = "perfmon", version, after_help = EXITS, infer_subcommands = false, max_term_width = 100)]
pub(crate) struct Cli {
    /// Tell on standard error what is being done.
    #[arg(long, global = true)]
    pub(crate) debug: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run on its own: serve the figures of this machine and of itself until SIGINT or SIGTERM; SIGHUP reads the configuration again, and opens the log's file again.
    Start(Started),
    /// How the program fares at a glance: health, calls, the busiest call sites.
    Status(Asked),
    /// The health score, and what took points from it; the exit status is 4 when it is critical or down.
    Health(Asked),
    /// The report of every call site.
    Report(Reported),
    /// The whole dashboard as one JSON document.
    Export(Exported),
    /// Whether a configuration is right, and what it would do; an example of one; its schema.
    Check(Checked),
    /// Hash a password for a user's password_hash in the configuration. On a terminal it is asked for, otherwise it is the one line of standard input.
    HashPassword,
    /// A script that completes commands in a shell, as in: perfmon completions bash > ~/.local/share/bash-completion/completions/perfmon
    Completions {
        /// The shell.
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Started {
    /// The configuration: TOML, JSON or YAML. It is read again when it changes, unless it is standard input, `-`.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) syntax: Syntax,
    /// Host and port to listen on, whatever the configuration says; port 0 is any that is free [default: 127.0.0.1:9464]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

/// How a configuration is written.
#[derive(Debug, Args)]
pub(crate) struct Syntax {
    /// How the configuration is written, if its name does not say it.
    #[arg(long, value_enum, value_name = "FORMAT", requires = "config")]
    config_format: Option<ConfigFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ConfigFormat {
    Toml,
    Json,
    Yaml,
}

impl Syntax {
    /// A configuration that is written so.
    pub(crate) fn source(&self, path: &Path) -> Source {
        let format = self.config_format.map(|format| match format {
            ConfigFormat::Toml => Format::Toml,
            ConfigFormat::Json => Format::Json,
            ConfigFormat::Yaml => Format::Yaml,
        });
        Source::new(path, format)
    }
}

/// Whom to ask.
#[derive(Debug, Args)]
pub(crate) struct Target {
    /// Where it serves, by URL or by host and port; what is behind the host, as in https://host/perfmon, goes before every path [env: PERFMON_URL] [default: where `perfmon start` would, http://127.0.0.1:9464]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Ask the one that this configuration starts. Only where that serves is read from it, and its certificate is trusted.
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) syntax: Syntax,
    /// A file that holds the bearer token [env: PERFMON_TOKEN, the token itself]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The name to log in with, where there are users; on a terminal, the password is asked for [env: PERFMON_USER]
    #[arg(long, value_name = "NAME", conflicts_with = "token_file")]
    pub(crate) user: Option<String>,
    /// A file that holds the password of that user [env: PERFMON_PASSWORD, the password itself]
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Certificates to trust (PEM), instead of those of public authorities: an authority's, or the server's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Seconds to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    pub(crate) target: Target,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    pub(crate) format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    #[value(alias = "txt")]
    Text,
    Json,
}

#[derive(Debug, Args)]
pub(crate) struct Reported {
    #[command(flatten)]
    pub(crate) target: Target,
    /// A file to write instead of standard output, which `-` is too; readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = Written::Text)]
    pub(crate) format: Written,
    /// Only the last 10s, 1m, 5m, 15m or 1h; otherwise since the program began to record.
    #[arg(long)]
    pub(crate) window: Option<Window>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Written {
    #[value(alias = "txt")]
    Text,
    Json,
    Md,
    Csv,
}

impl Written {
    /// As the API calls it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "json",
            Self::Md => "md",
            Self::Csv => "csv",
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Json => "application/json",
            Self::Md => "text/markdown",
            Self::Csv => "text/csv",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Exported {
    #[command(flatten)]
    pub(crate) target: Target,
    /// A file to write instead of standard output, which `-` is too; readable by its owner alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// What performance and latency are of: the last 10s, 1m, 5m, 15m or 1h.
    #[arg(long, default_value_t = Window::FiveMinutes)]
    pub(crate) window: Window,
}

#[derive(Debug, Args)]
pub(crate) struct Checked {
    #[command(flatten)]
    pub(crate) what: What,
    #[command(flatten)]
    pub(crate) syntax: Syntax,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct What {
    /// The configuration to check: TOML, JSON or YAML; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print an example that has every key.
    #[arg(long)]
    pub(crate) example: bool,
    /// Print the JSON Schema, for editors.
    #[arg(long)]
    pub(crate) schema: bool,
}
