//! Statements as calls.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use perfmon_core::{
    Bound, Counter, Histogram,
    call::{Guard, Stopwatch, announce, guard, in_flight, record as record_call, runs_here},
    is_enabled,
    site::{CallSite, Kind, Table, hash, is_declared, latency_bound},
};

use super::{name::name_of, rows, slow};

/// Names of statements that are told apart, and operations of those that are not.
const MOST: usize = 1_000;
const MOST_OTHERS: usize = 100;
/// Both together, and a few more.
const MOST_LEFT: u32 = 1_200;

static KNOWN: Table<Known> = Table::new(MOST);
static OTHERS: Table<Known> = Table::new(MOST_OTHERS);
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

static ELSEWHERE: Counter<2> = Counter::new("db_statements_counted_elsewhere_total", module_path!())
    .labels(&["operation", "table"])
    .label_limit(MOST_LEFT)
    .help("Statements left to the attribute or macro of their name, told on another thread than its calls, as sqlx tells those of SQLite. More of them than of the calls ran outside of it.");

/// Statements of tables beyond the first thousand names: they count as `select other` and the like.
#[must_use]
pub fn left_out() -> u64 {
    LEFT_OUT.load(Ordering::Relaxed)
}

/// Statements of one name.
#[derive(Debug)]
pub(crate) struct Known {
    pub(super) operation: String,
    pub(super) table: Option<String>,
    site: &'static CallSite,
    /// There is an attribute or macro of the same name; those statements that run in its calls are counted there.
    declared: bool,
    /// Of a name that is declared, the statements in flight that are counted here.
    running: AtomicU64,
    /// What the attributes and macros of that name promise.
    pub(super) bound: Option<Duration>,
    rows: OnceLock<Bound<Histogram>>,
}

impl Known {
    fn is(&self, operation: &str, table: Option<&str>) -> bool {
        self.operation == operation && self.table.as_deref() == table
    }

    fn parts(&self) -> Vec<&str> {
        [&*self.operation].into_iter().chain(self.table.as_deref()).collect()
    }

    fn new(operation: &str, table: Option<&str>) -> Self {
        let parts = [operation, table.unwrap_or_default()];
        let parts = &parts[..=usize::from(table.is_some())];
        let site = CallSite::made(Kind::Db, parts, module_path!());
        let declared = is_declared(Kind::Db, parts);
        Self {
            operation: operation.to_owned(),
            table: table.map(str::to_owned),
            // One that is declared is listed where that stands.
            site: if declared { Box::leak(Box::new(site)) } else { announce(site) },
            declared,
            running: AtomicU64::new(0),
            bound: latency_bound(Kind::Db, parts),
            rows: OnceLock::new(),
        }
    }

    /// Whether statements of this name are there to return rows.
    fn reads(&self) -> bool {
        matches!(
            self.operation.as_str(),
            "select" | "values" | "table" | "show" | "pragma" | "explain" | "fetch" | "with"
        )
    }

    /// The site of a statement that somebody told of from wherever; `None` if there is a declaration of its name, which counts it.
    #[cfg(feature = "tracing")]
    pub(crate) fn site(&self) -> Option<&'static CallSite> {
        if self.declared && !runs_here(self.site) {
            self.leave();
        }
        (!self.declared).then_some(self.site)
    }

    /// The site of a statement that runs on this thread; `None` if it runs, or may run, in a call that the declaration of its name counts.
    fn site_here(&self) -> Option<&'static CallSite> {
        if !self.declared {
            return Some(self.site);
        }
        if runs_here(self.site) {
            return None;
        }
        // A guard's call, or one that waits for this thread's work.
        let running = self.running.load(Ordering::Acquire);
        let others = in_flight(self.site).saturating_sub(running.min(self.running.load(Ordering::Acquire)));
        if others > 0 {
            self.leave();
        }
        (others == 0).then_some(self.site)
    }

    #[cold]
    fn leave(&self) {
        ELSEWHERE.with(&[&self.operation, self.table.as_deref().unwrap_or_default()]).inc();
    }

    /// A statement of this name took so long and ended, well for all that is known. Its site tells whether it is counted here.
    #[cfg(feature = "tracing")]
    pub(crate) fn record(&self, statement: &str, took: Duration, rows: Option<u64>) {
        self.record_at(self.site(), statement, took, rows);
    }

    fn record_at(&self, site: Option<&'static CallSite>, statement: &str, took: Duration, rows: Option<u64>) {
        self.ended(statement, took, rows, false);
        if let Some(site) = site {
            // Whoever sees the call sees its rows.
            rows.into_iter().for_each(|rows| self.count_rows(rows));
            record_call(site, took);
        }
    }

    /// So many rows came back to a statement that somebody else told of. Where an attribute counts the calls, it counts the rows too.
    #[cfg(feature = "tracing")]
    pub(crate) fn returned(&self, rows: u64) {
        if !self.declared {
            self.count_rows(rows);
        }
    }

    fn count_rows(&self, rows: u64) {
        if is_enabled() && (rows > 0 || self.reads()) {
            let table = self.table.as_deref().unwrap_or_default();
            self.rows.get_or_init(|| rows::ROWS.with(&[&self.operation, table]).bind()).record(rows);
        }
    }

    /// A statement of this name ended; its call is about to, so that the two are known to be one if both are slow.
    pub(crate) fn ended(&self, statement: &str, took: Duration, rows: Option<u64>, failed: bool) {
        if is_enabled() {
            slow::offer(self, statement, took, rows, failed);
        }
    }
}

