//! Starting the exporter, and the guard that keeps it running.

mod by_hand;
mod check;
#[cfg(feature = "config")]
mod configured;

use std::{
    fmt,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
};

use perfmon_core::{
    Error, Snapshot,
    analyse::{Health, HealthPolicy, Window, Windows},
    collect::{Driver, drive},
    report::{Report, report},
    series::{self, Bounds},
    snapshot,
};
use tokio::sync::watch;

#[doc(hidden)]
pub use self::by_hand::ByHand;
use crate::{
    connections::{Connections, chosen_connections, most_connections},
    listen::{DEFAULT_ADDRESS, bind, cannot_listen},
    profiles::Profiles,
    pump::{Chore, Pump},
    run::run,
    section::Sections,
    serve::Door,
    settings::Access,
    state::{Shared, Tick},
};

#[cfg(feature = "tls")]
use crate::validity;
#[cfg(feature = "config")]
use crate::{
    config::Config,
    log,
    reload::{Base, Reload},
};

/// Choices about the exporter. What is not chosen keeps its default.
///
/// ```
/// # mod perfmon { pub use perfmon_core::*; pub use perfmon_exporter as exporter; }
/// let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start()?;
/// println!("metrics at {}/metrics", exporter.url());
/// # Ok::<(), perfmon::Error>(())
/// ```
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    listen: String,
    public: bool,
    access: Access,
    max_connections: Option<usize>,
    windows_bytes: Option<usize>,
    history: Option<Bounds>,
    policy: HealthPolicy,
    profiles: Vec<(String, String)>,
    default_profile: Option<String>,
    packs: Vec<Pack>,
    sections: Sections,
    final_report: Option<PathBuf>,
    #[cfg(feature = "config")]
    config: Option<(Base, Config)>,
    #[cfg(feature = "config")]
    debug: bool,
}

/// Something that registers collectors when the exporter starts.
struct Pack {
    name: &'static str,
    register: Box<dyn FnOnce() + Send>,
}

/// Begins to choose.
pub fn builder() -> Builder {
    Builder {
        listen: String::from(DEFAULT_ADDRESS),
        public: false,
        access: Access::default(),
        max_connections: None,
        windows_bytes: None,
        history: None,
        policy: HealthPolicy::default(),
        profiles: Vec::new(),
        default_profile: None,
        packs: Vec::new(),
        sections: Sections::default(),
        final_report: None,
        #[cfg(feature = "config")]
        config: None,
        #[cfg(feature = "config")]
        debug: false,
    }
}

impl Builder {
    /// The address to listen on, `"127.0.0.1:9464"` by default; port 0 is any that is free (see [`Exporter::address`]).
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Allows an address that other machines can reach even without anybody having to say who they are: whoever reaches it reads everything there is.
    /// With tokens or users in [`access`](Self::access) this is not needed.
    pub fn allow_public(mut self) -> Self {
        self.public = true;
        self
    }

    /// Who may do what, and how the server is protected: tokens, users, other sites' pages, the server's names, a limit on requests, TLS.
    ///
    /// ```
    /// # mod perfmon { pub use perfmon_core::*; pub use perfmon_exporter as exporter; }
    /// use perfmon::exporter::settings::{Access, Role, Token};
    ///
    /// let mut access = Access::default();
    /// access.tokens = vec![Token { name: "prometheus".into(), secret: "a-long-text-that-nobody-guesses".into(), role: Role::Read }];
    /// let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").access(access).start()?;
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Connections at once; 512 by default, or a quarter of the files that the process may open if that is less. At least one, and never more than half of those
    /// files, so that the service keeps some.
    pub fn max_connections(mut self, most: usize) -> Self {
        self.max_connections = Some(most.max(1));
        self
    }

    /// Memory that live windows may take, about, in bytes; 16 MiB by default.
    pub fn windows_memory(mut self, limit_bytes: usize) -> Self {
        self.windows_bytes = Some(limit_bytes);
        self
    }

    /// How much of the recent past of gauges and counters is kept; a day by default. The same as [`set_bounds`](perfmon_core::series::set_bounds) at the start.
    pub fn history(mut self, bounds: Bounds) -> Self {
        self.history = Some(bounds);
        self
    }

