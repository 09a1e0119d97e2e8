//! What is chosen before it starts.

use std::{fmt, path::PathBuf};

use perfmon_core::{Snapshot, analyse::HealthPolicy, series::Bounds};

use crate::{listen::DEFAULT_ADDRESS, section::Sections, settings::Access};

#[cfg(feature = "config")]
use crate::{config::Config, reload::Base};

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
    pub(super) listen: String,
    pub(super) public: bool,
    pub(super) access: Access,
    pub(super) max_connections: Option<usize>,
    pub(super) windows_bytes: Option<usize>,
    pub(super) history: Option<Bounds>,
    pub(super) policy: HealthPolicy,
    pub(super) profiles: Vec<(String, String)>,
    pub(super) default_profile: Option<String>,
    pub(super) packs: Vec<Pack>,
    pub(super) sections: Sections,
    pub(super) final_report: Option<PathBuf>,
    #[cfg(feature = "config")]
    pub(super) config: Option<(Base, Config)>,
    #[cfg(feature = "config")]
    pub(super) debug: bool,
}

/// Something that registers collectors when the exporter starts.
pub(super) struct Pack {
    pub(super) name: &'static str,
    pub(super) register: Box<dyn FnOnce() + Send>,
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
    /// The address to listen on, `"127.0.0.1:9464"` by default; port 0 is any that is free (see [`Exporter::address`](super::Exporter::address)).
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
        self,
        name: &'static str,
        tell: impl Fn() -> Option<serde_json::Value> + Send + Sync + 'static,
    ) -> Self {
        self.section_of_window(name, move |_| tell())
    }

    /// The same for figures of a piece of time: each time it is given what happened in the window that the dashboard is asked for, the last five minutes by default.
    ///
    /// ```
    /// # mod perfmon { pub use perfmon_core::*; pub use perfmon_exporter as exporter; }
    /// use perfmon::snapshot::Stats;
    /// use serde_json::json;
    ///
    /// let exporter = perfmon::exporter::builder()
    ///     .listen("127.0.0.1:0")
    ///     .section_of_window("orders", |recent| {
    ///         let orders: u64 = recent.of_kind(perfmon::site::Kind::Order).map(|site| Stats::calls(site)).sum();
    ///         Some(json!({"placed": orders, "per_second": recent.per_second(orders)}))
    ///     })
    ///     .start()?;
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    pub fn section_of_window(
        mut self,
        name: &'static str,
        tell: impl Fn(&Snapshot) -> Option<serde_json::Value> + Send + Sync + 'static,
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
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let packs: Vec<_> = self.packs.iter().map(|pack| pack.name).collect();
        f.debug_struct("Builder").field("listen", &self.listen).field("packs", &packs).finish_non_exhaustive()
    }
}
