//! What is asked for figures: registered, switched, taken out.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt,
    panic::Location,
    sync::{Arc, PoisonError, RwLock, atomic::Ordering},
    time::Duration,
};

use super::{
    AsyncCollector, Collector, CollectorStatus, Reading,
    entry::{CLOSURE_INTERVAL, Entry, Wish, Work},
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
/// By name, for those too that are yet to be registered. Locked after `SOURCES`.
static WISHES: RwLock<BTreeMap<String, Wish>> = RwLock::new(BTreeMap::new());

/// Registers a closure whose value is a gauge of this name, asked for with every snapshot, or once a second while an exporter runs. A second closure
/// of the same name takes the place of the first, and its [status](collectors) says so. A value that is not finite is shown as none.
///
/// The name has a-z, 0-9 and `_` only, and no digit first, as those of macros do. Under another name the closure is never asked: its status is an error, and
/// health tells it.
///
/// ```
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// perfmon::observe("active_users", || 3.0).help("Users with an open session").unit("users");
/// let snapshot = perfmon::snapshot();
/// assert_eq!(snapshot.metric("active_users").unwrap().unit(), "users");
/// ```
#[track_caller]
pub fn observe(name: impl Into<Cow<'static, str>>, value: impl Fn() -> f64 + Send + Sync + 'static) -> Source {
    let name = name.into();
    let entry = Entry::new(name.clone(), Work::Closure(Box::new(value)), CLOSURE_INTERVAL, Location::caller());
    let mut sources = SOURCES.write().unwrap_or_else(PoisonError::into_inner);
    let replaced = |known: &mut Arc<Entry>| matches!(known.work, Work::Closure(_)) && known.state().name == name;
    let replaced: Vec<_> = sources.extract_if(.., replaced).collect();
    if let Some(before) = replaced.last() {
        let text = format!(
            "took the place of the closure registered at {}: take that one out first (`remove`), or give one of them another name",
            before.place
        );
        entry.state().replaced = Some(text);
    }
    let source = push(&mut sources, entry);
    // What the old closure owned may ask for sources as it ends.
    drop(sources);
    drop(replaced);
    source
}

/// Registers a collector. It is asked for its name and interval here.
#[track_caller]
pub fn register_collector(collector: impl Collector + 'static) -> Source {
    let (name, interval) = (collector.name().to_owned(), collector.interval());
    add(Entry::new(name.into(), Work::Sync(Box::new(collector)), interval, Location::caller()))
}

/// Registers a collector that is a future. It is asked for its name and interval here.
#[track_caller]
pub fn register_async_collector(collector: impl AsyncCollector + 'static) -> Source {
    let (name, interval) = (collector.name().to_owned(), collector.interval());
    add(Entry::new(name.into(), Work::Async(Box::new(collector)), interval, Location::caller()))
}

fn add(entry: Arc<Entry>) -> Source {
    push(&mut SOURCES.write().unwrap_or_else(PoisonError::into_inner), entry)
}

fn push(sources: &mut Vec<Arc<Entry>>, entry: Arc<Entry>) -> Source {
    let wishes = WISHES.read().unwrap_or_else(PoisonError::into_inner);
    let wish = wishes.get(entry.state().name.as_ref()).copied();
    entry.wish(wish.unwrap_or_default());
    sources.push(entry.clone());
    Source(entry)
}

/// Says for the closures and collectors of a name, those registered later too, whether they run and how often, whatever the program says; `None` leaves that to
/// the program again. This is for configuration. Whether one of that name is registered does not matter.
///
/// ```
/// # use std::time::Duration;
/// # mod perfmon { pub use perfmon_core::{*, collect::*}; }
/// use perfmon::{collectors, configure_collector, observe};
///
/// configure_collector("open_orders", Some(true), Some(Duration::from_secs(30)));
/// observe("open_orders", || 4.0);
/// assert_eq!(collectors()[0].interval, Duration::from_secs(30));
///
/// configure_collector("open_orders", Some(false), None);
/// assert_eq!((collectors()[0].enabled, collectors()[0].interval), (false, Duration::from_secs(1)));
/// ```
pub fn configure_collector(name: &str, enabled: Option<bool>, interval: Option<Duration>) {
    let wish = Wish { enabled, interval };
    // Whoever registers holds this lock too, so none is missed.
    let sources = SOURCES.write().unwrap_or_else(PoisonError::into_inner);
    let mut wishes = WISHES.write().unwrap_or_else(PoisonError::into_inner);
    if enabled.is_none() && interval.is_none() {
        wishes.remove(name);
    } else {
        wishes.insert(name.to_owned(), wish);
    }
    sources.iter().filter(|entry| entry.state().name == name).for_each(|entry| entry.wish(wish));
}

/// How every closure and collector fares.
#[must_use]
pub fn collectors() -> Vec<CollectorStatus> {
    sources().iter().map(|entry| entry.status()).collect()
}

/// What a source found last.
pub(crate) struct Found {
    pub(crate) readings: Vec<Reading>,
    pub(super) source: Arc<Entry>,
}

impl Found {
    /// The source in messages: `queues (src/queues.rs:12:5)`.
    pub(crate) fn who(&self) -> String {
        format!("{} ({})", self.source.state().name, self.source.place)
    }

    /// Tells its state what stands in the way of so many of the values, or that nothing does.
    pub(crate) fn clashes(&self, clash: Option<(u64, String)>) {
        self.source.clashes(clash);
    }
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

    /// Switches it on or off. Off, it is not run and its values are not shown. What [`configure_collector`] says goes before this.
    pub fn set_enabled(&self, enabled: bool) {
        self.0.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Takes it out. What [`series`](crate::series()) remembers of its values grows old with time.
    pub fn remove(self) {
        let mut sources = SOURCES.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|entry| !Arc::ptr_eq(entry, &self.0));
    }
}