    /// What takes points from the health score.
    pub fn health(mut self, policy: HealthPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// A profile of names of your own, in TOML, for `/metrics?names=<name>`; it may take the place of a shipped one.
    pub fn profile(mut self, name: impl Into<String>, toml: impl Into<String>) -> Self {
        self.profiles.push((name.into(), toml.into()));
        self
    }

    /// The profile for scrapes that name none; `"canonical"` by default.
    pub fn default_profile(mut self, name: impl Into<String>) -> Self {
        self.default_profile = Some(name.into());
        self
    }

    /// Registers collectors, say, when the exporter has started.
    pub fn pack(mut self, name: &'static str, register: impl FnOnce() + Send + 'static) -> Self {
        self.packs.push(Pack { name, register: Box::new(register) });
        self
    }

    /// Leaves a pack out that was chosen before.
    pub fn without(mut self, pack: &str) -> Self {
        self.packs.retain(|known| known.name != pack);
        self
    }

    /// A part of `/api/v1/dashboard` (and so of `perfmon export`) that the exporter knows nothing of: what it tells each time somebody asks, under this name. `None` is shown as
    /// `null`. It runs on one of the exporter's threads and should not take long; one that panics shows as `null`, and health says so. A section of the same
    /// name takes the place of an earlier one. `"pnl"`, profit and loss, is there even when nobody tells it, as `null`.
    ///
    /// ```
    /// # mod perfmon { pub use perfmon_core::*; pub use perfmon_exporter as exporter; }
    /// use serde_json::json;
    ///
    /// let exporter = perfmon::exporter::builder()
    ///     .listen("127.0.0.1:0")
    ///     .section("queue", || Some(json!({"waiting": 3, "oldest_seconds": 0.5})))
    ///     .start()?;
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    pub fn section(
        mut self,
        name: &'static str,
        tell: impl Fn() -> Option<serde_json::Value> + Send + Sync + 'static,
    ) -> Self {
        self.sections.add(name, Box::new(tell));
        self
    }

    /// Where to write a last report when the exporter stops: a file that ends in `.json`, `.md`, `.csv` or `.txt`. Nothing is written when the process ends by
    /// `process::exit` or a signal, which drop nothing.
    pub fn final_report(mut self, path: impl Into<PathBuf>) -> Self {
        self.final_report = Some(path.into());
        self
    }

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
        let readers = self.shown(&self.access.readers());
        let (shared, pump) = self.pump(profiles, driver, false)?;
        let (stop, stopped) = watch::channel(false);
        let body = {
            let shared = shared.clone();
            move || run(listener, door, &shared, pump, stopped)
        };
        let thread = thread::Builder::new().name(String::from("perfmon-exporter")).spawn(body);
        let thread =
            thread.map_err(|error| Error::unavailable(format!("failed to start the exporter's thread: {error}")))?;
        let exporter = Exporter { address, scheme, shared, stop, thread: Some(thread), final_report };
        exporter.tell(&readers);
        Ok(exporter)
    }

    /// `waits`: each second waits for what is done beside it, so that a simulation has found it.
    #[cfg_attr(not(feature = "config"), allow(unused_variables, reason = "only configuration is read again"))]
    fn pump(self, profiles: Profiles, driver: Driver, waits: bool) -> Result<(Arc<Shared>, Pump), Error> {
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
            reload.waits = waits;
            chores.push(log::watch());
            chores.push(Box::new(move |policy| reload.look(policy)));
        }
        let pump = Pump::new(shared.clone(), self.policy, driver, chores);
        Ok((shared, pump))
    }
}

/// Takes over the collectors, which only one exporter can.
fn only_one() -> Result<Driver, Error> {
    drive().ok_or_else(|| {
        Error::unavailable(
            "failed to start the exporter: one runs in this process already; start it once, in `main`, and keep its guard",
        )
    })
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packs: Vec<_> = self.packs.iter().map(|pack| pack.name).collect();
        f.debug_struct("Builder").field("listen", &self.listen).field("packs", &packs).finish_non_exhaustive()
    }
}

/// Starts the exporter with every default. Keep what it returns: dropped, the exporter stops.
///
/// # Errors
/// As [`Builder::start`].
pub fn start() -> Result<Exporter, Error> {
    builder().start()
}

/// The running exporter. Dropping it does a last round (samplers excepted), answers what is being asked, ends its threads and writes the final report if one
/// was chosen.
#[derive(Debug)]
#[must_use = "dropped, the exporter stops; keep it in a variable such as `_perfmon`"]
pub struct Exporter {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    final_report: Option<PathBuf>,
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
    fn tell(&self, readers: &str) {
        tracing::info!(target: "perfmon", url = %self.url(), version = env!("CARGO_PKG_VERSION"), %readers, "serving");
        #[cfg(feature = "tls")]
        if let Some(Err(error)) = self.shared.access().tls.as_ref().map(|tls| validity::check(&tls.certificate)) {
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

    /// Changes who may do what, from the next request on. Without any token or user in it nobody is let in, if there has been one since the start: less access, never more.
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
