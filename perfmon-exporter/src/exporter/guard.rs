//! The guard: the exporter runs as long as it lives.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, thread::JoinHandle};

use perfmon_core::{
    Error, Snapshot,
    analyse::{Health, Window},
    report::{Report, report},
    snapshot,
};
use tokio::sync::watch;

use crate::{
    serve::Door,
    settings::Access,
    state::{Shared, Tick},
};

#[cfg(feature = "tls")]
use crate::validity;

/// The running exporter. Dropping it does a last round (samplers excepted), answers what is being asked, ends its threads and writes the final report if one
/// was chosen.
#[derive(Debug)]
#[must_use = "dropped, the exporter stops; keep it in a variable such as `_perfmon`"]
pub struct Exporter {
    pub(super) address: SocketAddr,
    pub(super) scheme: &'static str,
    pub(super) shared: Arc<Shared>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) thread: Option<JoinHandle<()>>,
    pub(super) final_report: Option<PathBuf>,
}

impl Exporter {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `"http://127.0.0.1:9464"`, or `https` with a certificate.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Says in the log what has begun.
    pub(super) fn tell(&self) {
        let access = self.shared.access();
        tracing::info!(target: "perfmon", url = %self.url(), version = env!("CARGO_PKG_VERSION"), readers = %access.readers(), "serving");
        #[cfg(feature = "tls")]
        if let Some(Err(error)) = access.tls.as_ref().map(|tls| validity::check(&tls.certificate)) {
            tracing::warn!(target: "perfmon", "{error}");
        }
        for one in perfmon_core::collect::collectors() {
            tracing::debug!(target: "perfmon", name = %one.name, enabled = one.enabled, interval = ?one.interval, "collector");
        }
    }

    /// What happened in the last ten seconds, minute, … hour, up to this moment: percentiles, rates, objectives, whatever a snapshot tells. Its
    /// [`span`](Snapshot::span) is the time it truly covers. Costs a snapshot and as much again.
    ///
    /// ```
    /// # mod perfmon { pub use perfmon_core::*; pub use perfmon_exporter as exporter; }
    /// use perfmon::analyse::Window;
    ///
    /// let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start()?;
    /// let minute = exporter.window(Window::OneMinute);
    /// assert!(minute.span().as_secs() <= 61);
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    #[must_use]
    pub fn window(&self, window: Window) -> Snapshot {
        self.shared.window(window, &snapshot())
    }

    /// How healthy the process was at the last tick; `None` before the first.
    #[must_use]
    pub fn health(&self) -> Option<Health> {
        self.shared.latest().map(|tick| tick.health.clone())
    }

    /// The ticks from now on, one a second: a channel that always holds the newest.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Option<Arc<Tick>>> {
        self.shared.subscribe()
    }

    /// Changes who may do what, from the next request on.
    ///
    /// # Errors
    /// When something in it makes no sense, or the certificate is at another place: that needs a start. Everything stays as it was then.
    pub fn set_access(&self, access: Access) -> Result<(), Error> {
        if access.tls != self.shared.access().tls {
            return Err(Error::invalid(
                "failed to change the certificate's place: stop the exporter and start it again",
            ));
        }
        let access = Arc::new(access);
        Door::check(&access)?;
        self.shared.set_access(access);
        Ok(())
    }

    /// Stops it and says what went wrong with that, if anything. Dropping it does the same and tells a tracing subscriber only.
    ///
    /// # Errors
    /// When the final report cannot be written.
    pub fn stop(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.stop.send_replace(true);
        // A panic in it was told when it happened.
        let _ = thread.join();
        let Some(path) = &self.final_report else { return Ok(()) };
        // The last round was made just now. Another snapshot would run collectors on this thread, and wait for them.
        let report = self.shared.latest().map_or_else(report, |tick| Report::new(Snapshot::clone(&tick.snapshot)));
        let written = report.write_to(path);
        written.map_err(|error| {
            Error::unavailable(format!("failed to write the final report to {}: {error}", path.display()))
        })
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(target: "perfmon", "{error}");
        }
    }
}
