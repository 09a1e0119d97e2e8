//! What a connection is at: answered, idle, or waiting for a client that does not read.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::time::Instant;

/// Shared by whoever answers over a connection, whoever reads and writes its bytes, and whoever needs its place.
#[derive(Debug, Clone)]
pub(crate) struct Pace(Arc<State>);

#[derive(Debug)]
struct State {
    /// A number that grows with time, or [`NOT`].
    idle_since: AtomicU64,
    /// Milliseconds of the epoch, or [`NOT`].
    stalled_since: AtomicU64,
    /// Requests that have begun.
    begun: AtomicU64,
    /// It speaks another protocol now.
    upgraded: AtomicBool,
    next: Arc<AtomicU64>,
    epoch: Instant,
}

const NOT: u64 = u64::MAX;

impl Pace {
    pub(super) fn new(next: &Arc<AtomicU64>, epoch: Instant) -> Self {
        let idle_since = AtomicU64::new(next.fetch_add(1, Ordering::Relaxed));
        let (stalled_since, begun, upgraded) = (AtomicU64::new(NOT), AtomicU64::new(0), AtomicBool::new(false));
        Self(Arc::new(State { idle_since, stalled_since, begun, upgraded, next: next.clone(), epoch }))
    }

    /// A request's head is there, and it is being answered.
    pub(crate) fn begin(&self) {
        self.0.idle_since.store(NOT, Ordering::Relaxed);
        self.0.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// The answer is ready to be written.
    pub(crate) fn end(&self) {
        self.0.idle_since.store(self.0.next.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
    }

    /// What follows are no requests.
    pub(crate) fn upgrade(&self) {
        self.0.upgraded.store(true, Ordering::Relaxed);
    }

    /// Whether the client has left something unread that is to be written.
    pub(crate) fn stall(&self, stalled: bool) {
        let since = if stalled { self.now() } else { NOT };
        self.0.stalled_since.store(since, Ordering::Relaxed);
    }

    /// How many requests have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.0.begun.load(Ordering::Relaxed)
    }

    /// Whether the next bytes are of a request's head.
    pub(crate) fn awaits_head(&self) -> bool {
        !self.is_busy() && !self.0.upgraded.load(Ordering::Relaxed)
    }

    pub(super) fn is_busy(&self) -> bool {
        self.0.idle_since.load(Ordering::Relaxed) == NOT
    }

    /// Since when nothing is asked or told.
    pub(super) fn idle_since(&self) -> Option<u64> {
        let since = self.0.idle_since.load(Ordering::Relaxed);
        (since != NOT && self.0.stalled_since.load(Ordering::Relaxed) == NOT).then_some(since)
    }

    /// For how many milliseconds its client has not read what there is.
    pub(super) fn stalled_for(&self) -> Option<u64> {
        let since = self.0.stalled_since.load(Ordering::Relaxed);
        (since != NOT).then(|| self.now().saturating_sub(since))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.epoch.elapsed().as_millis()).unwrap_or(NOT - 1)
    }
}
