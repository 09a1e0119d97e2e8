//! Slow statements, kept without their values.

use std::{
    cmp::Reverse,
    collections::VecDeque,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use perfmon_core::{
    evidence::{Trace, current_trace, slow_calls},
    site::Kind,
};

use super::{redact::redact, statement::Known};

/// The newest that are kept, and the slowest.
const RECENT: usize = 100;
const SLOWEST: usize = 20;

static AFTER: AtomicU64 = AtomicU64::new(100_000_000);
static SEEN: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);
static LOG: Mutex<Log> = Mutex::new(Log { recent: VecDeque::new(), slowest: Vec::new() });

/// A statement that took long. With the feature `serde` it is `Serialize`: times in seconds, the trace as its id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize))]
#[non_exhaustive]
pub struct SlowQuery {
    /// Without its values, as [`redact`] makes it. `None` of a call of `monitor_db`, which knows no statement.
    pub statement: Option<String>,
    /// What it does: `select`.
    pub operation: String,
    /// To which table.
    pub table: Option<String>,
    /// How long it took.
    #[cfg_attr(
        any(feature = "serde", feature = "exporter"),
        serde(rename = "duration_seconds", serialize_with = "as_serde::seconds")
    )]
    pub duration: Duration,
    /// When it ended.
    #[cfg_attr(
        any(feature = "serde", feature = "exporter"),
        serde(rename = "at_unix_seconds", serialize_with = "as_serde::unix_seconds")
    )]
    pub at: SystemTime,
    /// The trace it ran in, if a source of traces is set and knew one.
    #[cfg_attr(
        any(feature = "serde", feature = "exporter"),
        serde(rename = "trace_id", serialize_with = "as_serde::trace_id")
    )]
    pub trace: Option<Trace>,
    /// Rows it returned, if that was told.
    pub rows: Option<u64>,
    /// Whether it failed, as far as that was told.
    pub failed: bool,
}

/// The slow statements there are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize))]
#[non_exhaustive]
pub struct SlowQueries {
    /// The newest hundred, the newest last; slow calls of `monitor_db` among them as far as [`evidence`](crate::evidence) has them.
    pub recent: Vec<SlowQuery>,
    /// The slowest since the process began, the slowest first: of twenty different statements, each one's slowest.
    pub slowest: Vec<SlowQuery>,
    /// Slow statements since the process began.
    pub seen: u64,
    /// Those of them that were not kept because another thread kept one at that moment.
    pub dropped: u64,
}

