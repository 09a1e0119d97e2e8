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
//! bounds, who may ask, and the log's level then change at once; what needs a restart is told in `/health`, and so are mistakes, which change nothing. So are the files that `token_file` and
//! `password_hash_file` name, by which secrets change without a restart; a variable keeps its value as long as the process runs.
//!
//! Messages repeat what is wrong, except for what may be a secret: whatever came from `${NAME}`, and all below `tokens` and `users`.

mod access;
mod checked;
mod disguise;
mod environment;
mod example;
mod format;
mod health;
mod load;
mod mistake;
mod mistakes;
mod node;
mod places;
mod quantity;
mod read;
mod secret_file;
mod sections;
mod source;
mod strangers;
mod take_out;
mod watcher;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use perfmon_core::Error;
use schemars::JsonSchema;
use serde::Deserialize;

use self::{disguise::Disguise, environment::Environment, mistakes::Mistakes, node::Node, places::Places};
pub use self::{
    format::Format,
    health::{ErrorRate, Failing, Health, Latency, Points, Rule, Usage},
    sections::{Collector, Collectors, Dashboard, History, Level, Log, Profiles, Report, Server, Theme, Windows},
    source::Source,
};
pub(crate) use self::{
    load::text_of,
    watcher::{Watched, Watcher},
};
use crate::{file, settings::Access};

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
    #[serde(skip)]
    disguise: Disguise,
    /// Files with secrets.
    #[serde(skip)]
    secrets: Vec<Watched>,
    /// A secret stands in the file itself.
    #[serde(skip)]
    has_secrets: bool,
    #[serde(skip)]
    warnings: Vec<String>,
    /// How the file is written, where its ending does not say it.
    #[serde(skip)]
    origin: Option<Source>,
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    All,
    /// The same, and every mistake is told.
    Check,
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
    /// When it cannot be read, is larger than 1 MiB, or has mistakes: the text tells each of them on a line of its own (twenty at most; `perfmon check` tells all), with file, line, column
    /// and key, what is allowed, and the nearest known key. Of environment variables it tells the name.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_from(&Source::new(path.as_ref(), None))
    }

    /// Reads a text that came from `name`. Environment variables only fill in `${…}`.
    ///
    /// # Errors
    /// When it has a mistake, as [`load`](Self::load).
    pub fn parse(text: &str, format: Format, name: &str) -> Result<Self, Error> {
        Self::read(Some((text, format, name)), &Environment::of_process(), Part::File, None)
    }

    /// Reads environment variables alone.
    ///
    /// # Errors
    /// When one of them has a mistake, as [`load`](Self::load).
    pub fn from_env() -> Result<Self, Error> {
        Self::read(None, &Environment::of_process(), Part::All, None)
    }

    /// The same with other variables than those of the process.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[doc(hidden)]
    pub fn parse_with(text: &str, format: Format, name: &str, variables: &[(&str, &str)]) -> Result<Self, Error> {
        Self::read(Some((text, format, name)), &Environment::of(variables), Part::All, None)
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

    /// Where to read it again.
    pub(crate) fn origin(&self) -> Option<&Source> {
        self.origin.as_ref()
    }

    /// Every file that it came from.
    pub(crate) fn watcher(&self) -> Option<Watcher> {
        let profiles = self.profiles.files.iter().map(|path| Watched::new(path));
        self.source.clone().map(|source| Watcher::new(profiles.chain([source]).chain(self.secrets.clone()).collect()))
    }

    /// Says where the value of a key stands that led to an error, if it came from here.
    pub(crate) fn tell(&self, key: &str, error: Error) -> Error {
        self.hide(&self.places.tell(key, error))
    }

    /// An error in which what came from variables is shown as it is written.
    pub(crate) fn hide(&self, error: &Error) -> Error {
        let text = self.shown(&error.to_string());
        if error.is_unavailable() { Error::unavailable(text) } else { Error::invalid(text) }
    }

    /// A text in which what came from variables is shown as it is written, `${NAME}`: it may be a secret that stands in the wrong place. What is shorter than 8 bytes is left.
    #[must_use]
    pub fn shown(&self, text: &str) -> String {
        self.disguise.put_on(text)
    }

    /// What is right and yet no good: files that every user of this machine may read or write, and that tell or decide who may ask; variables that begin with `PERFMON_` and
    /// mean nothing.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// All files that were read for it.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let secrets = self.secrets.iter().map(|secret| secret.path.as_path());
        self.source().into_iter().chain(self.profiles.files.iter().map(PathBuf::as_path)).chain(secrets)
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
    pub fn address(source: Option<&Source>) -> Result<Self, Error> {
        let environment = Environment::of_process();
        match source {
            Some(source) => Self::load_with(source, environment, Part::Address),
            None => Self::read(None, &environment, Part::Address, None),
        }
    }

    /// `folder`: that of the file, to which names of others are relative.
    fn read(
        text: Option<(&str, Format, &str)>,
        environment: &Environment,
        part: Part,
        folder: Option<&Path>,
    ) -> Result<Self, Error> {
        let mut mistakes = if part == Part::Check { Mistakes::all() } else { Mistakes::default() };
        let root = Self::collect(text, environment, part, &mut mistakes);
        let Some(mut root) = root else { return mistakes.none(&Disguise::default()).map(|()| Self::default()) };
        let disguise = Disguise::of(&root);
        let has_secrets = secret_file::stands_in(&mut root);
        let secrets = secret_file::read_in(&mut root, folder.unwrap_or(Path::new("")), &mut mistakes);
        for key in ["tokens", "users"] {
            root.get_mut("server").and_then(|server| server.get_mut(key)).into_iter().for_each(Node::keep_secret);
        }
        let places = Places::of(&root);
        let config = read::read(root, &mut mistakes);
        mistakes.none(&disguise)?;
        let config: Self = config.unwrap_or_default();
        let warnings = match part {
            Part::All | Part::Check => environment.strangers(&SECTIONS),
            Part::File | Part::Address => Vec::new(),
        };
        Ok(Self { places, disguise, secrets, has_secrets, warnings, ..config })
    }

    /// Everything that is written, as far as it can be read.
    fn collect(
        text: Option<(&str, Format, &str)>,
        environment: &Environment,
        part: Part,
        mistakes: &mut Mistakes,
    ) -> Option<Node> {
        let root = match text {
            // Some editors mark their files by an invisible character.
            Some((text, format, name)) => format.read(&Arc::from(name), text.strip_prefix('\u{feff}').unwrap_or(text)),
            None => Ok(Node::new(node::Value::Null, node::Place::start(&Arc::from("environment")))),
        };
        let mut root = root.map_err(|mistake| mistakes.add(mistake)).ok()?;
        root.drop_key(example::SCHEMA_KEY);
        // First, so that what a variable says needs none of those that stand in its place in the file.
        match part {
            Part::All | Part::Check => environment.override_in(&mut root, &SECTIONS, mistakes),
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
        Some(root)
    }

    /// Looks at the files that it came from.
    fn warn(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut warn = |path: &Path, what: &str| warnings.push(format!("{}: {what}", path.display()));
        if let Some(path) = self.source() {
            if self.has_secrets && file::is_read_by_all(path) {
                warn(
                    path,
                    "every user of this machine may read the secrets in it; take that from them (chmod o-r), or have the secrets elsewhere",
                );
            }
            if file::is_written_by_all(path) {
                warn(path, "every user of this machine may change who may ask; take that from them (chmod o-w)");
            }
        }
        for secret in &self.secrets {
            if file::is_read_by_all(&secret.path) {
                warn(
                    &secret.path,
                    "every user of this machine may read the secret in it; take that from them (chmod o-r)",
                );
            }
            if file::is_written_by_all(&secret.path) {
                warn(
                    &secret.path,
                    "every user of this machine may change the secret in it; take that from them (chmod o-w)",
                );
            }
        }
        warnings.iter().map(|warning| self.shown(warning)).collect()
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
