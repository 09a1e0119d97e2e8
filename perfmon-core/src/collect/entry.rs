//! A registered closure or collector: when it is due, how its runs end, what it found last.

use std::{
    any::Any,
    borrow::Cow,
    panic::Location,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{AsyncCollector, BoxError, Collector, Quantity, Reading, Samples, clock, samples::Faults};
use crate::{
    format,
    history::{Key, Kind, history},
    site::metric_name_mistake,
};

/// With a driver, how often a closure is asked at most.
pub(super) const CLOSURE_INTERVAL: Duration = Duration::from_secs(1);
/// A run is not called stuck before it has lasted so long.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) enum Work {
    Closure(Box<dyn Fn() -> f64 + Send + Sync>),
    Sync(Box<dyn Collector>),
    Async(Box<dyn AsyncCollector>),
}

pub(super) struct Entry {
    pub(super) work: Work,
    pub(super) enabled: AtomicBool,
    /// Where it was registered.
    pub(super) place: &'static Location<'static>,
    /// Why it is never run, if it may not be.
    refused: Option<String>,
    state: Mutex<State>,
}

/// Times are the recorder's running time, which no jump of the wall clock moves.
#[derive(Default)]
pub(super) struct State {
    pub(super) name: Cow<'static, str>,
    pub(super) help: Cow<'static, str>,
    pub(super) unit: Cow<'static, str>,
    interval: Duration,
    wish: Wish,
    /// When the last run began.
    began: Option<Duration>,
    running: Option<Run>,
    readings: Vec<Reading>,
    runs: u64,
    failures: u64,
    last_error: Option<String>,
    last_took: Option<Duration>,
    last_success: Option<Duration>,
    /// What was wrong with the values of the last run, and counts of all of them.
    faults: Faults,
    /// Whose place it took.
    pub(super) replaced: Option<String>,
    /// What stands in the way of its last values, as of the last snapshot; and the run up to which that is counted.
    clash: Option<String>,
    clash_counted: u64,
}

/// What somebody who configures the program wants of a collector; it goes before what the program says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    pub(super) enabled: Option<bool>,
    pub(super) interval: Option<Duration>,
}

#[derive(Clone, Copy)]
struct Run {
    id: RunId,
    since: Duration,
    /// It waits to be carried out since the run before it began; `None` once it is.
    waits: Option<Before>,
}

/// When the run before began, if there was one.
type Before = Option<Duration>;

/// Tells a run from those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RunId(u64);

/// How a run ended: with the interval until the next, an error, or a panic's payload.
pub(super) type Outcome = Result<Result<Duration, BoxError>, Box<dyn Any + Send>>;

/// Who asks whether it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// Somebody who takes a snapshot.
    Snapshot,
    /// A driver, whose ticks are not quite even: a tenth of the interval is forgiven.
    Driver,
}

/// How a collector fares.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectorStatus {
    /// Its name; of a closure, the metric's.
    pub name: String,
    /// Whether it is switched on.
    pub enabled: bool,
    /// The time from the start of one run to that of the next, at least; of a closure, with a driver (else each snapshot asks it).
    pub interval: Duration,
    /// How often it ran.
    pub runs: u64,
    /// How often it failed, panicked or was given up.
    pub failures: u64,
    /// What it said the last time it failed, if it has not succeeded since; or that it seems to hang.
    pub last_error: Option<String>,
    /// For how long it has been running, if it is.
    pub running_for: Option<Duration>,
    /// How long its last run took.
    pub last_took: Option<Duration>,
    /// How long ago it last succeeded.
    pub last_success_age: Option<Duration>,
    /// Whether its run has lasted so long that it seems to hang.
    pub hanging: bool,
    /// How many of its values were not shown: under a name that metrics cannot have, or one that somebody else has.
    pub turned_away: u64,
    /// What was wrong with its last values, and what to do about it. It counts against health as a failure does.
    pub complaint: Option<String>,
    /// How many of its values were not finite, and so not shown.
    pub not_finite: u64,
    /// What else there is to know of it: a value that is not finite, another closure whose place it took. That is no fault by itself.
    pub remark: Option<String>,
}

impl CollectorStatus {
    /// Whether it fails, hangs, or gives what cannot be shown.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.enabled && (self.last_error.is_some() || self.complaint.is_some())
    }
}

