//! The process's log, when configuration asks for one and the program keeps none.

use std::{
    fs::{File, OpenOptions},
    path::Path,
    sync::{Mutex, OnceLock},
};

use perfmon_core::Error;
use tracing::Subscriber;
use tracing_subscriber::{Registry, filter::LevelFilter, fmt, layer::SubscriberExt, reload};

use crate::config::{Level, Log};

/// By which the level is changed, once there is a log of ours.
static LEVEL: OnceLock<reload::Handle<LevelFilter, Registry>> = OnceLock::new();

/// Begins a log, unless the program has one or nothing is written about it. Then only the level changes, if the log is ours.
///
/// # Errors
/// When its file cannot be opened.
pub(crate) fn begin(log: &Log) -> Result<(), Error> {
    if LEVEL.get().is_some() || (log.file.is_none() && log.level.is_none()) {
        set_level(log);
        return Ok(());
    }
    let (filter, handle) = reload::Layer::new(filter(log));
    let lines = Registry::default().with(filter);
    let begun = match &log.file {
        Some(path) => {
            let file = open(path)?;
            set(lines.with(fmt::layer().with_ansi(false).with_writer(Mutex::new(file))))
        }
        None => set(lines.with(fmt::layer().with_ansi(false).with_writer(std::io::stderr))),
    };
    match begun {
        Ok(()) => _ = LEVEL.set(handle),
        Err(_) => {
            tracing::info!(target: "perfmon", "the program keeps a log of its own: [log] in the configuration changes nothing");
        }
    }
    Ok(())
}

fn set(subscriber: impl Subscriber + Send + Sync) -> Result<(), tracing::subscriber::SetGlobalDefaultError> {
    tracing::subscriber::set_global_default(subscriber)
}

/// Changes what is logged, if the log is ours.
pub(crate) fn set_level(log: &Log) {
    if let Some(handle) = LEVEL.get() {
        // It fails only without the subscriber, and then nothing is logged.
        let _ = handle.reload(filter(log));
    }
}

fn filter(log: &Log) -> LevelFilter {
    match log.level.unwrap_or_default() {
        Level::Off => LevelFilter::OFF,
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}

/// Logs may tell more than everybody should know.
fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| {
        Error::unavailable(format!(
            "failed to open the log {}: {error}; choose another path in [log] file",
            path.display()
        ))
    })
}
