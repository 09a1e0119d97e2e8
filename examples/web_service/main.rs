//! A web service, axum and SQLite, whose own clients load it for a while, and the report of how it performed.
//!
//! ```text
//! cargo run --release --example web_service --features axum,exporter
//! ```
//!
//! One line monitors every route ([`MonitorLayer`](perfmon::http::MonitorLayer) in `service.rs`), an attribute each statement of the store. Some clients hang up, some ask for what is not
//! there, one route always fails, one is slow; the table of endpoints and the report at the end tell which.
//!
//! | File | |
//! |---|---|
//! | `service.rs` | the routes |
//! | `store.rs` | a real SQLite database |
//! | `load.rs` | clients on real connections, some of which hang up |
//! | `cli.rs` | what you type |
//!
//! While it runs, and afterwards until Ctrl-C, the exporter serves what a monitoring system reads at <http://127.0.0.1:9464>.

mod cli;
mod load;
mod service;
mod store;

use std::{
    error::Error,
    io::{Write, stdout},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use perfmon::{
    http::{Endpoint, endpoints},
    snapshot,
};

use self::{
    cli::{Command, Options},
    load::{Load, Made},
    store::Store,
};

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let options = match cli::parse(arguments) {
        Ok(Command::Run(options)) => options,
        Ok(Command::Help) => {
            let _ = stdout().write_all(cli::HELP.as_bytes());
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
    let exporter = perfmon::exporter::builder().listen(&options.listen).start();
    let exporter =
        exporter.map_err(|error| format!("{error} (here: `--listen 127.0.0.1:9465`, or `--listen 127.0.0.1:0`)"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    say(&format!("orders at http://{address}/orders\nhealth, metrics and more at {}\n", exporter.url()));
    let service = service::service(Store::open()?);
    let server = runtime.spawn(async move { axum::serve(listener, service).await });

    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let interrupted = runtime.spawn(async move {
        let _ = tokio::signal::ctrl_c().await;
        told.store(true, Ordering::Relaxed);
    });
    {
        // Prints the report when the load is over, by whichever way.
        let _report = perfmon::report_on_exit();
        let _file = options.report.as_ref().map(|path| perfmon::report_on_exit().to_file(path));
        let load = Load {
            address,
            clients: options.clients,
            requests: options.requests,
            time: Duration::from_secs(options.seconds),
            stop: &stop,
        };
        let made = load.run();
        settle(&made);
        tell(&made);
    }
    if !options.exit_when_done && !stop.load(Ordering::Relaxed) {
        say(&format!("\nthe load is over; still serving at {} until Ctrl-C", exporter.url()));
        runtime.block_on(interrupted)?;
    }
    server.abort();
    Ok(())
}

/// Waits for the server, for five seconds at most: of clients that hung up it may have to learn that they were there, and that they are gone.
fn settle(made: &Made) {
    let total = made.values().sum();
    for _ in 0..1_000 {
        let ended = snapshot().of_kind(perfmon::Kind::Request).map(|site| site.calls()).sum::<u64>();
        if ended >= total {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The endpoints as perfmon saw them, beside what the clients know.
fn tell(made: &Made) {
    say(&format!(
        "{:<24} {:>8} {:>8} {:>7} {:>6} {:>10} {:>10} {:>10} {:>11}  statuses",
        "endpoint", "made", "counted", "errors", "gone", "p50", "p99", "read", "sent"
    ));
    for endpoint in endpoints(&snapshot()) {
        say(&line(&endpoint, made));
    }
    let total: u64 = made.values().sum();
    say(&format!("\n{total} requests made\n"));
}

fn line(endpoint: &Endpoint, made: &Made) -> String {
    let name = format!("{} {}", endpoint.method, endpoint.route);
    let made = made.get(name.as_str()).copied().unwrap_or(0);
    let time = |of: fn(&perfmon::http::Times) -> Duration| {
        endpoint
            .time
            .as_ref()
            .map_or_else(|| "—".to_owned(), |times| format!("{:.2} ms", of(times).as_secs_f64() * 1e3))
    };
    let kilobytes = |sizes: Option<perfmon::http::Sizes>| {
        sizes.map_or_else(|| "—".to_owned(), |sizes| format!("{} kB", sizes.total.div_ceil(1_000)))
    };
    let statuses: Vec<_> = endpoint.statuses.iter().map(|(status, count)| format!("{status} × {count}")).collect();
    format!(
        "{name:<24} {made:>8} {:>8} {:>7} {:>6} {:>10} {:>10} {:>10} {:>11}  {}",
        endpoint.count,
        endpoint.errors,
        endpoint.cancelled,
        time(|times| times.p50),
        time(|times| times.p99),
        kilobytes(endpoint.request_bytes),
        kilobytes(endpoint.response_bytes),
        statuses.join(", ")
    )
}

/// Not `println!`, which would panic when the reader of a pipe has left.
fn say(text: &str) {
    let _ = writeln!(stdout(), "{text}");
}
