//! What the pump keeps and the server shows.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use perfmon_core::{
    Snapshot,
    analyse::{Health, Verdict, Window, Windows},
    evidence, snapshot,
};
use tokio::{sync::watch, time::Instant};

use crate::{
    audience::Audience,
    connections::Connections,
    encode::{Exemplar, Format, Profile, Scrape, render},
    profiles::Profiles,
    section::Sections,
    settings::Access,
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
    /// How each objective stands over its own window.
    pub verdicts: Vec<Verdict>,
    /// The last minute, which listeners are told beside the whole.
    pub(crate) minute: (Window, Snapshot),
    /// The last five minutes, which health goes by but for objectives.
    pub(crate) recent: Snapshot,
    /// How long the pump worked on it.
    pub took: Duration,
    /// How much later than planned it began.
    pub late: Duration,
}

/// Shared by the pump and everybody who asks.
#[derive(Debug)]
pub(crate) struct Shared {
    profiles: Mutex<Arc<Profiles>>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) audience: Arc<Audience>,
    pub(crate) scrapes: Scrapes,
    /// Somebody wants the configuration to be read again.
    #[cfg(feature = "config")]
    reload: std::sync::atomic::AtomicBool,
    pub(crate) refusals: Refusals,
    access: watch::Sender<Arc<Access>>,
    /// What goes wrong at present, by the rule that health knows it by.
    troubles: Mutex<BTreeMap<&'static str, String>>,
    windows: Mutex<Windows>,
    latest: watch::Sender<Option<Arc<Tick>>>,
    sections: Sections,
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

/// Why a request was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Too many of them, too many wrong guesses, or too many TLS handshakes.
    Rate,
    /// It meant another server.
    Host,
    /// A page of a site that may not ask.
    Origin,
    /// Nobody knows who it is.
    Credential,
    /// The role does not suffice.
    Role,
    /// The body is too large or not JSON.
    Body,
}

/// Requests that were not answered.
#[derive(Debug, Default)]
pub(crate) struct Refusals([AtomicU64; Refusal::ALL.len()]);

impl Refusal {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Rate, "rate"),
        (Self::Host, "host"),
        (Self::Origin, "origin"),
        (Self::Credential, "credential"),
        (Self::Role, "role"),
        (Self::Body, "body"),
    ];
}

impl Refusals {
    pub(crate) fn count(&self, why: Refusal) {
        if let Some(at) = Refusal::ALL.iter().position(|(known, _)| *known == why) {
            self.0[at].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many there were, by the reason's name.
    pub(crate) fn done(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Refusal::ALL.iter().zip(&self.0).map(|((_, name), done)| (*name, done.load(Ordering::Relaxed)))
    }
}

impl Shared {
    pub(crate) fn new(profiles: Profiles, connections: Arc<Connections>, sections: Sections) -> Arc<Self> {
        Arc::new(Self {
            profiles: Mutex::new(Arc::new(profiles)),
            connections,
            audience: Audience::new(),
            scrapes: Scrapes::default(),
            #[cfg(feature = "config")]
            reload: std::sync::atomic::AtomicBool::new(false),
            refusals: Refusals::default(),
            access: watch::Sender::default(),
            troubles: Mutex::default(),
            windows: Mutex::default(),
            latest: watch::Sender::new(None),
            sections,
            faults: AtomicU64::new(0),
        })
    }

    /// The profiles of names that can be scraped.
    pub(crate) fn profiles(&self) -> Arc<Profiles> {
        self.profiles.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Other ones, from the next scrape on.
    #[cfg_attr(not(feature = "config"), allow(dead_code, reason = "only configuration changes them"))]
    pub(crate) fn set_profiles(&self, profiles: Profiles) {
        *self.profiles.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(profiles);
    }

    /// Has the configuration read again with the next tick.
    #[cfg(feature = "config")]
    pub(crate) fn ask_reload(&self) {
        self.reload.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has asked for that.
    #[cfg(feature = "config")]
    pub(crate) fn take_reload(&self) -> bool {
        self.reload.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn windows(&self) -> MutexGuard<'_, Windows> {
        lock(&self.windows)
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

    /// Who may do what, from the next request on; nothing changes if it is as before. What makes no sense in it is left out and told; [`trouble`](Self::trouble) `"access"` has it then.
    pub(crate) fn set_access(&self, access: Arc<Access>) {
        self.access.send_if_modified(|now| {
            let changes = **now != *access;
            if changes {
                *now = access;
            }
            changes
        });
    }

    /// Who may do what now.
    pub(crate) fn access(&self) -> Arc<Access> {
        self.access.borrow().clone()
    }

    /// Tells when that changes.
    pub(crate) fn access_changes(&self) -> watch::Receiver<Arc<Access>> {
        self.access.subscribe()
    }

    /// Takes points from health for as long as there is a reason.
    pub(crate) fn trouble(&self, rule: &'static str, reason: Option<String>) {
        let mut troubles = lock(&self.troubles);
        match reason {
            Some(reason) => troubles.insert(rule, reason),
            None => troubles.remove(rule),
        };
    }

    pub(crate) fn troubles(&self) -> Vec<(&'static str, String)> {
        lock(&self.troubles).iter().map(|(rule, reason)| (*rule, reason.clone())).collect()
    }

    /// What the dashboard's sections tell now, with what happened in its window. One that fails takes points from health until all do well.
    pub(crate) fn sections(&self, recent: &Snapshot) -> BTreeMap<&'static str, Option<serde_json::Value>> {
        let (told, wrong) = self.sections.tell(recent);
        self.trouble("section", wrong);
        told
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
