//! Starting the exporter, and the guard that keeps it running.

use std::{
    fmt, io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use perfmon_core::{
    Error, Snapshot,
    analyse::{Health, HealthPolicy, Window},
    collect::{Driver, drive},
    report::report,
    snapshot,
};
use tokio::sync::watch;

use crate::{
    connections::{Connections, most_connections},
    encode::Profile,
    profiles::Profiles,
    pump::Pump,
    run::run,
    state::{Shared, Tick},
};

/// Where it listens unless told otherwise: loopback, at the port that OpenTelemetry's exporter uses (9090 is Prometheus itself).
pub const DEFAULT_ADDRESS: &str = "127.0.0.1:9464";

/// Connections that may wait to be accepted; the system may allow fewer.
#[cfg(unix)]
const WAITING: i32 = 4096;

/// Choices about the exporter. What is not chosen keeps its default.
///
/// ```
/// let exporter = perfmon_exporter::builder().listen("127.0.0.1:0").start()?;
/// println!("metrics at {}/metrics", exporter.url());
/// # Ok::<(), perfmon_core::Error>(())
/// ```
#[must_use = "nothing runs before `start`"]
pub struct Builder {
    listen: String,
    public: bool,
    policy: HealthPolicy,
    profiles: Vec<(String, String)>,
    default_profile: Option<String>,
    packs: Vec<Pack>,
    final_report: Option<PathBuf>,
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
        policy: HealthPolicy::default(),
        profiles: Vec::new(),
        default_profile: None,
        packs: Vec::new(),
        final_report: None,
    }
}

impl Builder {
    /// The address to listen on, `"127.0.0.1:9464"` by default; port 0 is any that is free (see [`Exporter::address`]).
    pub fn listen(mut self, address: impl Into<String>) -> Self {
        self.listen = address.into();
        self
    }

    /// Allows an address that other machines can reach. Whoever reaches it reads everything there is: there is no authentication.
    pub fn allow_public(mut self) -> Self {
        self.public = true;
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

    /// Where to write a last report when the exporter stops. The ending chooses the format, see
    /// [`Format::of_path`](perfmon_core::report::Format::of_path).
    pub fn final_report(mut self, path: impl Into<PathBuf>) -> Self {
        self.final_report = Some(path.into());
        self
    }

    /// Starts it: a thread with a runtime of its own, and another that runs collectors. The caller's threads and runtime are not used, and no
    /// signal handler is installed.
    ///
    /// # Errors
    /// When the address is wrong, in use or reachable from other machines without [`allow_public`](Self::allow_public); when a profile is wrong; when an
    /// exporter runs in this process already; when the system gives no thread. Nothing runs then.
    pub fn start(self) -> Result<Exporter, Error> {
        let profiles = self.profiles()?;
        // Before the port, which another one of this process would have.
        let driver = only_one()?;
        let listener = bind(&self.listen, self.public)?;
        let address = listener.local_addr().map_err(|error| cannot_listen(&self.listen, &error))?;
        let final_report = self.final_report.clone();
        let (shared, pump) = self.pump(profiles, driver);
        let (stop, stopped) = watch::channel(false);
        let body = {
            let shared = shared.clone();
            move || run(listener, &shared, pump, stopped)
        };
        let thread = thread::Builder::new().name(String::from("perfmon-exporter")).spawn(body);
        let thread =
            thread.map_err(|error| Error::unavailable(format!("failed to start the exporter's thread: {error}")))?;
        Ok(Exporter { address, shared, stop, thread: Some(thread), final_report })
    }

    /// The same without thread and port: it moves when told to. For simulations, with a mock clock say.
    #[doc(hidden)]
    pub fn by_hand(self) -> Result<ByHand, Error> {
        let profiles = self.profiles()?;
        let (shared, pump) = self.pump(profiles, only_one()?);
        Ok(ByHand { shared, pump })
    }

    fn profiles(&self) -> Result<Profiles, Error> {
        let mut profiles = Profiles::default();
        for (name, toml) in &self.profiles {
            profiles.add(Profile::parse(name, toml)?);
        }
        if let Some(name) = &self.default_profile {
            profiles.set_default(name)?;
        }
        Ok(profiles)
    }

    fn pump(self, profiles: Profiles, driver: Driver) -> (Arc<Shared>, Pump) {
        perfmon_core::init();
        for pack in self.packs {
            (pack.register)();
        }
        let shared = Shared::new(profiles, Connections::new(most_connections()));
        let pump = Pump::new(shared.clone(), self.policy, driver);
        (shared, pump)
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

    /// `"http://127.0.0.1:9464"`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What happened in the last ten seconds, minute, … hour, up to this moment: percentiles, rates, objectives, whatever a snapshot tells. Its
    /// [`span`](Snapshot::span) is the time it truly covers. Costs a snapshot and as much again.
    ///
    /// ```
    /// # use perfmon_core::analyse::Window;
    /// let exporter = perfmon_exporter::builder().listen("127.0.0.1:0").start()?;
    /// let minute = exporter.window(Window::OneMinute);
    /// assert!(minute.span().as_secs() <= 61);
    /// # Ok::<(), perfmon_core::Error>(())
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

    /// Stops it and says what went wrong with that, if anything. Dropping it does the same in silence.
    ///
    /// # Errors
    /// When the final report cannot be written.
    pub fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.stop.send_replace(true);
        // A panic in it was told when it happened.
        let _ = thread.join();
        self.final_report.as_ref().map_or(Ok(()), |path| report().write_to(path))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(target: "perfmon", %error, "failed to write the final report");
        }
    }
}