/// From now on statements are slow that take as long as this, or longer; 100 ms if never said. A statement whose operation and table have an attribute or macro with a latency
/// objective is slow when it misses the highest of them, too. Zero keeps every statement: a microsecond or more each.
pub fn slow_after(bound: Duration) {
    AFTER.store(u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

fn bound() -> Duration {
    Duration::from_nanos(AFTER.load(Ordering::Relaxed))
}

/// The slow statements that are kept: at most a hundred of the newest, and the slowest of twenty statements; a quarter of a megabyte at most.
///
/// ```
/// use std::time::Duration;
/// use perfmon::db;
///
/// db::record("SELECT * FROM trades WHERE account = 'DE-4711'", Duration::from_millis(250));
/// let slow = db::slow_queries();
/// assert_eq!(slow.recent[0].statement.as_deref(), Some("SELECT * FROM trades WHERE account = ?"));
/// assert_eq!(slow.slowest[0].table.as_deref(), Some("trades"));
/// ```
#[must_use]
pub fn slow_queries() -> SlowQueries {
    let (mut recent, slowest) = {
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        (log.recent.iter().cloned().collect::<Vec<_>>(), log.slowest.clone())
    };
    let mut calls: Vec<_> = calls().collect();
    // A call whose statement is known is there already.
    for query in &recent {
        if let Some(at) = calls.iter().position(|call| call.is_around(query)) {
            calls.swap_remove(at);
        }
    }
    recent.extend(calls);
    recent.sort_by_key(|query| query.at);
    recent.drain(..recent.len().saturating_sub(RECENT));
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    SlowQueries { recent, slowest, seen: count(&SEEN), dropped: count(&DROPPED) }
}

/// Slow calls of functions, of which no statement is known.
fn calls() -> impl Iterator<Item = SlowQuery> {
    let bound = bound();
    let slow = slow_calls().into_iter().filter(|call| call.kind == Kind::Db);
    let slow = slow.filter(move |call| call.bound.is_some() || call.duration >= bound);
    let statements = super::statement::names();
    slow.filter(move |call| !statements.contains(&call.name)).map(|call| {
        let (operation, table) = call.name.split_once(' ').map_or((&*call.name, None), |(verb, of)| (verb, Some(of)));
        SlowQuery {
            statement: None,
            operation: operation.to_owned(),
            table: table.map(str::to_owned),
            duration: call.duration,
            at: call.at,
            trace: call.trace,
            rows: None,
            failed: false,
        }
    })
}

impl SlowQuery {
    /// Whether that one, of its operation and table, ended while this one went on.
    fn is_around(&self, other: &Self) -> bool {
        let began = self.at.checked_sub(self.duration);
        (&self.operation, &self.table) == (&other.operation, &other.table)
            && other.at <= self.at
            && began.is_none_or(|began| began <= other.at)
    }
}

struct Log {
    recent: VecDeque<SlowQuery>,
    slowest: Vec<SlowQuery>,
}

impl Log {
    fn keep(&mut self, query: SlowQuery) {
        let same = self.slowest.iter().position(|other| other.statement == query.statement);
        // The last one is the fastest of them.
        let place = same.or_else(|| self.slowest.len().checked_sub(1).filter(|last| last + 1 >= SLOWEST));
        match place {
            None => self.slowest.push(query.clone()),
            Some(at) if self.slowest[at].duration < query.duration => self.slowest[at] = query.clone(),
            Some(_) => {}
        }
        self.slowest.sort_by_key(|query| Reverse(query.duration));
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(query);
    }
}

/// A statement ended.
#[inline]
pub(super) fn offer(known: &Known, statement: &str, took: Duration, rows: Option<u64>, failed: bool) {
    if took >= known.bound.map_or_else(bound, |promised| promised.min(bound())) {
        keep(known, statement, took, rows, failed);
    }
}

#[cold]
fn keep(known: &Known, statement: &str, took: Duration, rows: Option<u64>, failed: bool) {
    let query = SlowQuery {
        statement: Some(redact(statement)),
        operation: known.operation.clone(),
        table: known.table.clone(),
        duration: took,
        at: SystemTime::now(),
        trace: current_trace(),
        rows,
        failed,
    };
    SEEN.fetch_add(1, Ordering::Relaxed);
    #[cfg(feature = "tracing")]
    events::tell(&query);
    // Nobody waits here for somebody who reads.
    match LOG.try_lock() {
        Ok(mut log) => log.keep(query),
        Err(std::sync::TryLockError::Poisoned(log)) => log.into_inner().keep(query),
        Err(std::sync::TryLockError::WouldBlock) => _ = DROPPED.fetch_add(1, Ordering::Relaxed),
    }
}

#[cfg(feature = "tracing")]
pub use self::events::slow_query_events;

/// Slow statements as events.
#[cfg(feature = "tracing")]
mod events {
    use std::{
        io,
        sync::{
            OnceLock,
            atomic::{AtomicU64, Ordering},
            mpsc::{Receiver, SyncSender, sync_channel},
        },
        thread,
    };

    use super::SlowQuery;

    static TO: OnceLock<SyncSender<SlowQuery>> = OnceLock::new();
    static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

    /// From now on each slow statement is told as an event: target `perfmon::db::slow`, level `WARN`, fields `db.query.text` without values, `db.operation.name`,
    /// `db.collection.name`, `duration` in seconds, `rows`, `failed`, `trace_id` where they are known, and `left_out`, how many since the last were not told because events were
    /// not taken as fast.
    ///
    /// A thread of its own tells them, to the program's global subscriber: a statement of sqlx is known from inside another event, where telling one
    /// confuses the filters of `tracing-subscriber`. Calls of `monitor_db` are told by [`slow_events`](crate::tracing::slow_events).
    ///
    /// # Errors
    /// If the thread cannot be made.
    pub fn slow_query_events() -> io::Result<()> {
        if TO.get().is_some() {
            return Ok(());
        }
        let (to, from) = sync_channel(256);
        thread::Builder::new().name("perfmon-slow-queries".to_owned()).spawn(move || run(&from))?;
        // Of two at the same time one's thread ends at once.
        let _ = TO.set(to);
        Ok(())
    }

    pub(super) fn tell(query: &SlowQuery) {
        if let Some(to) = TO.get()
            && to.try_send(query.clone()).is_err()
        {
            LEFT_OUT.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn run(from: &Receiver<SlowQuery>) {
        for query in from {
            tracing::warn!(
                target: "perfmon::db::slow",
                duration = query.duration.as_secs_f64(),
                db.query.text = query.statement,
                db.operation.name = query.operation,
                db.collection.name = query.table,
                rows = query.rows,
                failed = query.failed,
                trace_id = query.trace.map(tracing::field::display),
                left_out = LEFT_OUT.swap(0, Ordering::Relaxed),
                "slow statement"
            );
        }
    }
}

#[cfg(any(feature = "serde", feature = "exporter"))]
mod as_serde {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use perfmon_core::evidence::Trace;
    use serde::Serializer;

    pub(super) fn seconds<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(duration.as_secs_f64())
    }

    pub(super) fn unix_seconds<S: Serializer>(at: &SystemTime, to: S) -> Result<S::Ok, S::Error> {
        seconds(&at.duration_since(UNIX_EPOCH).unwrap_or_default(), to)
    }

    #[expect(clippy::ref_option, reason = "what serde gives")]
    pub(super) fn trace_id<S: Serializer>(trace: &Option<Trace>, to: S) -> Result<S::Ok, S::Error> {
        match trace {
            Some(trace) => to.collect_str(trace),
            None => to.serialize_none(),
        }
    }
}
