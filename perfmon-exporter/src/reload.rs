//! What a configuration changes in the builder, and in a running exporter when its file changes.

use std::{collections::BTreeSet, mem, path::Path, sync::Arc};

use perfmon_core::{
    Error,
    analyse::{Deduction, HealthPolicy},
    collect,
    series::{self, Bounds},
    snapshot::Metric,
};

use crate::{
    config::{Config, Watcher, text_of},
    encode::Profile,
    log,
    near::hint,
    profiles::Profiles,
    serve::Door,
    settings::Access,
    state::Shared,
};

/// What a mistake in the configuration takes from health.
const POINTS: u8 = 5;

/// What the program chose, for configuration to go before.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    pub(crate) policy: HealthPolicy,
    pub(crate) history: Bounds,
    pub(crate) profiles: Vec<(String, String)>,
    pub(crate) default_profile: Option<String>,
    pub(crate) access: Access,
}

/// A configuration's profiles beside those of the program: name and text.
///
/// # Errors
/// Of each that cannot be read or is wrong, and when there is none of the name that scrapes get.
pub(crate) fn profiles_of(config: &Config, base: &[(String, String)]) -> Result<Vec<(String, String)>, Vec<Error>> {
    let (mut profiles, mut wrong) = (base.to_vec(), Vec::new());
    for (number, path) in config.profiles.files.iter().enumerate() {
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let text = text_of(path).and_then(|text| match Profile::parse(&name, &text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Error::invalid(format!("{}: {error}", path.display()))),
        });
        match text {
            Ok(text) => profiles.push((name, text)),
            Err(error) => wrong.push(config.tell(&format!("profiles.files[{number}]"), error)),
        }
    }
    let mut known: Vec<&str> = Profile::shipped_names().collect();
    known.extend(profiles.iter().map(|(name, _)| name.as_str()));
    // Those that cannot be read may be the one.
    if let Some(default) = config.profiles.default.as_deref().filter(|_| wrong.is_empty())
        && !known.contains(&default)
    {
        let hint = hint(default, known.iter().copied());
        let error = format!("there is no profile of names {default:?}{hint} Known are {}", known.join(", "));
        wrong.push(config.tell("profiles.default", Error::invalid(error)));
    }
    if wrong.is_empty() { Ok(profiles) } else { Err(wrong) }
}

/// Reads the file again when it changes. The pump asks it once a second.
#[derive(Debug)]
pub(crate) struct Reload {
    shared: Arc<Shared>,
    base: Base,
    config: Config,
    watcher: Option<Watcher>,
    /// What health is told until the file is right and nothing waits for a restart.
    told: Option<Deduction>,
}

impl Reload {
    /// Applies what the builder does not.
    pub(crate) fn begin(shared: Arc<Shared>, base: Base, config: Config) -> Self {
        configure_collectors(&config, &Config::default());
        let watcher = config.watcher();
        Self { shared, base, config, watcher, told: None }
    }

    /// Looks whether the file has changed, and applies it if it has and is right. What there is to tell about it takes points from health.
    pub(crate) fn look(&mut self, policy: &mut HealthPolicy) -> Option<Deduction> {
        let asked = self.shared.take_reload();
        if asked {
            log::reopen();
        }
        let changed = self.watcher.as_mut().is_some_and(Watcher::changed) | asked;
        if let Some(path) = self.config.source().map(Path::to_owned).filter(|_| changed) {
            self.told = match self.apply(&path, policy) {
                Ok(waiting) if waiting.is_empty() => {
                    tracing::info!(target: "perfmon", file = %path.display(), "the configuration has changed");
                    None
                }
                Ok(waiting) => {
                    let reason = format!("{}: a change of {waiting} needs a restart", path.display());
                    tracing::warn!(target: "perfmon", "{reason}");
                    Some(deduction(0, reason))
                }
                Err(error) => {
                    let reason = format!("what was configured before goes on: {error}");
                    tracing::error!(target: "perfmon", "{reason}");
                    Some(deduction(POINTS, reason))
                }
            };
        }
        let absent = || unknown_collector(&self.config).or_else(|| unknown_metric(&self.config, &self.shared));
        self.told.clone().or_else(|| absent().map(|reason| deduction(0, reason)))
    }

