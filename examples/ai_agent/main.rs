//! A team of AI agents that answers questions about perfmon's own source, and the account of what each of them did: runs, success, time, tokens, tools.
//!
//! ```text
//! cargo run --release --example ai_agent --features agents,exporter
//! ```
//!
//! For each topic a planner chooses what to look for, a researcher looks for it in the files of this repository and has readers read them, and a writer makes an
//! answer of the notes. Several topics are worked on at once, agents fail and are tried again, one waits for too long and is given up.
//!
//! **The model is simulated**: a deterministic program in place of a language model, that answers by rule, counts its tokens by length, takes its time, and is
//! overloaded now and then. All else is real: the files are searched, the sums calculated, the notes kept in SQLite, the time waited for.
//!
//! | File | |
//! |---|---|
//! | `team.rs` | the agents, and who calls whom: search it for `monitor_agent` and `perfmon::tokens` |
//! | `model.rs` | the simulated model |
//! | `library.rs`, `calculator.rs`, `notebook.rs` | the tools: `monitor_tool` |
//! | `cli.rs` | what you type |

mod calculator;
mod cli;
mod library;
mod model;
mod notebook;
mod team;

use std::{
    error::Error,
    io::{Write, stdout},
    process::ExitCode,
    sync::Arc,
};

use perfmon::agents::{Summary, summary};
use tokio::{sync::Semaphore, task::JoinSet};

use self::{
    cli::{Command, Options},
    team::Team,
};

const TOPICS: [&str; 16] = [
    "snapshot",
    "histogram",
    "arena",
    "ticket",
    "flight",
    "objective",
    "percentile",
    "collector",
    "exemplar",
    "window",
    "bucket",
    "zeppelin",
    "profile",
    "gauge",
    "thread",
    "scrape",
];

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let options = match cli::parse(arguments) {
        Ok(Command::Run(options)) => Ok(options),
        Ok(Command::Help) => {
            say(cli::HELP);
            return ExitCode::SUCCESS;
        }
        Err(message) => Err((2, message)),
    };
    let ended = options.and_then(|options| run(&options).map_err(|error| (1, error.to_string())));
    let Err((status, message)) = ended else { return ExitCode::SUCCESS };
    eprintln!("error: {message}");
    ExitCode::from(status)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let exporter = options.listen.as_ref().map(|address| perfmon::exporter::builder().listen(address).start());
    let exporter = exporter.transpose()?;
    if let Some(exporter) = &exporter {
        say(&format!("health, metrics and more at {}\n", exporter.url()));
    }
    {
        // Prints the report when the work is left, by whichever way.
        let _report = perfmon::report_on_exit();
        let team = Arc::new(Team::new()?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let answered = runtime.block_on(answer_all(&team, options));
        // Waits for who was given up and is still at it, so that nobody uses tokens from here on.
        drop(runtime);
        let summary = summary();
        say(&format!("\n{answered} of {} topics answered\n\n{summary}", options.topics));
        check(&team, &summary)?;
        say("");
    }
    if let Some(exporter) = exporter {
        say(&format!("\nthe work is done; still serving at {} until Ctrl-C", exporter.url()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(tokio::signal::ctrl_c())?;
    }
    Ok(())
}

/// Every topic, so many at once. How many were answered.
async fn answer_all(team: &Arc<Team>, options: &Options) -> usize {
    let room = Arc::new(Semaphore::new(options.at_once));
    let mut tasks = JoinSet::new();
    for topic in TOPICS.into_iter().cycle().take(options.topics) {
        let (team, room) = (team.clone(), room.clone());
        tasks.spawn(async move {
            let _seat = room.acquire().await;
            team.answer(topic).await.map_err(|error| format!("{topic}: not answered, {error}"))
        });
    }
    let mut answered = 0;
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok(Ok(answer)) => {
                answered += 1;
                say(&answer);
            }
            Ok(Err(failure)) => say(&failure),
            Err(error) => say(&format!("a task ended badly: {error}")),
        }
    }
    answered
}

/// The model and perfmon each counted the tokens; they must have come to the same.
fn check(team: &Team, summary: &Summary) -> Result<(), String> {
    let (input, output) = team.model.handed_out();
    let counted = summary.agents.iter().map(|agent| (agent.tokens.input, agent.tokens.output));
    let counted = counted.fold((0, 0), |sum, tokens| (sum.0 + tokens.0, sum.1 + tokens.1));
    if counted != (input, output) {
        return Err(format!("the model handed out {input} and {output} tokens, and {counted:?} were counted"));
    }
    say(&format!("the model read {input} tokens and wrote {output}; perfmon counted the same"));
    Ok(())
}

/// Not `println!`, which would panic when the reader of a pipe has left.
fn say(text: &str) {
    let _ = writeln!(stdout(), "{}", text.trim_end_matches('\n'));
}
