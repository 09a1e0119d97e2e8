//! Who runs what is due.

use std::{
    cell::Cell,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use super::{
    Quantity, Samples,
    entry::{Asker, CLOSURE_INTERVAL, Entry, Outcome, RunId, Work},
    source::{Found, sources},
};

static DRIVEN: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// This thread runs a collector; one that takes a snapshot must not run the others inside.
    static COLLECTING: Cell<bool> = const { Cell::new(false) };
}

/// Takes over the running of closures and collectors; `None` when somebody has already. Until the driver is dropped, neither
/// [`snapshot`](crate::snapshot()) nor [`series`](crate::series()) runs one: they show the values last found and never wait. The exporter's sampler
/// thread is such a driver.
///
/// ```
/// # use std::{pin::pin, task::{Context, Waker}};
/// perfmon_core::collect::observe("open_orders", || 4.0);
/// let driver = perfmon_core::collect::drive().unwrap();
/// assert!(perfmon_core::snapshot().metric("open_orders").is_none(), "nobody has asked yet");
/// for turn in driver.due() {
///     // On a runtime: spawn it, or give it a thread if it blocks.
///     let mut run = pin!(turn.run());
///     assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
/// }
/// assert!(perfmon_core::snapshot().metric("open_orders").is_some());
/// # use std::future::Future;
/// ```
#[must_use]
pub fn drive() -> Option<Driver> {
    // Lazily: a driver made and dropped again would end the other's reign.
    let free = !DRIVEN.swap(true, Ordering::AcqRel);
    free.then(|| Driver { only: () })
}

/// The one who runs closures and collectors, see [`drive`]. Once it is dropped, snapshots run them again.
#[derive(Debug)]
pub struct Driver {
    only: (),
}

impl Driver {
    /// The closures and collectors whose turn it is. One is not handed out again before its turn has ended. Cheap: a lock and a look at the clock for each.
    /// A tenth of the interval is forgiven, so that one of 5 s asked each second runs each 5 s though the seconds are not quite even.
    #[must_use]
    pub fn due(&self) -> Vec<Turn> {
        let () = self.only;
        sources().into_iter().filter_map(|entry| Turn::take(entry, Asker::Driver)).collect()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        DRIVEN.store(false, Ordering::Release);
    }
}

/// Whether somebody else than those who take snapshots runs collectors.
pub(crate) fn is_driven() -> bool {
    DRIVEN.load(Ordering::Acquire)
}

/// A closure's or collector's turn to run once. Dropped while it runs, it counts as a failure ("given up"), and the next turn comes when the interval has
/// passed; dropped before, nothing has happened, and it is due as it was.
pub struct Turn {
    entry: Arc<Entry>,
    id: RunId,
    name: String,
    ended: bool,
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("name", &self.name).field("blocks", &self.blocks()).finish_non_exhaustive()
    }
}

impl Turn {
    /// Of the collector; of a closure, the metric's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether [`run`](Self::run) does all its work in one poll, on the thread that polls: so do closures and synchronous collectors.
    #[must_use]
    pub fn blocks(&self) -> bool {
        !matches!(self.entry.work, Work::Async(_))
    }

    /// Runs it. An error or a panic is kept in its [status](super::collectors) and goes no further.
    pub async fn run(mut self) {
        let entry = self.entry.clone();
        entry.carry_out(self.id);
        let mut samples = Samples::default();
        let outcome = match &entry.work {
            Work::Async(collector) => {
                let run = async { collector.collect(&mut samples).await.map(|()| collector.interval()) };
                Contained(Box::pin(run)).await
            }
            _ => run_blocking(&entry, &self.name, &mut samples),
        };
        self.end(samples, outcome);
    }

    fn run_now(mut self) {
        self.entry.carry_out(self.id);
        let mut samples = Samples::default();
        let outcome = run_blocking(&self.entry, &self.name, &mut samples);
        self.end(samples, outcome);
    }

    fn take(entry: Arc<Entry>, asker: Asker) -> Option<Self> {
        let id = entry.begin(asker)?;
        let name = entry.state().name.to_string();
        Some(Self { entry, id, name, ended: false })
    }

    fn end(&mut self, samples: Samples, outcome: Outcome) {
        self.ended = true;
        self.entry.finish(self.id, samples, outcome);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.ended {
            self.entry.give_up(self.id);
        }
    }
}

/// Runs what is due, unless a driver does, and returns the values of all sources.
pub(crate) fn found() -> Vec<Found> {
    let sources = sources();
    run_due(&sources);
    sources.into_iter().map(|source| Found { readings: source.readings(), source }).collect()
}

/// Runs the synchronous collectors and closures that are due, if that is for those to do who take snapshots.
fn run_due(sources: &[Arc<Entry>]) {
    if is_driven() || COLLECTING.get() {
        return;
    }
    let blocking = sources.iter().filter(|entry| !matches!(entry.work, Work::Async(_)));
    blocking.filter_map(|entry| Turn::take(entry.clone(), Asker::Snapshot)).for_each(Turn::run_now);
}

/// Runs the asynchronous collectors that are due, one after the other, on the caller's runtime. The next snapshot shows their values. Does nothing while
/// an exporter runs: it runs them itself.
pub async fn run_async_collectors() {
    for entry in sources() {
        let due = matches!(entry.work, Work::Async(_)) && !is_driven();
        if let Some(turn) = due.then(|| Turn::take(entry, Asker::Snapshot)).flatten() {
            turn.run().await;
        }
    }
}

/// No lock is held here, so the user's code may do whatever it likes.
fn run_blocking(entry: &Entry, name: &str, samples: &mut Samples) -> Outcome {
    contained(|| match &entry.work {
        Work::Closure(value) => {
            samples.give(name.to_owned().into(), &[], Quantity::Gauge(value()), entry.place);
            Ok(CLOSURE_INTERVAL)
        }
        Work::Sync(collector) => collector.collect(samples).map(|()| collector.interval()),
        Work::Async(_) => Err("an asynchronous collector cannot run without a runtime".into()),
    })
}

/// Runs a collector's code: its panic is a value, and a snapshot it takes runs no collectors.
fn contained<R>(run: impl FnOnce() -> R) -> std::thread::Result<R> {
    let outer = COLLECTING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(run));
    COLLECTING.set(outer);
    result
}

/// A future whose every poll is [`contained`].
struct Contained<F>(Pin<Box<F>>);

impl<F: Future> Future for Contained<F> {
    type Output = std::thread::Result<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match contained(|| self.0.as_mut().poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(panic)),
        }
    }
}
