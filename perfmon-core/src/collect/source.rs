//! What is asked for figures: registered, switched, taken out.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, PoisonError, RwLock, atomic::Ordering},
};

use super::{
    AsyncCollector, Collector, CollectorStatus, Reading, driver,
    entry::{CLOSURE_INTERVAL, Entry, Work},
};

/// A registered closure or collector: switches it, describes it, takes it out again. Dropping it does nothing. [`Collector`] and [`AsyncCollector`] say who
/// runs it and when.
#[derive(Clone)]
pub struct Source(Arc<Entry>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.0.status()).finish()
    }
}

static SOURCES: RwLock<Vec<Arc<Entry>>> = RwLock::new(Vec::new());

/// Registers a closure whose value is a gauge of this name, asked for with every snapshot, or once a second while an exporter runs. A second closure
/// of the same name takes the place of the first.
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// perfmon::observe("active_users", || 3.0).help("Users with an open session").unit("users");
/// let snapshot = perfmon::snapshot();
/// assert_eq!(snapshot.metric("active_users").unwrap().unit(), "users");
/// ```
pub fn observe(name: impl Into<Cow<'static, str>>, value: impl Fn() -> f64 + Send + Sync + 'static) -> Source {
    let name = name.into();
    let entry = Entry::new(name.clone(), Work::Closure(Box::new(value)), CLOSURE_INTERVAL);
    let mut sources = SOURCES.write().unwrap_or_else(PoisonError::into_inner);
    let replaced = |known: &mut Arc<Entry>| matches!(known.work, Work::Closure(_)) && known.state().name == name;
    let replaced: Vec<_> = sources.extract_if(.., replaced).collect();
    sources.push(entry.clone());
    // What the old closure owned may ask for sources as it ends.
    drop(sources);
    drop(replaced);
    Source(entry)
}

/// Registers a collector. It is asked for its name and interval here.
pub fn register_collector(collector: impl Collector + 'static) -> Source {
    let (name, interval) = (collector.name().to_owned(), collector.interval());
    add(Entry::new(name.into(), Work::Sync(Box::new(collector)), interval))
}

/// Registers a collector that is a future. It is asked for its name and interval here.
pub fn register_async_collector(collector: impl AsyncCollector + 'static) -> Source {
    let (name, interval) = (collector.name().to_owned(), collector.interval());
    add(Entry::new(name.into(), Work::Async(Box::new(collector)), interval))
}

fn add(entry: Arc<Entry>) -> Source {
    SOURCES.write().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
    Source(entry)
}

/// How every closure and collector fares.
#[must_use]
pub fn collectors() -> Vec<CollectorStatus> {
    sources().iter().map(|entry| entry.status()).collect()
}

/// Runs what is due, unless a driver does, and returns the values of all sources.
pub(crate) fn readings() -> Vec<Reading> {
    let sources = sources();
    driver::run_due(&sources);
    sources.iter().flat_map(|entry| entry.readings()).collect()
}

pub(super) fn sources() -> Vec<Arc<Entry>> {
    SOURCES.read().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Source {
    /// Says what the value of a closure means.
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)]
    pub fn help(self, help: impl Into<Cow<'static, str>>) -> Self {
        self.0.state().help = help.into();
        self
    }

    /// Says in what unit the value of a closure is.
    #[allow(clippy::must_use_candidate, clippy::return_self_not_must_use)]
    pub fn unit(self, unit: impl Into<Cow<'static, str>>) -> Self {
        self.0.state().unit = unit.into();
        self
    }

    /// Switches it on or off. Off, it is not run and its values are not shown.
    pub fn set_enabled(&self, enabled: bool) {
        self.0.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Takes it out. What [`series`](crate::series()) remembers of its values grows old with time.
    pub fn remove(self) {
        let mut sources = SOURCES.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|entry| !Arc::ptr_eq(entry, &self.0));
    }
}
