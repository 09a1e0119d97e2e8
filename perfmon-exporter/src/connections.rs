//! The connections that are open: bounded, and the idle ones give way.
//!
//! A client that opens connections and says nothing must neither keep others out nor take the file descriptors of the service around us. So
//! there is a bound, and a new connection beyond it takes the place of the one that has been idle for longest.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{task::AbortHandle, time::Instant};

/// Connections at once, however many files the process may open.
const MOST: usize = 512;
/// Of those files a quarter are for connections, and as many for those who listen: the others are the service's.
const SHARE: u64 = 4;
/// Whoever says how many may have half of them.
const CHOSEN_SHARE: u64 = 2;

/// For how long health tells of a failure.
const LATELY: Duration = Duration::from_secs(60);

/// How many connections there may be in this process.
pub(crate) fn most_connections() -> usize {
    share_of_files(MOST, SHARE)
}

/// How many there may be if somebody has said how many.
pub(crate) fn chosen_connections(most: usize) -> usize {
    let given = share_of_files(most, CHOSEN_SHARE);
    if given < most {
        tracing::warn!(
            target: "perfmon",
            "{most} connections were asked for, and {given} are possible: half of the files that the process may open; raise its limit (ulimit -n)"
        );
    }
    given
}

/// How many may listen.
pub(crate) fn most_listeners(most: usize) -> usize {
    share_of_files(most, SHARE)
}

/// That many, or as many as a share (one of so many) of the files that the process may open; sixteen are always possible.
fn share_of_files(most: usize, share: u64) -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let files: Option<u64> = None;
    let share = files.map_or(usize::MAX, |files| usize::try_from(files / share).unwrap_or(usize::MAX));
    share.max(16).min(most)
}

/// All open connections.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    open: Mutex<BTreeMap<u64, Connection>>,
    next: Arc<AtomicU64>,
    evicted: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    last_failure: Mutex<Option<(Instant, String)>>,
}

#[derive(Debug)]
struct Connection {
    busy: Busy,
    task: Option<AbortHandle>,
}

/// Whether a connection is being answered, and since when it is not.
#[derive(Debug, Clone)]
pub(crate) struct Busy {
    /// A number that grows with time, or [`BUSY`].
    idle_since: Arc<AtomicU64>,
    next: Arc<AtomicU64>,
}

const BUSY: u64 = u64::MAX;

impl Busy {
    fn new(next: &Arc<AtomicU64>) -> Self {
        let now = next.fetch_add(1, Ordering::Relaxed);
        Self { idle_since: Arc::new(AtomicU64::new(now)), next: next.clone() }
    }

    pub(crate) fn set(&self, busy: bool) {
        let since = if busy { BUSY } else { self.next.fetch_add(1, Ordering::Relaxed) };
        self.idle_since.store(since, Ordering::Relaxed);
    }

    fn idle_since(&self) -> Option<u64> {
        Some(self.idle_since.load(Ordering::Relaxed)).filter(|since| *since != BUSY)
    }
}

/// A place among the connections, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    pub(crate) busy: Busy,
}

impl Connections {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            open: Mutex::default(),
            next: Arc::default(),
            evicted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            last_failure: Mutex::default(),
        })
    }

    /// A place for a new connection; `None` when all are busy.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Place> {
        let mut open = self.open();
        if open.len() >= self.most {
            let idle = open.iter().filter_map(|(number, one)| Some((one.busy.idle_since()?, *number))).min();
            let Some(idle) = idle.and_then(|(_, number)| open.remove(&number)) else {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return None;
            };
            if let Some(task) = idle.task {
                task.abort();
            }
            self.evicted.fetch_add(1, Ordering::Relaxed);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let busy = Busy::new(&self.next);
        open.insert(number, Connection { busy: busy.clone(), task: None });
        Some(Place { connections: self.clone(), number, busy })
    }

    /// Connections open now.
    pub(crate) fn len(&self) -> usize {
        self.open().len()
    }

    /// Connections being answered now.
    pub(crate) fn busy(&self) -> usize {
        self.open().values().filter(|one| one.busy.idle_since().is_none()).count()
    }

    /// Idle connections that were closed to make room.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Connections turned away because all others were busy.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Notes that the system gave no connection.
    pub(crate) fn fail(&self, error: &io::Error) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        *self.last_failure() = Some((Instant::now(), error.to_string()));
    }

    /// How often the system gave no connection.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Why the system gave no connection lately.
    pub(crate) fn failing(&self) -> Option<String> {
        self.last_failure().as_ref().filter(|(at, _)| at.elapsed() < LATELY).map(|(_, error)| error.clone())
    }

    fn last_failure(&self) -> MutexGuard<'_, Option<(Instant, String)>> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<u64, Connection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The number by which [`Connections::serve_with`] knows it.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Connections {
    /// Tells which task serves a connection, so that it can be ended.
    pub(crate) fn serve_with(&self, number: u64, task: AbortHandle) {
        if let Some(connection) = self.open().get_mut(&number) {
            connection.task = Some(task);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::{Connections, share_of_files};

    #[test]
    fn the_idle_give_way_and_the_busy_stay() {
        let connections = Connections::new(2);
        let first = connections.enter().expect("room");
        let second = connections.enter().expect("room");
        first.busy.set(true);
        let third = connections.enter().expect("the second is idle and gives way");
        assert_eq!((connections.len(), connections.evicted()), (2, 1));
        third.busy.set(true);
        assert!(connections.enter().is_none(), "all are busy");
        assert_eq!(connections.refused(), 1);
        // The one that had to go leaves nothing behind, nor takes another's place with it.
        drop(second);
        assert_eq!(connections.len(), 2);
        drop((first, third));
        assert_eq!(connections.len(), 0);
    }

    #[test]
    fn who_asked_lately_stays() {
        let connections = Connections::new(2);
        let old = connections.enter().expect("room");
        let silent = connections.enter().expect("room");
        old.busy.set(true);
        old.busy.set(false);
        let _new = connections.enter().expect("the silent one gives way");
        assert!(connections.open().contains_key(&old.number()) && !connections.open().contains_key(&silent.number()));
    }

    #[test]
    fn a_share_of_the_files_is_never_more_than_was_asked_for() {
        assert_eq!([1, 15, 16].map(|most| share_of_files(most, 4)), [1, 15, 16]);
        #[cfg(unix)]
        if let Some(files) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
            assert!(share_of_files(usize::MAX, 2) as u64 <= (files / 2).max(16));
        }
    }
}
