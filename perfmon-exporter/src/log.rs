//! The process's log, when configuration asks for one and the program keeps none.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use perfmon_core::{Error, analyse::Deduction};
use tracing_subscriber::{Layer, Registry, filter::LevelFilter, fmt, layer::SubscriberExt, reload};

use crate::{
    config::{Level, Log},
    pump::Chore,
    writable::unwritable,
};

/// What a log that takes nothing takes from health.
const POINTS: u8 = 5;

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
    lost: Arc<Lost>,
}

/// Lines that the file did not take, which went to standard error.
#[derive(Default)]
struct Lost {
    lines: AtomicU64,
    /// Why, as long as it is so.
    why: Mutex<Option<String>>,
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
    let file = log.file.as_deref().map(|path| check(path).and_then(|()| Appended::open(path))).transpose()?;
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
    let Some(Appended { path, file, .. }) = OURS.get().and_then(|ours| ours.file.as_ref()) else { return };
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
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(open(path)?)), lost: Arc::default() })
    }

    /// Writes a line to the file, or else where somebody may still read it: a full device is when the log is needed.
    fn write_line(&self, bytes: &[u8], otherwise: &mut impl Write) -> io::Result<()> {
        let written = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(bytes);
        let mut why = self.lost.why.lock().unwrap_or_else(PoisonError::into_inner);
        let Err(error) = written else {
            *why = None;
            return Ok(());
        };
        self.lost.lines.fetch_add(1, Ordering::Relaxed);
        if why.replace(error.to_string()).is_none() {
            let path = self.path.display();
            writeln!(otherwise, "perfmon: failed to write to the log {path}: {error}; its lines go here")?;
        }
        otherwise.write_all(bytes)
    }

    fn tell(&self) -> Option<Deduction> {
        let why = self.lost.why.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let (path, lines) = (self.path.display(), self.lost.lines.load(Ordering::Relaxed));
        let reason = format!(
            "the log {path} takes nothing: {why}; {lines} of its lines went to standard error: make room, or choose another file in [log] file"
        );
        Some(Deduction { rule: String::from("log"), points: POINTS, reason })
    }
}

/// Tells health when the log's file takes nothing.
pub(crate) fn watch() -> Chore {
    Box::new(|_| OURS.get()?.file.as_ref()?.tell())
}

impl Write for Appended {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    // All of a line, before the file can be another.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_line(bytes, &mut io::stderr())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// What [`begin`] would say of the file, without making it.
pub(crate) fn check(path: &Path) -> Result<(), Error> {
    unwritable(path).map_or(Ok(()), |why| Err(cannot_open(path, &why)))
}

fn cannot_open(path: &Path, why: &dyn std::fmt::Display) -> Error {
    let path = path.display();
    Error::invalid(format!(
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        fs::File,
        path::PathBuf,
        sync::{Arc, Mutex},
    };

    use super::Appended;

    #[test]
    fn a_full_device_is_told_and_the_lines_go_elsewhere() {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let log =
            Appended { path: PathBuf::from("perfmon.log"), file: Arc::new(Mutex::new(full)), lost: Arc::default() };
        let mut otherwise = Vec::new();
        for line in ["one\n", "two\n"] {
            log.write_line(line.as_bytes(), &mut otherwise).expect("taken elsewhere");
        }
        let text = String::from_utf8(otherwise).expect("text");
        assert!(text.starts_with("perfmon: failed to write to the log perfmon.log: No space left"), "{text}");
        assert!(text.ends_with("its lines go here\none\ntwo\n"), "{text}");
        let told = log.tell().expect("told");
        assert!(told.points == 5 && told.reason.contains("2 of its lines went to standard error"), "{told:?}");
        // There is room again.
        *log.file.lock().expect("no panic") = tempfile::tempfile().expect("a file");
        log.write_line(b"three\n", &mut Vec::new()).expect("taken");
        assert!(log.tell().is_none());
    }
}