/// An exporter that moves when told to.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByHand {
    shared: Arc<Shared>,
    pump: Pump,
}

impl ByHand {
    /// One second's work.
    pub fn tick(&mut self) {
        self.pump.tick(Duration::ZERO);
    }

    /// What a scrape gets.
    ///
    /// # Errors
    /// When there is no such profile of names.
    pub fn scrape(&self, names: Option<&str>, accept: Option<&str>) -> Result<Vec<u8>, Error> {
        let profile = self.shared.profiles.get(names).map_err(Error::invalid)?;
        Ok(self.shared.render(&profile, profile.negotiate(accept)))
    }
}

fn bind(address: &str, public: bool) -> Result<TcpListener, Error> {
    let wrong = |why: &dyn fmt::Display| {
        Error::invalid(format!(
            "failed to listen on {address:?}: {why}; write host and port, as in \"{DEFAULT_ADDRESS}\""
        ))
    };
    let addresses: Vec<SocketAddr> = address.to_socket_addrs().map_err(|error| wrong(&error))?.collect();
    if let Some(reachable) = addresses.iter().find(|address| !address.ip().is_loopback())
        && !public
    {
        return Err(Error::invalid(format!(
            "refused to listen on {reachable}: other machines could read everything there without authentication; \
             listen on 127.0.0.1 behind a proxy, or say so with `allow_public()`"
        )));
    }
    let listener = TcpListener::bind(addresses.as_slice()).map_err(|error| cannot_listen(address, &error))?;
    // The standard library lets 128 connections wait. A flood would fill that, and whoever comes then waits for a second or more.
    #[cfg(unix)]
    rustix::net::listen(&listener, WAITING).map_err(|error| cannot_listen(address, &error.into()))?;
    listener.set_nonblocking(true).map_err(|error| cannot_listen(address, &error))?;
    Ok(listener)
}

fn cannot_listen(address: &str, error: &io::Error) -> Error {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program has the port, perhaps another exporter: choose a different one with `listen(\"127.0.0.1:9465\")`, or port 0 for any that is free"
        }
        io::ErrorKind::PermissionDenied => "ports below 1024 need privileges: choose a higher one",
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address: listen on 127.0.0.1",
        _ => "choose another address with `listen`",
    };
    Error::unavailable(format!("failed to listen on {address}: {error}; {remedy}"))
}
