//! Configuration: a file in TOML, JSON or YAML, and environment variables, which go before it.
//!
//! ```
//! # mod perfmon { pub use perfmon_exporter as exporter; pub use perfmon_core::Error; }
//! use perfmon::exporter::config::{Config, Format};
//!
//! let config = Config::parse("[server]\nlisten = \"127.0.0.1:0\"", Format::Toml, "perfmon.toml")?;
//! let exporter = perfmon::exporter::builder().config(config)?.start()?;
//!
//! let error = Config::parse("[server]\nlisen = \"127.0.0.1:0\"", Format::Toml, "perfmon.toml").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "failed to read the configuration, perfmon.toml:2:1, server: there is no key \"lisen\"; did you mean \"listen\"? Allowed here: \
//!      listen, allow_public, origins, hosts, trusted_proxies, requests_per_second, max_connections, tls, tokens and users"
//! );
//! # Ok::<(), perfmon::Error>(())
//! ```
//!
//! What is not written keeps what the program chose, or the default; what is written goes before both. Every value can come from an environment variable
//! too, with two underscores between levels: `PERFMON_SERVER__LISTEN`, `PERFMON_COLLECTORS__SYSTEM__CPU__INTERVAL`, `PERFMON_SERVER__ORIGINS=https://a,https://b`,
//! `PERFMON_SERVER__TOKENS__0__SECRET`; an empty one is as good as absent, and `[]` empties a list of the file's. In texts of the file `${NAME}` stands for a variable, `${NAME:-default}` for one that may be
//! absent or empty, and `$$` for a dollar sign. `perfmon.example.toml` in the repository has every key.
//!
//! A file that [`Config::load`] read is read again when it has changed and then been still for a second, while the exporter runs. Collectors, health, profiles, the history's
//! bounds, who may ask, and the log's level then change at once; what needs a restart is told in `/health`, and so are mistakes, which change nothing.

mod access;
mod checked;
mod environment;
mod example;
mod format;
mod health;
mod mistake;
mod mistakes;
mod node;
mod places;
mod quantity;
mod read;
mod sections;
mod take_out;
mod watcher;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use perfmon_core::Error;
use schemars::JsonSchema;
use serde::Deserialize;

pub(crate) use self::watcher::{Watched, Watcher};
use self::{environment::Environment, mistakes::Mistakes, node::Node, places::Places};
pub use self::{
    format::Format,
    health::{ErrorRate, Failing, Health, Latency, Points, Rule, Usage},
    sections::{Collector, Collectors, Dashboard, History, Level, Log, Profiles, Report, Server, Theme, Windows},
};
use crate::settings::Access;

/// The largest file that is read.
const LARGEST: u64 = 1 << 20;

/// Everything that can be configured. Whatever is `None` or empty keeps what the program chose, or the default.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "perfmon's configuration")]
#[non_exhaustive]
pub struct Config {
    /// Where the server listens, and who may ask it.
    pub server: Server,
    /// Collectors by name: whether they run, and how often, whatever the program says. `GET /health` lists them.
    #[schemars(extend("propertyNames" = { "examples": ["system.cpu"] }))]
    pub collectors: Collectors,
    /// Live windows: the last ten seconds, minute, … hour.
    pub windows: Windows,
    /// The recent past of gauges and counters, in memory: single values for ten minutes, by ten seconds for an hour, by minutes before. What narrower bounds leave no
    /// room for is dropped at once, the oldest first.
    pub history: History,
    /// What takes points from the health score, which begins at 100. With 0 points a rule is off.
    pub health: Health,
    /// Names under which metrics are scraped.
    pub profiles: Profiles,
    /// The dashboard in the browser.
    pub dashboard: Dashboard,
    /// The log of the process, if the program keeps none: with either key, events go to standard error or a file.
    pub log: Log,
    /// Reports.
    pub report: Report,
    /// The file it came from.
    #[serde(skip)]
    source: Option<Watched>,
    #[serde(skip)]
    places: Places,
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    /// Nothing of the environment but what `${…}` stands for.
    File,
    /// Where it serves.
    Address,
}

/// In the order of the struct.
const SECTIONS: [&str; 9] =
    ["server", "collectors", "windows", "history", "health", "profiles", "dashboard", "log", "report"];

