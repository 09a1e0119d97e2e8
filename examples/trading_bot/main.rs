//! A trading bot that replays twenty years of the S&P 500, and the report of how it performed: not only its money, its functions.
//!
//! ```text
//! cargo run --release --example trading_bot --features exporter
//! ```
//!
//! While it replays, and afterwards until Ctrl-C, the exporter serves what a monitoring system reads at <http://127.0.0.1:9464>.
//!
//! Every session of the index goes the way a live one would: market data arrives and is checked, a signal is
//! generated, an order is sized, risk clears it, a broker executes it, a store keeps it. The functions on that way carry an
//! attribute each, and perfmon does the rest; search the files for `monitor_` to see all there is to it, and for `trading::` to
//! see what perfmon is told of the trades: fills, orders on their way, bars that come or do not, the connection to the broker.
//!
//! | File | |
//! |---|---|
//! | `market.rs` | the data feed: bars that arrive, sometimes cut off |
//! | `checks.rs` | is this bar fit to trade on? |
//! | `signal.rs` | trend and volatility from the closes so far |
//! | `sizing.rs` | how many shares the signal wants |
//! | `risk.rs` | limits that an order must pass |
//! | `broker.rs` | a simulated broker with venues, partial fills and lost messages |
//! | `order.rs`, `portfolio.rs` | what is ordered, what is owned, and the book that perfmon keeps of it |
//! | `store.rs` | a real SQLite database of orders and experiences |
//! | `status.rs` | its account and orders over HTTP, and a watchdog that asks |
//! | `bot.rs`, `outcome.rs` | one session after the other, and the money made |
//! | `cli.rs`, `progress.rs` | what you type, and what you see |
//!
//! The trades are simulated, the time is not: the delays of the broker are really waited for, the statements really run.
//! (The strategy, a plain trend follower at a constant risk, earns less than the index. Honest replays of plain strategies do.)

mod bot;
mod broker;
mod checks;
mod cli;
mod market;
mod order;
mod outcome;
mod portfolio;
mod progress;
mod risk;
mod signal;
mod sizing;
mod status;
mod store;

use std::{
    error::Error,
    io::{Write, stdout},
    process::ExitCode,
};

use self::{
    bot::Bot,
    cli::{Command, Options},
    outcome::Outcome,
};

fn main() -> ExitCode {
    let options = match cli::parse(std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()))
    {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            let _ = std::io::stdout().write_all(cli::HELP.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };

    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    // All that a service needs in its `main` to be watched. Stops when it is dropped.
    let exporter = perfmon::exporter::builder().listen(&options.listen).start();
    let exporter =
        exporter.map_err(|error| format!("{error} (here: `--listen 127.0.0.1:9465`, or `--listen 127.0.0.1:0`)"))?;
    say(options, &format!("health, metrics and more at {}", exporter.url()));

    // Two worker threads, as a small service would have: the broker's futures move between them while they wait, and are
    // measured from first poll to result all the same.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = replay(options, &runtime)?;
    if !options.exit_when_done && !outcome.was_interrupted() {
        say(options, &format!("\nthe replay is over; still serving at {} until Ctrl-C", exporter.url()));
        runtime.block_on(tokio::signal::ctrl_c())?;
    }
    Ok(())
}

fn replay(options: &Options, runtime: &tokio::runtime::Runtime) -> Result<Outcome, Box<dyn Error>> {
    // Prints the report when the replay is left, by whichever way.
    let _report = perfmon::report_on_exit();
    // Once more for programs, if asked for.
    let _file = options.report.as_ref().map(|path| perfmon::report_on_exit().to_file(path));
    let outcome = runtime.block_on(async {
        let bot = Bot::new(options)?;
        let status = status::serve(&options.status, bot.status(), bot.orders()).await;
        let status = status.map_err(|error| format!("failed to listen on {}: {error}", options.status))?;
        say(options, &format!("account and orders at http://{status}/status and /orders/1\n"));
        bot.run().await
    })?;
    let gap = if options.quiet { "" } else { "\n" };
    let _ = writeln!(stdout(), "{gap}{outcome}\n");
    Ok(outcome)
}

/// Not `println!`, which would panic when the reader of a pipe has left.
fn say(options: &Options, text: &str) {
    if !options.quiet {
        let _ = writeln!(stdout(), "{text}");
    }
}
