//! The start: from choices to a thread that runs.

use std::{sync::Arc, thread};

use perfmon_core::{
    Error,
    analyse::Windows,
    collect::{Driver, drive},
    series,
};
use tokio::sync::watch;

use super::{Builder, Exporter, builder};
use crate::{
    connections::{Connections, chosen_connections, most_connections},
    listen::{bind, cannot_listen},
    profiles::Profiles,
    pump::{Chore, Pump},
    run::run,
    state::Shared,
};

#[cfg(feature = "config")]
use crate::reload::Reload;
#[cfg(feature = "tls")]
use crate::validity;

/// Starts the exporter with every default. Keep what it returns: dropped, the exporter stops.
///
/// # Errors
/// As [`Builder::start`].
pub fn start() -> Result<Exporter, Error> {
    builder().start()
}

impl Builder {
    /// Starts it: a thread with a runtime of its own, and another that runs collectors. The caller's threads and runtime are not used, and no
    /// signal handler is installed.
    ///
    /// # Errors
    /// When the address is wrong, in use or reachable from other machines without authentication or [`allow_public`](Self::allow_public); when a profile, a bound
    /// of the history, the final report's path, a section's name, a certificate or something else in [`access`](Self::access) is wrong; when an exporter runs in
    /// this process already; when the system gives no thread. Nothing runs then.
    pub fn start(self) -> Result<Exporter, Error> {
        let (profiles, mut door) = self.prepare()?;
        // Before the port, which another one of this process would have.
        let driver = only_one()?;
        #[cfg(feature = "config")]
        self.begin_log()?;
        let listener = bind(&self.listen, door.may_be_public()).map_err(|error| self.tell("server.listen", error))?;
        let address = listener.local_addr().map_err(|error| cannot_listen(&self.listen, &error))?;
        door.stand_at(address);
        let scheme = door.scheme();
        let final_report = self.final_report.clone();
        let (shared, pump) = self.pump(profiles, driver)?;
        let (stop, stopped) = watch::channel(false);
        let body = {
            let shared = shared.clone();
            move || run(listener, door, &shared, pump, stopped)
        };
        let thread = thread::Builder::new().name(String::from("perfmon-exporter")).spawn(body);
        let thread =
            thread.map_err(|error| Error::unavailable(format!("failed to start the exporter's thread: {error}")))?;
        let exporter = Exporter { address, scheme, shared, stop, thread: Some(thread), final_report };
        exporter.tell();
        Ok(exporter)
    }

    pub(super) fn pump(self, profiles: Profiles, driver: Driver) -> Result<(Arc<Shared>, Pump), Error> {
        perfmon_core::init();
        if let Some(bounds) = self.history {
            series::set_bounds(bounds)?;
        }
        for pack in self.packs {
            (pack.register)();
        }
        let connections = Connections::new(self.max_connections.map_or_else(most_connections, chosen_connections));
        let shared = Shared::new(profiles, connections, self.sections);
        shared.set_access(Arc::new(self.access));
        if let Some(limit) = self.windows_bytes {
            *shared.windows() = Windows::new(limit);
        }
        #[cfg_attr(not(any(feature = "config", feature = "tls")), allow(unused_mut))]
        let mut chores: Vec<Chore> = Vec::new();
        #[cfg(feature = "tls")]
        chores.extend(shared.access().tls.as_ref().map(|tls| validity::watch(tls.certificate.clone())));
        #[cfg(feature = "config")]
        if let Some((base, config)) = self.config {
            let mut reload = Reload::begin(shared.clone(), base, config);
            chores.push(Box::new(move |policy| reload.look(policy)));
        }
        let pump = Pump::new(shared.clone(), self.policy, driver, chores);
        Ok((shared, pump))
    }
}

/// Takes over the collectors, which only one exporter can.
pub(super) fn only_one() -> Result<Driver, Error> {
    drive().ok_or_else(|| {
        Error::unavailable(
            "failed to start the exporter: one runs in this process already; start it once, in `main`, and keep its guard",
        )
    })
}
