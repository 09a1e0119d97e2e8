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
    Bound, Histogram,
    call::{Guard, Stopwatch, announce, guard, record as record_call},
    is_enabled,
    site::{CallSite, Kind, Table, hash, is_declared, latency_bound},
};

use super::{name::name_of, rows, slow};

/// Names of statements that are told apart, and operations of those that are not.
const MOST: usize = 1_000;
const MOST_OTHERS: usize = 100;

static KNOWN: Table<Known> = Table::new(MOST);
static OTHERS: Table<Known> = Table::new(MOST_OTHERS);
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

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
    /// `None` where an attribute or macro of the same name counts them.
    pub(crate) site: Option<&'static CallSite>,
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
        let make = || announce(CallSite::made(Kind::Db, parts, module_path!()));
        Self {
            operation: operation.to_owned(),
            table: table.map(str::to_owned),
            site: (!is_declared(Kind::Db, parts)).then(make),
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

    /// A statement of this name took so long and ended, well for all that is known.
    pub(crate) fn record(&self, statement: &str, took: Duration, rows: Option<u64>) {
        if let Some(site) = self.site {
            record_call(site, took);
        }
        self.ended(statement, took, rows, false);
    }

    /// So many rows came back. Where an attribute counts the calls, it counts the rows too.
    pub(crate) fn returned(&self, rows: u64) {
        if self.site.is_some() && (rows > 0 || self.reads()) {
            let table = self.table.as_deref().unwrap_or_default();
            self.rows.get_or_init(|| rows::ROWS.with(&[&self.operation, table]).bind()).record(rows);
        }
    }

    /// A statement of this name ended.
    pub(crate) fn ended(&self, statement: &str, took: Duration, rows: Option<u64>, failed: bool) {
        if !is_enabled() {
            return;
        }
        rows.into_iter().for_each(|rows| self.returned(rows));
        slow::offer(self, statement, took, rows, failed);
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
    let counted = KNOWN.iter().chain(OTHERS.iter()).filter(|known| known.site.is_some());
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
        known.record(statement, took, None);
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
    /// The statement begins. Costs its name's look-up ([`name_of`]) and what a [guard](crate::latency!) costs.
    pub fn begin(text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        let known = known_by_text(&text);
        let guard = known.and_then(|known| known.site).map(guard);
        Self { known, guard, text, began: Stopwatch::start(), rows: None }
    }

    /// It returned so many rows.
    pub fn rows(mut self, rows: u64) -> Self {
        self.rows = Some(rows);
        self
    }

    /// It ended, as failed or not.
    pub fn finish(mut self, failed: bool) {
        if let Some(guard) = self.guard.take() {
            guard.finish(failed);
        }
        if let Some(known) = self.known {
            known.ended(&self.text, self.began.elapsed(), self.rows.filter(|_| !failed), failed);
        }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // A guard that is dropped sees for itself whether the thread unwinds.
        if let Some(guard) = self.guard.take()
            && !thread::panicking()
        {
            guard.cancel();
        }
    }
}
