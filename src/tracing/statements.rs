//! What spans and events say of database statements.

use std::{fmt, ptr, time::Duration};

use perfmon_core::call::Stopwatch;
use tracing::{
    Event, Metadata,
    field::{Field, Visit},
};

use crate::packs::db::{Known, known, known_by_text, name_of};

/// OpenTelemetry's attributes, those of today and before: the statement, what it does, to which table.
const STATEMENT: [&str; 2] = ["db.query.text", "db.statement"];
const OPERATION: [&str; 2] = ["db.operation.name", "db.operation"];
const TABLE: [&str; 2] = ["db.collection.name", "db.sql.table"];
/// The longest operation that is taken over, in bytes.
const LONGEST: usize = 64;

/// Counts the statement that an event of sqlx tells. Whether it was one. `is_inside` tells whether it ran inside a span that says the same.
pub(super) fn hear(event: &Event<'_>, is_inside: impl Fn(&'static Known) -> bool) -> bool {
    if !tells(event.metadata()) {
        return false;
    }
    let mut figures = Figures::default();
    event.record(&mut figures);
    if let Some(took) = figures.took {
        event.record(&mut Text { figures, took, is_inside });
    }
    true
}

/// Whether events of this place are sqlx's.
pub(super) fn tells(metadata: &Metadata<'_>) -> bool {
    metadata.target() == "sqlx::query"
}

/// What sqlx tells beside the statement.
#[derive(Debug, Default, Clone, Copy)]
struct Figures {
    took: Option<Duration>,
    rows: Option<u64>,
    /// The statement is longer than its summary.
    is_long: bool,
}

impl Visit for Figures {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.took = Duration::try_from_secs_f64(value).ok();
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = Some(value);
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.is_long |= field.name() == "db.statement" && !value.is_empty();
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Waits for the statement. So it is never copied.
struct Text<F> {
    figures: Figures,
    took: Duration,
    is_inside: F,
}

impl<F: Fn(&'static Known) -> bool> Visit for Text<F> {
    fn record_str(&mut self, field: &Field, text: &str) {
        let wanted = if self.figures.is_long { "db.statement" } else { "summary" };
        if field.name() != wanted {
            return;
        }
        let rows = self.figures.rows;
        match known_by_text(text) {
            Some(known) if (self.is_inside)(known) => rows.into_iter().for_each(|rows| known.returned(rows)),
            Some(known) => known.record(text, self.took, rows),
            None => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Whether spans of this place say something of a statement; looked at once for each place.
pub(super) fn are_said(metadata: &Metadata<'_>) -> bool {
    STATEMENT.iter().chain(&OPERATION).any(|name| metadata.fields().field(name).is_some())
}

/// The statement of a span.
#[derive(Debug, Default)]
pub(super) struct Said {
    text: String,
    operation: Option<String>,
    table: Option<String>,
    known: Option<&'static Known>,
    began: Option<Stopwatch>,
    settled: bool,
}

impl Said {
    /// What was said later goes before what was said first.
    pub(super) fn add(&mut self, later: Self) {
        if !later.text.is_empty() {
            self.text = later.text;
        }
        self.operation = later.operation.or(self.operation.take());
        self.table = later.table.or(self.table.take());
    }

    /// The span is entered for the first time.
    pub(super) fn begin(&mut self) {
        self.began = Some(Stopwatch::start());
    }

    /// What is known of statements like it, if it is said what it is.
    pub(super) fn look_up(&mut self) -> Option<&'static Known> {
        if self.known.is_none() && !(self.text.is_empty() && self.operation.is_none()) {
            let named = name_of(&self.text);
            let operation = self.operation.as_deref().unwrap_or(named.operation);
            self.known = known(operation, self.table.as_deref().or(named.table.as_deref()));
        }
        self.known
    }

    /// Whether its call still waits for a site.
    pub(super) fn is_unsettled(&self) -> bool {
        self.began.is_some() && !self.settled
    }

    pub(super) fn settle(&mut self) {
        self.settled = true;
    }

    pub(super) fn is_of(&self, known: &'static Known) -> bool {
        self.known.is_some_and(|own| ptr::eq(own, known))
    }

    pub(super) fn end(self, failed: bool) {
        if let (Some(known), Some(began)) = (self.known, self.began) {
            known.ended(&self.text, began.elapsed(), None, failed);
        }
    }

    fn take(&mut self, name: &str, text: &str) {
        let is_name = |text: &&str| !text.is_empty() && text.len() <= LONGEST && !text.contains(char::is_control);
        let short = || Some(text.trim()).filter(is_name).map(str::to_owned);
        if STATEMENT.contains(&name) {
            text.clone_into(&mut self.text);
        } else if OPERATION.contains(&name) {
            self.operation = short().map(|operation| operation.to_lowercase());
        } else if TABLE.contains(&name) {
            // In lower case and without its schema, as statements' own words are read.
            self.table = short().map(|table| table.rsplit('.').next().unwrap_or_default().to_ascii_lowercase());
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, text: &str) {
        self.take(field.name(), text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let name = field.name();
        if [STATEMENT, OPERATION, TABLE].iter().any(|names| names.contains(&name)) {
            self.take(name, &format!("{value:?}"));
        }
    }
}
