//! Kill switches: what stops trading, why, since when.

use std::{
    collections::BTreeMap,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use perfmon_core::collect::Samples;

use super::{
    at::AtTime,
    known::{Known, Told, bounded, cut},
};

/// Those that every book has.
const FROM_THE_START: [&str; 3] = ["pnl", "psr", "drawdown"];
/// Switches of a book.
const MOST: usize = 64;

static BOOKS: Known<KillSwitches> = Known::new();
static TOLD: RwLock<Vec<Arc<Hook>>> = RwLock::new(Vec::new());

type Hook = dyn Fn(&KillSwitchChange) + Send + Sync;

/// The kill switches of a book. `pnl`, `psr` (probabilistic Sharpe ratio) and `drawdown` exist from the start, inactive.
#[derive(Clone)]
pub struct KillSwitches(Arc<Switches>);

struct Switches {
    book: Arc<str>,
    by_name: RwLock<BTreeMap<String, KillSwitch>>,
}

/// One kill switch. perfmon says that it is active, and since when and why; the program asks and stops trading.
///
/// ```
/// use perfmon::trading::KillSwitches;
///
/// let switch = KillSwitches::new("momentum").switch("drawdown");
/// assert!(switch.activate("-12.5 %"));
/// assert!(!switch.activate("-12.6 %"), "it is active already: the first reason stays");
/// assert_eq!(switch.state().reason.as_deref(), Some("-12.5 %"));
/// switch.deactivate();
/// assert!(!switch.is_active() && switch.state().activations == 1);
/// ```
#[derive(Clone)]
pub struct KillSwitch(Arc<Switch>);

struct Switch {
    book: Arc<str>,
    name: String,
    /// The state's, for those who ask before each order.
    active: AtomicBool,
    state: Mutex<KillSwitchState>,
}

/// How a kill switch stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KillSwitchState {
    /// Whether it is active: trading is to stop.
    pub active: bool,
    /// Why it is active; `None` while it is not.
    pub reason: Option<String>,
    /// When it was last switched; `None` if it never was.
    pub since: Option<SystemTime>,
    /// How often it went from inactive to active.
    pub activations: u64,
    /// How often it was switched at all: the number of its last change.
    pub sequence: u64,
}

/// A kill switch was switched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KillSwitchChange {
    /// Which one. It may have been switched again since: [`KillSwitch::state`] is how it stands now.
    pub switch: KillSwitch,
    /// Whether it became active.
    pub active: bool,
    /// Why, when it became active.
    pub reason: Option<String>,
    /// When.
    pub at: SystemTime,
    /// Its number among the changes of this switch, from 1. Where threads switch at the same time, the later change may be told first.
    pub sequence: u64,
}

/// Has a function told of every change of every kill switch from now on: at once, on the thread that switches, without a lock held, so it may do whatever it
/// likes, switching others too. It cannot be taken back. A panic in it goes no further.
///
/// Without a lock, threads that switch the same one at the same time, or a function that switches it back, may have it told in the wrong order: what acts on it asks how the switch stands now
/// ([`KillSwitch::is_active`]), what keeps changes goes by their [`sequence`](KillSwitchChange::sequence).
///
/// ```
/// use perfmon::trading::{KillSwitches, on_kill_switch};
///
/// on_kill_switch(|change| {
///     // Not `change.active`: it may have been switched again since.
///     if change.switch.is_active() {
///         eprintln!("{} stopped by {}: {:?}", change.switch.book(), change.switch.name(), change.switch.state().reason);
///     }
/// });
/// KillSwitches::new("momentum").switch("pnl").activate("-5.2 %");
/// ```
pub fn on_kill_switch(told: impl Fn(&KillSwitchChange) + Send + Sync + 'static) {
    TOLD.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(told));
}

/// Every kill switch of every book, for those who begin to listen when some are active already.
#[must_use]
pub fn kill_switches() -> Vec<KillSwitch> {
    BOOKS.all().iter().flat_map(KillSwitches::all).collect()
}

impl KillSwitches {
    /// Those of this book; made when there are none yet.
    #[must_use]
    pub fn new(book: &str) -> Self {
        BOOKS.get(book, |book| {
            let switches = Self(Arc::new(Switches { book: book.into(), by_name: RwLock::default() }));
            FROM_THE_START.iter().for_each(|name| _ = switches.switch(name));
            switches
        })
    }

    /// Whose they are.
    #[must_use]
    pub fn book(&self) -> &str {
        &self.0.book
    }

