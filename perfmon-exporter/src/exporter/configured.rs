//! What a configuration chooses.

use perfmon_core::{Error, series};

use super::{Builder, Exporter};
use crate::{
    config::{Config, History},
    log,
    reload::{Base, profiles_of},
};

impl Builder {
    /// Applies a configuration: what is written in it goes before what was chosen till now, so call this last. If it came from a file, the file is watched.
    ///
    /// # Errors
    /// When a profile cannot be read or is wrong. Several have a line each.
    pub fn config(mut self, config: Config) -> Result<Self, Error> {
        let base = Base {
            policy: self.policy.clone(),
            history: self.history.unwrap_or_else(series::bounds),
            profiles: self.profiles.clone(),
            default_profile: self.default_profile.clone(),
            access: self.access.clone(),
        };
        self.access = config.access(&base.access);
        self.policy = config.health.policy(&base.policy);
        if config.history != History::default() {
            self.history = Some(config.history.bounds(base.history));
        }
        self.profiles = profiles_of(&config, &base.profiles).map_err(Error::together)?;
        self.default_profile = config.profiles.default.clone().or(self.default_profile);
        self.public = config.server.allow_public.unwrap_or(self.public);
        self.listen = config.server.listen.clone().unwrap_or(self.listen);
        self.max_connections = config.server.max_connections.map(|most| most.get() as usize).or(self.max_connections);
        self.windows_bytes = config.windows.memory_limit.or(self.windows_bytes);
        self.final_report = config.report.last.clone().or(self.final_report);
        self.config = Some((base, config));
        Ok(self)
    }

    /// Tells on standard error what is being done, whatever the configuration says about the log. For the command line.
    #[doc(hidden)]
    pub fn debug(mut self) -> Self {
        self.debug = true;
        self
    }

    /// Begins the log that the configuration asks for.
    pub(super) fn begin_log(&self) -> Result<(), Error> {
        let Some((_, config)) = &self.config else { return Ok(()) };
        log::begin(&config.log, self.debug).map_err(|error| self.tell("log.file", error))?;
        for file in config.files() {
            tracing::debug!(target: "perfmon", file = %file.display(), "read");
        }
        Ok(())
    }

    /// Whether the log could be opened, without making it.
    pub(super) fn check_log(&self) -> Result<(), Error> {
        let file = self.config.as_ref().and_then(|(_, config)| config.log.file.as_deref());
        file.map_or(Ok(()), log::check).map_err(|error| self.tell("log.file", error))
    }
}

impl Exporter {
    /// Has the configuration file read again within two seconds, changed or not, and the log's file opened again: for what a signal asks, when a variable that it names has
    /// changed, or when the log has been given another name.
    pub fn reload(&self) {
        self.shared.ask_reload();
    }
}
