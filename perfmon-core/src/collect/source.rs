//! Who is asked: closures and collectors, when they are due.

use std::{
    any::Any,
    borrow::Cow,
    cell::Cell,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use super::{
    Point, Reading, Samples,
    history::{History, Labels},
};
use crate::record::recorder;

/// Why a collector failed.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A family of figures collected together, on the thread that takes the snapshot.
///
/// ```
/// # use std::time::Duration;
/// use perfmon_core::collect::{BoxError, Collector, Samples, register_collector};
///
/// struct Queues;
///
/// impl Collector for Queues {
///     fn name(&self) -> &str {
///         "queues"
///     }
///     fn interval(&self) -> Duration {
///         Duration::from_secs(1)
///     }
///     fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
///         out.gauge_with("queue_length", &[("queue", "orders")], 7.0).describe("Orders that wait", "orders");
///         Ok(())
///     }
/// }
///
/// register_collector(Queues);
/// assert!(perfmon_core::snapshot().metric("queue_length").is_some());
/// ```
pub trait Collector: Send + Sync {
    /// Its name in messages about it.
    fn name(&self) -> &str;

    /// How long its values stay good; five seconds by default. A snapshot taken sooner shows the last ones.
    fn interval(&self) -> Duration {
        DEFAULT_INTERVAL
    }

    /// Finds the values.
    ///
    /// # Errors
    /// Whatever keeps it from doing so. Values handed over before are dropped with the error, so no half a family is shown.
    fn collect(&self, out: &mut Samples) -> Result<(), BoxError>;
}

/// What an [`AsyncCollector`] returns.
pub type Collecting<'a> = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send + 'a>>;

/// A family of figures collected together by a future. It runs inside [`run_async_collectors`].
pub trait AsyncCollector: Send + Sync {
    /// Its name in messages about it.
    fn name(&self) -> &str;

    /// How long its values stay good; five seconds by default.
    fn interval(&self) -> Duration {
        DEFAULT_INTERVAL
    }

    /// Finds the values.
    fn collect<'a>(&'a self, out: &'a mut Samples) -> Collecting<'a>;
}

const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);

enum Work {
    Closure(Box<dyn Fn() -> f64 + Send + Sync>),
    Sync(Box<dyn Collector>),
    Async(Box<dyn AsyncCollector>),
}

struct Entry {
    work: Work,
    enabled: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    name: Cow<'static, str>,
    help: Cow<'static, str>,
    unit: Cow<'static, str>,
    last_run: Option<SystemTime>,
    readings: Vec<Reading>,
    history: History,
    runs: u64,
    failures: u64,
    last_error: Option<String>,
}

/// How a collector fares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectorStatus {
    /// Its name; of a closure, the metric's.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// How often it ran.
    pub runs: u64,
    /// How often it failed or panicked.
    pub failures: u64,
    /// What it said the last time it failed, if it has not succeeded since.
    pub last_error: Option<String>,
}

/// A registered closure or collector: switches it, describes it, takes it out again. Dropping it does nothing.
#[derive(Clone)]
pub struct Source(Arc<Entry>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Source").field(&self.0.status()).finish()
    }
}

static SOURCES: RwLock<Vec<Arc<Entry>>> = RwLock::new(Vec::new());

thread_local! {
    /// This thread runs collectors; one that takes a snapshot must not run them again.
    static COLLECTING: Cell<bool> = const { Cell::new(false) };
}

/// Registers a closure whose value is a gauge of this name, asked for with every snapshot. A second closure of the same name takes the place of the first.
///
/// ```
/// perfmon_core::collect::observe("active_users", || 3.0).help("Users with an open session").unit("users");
/// let snapshot = perfmon_core::snapshot();
/// assert_eq!(snapshot.metric("active_users").unwrap().unit(), "users");
/// ```
pub fn observe(name: impl Into<Cow<'static, str>>, value: impl Fn() -> f64 + Send + Sync + 'static) -> Source {
    let name = name.into();
    let mut sources = SOURCES.write().unwrap_or_else(PoisonError::into_inner);
    sources.retain(|entry| !(matches!(entry.work, Work::Closure(_)) && entry.state().name == name));
    let entry = Entry::new(name, Work::Closure(Box::new(value)));
    sources.push(entry.clone());
    Source(entry)
}

/// Registers a collector.
pub fn register_collector(collector: impl Collector + 'static) -> Source {
    add(collector.name().to_owned(), Work::Sync(Box::new(collector)))
}

/// Registers a collector that is a future.
pub fn register_async_collector(collector: impl AsyncCollector + 'static) -> Source {
    add(collector.name().to_owned(), Work::Async(Box::new(collector)))
}