impl Entry {
    pub(super) fn new(
        name: Cow<'static, str>,
        work: Work,
        interval: Duration,
        place: &'static Location<'static>,
    ) -> Arc<Self> {
        let mistake = if matches!(work, Work::Closure(_)) { metric_name_mistake(&name) } else { None };
        let refused = mistake.map(|mistake| format!("failed to observe {name:?}, registered at {place}: {mistake}"));
        let state = Mutex::new(State { name, interval, ..State::default() });
        Arc::new(Self { work, enabled: AtomicBool::new(true), place, refused, state })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_enabled(&self, state: &State) -> bool {
        state.wish.enabled.unwrap_or_else(|| self.enabled.load(Ordering::Relaxed))
    }

    pub(super) fn wish(&self, wish: Wish) {
        self.state().wish = wish;
    }

    pub(super) fn status(&self) -> CollectorStatus {
        let (now, state) = (clock::running(), self.state());
        CollectorStatus {
            name: state.name.to_string(),
            enabled: self.is_enabled(&state),
            interval: state.interval(),
            runs: state.runs,
            failures: state.failures,
            last_error: state.hanging(now).or_else(|| state.last_error.clone()).or_else(|| self.refused.clone()),
            running_for: state.running_for(now),
            last_took: state.last_took,
            last_success_age: state.last_success.map(|then| now.saturating_sub(then)),
            hanging: state.hanging(now).is_some(),
            turned_away: state.faults.turned_away,
            complaint: state.faults.complaint.clone().or_else(|| state.clash.clone()),
            not_finite: state.faults.not_finite,
            remark: state.faults.remark.clone().or_else(|| state.replaced.clone()),
        }
    }

    /// What the last run found, unless that is old because the next one hangs.
    pub(super) fn readings(&self) -> Vec<Reading> {
        let (now, state) = (clock::running(), self.state());
        if self.is_enabled(&state) && state.hanging(now).is_none() { state.readings.clone() } else { Vec::new() }
    }

    /// Says what stands in the way of so many of its last values, or that nothing does. They are counted once for each run.
    pub(super) fn clashes(&self, clash: Option<(u64, String)>) {
        let mut state = self.state();
        if let Some((values, _)) = &clash
            && state.clash_counted < state.runs
        {
            state.clash_counted = state.runs;
            state.turn_away(*values);
        }
        state.clash = clash.map(|(_, text)| text);
    }

    /// Begins a run if it is due and none is under way.
    pub(super) fn begin(&self, asker: Asker) -> Option<RunId> {
        let now = clock::running();
        let mut state = self.state();
        let wait = match (&self.work, asker) {
            (Work::Closure(_), Asker::Snapshot) => Duration::ZERO,
            (_, Asker::Snapshot) => state.interval(),
            (_, Asker::Driver) => state.interval().mul_f64(0.9),
        };
        let fresh = state.began.is_some_and(|began| now.saturating_sub(began) < wait);
        if self.refused.is_some() || fresh || state.running.is_some() || !self.is_enabled(&state) {
            return None;
        }
        let id = RunId(state.runs);
        state.runs += 1;
        let before = state.began.replace(now);
        state.running = Some(Run { id, since: now, waits: Some(before) });
        Some(id)
    }

    /// Says that a run which waited since its beginning is now carried out.
    pub(super) fn carry_out(&self, id: RunId) {
        if let Some(run) = self.state().running.as_mut().filter(|run| run.id == id) {
            (run.since, run.waits) = (clock::running(), None);
        }
    }

    /// Ends a run. What a run found that was ended before is old.
    pub(super) fn finish(&self, id: RunId, samples: Samples, outcome: Outcome) {
        let now = clock::running();
        let mut state = self.state();
        let Some(run) = state.running.take_if(|run| run.id == id) else { return };
        state.last_took = Some(now.saturating_sub(run.since));
        match outcome {
            Ok(Ok(interval)) => {
                let (mut readings, faults) = samples.into_parts();
                state.turn_away(faults.turned_away);
                state.faults.not_finite += faults.not_finite;
                (state.faults.complaint, state.faults.remark) = (faults.complaint, faults.remark);
                if matches!(self.work, Work::Closure(_)) {
                    readings.iter_mut().for_each(|one| (one.help, one.unit) = (state.help.clone(), state.unit.clone()));
                }
                keep(&readings);
                state.readings = readings;
                state.interval = interval;
                state.last_success = Some(now);
                state.last_error = None;
            }
            Ok(Err(error)) => state.fail(error.to_string()),
            Err(panic) => state.fail(format!("panicked: {}", message_of(&*panic))),
        }
    }

    /// Ends a run that nobody carries on; one that was not begun is as if it had never been due.
    pub(super) fn give_up(&self, id: RunId) {
        let now = clock::running();
        let mut state = self.state();
        let Some(run) = state.running.take_if(|run| run.id == id) else { return };
        if let Some(before) = run.waits {
            state.runs -= 1;
            state.began = before;
        } else {
            state.fail(format!("given up after {}", format::bound(now.saturating_sub(run.since))));
        }
    }
}

impl State {
    fn interval(&self) -> Duration {
        self.wish.interval.unwrap_or(self.interval)
    }

    fn running_for(&self, now: Duration) -> Option<Duration> {
        self.running.map(|run| now.saturating_sub(run.since))
    }

    fn hanging(&self, now: Duration) -> Option<String> {
        let lasted = self.running_for(now)?;
        let whole = Duration::from_secs(lasted.as_secs());
        let stuck = lasted > self.interval().saturating_mul(3).max(PATIENCE);
        stuck.then(|| format!("still running after {} (hanging?)", format::bound(whole)))
    }

    fn turn_away(&mut self, values: u64) {
        self.faults.turned_away += values;
        TURNED_AWAY.fetch_add(values, Ordering::Relaxed);
    }

    fn fail(&mut self, error: String) {
        self.failures += 1;
        self.last_error = Some(error);
        // Old values would look like new ones.
        self.readings.clear();
        (self.faults.complaint, self.faults.remark) = (None, None);
    }
}

/// Values of all collectors, those taken out too, that were not shown.
static TURNED_AWAY: AtomicU64 = AtomicU64::new(0);

pub(crate) fn turned_away() -> u64 {
    TURNED_AWAY.load(Ordering::Relaxed)
}

/// Puts what was found into the history.
fn keep(readings: &[Reading]) {
    let labels: Vec<Vec<(&str, &str)>> = readings.iter().map(labels_of).collect();
    let values = readings.iter().zip(&labels).map(|(reading, labels)| {
        let kind = match reading.quantity {
            Quantity::Gauge(_) => Kind::Gauge,
            Quantity::Counter(_) => Kind::Counter,
        };
        (Key { kind, name: &reading.name, labels }, reading.quantity.value())
    });
    history().collect(clock::now(), values);
}

fn labels_of(reading: &Reading) -> Vec<(&str, &str)> {
    reading.labels.iter().map(|(key, value)| (key.as_ref(), value.as_str())).collect()
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