    /// Everything or nothing. Returns the keys that wait for a restart.
    fn apply(&mut self, path: &Path, policy: &mut HealthPolicy) -> Result<String, Error> {
        let config = Config::load(path)?;
        let default = config.profiles.default.as_deref().or(self.base.default_profile.as_deref());
        let profiles =
            Profiles::compile(&profiles_of(&config, &self.base.profiles).map_err(Error::together)?, default)?;
        let waiting = waiting(&self.config, &config);
        let mut access = config.access(&self.base.access);
        access.tls = self.config.access(&self.base.access).tls;
        let access = Arc::new(access);
        Door::check(&access).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))?;
        if config.history != self.config.history {
            let dropped = series::set_bounds(config.history.bounds(self.base.history))?;
            tracing::info!(target: "perfmon", dropped, "the history has other bounds");
        }
        self.shared.set_profiles(profiles);
        self.shared.set_access(access);
        *policy = config.health.policy(&self.base.policy);
        configure_collectors(&config, &self.config);
        log::set_level(&config.log);
        let before = mem::replace(&mut self.config, config);
        // Those that wait go on waiting until the restart.
        keep(&mut self.config, before);
        self.watcher = self.config.watcher();
        Ok(waiting.join(", "))
    }
}

fn deduction(points: u8, reason: String) -> Deduction {
    Deduction { rule: "configuration".to_owned(), points, reason }
}

/// A collector that is configured and not there, or not yet.
fn unknown_collector(config: &Config) -> Option<String> {
    if config.collectors.is_empty() {
        return None;
    }
    let known: Vec<String> = collect::collectors().into_iter().map(|status| status.name).collect();
    let unknown = config.collectors.keys().find(|name| !known.contains(name))?;
    let hint = hint(unknown, known.iter().map(String::as_str));
    Some(format!("a collector {unknown:?} is configured, but there is none of that name{hint}"))
}

/// A metric that a rule is about and nobody has, or not yet: the rule never takes points.
fn unknown_metric(config: &Config, shared: &Shared) -> Option<String> {
    if config.health.rules.is_empty() {
        return None;
    }
    let tick = shared.latest()?;
    let (name, rule) = config.health.rules.iter().find(|(_, rule)| tick.snapshot.metric(&rule.metric).is_none())?;
    let hint = hint(&rule.metric, tick.snapshot.metrics().iter().map(Metric::name));
    Some(format!(
        "the health rule {name:?} is about a metric {:?}, but there is none of that name yet{hint}",
        rule.metric
    ))
}

/// Those that are written now, and those that no longer are.
fn configure_collectors(now: &Config, before: &Config) {
    let names: BTreeSet<&String> = now.collectors.keys().chain(before.collectors.keys()).collect();
    for name in names {
        let collector = now.collectors.get(name).copied().unwrap_or_default();
        collect::configure_collector(name, collector.enabled, collector.interval);
    }
}

/// What cannot change while it runs.
fn waiting(running: &Config, written: &Config) -> Vec<&'static str> {
    let (r, w) = (running, written);
    let keys = [
        ("server.listen", r.server.listen != w.server.listen),
        ("server.allow_public", r.server.allow_public != w.server.allow_public),
        ("server.max_connections", r.server.max_connections != w.server.max_connections),
        ("server.tls", r.server.tls != w.server.tls),
        ("windows.memory_limit", r.windows != w.windows),
        ("log.file", r.log.file != w.log.file),
        ("report.final", r.report != w.report),
    ];
    keys.into_iter().filter(|(_, changed)| *changed).map(|(key, _)| key).collect()
}

/// Has the running values of what cannot change.
fn keep(config: &mut Config, running: Config) {
    config.server.listen = running.server.listen;
    config.server.allow_public = running.server.allow_public;
    config.server.max_connections = running.server.max_connections;
    config.server.tls = running.server.tls;
    config.windows = running.windows;
    config.log.file = running.log.file;
    config.report = running.report;
}