    /// The switch of this name, made if need be. The 64th and all after it are one switch named `other`, so that any of them stops what all of them guard.
    #[must_use]
    pub fn switch(&self, name: &str) -> KillSwitch {
        let name = cut(name);
        if let Some(known) = self.0.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name) {
            return known.clone();
        }
        let mut by_name = self.0.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let name = bounded(&by_name, name, MOST);
        by_name.entry(name.to_owned()).or_insert_with(|| KillSwitch::new(&self.0.book, name)).clone()
    }

    /// All of them, by name.
    #[must_use]
    pub fn all(&self) -> Vec<KillSwitch> {
        self.0.by_name.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Takes them out of the metrics, and lets the book's name be used again, by switches that are inactive. For a book that is done, as those of a backtest are. The handles
    /// there are go on working, but know nothing of those made since. Does nothing to those named `other`, which many books may share.
    pub fn remove(&self) {
        BOOKS.remove(|known| Arc::ptr_eq(&known.0, &self.0));
    }

    /// Whether any is active: trading is to stop.
    #[must_use]
    pub fn any_active(&self) -> bool {
        let by_name = self.0.by_name.read().unwrap_or_else(PoisonError::into_inner);
        by_name.values().any(KillSwitch::is_active)
    }
}

impl KillSwitch {
    fn new(book: &Arc<str>, name: &str) -> Self {
        Self(Arc::new(Switch {
            book: book.clone(),
            name: name.to_owned(),
            active: AtomicBool::new(false),
            state: Mutex::default(),
        }))
    }

    /// The book whose switch it is.
    #[must_use]
    pub fn book(&self) -> &str {
        &self.0.book
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Activates it. Tells whether it was inactive before: activated again it keeps its first reason and time, and nobody is told.
    ///
    /// Once this returns, every thread sees it active.
    #[allow(clippy::must_use_candidate)]
    pub fn activate(&self, reason: impl Into<String>) -> bool {
        self.at(SystemTime::now()).activate(reason)
    }

    /// Deactivates it. Tells whether it was active before.
    #[allow(clippy::must_use_candidate)]
    pub fn deactivate(&self) -> bool {
        self.at(SystemTime::now()).deactivate()
    }

    /// Whether it is active. One load, so it can be asked before each order.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.0.active.load(Ordering::Acquire)
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> KillSwitchState {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What happens to it at this time.
    pub fn at(&self, time: SystemTime) -> AtTime<'_, Self> {
        AtTime { told: self, time }
    }

    fn change(&self, active: bool, reason: Option<String>, at: SystemTime) -> bool {
        let sequence = {
            let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.active == active {
                return false;
            }
            state.active = active;
            state.reason.clone_from(&reason);
            state.since = Some(at);
            state.activations += u64::from(active);
            state.sequence += 1;
            self.0.active.store(active, Ordering::Release);
            state.sequence
        };
        let hooks = TOLD.read().unwrap_or_else(PoisonError::into_inner).clone();
        let change = KillSwitchChange { switch: self.clone(), active, reason, at, sequence };
        for hook in hooks {
            // Whoever stops trading must not be stopped by those who want to know of it; what the panic carries may panic when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| hook(&change))).map_err(std::mem::forget);
        }
        true
    }
}

impl AtTime<'_, KillSwitch> {
    /// [`KillSwitch::activate`] at this time.
    #[allow(clippy::must_use_candidate)]
    pub fn activate(&self, reason: impl Into<String>) -> bool {
        self.told.change(true, Some(reason.into()), self.time)
    }

    /// [`KillSwitch::deactivate`] at this time.
    #[allow(clippy::must_use_candidate)]
    pub fn deactivate(&self) -> bool {
        self.told.change(false, None, self.time)
    }
}

impl Told for KillSwitches {
    const COLLECTOR: &'static str = "trading.kill_switches";

    fn tell(&self, out: &mut Samples) {
        for switch in self.all() {
            let labels = [("book", self.book()), ("switch", switch.name())];
            let state = switch.state();
            out.gauge_with("trading_kill_switch_active", &labels, f64::from(u8::from(state.active)))
                .describe("1 while the kill switch is active, else 0.", "");
            out.counter_with("trading_kill_switch_activations_total", &labels, state.activations)
                .describe("Times that the kill switch went from inactive to active.", "activations");
        }
    }
}

impl fmt::Debug for KillSwitches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KillSwitches").field("book", &self.book()).field("switches", &self.all()).finish()
    }
}

impl fmt::Debug for KillSwitch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KillSwitch").field("name", &self.name()).field("state", &self.state()).finish_non_exhaustive()
    }
}
