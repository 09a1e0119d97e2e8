//! What the pump keeps and the server shows.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use perfmon_core::{
    Snapshot,
    analyse::{Health, Window, Windows},
    evidence, snapshot,
};
use tokio::{sync::watch, time::Instant};

use crate::{
    connections::Connections,
    encode::{Exemplar, Format, Profile, Scrape, render},
    profiles::Profiles,
};

/// What one second of the pump found. Subscribers get each of them; who is slow gets the newest.
#[derive(Debug)]
pub struct Tick {
    /// Counted from 1.
    pub number: u64,
    /// The state at that second.
    pub snapshot: Arc<Snapshot>,
    /// How healthy the process is.
    pub health: Health,
    /// How long the pump worked on it.
    pub took: Duration,
    /// How much later than planned it began.
    pub late: Duration,
}

/// Shared by the pump and everybody who asks.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) profiles: Profiles,
    pub(crate) connections: Arc<Connections>,
    pub(crate) scrapes: Scrapes,
    windows: Mutex<Windows>,
    latest: watch::Sender<Option<Arc<Tick>>>,
    /// Ticks that panicked.
    faults: AtomicU64,
}

/// How scraping goes.
#[derive(Debug, Default)]
pub(crate) struct Scrapes {
    done: [AtomicU64; Format::ALL.len()],
    bytes: AtomicU64,
    last_nanos: AtomicU64,
}

impl Scrapes {
    /// How many there were in each format.
    pub(crate) fn done(&self) -> impl Iterator<Item = (Format, u64)> + '_ {
        Format::ALL.into_iter().zip(&self.done).map(|(format, done)| (format, done.load(Ordering::Relaxed)))
    }

    fn count(&self, format: Format, bytes: usize, took: Duration) {
        if let Some(at) = Format::ALL.iter().position(|known| *known == format) {
            self.done[at].fetch_add(1, Ordering::Relaxed);
        }
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        self.last_nanos.store(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How long the last one took to render.
    pub(crate) fn last(&self) -> Duration {
        Duration::from_nanos(self.last_nanos.load(Ordering::Relaxed))
    }
}

impl Shared {
    pub(crate) fn new(profiles: Profiles, connections: Arc<Connections>) -> Arc<Self> {
        Arc::new(Self {
            profiles,
            connections,
            scrapes: Scrapes::default(),
            windows: Mutex::default(),
            latest: watch::Sender::new(None),
            faults: AtomicU64::new(0),
        })
    }

    pub(crate) fn windows(&self) -> MutexGuard<'_, Windows> {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happened in a window up to a snapshot.
    pub(crate) fn window(&self, window: Window, now: &Snapshot) -> Snapshot {
        self.windows().interval(window, now)
    }

    /// The last tick; `None` before the first.
    pub(crate) fn latest(&self) -> Option<Arc<Tick>> {
        self.latest.borrow().clone()
    }

    pub(crate) fn publish(&self, tick: Tick) {
        self.latest.send_replace(Some(Arc::new(tick)));
    }

    pub(crate) fn count_fault(&self) {
        self.faults.fetch_add(1, Ordering::Relaxed);
    }

    /// Ticks that panicked, by a mistake of ours.
    pub(crate) fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// Every tick from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<Arc<Tick>>> {
        self.latest.subscribe()
    }

    /// The metrics of this moment.
    pub(crate) fn render(&self, profile: &Profile, format: Format) -> Vec<u8> {
        let begun = Instant::now();
        let snapshot = snapshot();
        let windows = {
            let windows = self.windows();
            let shown = Window::ALL.into_iter().filter(|window| profile.asks_for(*window));
            shown.map(|window| (window.as_str(), windows.interval(window, &snapshot))).collect::<Vec<_>>()
        };
        let slow: Vec<_> = evidence::slow_calls().iter().filter_map(Exemplar::of).collect();
        let body = render(&Scrape { snapshot: &snapshot, windows: &windows, slow: &slow }, profile, format);
        self.scrapes.count(format, body.len(), begun.elapsed());
        body
    }
}