/// Statements of this name. `None` only if there are more operations than there can be.
pub(crate) fn known(operation: &str, table: Option<&str>) -> Option<&'static Known> {
    let find = |among: &'static Table<Known>, table: Option<&str>| {
        let key = hash(&[operation, table.unwrap_or_default()]);
        among.find(key, |known| known.is(operation, table), || Known::new(operation, table))
    };
    find(&KNOWN, table).or_else(|| {
        LEFT_OUT.fetch_add(1, Ordering::Relaxed);
        find(&OTHERS, Some("other"))
    })
}

/// The names of the calls that statements are.
pub(super) fn names() -> HashSet<String> {
    let counted = KNOWN.iter().chain(OTHERS.iter()).filter(|known| !known.declared);
    counted.map(|known| known.parts().join(" ")).collect()
}

/// Statements of this one's name; none while recording is off.
pub(crate) fn known_by_text(statement: &str) -> Option<&'static Known> {
    let named = is_enabled().then(|| name_of(statement))?;
    known(named.operation, named.table.as_deref())
}

/// Counts a statement that took so long and ended well.
///
/// ```
/// use std::time::Duration;
///
/// perfmon::db::record("SELECT * FROM quotes WHERE symbol = 'AAPL'", Duration::from_millis(3));
/// assert_eq!(perfmon::snapshot().get("select quotes").unwrap().calls(), 1);
/// ```
pub fn record(statement: &str, took: Duration) {
    if let Some(known) = known_by_text(statement) {
        known.record_at(known.site_here(), statement, took, None);
    }
}

/// A statement that runs: a call from [`begin`](Self::begin) to [`finish`](Self::finish). Dropped before, it counts as cancelled, or as a panic if the thread unwinds.
///
/// ```
/// use perfmon::db::Statement;
///
/// let statement = Statement::begin("DELETE FROM sessions WHERE id = 42");
/// // … run it …
/// statement.finish(false);
/// assert_eq!(perfmon::snapshot().get("delete sessions").unwrap().ok(), 1);
/// ```
#[derive(Debug)]
#[must_use = "a statement that is not kept is cancelled at once"]
pub struct Statement {
    known: Option<&'static Known>,
    guard: Option<Guard>,
    /// Read again only if it was slow.
    text: Cow<'static, str>,
    began: Stopwatch,
    rows: Option<u64>,
}

impl Statement {
    /// The statement begins. Costs its name's look-up ([`name_of`]) and what a [guard](crate::latency!) costs; where an attribute has the name, a look at what runs besides.
    pub fn begin(text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        let known = known_by_text(&text);
        let guard = known.and_then(|known| Some((known, known.site_here()?))).map(|(known, site)| {
            // Before the call is seen to begin; it is seen to end before it is taken off again.
            known.running.fetch_add(u64::from(known.declared), Ordering::AcqRel);
            guard(site)
        });
        Self { known, guard, text, began: Stopwatch::start(), rows: None }
    }

    /// It returned so many rows.
    pub fn rows(mut self, rows: u64) -> Self {
        self.rows = Some(rows);
        self
    }

    /// It ended, as failed or not.
    pub fn finish(mut self, failed: bool) {
        let rows = self.rows.filter(|_| !failed);
        if let Some(known) = self.known {
            known.ended(&self.text, self.began.elapsed(), rows, failed);
            // Whoever sees that the call has ended sees its rows.
            rows.filter(|_| self.guard.is_some()).into_iter().for_each(|rows| known.count_rows(rows));
            self.end(|guard| guard.finish(failed));
        }
    }

    /// Ends its call, if it is counted here.
    fn end(&mut self, end: impl FnOnce(Guard)) {
        if let (Some(guard), Some(known)) = (self.guard.take(), self.known) {
            end(guard);
            known.running.fetch_sub(u64::from(known.declared), Ordering::AcqRel);
        }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // A guard that is dropped sees for itself whether the thread unwinds.
        self.end(|guard| if thread::panicking() { drop(guard) } else { guard.cancel() });
    }
}