fn add(name: String, work: Work) -> Source {
    let entry = Entry::new(name.into(), work);
    SOURCES.write().unwrap_or_else(PoisonError::into_inner).push(entry.clone());
    Source(entry)
}

/// Runs the asynchronous collectors that are due, one after the other, on the caller's runtime. The next snapshot shows their values.
pub async fn run_async_collectors() {
    for entry in sources() {
        let Work::Async(collector) = &entry.work else { continue };
        let now = now();
        if entry.begin(now, collector.interval()) {
            let mut samples = Samples::default();
            let result = CatchUnwind(collector.collect(&mut samples)).await;
            entry.finish(now, samples, result);
        }
    }
}

/// How every closure and collector fares.
#[must_use]
pub fn collectors() -> Vec<CollectorStatus> {
    sources().iter().map(|entry| entry.status()).collect()
}

/// Runs what is due and returns the values of all sources.
pub(crate) fn readings() -> Vec<Reading> {
    let sources = sources();
    if !COLLECTING.replace(true) {
        sources.iter().for_each(|entry| entry.run_due());
        COLLECTING.set(false);
    }
    let enabled = sources.iter().filter(|entry| entry.enabled.load(Ordering::Relaxed));
    enabled.flat_map(|entry| entry.state().readings.clone()).collect()
}

/// The recent values of every collected series of a name.
pub(crate) fn points_of(name: &str) -> Vec<(Labels, Vec<Point>)> {
    sources().iter().flat_map(|entry| entry.state().history.of(name)).collect()
}

fn sources() -> Vec<Arc<Entry>> {
    SOURCES.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The recorder's time, which a mock clock moves.
fn now() -> SystemTime {
    recorder().map_or_else(SystemTime::now, crate::record::Recorder::now)
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

    /// Takes it out.
    pub fn remove(self) {
        let mut sources = SOURCES.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|entry| !Arc::ptr_eq(entry, &self.0));
    }
}

impl Entry {
    fn new(name: Cow<'static, str>, work: Work) -> Arc<Self> {
        let state = Mutex::new(State { name, ..State::default() });
        Arc::new(Self { work, enabled: AtomicBool::new(true), state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status(&self) -> CollectorStatus {
        let state = self.state();
        CollectorStatus {
            name: state.name.to_string(),
            enabled: self.enabled.load(Ordering::Relaxed),
            runs: state.runs,
            failures: state.failures,
            last_error: state.last_error.clone(),
        }
    }

    /// Whether it is its turn; if so, nobody else's until the interval has passed.
    fn begin(&self, now: SystemTime, interval: Duration) -> bool {
        let mut state = self.state();
        // A clock that went backwards makes everything due.
        let fresh = state.last_run.is_some_and(|last| now.duration_since(last).is_ok_and(|age| age < interval));
        let due = self.enabled.load(Ordering::Relaxed) && !fresh;
        if due {
            state.last_run = Some(now);
        }
        due
    }

    fn run_due(&self) {
        let now = now();
        let mut samples = Samples::default();
        // No lock is held while the user's code runs.
        let result = match &self.work {
            Work::Closure(value) if self.begin(now, Duration::ZERO) => {
                let name = self.state().name.clone();
                catch_unwind(AssertUnwindSafe(value)).map(|value| {
                    samples.gauge(name, value);
                    Ok(())
                })
            }
            Work::Sync(collector) if self.begin(now, collector.interval()) => {
                catch_unwind(AssertUnwindSafe(|| collector.collect(&mut samples)))
            }
            _ => return,
        };
        self.finish(now, samples, result);
    }

    fn finish(&self, now: SystemTime, samples: Samples, result: Result<Result<(), BoxError>, Box<dyn Any + Send>>) {
        let mut state = self.state();
        state.runs += 1;
        let error = match result {
            Ok(Ok(())) => {
                let mut readings = samples.into_readings();
                if matches!(self.work, Work::Closure(_)) {
                    let (help, unit) = (state.help.clone(), state.unit.clone());
                    readings.iter_mut().for_each(|one| (one.help, one.unit) = (help.clone(), unit.clone()));
                }
                state.history.add(&readings, now);
                state.readings = readings;
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(panic) => Some(format!("panicked: {}", message_of(&*panic))),
        };
        if error.is_some() {
            state.failures += 1;
            // Old values would look like new ones.
            state.readings.clear();
        }
        state.last_error = error;
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// A future whose panic is a value.
struct CatchUnwind<'a>(Collecting<'a>);

impl Future for CatchUnwind<'_> {
    type Output = Result<Result<(), BoxError>, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(panic)),
        }
    }
}
