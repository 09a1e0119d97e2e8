//! The process's log, when configuration asks for one and the program keeps none.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use perfmon_core::Error;
use tracing_subscriber::{Layer, Registry, filter::LevelFilter, fmt, layer::SubscriberExt, reload};

use crate::config::{Level, Log};

/// The log, once there is one of ours.
static OURS: OnceLock<Ours> = OnceLock::new();

struct Ours {
    level: reload::Handle<LevelFilter, Registry>,
    /// What is logged whatever the configuration says.
    least: LevelFilter,
    file: Option<Appended>,
}

/// A file that is appended to, and that can be opened again when another has taken its name.
#[derive(Clone)]
struct Appended {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

/// Begins a log, unless the program has one or nothing is written about it. Then only the level changes, if the log is ours. With `debug`, standard error gets what is
/// being done, besides the file.
///
/// # Errors
/// When its file cannot be opened, or not be made its owner's alone.
pub(crate) fn begin(log: &Log, debug: bool) -> Result<(), Error> {
    if OURS.get().is_some() || (log.file.is_none() && log.level.is_none() && !debug) {
        set_level(log);
        return Ok(());
    }
    let file = log.file.as_deref().map(Appended::open).transpose()?;
    let least = if debug && file.is_none() { LevelFilter::DEBUG } else { LevelFilter::OFF };
    let (filter, level) = reload::Layer::new(filter(log).max(least));
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match file.clone() {
        Some(file) => Box::new(fmt::layer().with_ansi(false).with_writer(move || file.clone())),
        None => Box::new(fmt::layer().with_ansi(false).with_writer(io::stderr)),
    };
    let beside = (debug && file.is_some())
        .then(|| fmt::layer().with_ansi(false).with_writer(io::stderr).with_filter(LevelFilter::DEBUG));
    let lines = Registry::default().with(lines.with_filter(filter)).with(beside);
    match tracing::subscriber::set_global_default(lines) {
        Ok(()) => _ = OURS.set(Ours { level, least, file }),
        Err(_) => {
            tracing::info!(target: "perfmon", "the program keeps a log of its own: [log] in the configuration changes nothing");
        }
    }
    Ok(())
}

/// Changes what is logged, if the log is ours.
pub(crate) fn set_level(log: &Log) {
    if let Some(ours) = OURS.get() {
        // It fails only without the subscriber, and then nothing is logged.
        let _ = ours.level.reload(filter(log).max(ours.least));
    }
}

/// Opens the file again, if the log is ours and has one: what rotates logs has given it another name.
pub(crate) fn reopen() {
    let Some(Appended { path, file }) = OURS.get().and_then(|ours| ours.file.as_ref()) else { return };
    match open(path) {
        Ok(new) => *file.lock().unwrap_or_else(PoisonError::into_inner) = new,
        Err(error) => tracing::error!(target: "perfmon", %error, "the log goes on in the file before"),
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

impl Appended {
    fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(open(path)?)) })
    }
}

impl Write for Appended {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    // All of a line, before the file can be another.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// What [`begin`] would say of the file, without making it.
pub(crate) fn check(path: &Path) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.map_or(Ok(true), Path::try_exists) {
        Ok(false) => Err(cannot_open(path, &"there is no such folder")),
        Err(error) => Err(cannot_open(path, &error)),
        Ok(true) if path.is_dir() => Err(cannot_open(path, &"it is a folder")),
        Ok(true) => Ok(()),
    }
}

fn cannot_open(path: &Path, why: &dyn std::fmt::Display) -> Error {
    let path = path.display();
    Error::unavailable(format!(
        "failed to open the log {path} as its owner's alone: {why}; choose another path in [log] file"
    ))
}

/// Logs may tell more than everybody should know, so one that was there for others to read is its owner's alone from now on.
fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(path).and_then(|file| perfmon_core::report::restrict(&file).map(|()| file));
    opened.map_err(|error| cannot_open(path, &error))
}