impl Config {
    /// Reads a file, whose ending chooses the format, and what environment variables say.
    ///
    /// # Errors
    /// When it cannot be read, is larger than 1 MiB, or has mistakes: the text tells each of them on a line of its own (twenty at most), with file, line, column
    /// and key, what is allowed, and the nearest known key. Of environment variables it tells the name.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_with(path.as_ref(), &Environment::of_process(), Part::All)
    }

    /// Reads a text that came from `name`. Environment variables only fill in `${…}`.
    ///
    /// # Errors
    /// When it has a mistake, as [`load`](Self::load).
    pub fn parse(text: &str, format: Format, name: &str) -> Result<Self, Error> {
        Self::read(Some((text, format, name)), &Environment::of_process(), Part::File)
    }

    /// Reads environment variables alone.
    ///
    /// # Errors
    /// When one of them has a mistake, as [`load`](Self::load).
    pub fn from_env() -> Result<Self, Error> {
        Self::read(None, &Environment::of_process(), Part::All)
    }

    /// The same with other variables than those of the process.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[doc(hidden)]
    pub fn parse_with(text: &str, format: Format, name: &str, variables: &[(&str, &str)]) -> Result<Self, Error> {
        Self::read(Some((text, format, name)), &Environment::of(variables), Part::All)
    }

    /// A JSON Schema (2020-12) of configuration files, for editors and checks.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        example::schema()
    }

    /// A commented example in TOML: every key with its default or a value that could be, all of it commented out.
    #[must_use]
    pub fn example() -> String {
        example::example()
    }

    /// The file it was loaded from.
    #[must_use]
    pub fn source(&self) -> Option<&Path> {
        self.source.as_ref().map(|source| source.path.as_path())
    }

    /// Every file that it came from.
    pub(crate) fn watcher(&self) -> Option<Watcher> {
        let profiles = self.profiles.files.iter().map(|path| Watched::new(path));
        self.source.clone().map(|source| Watcher::new(profiles.chain([source]).collect()))
    }

    /// Says where the value of a key stands that led to an error, if it came from here.
    pub(crate) fn tell(&self, key: &str, error: Error) -> Error {
        self.places.tell(key, error)
    }

    /// All files that were read for it.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.source().into_iter().chain(self.profiles.files.iter().map(PathBuf::as_path))
    }

    /// Who may do what, with what is written here in the place of what the program says.
    #[must_use]
    pub fn access(&self, base: &Access) -> Access {
        let mut access = base.clone();
        let Server { tokens, users, origins, hosts, trusted_proxies, requests_per_second, tls, .. } = &self.server;
        replace(&mut access.tokens, tokens);
        replace(&mut access.users, users);
        replace(&mut access.origins, origins);
        replace(&mut access.hosts, hosts);
        replace(&mut access.trusted_proxies, trusted_proxies);
        access.requests_per_second = requests_per_second.map(Into::into).or(access.requests_per_second);
        access.tls = tls.clone().or(access.tls);
        access
    }

    /// For those who ask: only where it serves, `server.listen` and `server.tls`. What else is written in the file and the environment may be wrong here, or stand for
    /// variables that only the one has that serves.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[doc(hidden)]
    pub fn address(path: Option<&Path>) -> Result<Self, Error> {
        let environment = Environment::of_process();
        match path {
            Some(path) => Self::load_with(path, &environment, Part::Address),
            None => Self::read(None, &environment, Part::Address),
        }
    }

    fn load_with(path: &Path, environment: &Environment, part: Part) -> Result<Self, Error> {
        let format = Format::of_path(path)?;
        let source = Watched::new(path);
        let text = text_of(path)?;
        let mut config = Self::read(Some((&text, format, &path.display().to_string())), environment, part)?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        config.source = Some(source);
        Ok(config)
    }

    fn read(text: Option<(&str, Format, &str)>, environment: &Environment, part: Part) -> Result<Self, Error> {
        let mut mistakes = Mistakes::default();
        let config = Self::collect(text, environment, part, &mut mistakes);
        mistakes.none()?;
        Ok(config.unwrap_or_default())
    }

    /// Reads what can be read, and collects what is wrong.
    fn collect(
        text: Option<(&str, Format, &str)>,
        environment: &Environment,
        part: Part,
        mistakes: &mut Mistakes,
    ) -> Option<Self> {
        let root = match text {
            // Some editors mark their files by an invisible character.
            Some((text, format, name)) => format.read(&Arc::from(name), text.strip_prefix('\u{feff}').unwrap_or(text)),
            None => Ok(Node::new(node::Value::Null, node::Place::start(&Arc::from("environment")))),
        };
        let mut root = root.map_err(|mistake| mistakes.add(mistake)).ok()?;
        // First, so that what a variable says needs none of those that stand in its place in the file.
        match part {
            Part::All => environment.override_in(&mut root, &SECTIONS, mistakes),
            Part::Address => {
                environment.override_in(&mut root, &SECTIONS, &mut Mistakes::default());
                root.keep(&["server"]);
                root.get_mut("server").into_iter().for_each(|server| server.keep(&["listen", "tls"]));
            }
            Part::File => {}
        }
        environment.substitute_in(&mut root, mistakes);
        if let Some(collectors) = root.get_mut("collectors") {
            collectors.join_names();
        }
        let places = Places::of(&root);
        read::read(root, mistakes).map(|config| Self { places, ..config })
    }

    /// Paths are relative to the file in which they stand.
    fn resolve(&mut self, folder: &Path) {
        let tls = self.server.tls.iter_mut().flat_map(|tls| [&mut tls.certificate, &mut tls.key]);
        let others = self.profiles.files.iter_mut().chain(&mut self.log.file).chain(&mut self.report.last);
        for path in tls.chain(others) {
            *path = folder.join(&path);
        }
    }
}

fn replace<T: Clone>(base: &mut Vec<T>, written: &[T]) {
    if !written.is_empty() {
        *base = written.to_vec();
    }
}

/// A file's text, if it is not too large for what it says it is.
pub(crate) fn text_of(path: &Path) -> Result<String, Error> {
    let failed = |why: &dyn std::fmt::Display, remedy: &str| {
        Error::unavailable(format!("failed to read {}: {why}; {remedy}", path.display()))
    };
    if path.is_dir() {
        return Err(failed(&"it is a folder", "name the file in it"));
    }
    let unreadable = |error: std::io::Error| failed(&error, "check its path and permissions");
    let mut bytes = Vec::new();
    let length =
        File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if length as u64 > LARGEST {
        return Err(Error::invalid(format!("failed to read {}: it is larger than 1 MiB", path.display())));
    }
    tracing::debug!(target: "perfmon", file = %path.display(), "read");
    String::from_utf8(bytes).map_err(|_| failed(&"it is no UTF-8", "save it in that encoding"))
}
