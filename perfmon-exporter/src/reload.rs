//! What a configuration changes in the builder, and in a running exporter when its file changes.

use std::{collections::BTreeSet, mem, path::Path, sync::Arc, time::Duration};

use perfmon_core::{
    Error,
    analyse::{Deduction, HealthPolicy},
    collect,
    series::{self, Bounds},
    snapshot::Metric,
};

use crate::{
    config::{Config, Source, Watcher, text_of},
    encode::Profile,
    file::{Errand, PATIENCE},
    log,
    near::hint,
    profiles::Profiles,
    serve::Door,
    settings::Access,
    state::Shared,
};

/// What a mistake in the configuration takes from health.
const POINTS: u8 = 5;

/// How long a simulation waits, on whatever machine.
const LONG: Duration = Duration::from_secs(60);

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

/// Reads the file again when it changes. The pump asks it once a second, and never waits for the file: that is looked at on a thread of its own.
#[derive(Debug)]
pub(crate) struct Reload {
    shared: Arc<Shared>,
    base: Arc<Base>,
    config: Config,
    /// What the files were like; `None` without any.
    watcher: Option<Watcher>,
    looking: Option<Errand<Looked>>,
    /// Somebody wants it to be read, changed or not.
    asked: bool,
    /// Each second waits for what is found, which in a simulation takes no time.
    pub(crate) waits: bool,
    /// What health is told until the file is right and nothing waits for a restart.
    told: Option<Deduction>,
    /// What it is told of a file that is right and yet dangerous, when there is nothing else.
    warned: Option<Deduction>,
    /// What it is told as long as the file does not answer.
    stuck: Option<Deduction>,
}

/// What looking at the file came to.
#[derive(Debug)]
struct Looked {
    watcher: Watcher,
    /// `None` if it has not changed.
    found: Option<Result<Found, Error>>,
}

/// All of it makes sense.
#[derive(Debug)]
struct Found {
    config: Config,
    profiles: Profiles,
    watcher: Option<Watcher>,
}

/// The configuration and its profiles, if all of it makes sense.
fn read(source: &Source, base: &Base) -> Result<Found, Error> {
    let config = Config::load_from(source)?;
    let default = config.profiles.default.as_deref().or(base.default_profile.as_deref());
    let profiles = profiles_of(&config, &base.profiles).map_err(Error::together)?;
    let profiles = Profiles::compile(&profiles, default).map_err(|error| config.hide(&error))?;
    let access = Arc::new(config.access(&base.access));
    Door::check(&access).map_err(|error| config.hide(&Error::invalid(format!("{}: {error}", source.name()))))?;
    let watcher = config.watcher();
    Ok(Found { config, profiles, watcher })
}

impl Reload {
    /// Applies what the builder does not.
    pub(crate) fn begin(shared: Arc<Shared>, base: Base, config: Config) -> Self {
        configure_collectors(&config, &Config::default());
        let watcher = config.watcher();
        let (base, warned) = (Arc::new(base), warning(&config));
        let (looking, asked, waits, told, stuck) = (None, false, false, None, None);
        Self { shared, base, config, watcher, looking, asked, waits, told, warned, stuck }
    }

    /// Looks whether the file has changed, and applies it if it has and is right. What there is to tell about it takes points from health.
    pub(crate) fn look(&mut self, policy: &mut HealthPolicy) -> Option<Deduction> {
        if self.shared.take_reload() {
            log::reopen();
            self.asked = true;
        }
        if let Some(path) = self.config.source().map(Path::to_owned) {
            self.look_at(&path, policy);
        }
        let absent = || unknown_collector(&self.config).or_else(|| unknown_metric(&self.config, &self.shared));
        let told = self.stuck.clone().or_else(|| self.told.clone());
        let told = told.or_else(|| absent().map(|reason| deduction(0, reason))).or_else(|| self.warned.clone());
        told.map(|told| Deduction { reason: self.config.shown(&told.reason), ..told })
    }

    /// Takes what was found since the last second, and has somebody look again.
    fn look_at(&mut self, path: &Path, policy: &mut HealthPolicy) {
        self.begin_looking();
        let Some(looking) = &self.looking else { return };
        let looked = if self.waits { looking.wait(LONG) } else { looking.poll() };
        let Some(Looked { watcher, found }) = looked else {
            if looking.age() > PATIENCE {
                let age = looking.age().as_secs();
                let reason = format!(
                    "what was configured before goes on: {} has not answered for {age} s; is it on a file system that hangs?",
                    path.display()
                );
                self.stuck = Some(deduction(POINTS, reason));
            }
            return;
        };
        (self.looking, self.watcher, self.stuck) = (None, Some(watcher), None);
        if let Some(found) = found {
            self.take(path, found, policy);
        }
        if !self.waits {
            self.begin_looking();
        }
    }

    fn begin_looking(&mut self) {
        if self.looking.is_some() {
            return;
        }
        let Some(mut watcher) = self.watcher.clone() else { return };
        let Some(source) = self.config.origin().cloned() else { return };
        let (base, asked) = (self.base.clone(), mem::take(&mut self.asked));
        let looking = Errand::begin(move || {
            let changed = watcher.changed() | asked;
            let found = changed.then(|| read(&source, &base));
            Looked { watcher, found }
        });
        match looking {
            Ok(looking) => self.looking = Some(looking),
            // Another second may give a thread.
            Err(error) => {
                self.asked |= asked;
                tracing::warn!(target: "perfmon", %error, "failed to look at the configuration");
            }
        }
    }

    fn take(&mut self, path: &Path, found: Result<Found, Error>, policy: &mut HealthPolicy) {
        let applied = found.and_then(|found| self.apply(found, policy));
        self.told = match applied {
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

    /// Everything or nothing. Returns the keys that wait for a restart.
    fn apply(&mut self, found: Found, policy: &mut HealthPolicy) -> Result<String, Error> {
        let Found { config, profiles, watcher } = found;
        let waiting = waiting(&self.config, &config);
        let mut access = config.access(&self.base.access);
        access.tls = self.config.access(&self.base.access).tls;
        if config.history != self.config.history {
            let dropped = series::set_bounds(config.history.bounds(self.base.history))?;
            tracing::info!(target: "perfmon", dropped, "the history has other bounds");
        }
        self.shared.set_profiles(profiles);
        self.shared.set_access(Arc::new(access));
        *policy = config.health.policy(&self.base.policy);
        configure_collectors(&config, &self.config);
        log::set_level(&config.log);
        self.warned = warning(&config);
        let before = mem::replace(&mut self.config, config);
        // Those that wait go on waiting until the restart.
        keep(&mut self.config, before);
        self.watcher = watcher;
        Ok(waiting.join(", "))
    }
}

/// What is right and yet dangerous takes no points, and is told in the log each time that it is read.
fn warning(config: &Config) -> Option<Deduction> {
    let warnings = config.warnings();
    warnings.iter().for_each(|warning| tracing::warn!(target: "perfmon", "{warning}"));
    (!warnings.is_empty()).then(|| deduction(0, warnings.join("; ")))
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
