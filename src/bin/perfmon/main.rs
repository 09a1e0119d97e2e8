//! The command line: runs perfmon on its own, and asks one that runs.

mod args;
mod check;
mod client;
mod credential;
mod failure;
mod health;
mod order;
mod output;
mod password;
mod report;
mod start;
mod status;
mod trust;

use std::{env, process::ExitCode};

use clap::{CommandFactory, Parser};

use self::{
    args::{Cli, Command},
    failure::Failure,
    output::tell,
};

fn main() -> ExitCode {
    let cli = Cli::parse_from(order::in_order(env::args_os(), &Cli::command()));
    // What starts has a log, which tells it.
    if cli.debug && !matches!(cli.command, Command::Start(_)) {
        let lines = tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::DEBUG);
        // There is no other: this is the first thing the program does.
        let _ = lines.try_init();
    }
    match run(cli.command, cli.debug) {
        Ok(code) => code,
        Err(failure) => {
            tell(&failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn run(command: Command, debug: bool) -> Result<ExitCode, Failure> {
    match command {
        Command::Start(asked) => start::start(&asked, debug)?,
        Command::Status(asked) => status::status(&asked)?,
        Command::Health(asked) => return health::health(&asked),
        Command::Report(asked) => report::report(&asked)?,
        Command::Export(asked) => report::export(&asked)?,
        Command::Check(asked) => check::check(&asked)?,
        Command::HashPassword => password::hash()?,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "perfmon", &mut script);
            output::print(&String::from_utf8_lossy(&script))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
