//! `perfmon start`: the exporter alone, with the figures of this machine.

use perfmon::exporter::{
    self, Exporter,
    config::{Config, Level},
};

use crate::{args::Started, failure::Failure, output};

pub(crate) fn start(asked: &Started, debug: bool) -> Result<(), Failure> {
    let source = asked.config.as_deref().map(|path| asked.syntax.source(path));
    let config = source.as_ref().map_or_else(Config::from_env, Config::load_from);
    let mut config = config.map_err(|error| Failure::configuration(&error))?;
    if config.log.file.is_none() {
        // Nobody else keeps a log here, and what goes wrong must be told somewhere.
        config.log.level.get_or_insert(Level::Info);
    }
    let watched = config.source().is_some();
    let last = config.report.last.clone();
    let mut builder = exporter::builder().config(config).map_err(|error| Failure::configuration(&error))?;
    if debug {
        builder = builder.debug();
    }
    if let Some(address) = &asked.listen {
        builder = builder.listen(address);
    }
    // Before the port is told: whoever reads it may send a signal at once.
    let waiting = Waiting::begin()?;
    let exporter = builder.start()?;
    output::print(&format!("perfmon serves {}", exporter.url()))?;
    waiting.until_told_to_stop(&exporter, watched);
    exporter.stop()?;
    match last {
        Some(path) => output::print(&format!("perfmon has stopped; the last report is {}", path.display())),
        None => output::print("perfmon has stopped"),
    }
}

/// How long a signal may be told again without meaning that it is urgent.
#[cfg(unix)]
const REPEATS: std::time::Duration = std::time::Duration::from_secs(1);

/// Waits for signals.
struct Waiting {
    #[cfg(unix)]
    signals: signal_hook::iterator::Signals,
    #[cfg(unix)]
    told: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

#[cfg(unix)]
impl Waiting {
    fn begin() -> Result<Self, Failure> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let told = std::sync::Arc::default();
        let begin = || {
            // One that comes later does not wait for the last round: the flag is not yet up when the first arrives.
            for signal in [SIGINT, SIGTERM] {
                let status = 128 + signal;
                signal_hook::flag::register_conditional_shutdown(signal, status, std::sync::Arc::clone(&told))?;
            }
            signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM])
        };
        let signals = begin().map_err(|error| {
            Failure::failed(format!("failed to wait for signals: {error}; is the limit of open files too low?"))
        })?;
        Ok(Self { signals, told })
    }

    fn until_told_to_stop(mut self, exporter: &Exporter, watched: bool) {
        for signal in self.signals.forever() {
            match signal {
                signal_hook::consts::SIGHUP => {
                    exporter.reload();
                    if !watched {
                        output::tell("nothing to read again: it runs without a file in --config");
                    }
                }
                _ => break,
            }
        }
        let told = self.told.clone();
        let heed = move || told.store(true, std::sync::atomic::Ordering::Relaxed);
        // Who sends a signal to a process and to its group, as `timeout` does, means one. Until the flag is up, the handlers that are there swallow more of them.
        let later = heed.clone();
        let waiting = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(REPEATS);
            later();
        });
        if waiting.is_err() {
            heed();
        }
    }
}

#[cfg(not(unix))]
impl Waiting {
    #[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
    fn begin() -> Result<Self, Failure> {
        Ok(Self {})
    }

    /// There are no signals: the system ends the process.
    fn until_told_to_stop(self, _: &Exporter, _: bool) {
        loop {
            std::thread::park();
        }
    }
}
