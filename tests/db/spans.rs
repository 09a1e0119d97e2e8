//! Spans that say what a database was asked.

use perfmon::{db, snapshot::Site};
use tracing::{field::Empty, info_span, instrument, subscriber::with_default};
use tracing_subscriber::prelude::*;

use crate::{alone, running::left};

fn site(name: &str) -> Option<Site> {
    perfmon::snapshot().get(name).cloned()
}

/// `[ok, errors, panics, in flight]`.
fn calls(name: &str) -> [u64; 4] {
    site(name).map_or([0; 4], |site| [site.ok(), site.errors(), site.panics(), site.in_flight()])
}

fn watched(work: impl FnOnce()) {
    with_default(tracing_subscriber::registry().with(perfmon::tracing::layer()), work);
}

#[test]
fn a_statement_names_its_span() {
    watched(|| {
        let span = info_span!("query", db.query.text = "SELECT * FROM spans_new WHERE id = 7");
        span.in_scope(|| assert_eq!(calls("select spans_new"), [0, 0, 0, 1]));
        drop(span);
        // The older names.
        drop(info_span!("query", db.statement = "SELECT * FROM spans_new", db.operation = "SELECT").entered());
        drop(info_span!("query", db.operation.name = "findAndModify", db.collection.name = "shop.Spans_New").entered());
        drop(info_span!("query", db.statement = %"SELECT 1", db.sql.table = "spans_new", error = true).entered());
        // Never entered: no call.
        drop(info_span!("query", db.statement = "SELECT * FROM spans_new"));
    });
    assert_eq!(calls("select spans_new"), [2, 1, 0, 0]);
    assert_eq!(calls("findandmodify spans_new"), [1, 0, 0, 0]);
    assert_eq!(calls("query"), [0; 4], "none of them is a call of its own name");
    assert!(site("select spans_new").is_some_and(|site| site.kind() == perfmon::Kind::Db));
}

#[instrument(skip_all, fields(db.statement = Empty), err)]
fn late(statement: Option<&str>) -> Result<(), String> {
    tracing::Span::current().record("db.statement", statement.ok_or("none")?);
    Ok(())
}

#[test]
fn a_statement_that_is_told_inside_names_its_span_too() {
    watched(|| {
        late(Some("UPDATE spans_late SET a = 'Alice'")).expect("fine");
        late(None).expect_err("none");
    });
    assert_eq!(calls("update spans_late"), [1, 0, 0, 0]);
    assert_eq!(calls("late"), [0, 1, 0, 0], "of one that is never told the span is the call");
    let site = site("update spans_late").expect("a call");
    assert!(site.total() >= site.busy() && site.busy() > std::time::Duration::ZERO);
}

#[test]
fn spans_in_spans_count_each_and_their_time_once() {
    watched(|| {
        let outer = info_span!("pool", db.statement = "DELETE FROM spans_twice").entered();
        drop(info_span!("connection", db.statement = "DELETE FROM spans_twice").entered());
        drop(info_span!("connection", db.statement = "DELETE FROM spans_other").entered());
        drop(outer);
    });
    let site = site("delete spans_twice").expect("a call");
    assert_eq!(site.calls(), 2);
    assert!(site.outermost() < site.total());
    assert_eq!(calls("delete spans_other"), [1, 0, 0, 0]);
}

#[perfmon::monitor_db("merge", "spans_declared")]
fn declared() {
    drop(info_span!("query", db.statement = "MERGE INTO spans_declared USING x").entered());
}

#[test]
fn what_an_attribute_counts_is_counted_once() {
    watched(declared);
    assert_eq!((calls("merge spans_declared"), left("merge", "spans_declared")), ([1, 0, 0, 0], 0));
    // Of what is told from wherever only the name says whose it is.
    watched(|| {
        drop(info_span!("query", db.statement = "MERGE INTO spans_declared USING x").entered());
        tracing::debug!(target: "sqlx::query", summary = "MERGE INTO spans_declared", db.statement = "", rows_returned = 1_u64, elapsed_secs = 0.5);
    });
    assert_eq!((calls("merge spans_declared"), left("merge", "spans_declared")), ([1, 0, 0, 0], 2));
}

#[test]
fn events_like_those_of_sqlx_are_statements() {
    let _alone = alone();
    watched(|| {
        let say = |elapsed_secs: f64, statement: &str| {
            tracing::debug!(target: "sqlx::query", summary = "SELECT * FROM sp …", db.statement = statement, rows_affected = 0_u64, rows_returned = 2_u64, elapsed_secs);
        };
        say(0.25, "\n\nSELECT * FROM spans_told WHERE a = 'Alice'\n");
        say(f64::NAN, "SELECT * FROM spans_told");
        say(-1.0, "SELECT * FROM spans_told");
        tracing::debug!(target: "sqlx::query", summary = "SELECT * FROM spans_told", db.statement = "", elapsed_secs = 0.5);
        tracing::debug!(target: "sqlx::query", summary = "SELECT * FROM spans_told");
        tracing::debug!(target: "sqlx::pool", summary = "SELECT * FROM spans_told", elapsed_secs = 0.5);
    });
    let site = site("select spans_told").expect("a call");
    assert_eq!((site.calls(), site.total()), (2, std::time::Duration::from_millis(750)));
    let kept =
        db::slow_queries().slowest.into_iter().chain(db::slow_queries().recent).filter_map(|query| query.statement);
    assert!(kept.into_iter().any(|kept| kept == "SELECT * FROM spans_told WHERE a = ?"));
}

#[test]
fn a_slow_statement_knows_its_trace() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let _alone = alone();
    watched(|| {
        let _request = info_span!("request", trace_id = TRACE).entered();
        db::record("SELECT * FROM spans_traced", std::time::Duration::from_secs(1));
    });
    let slow = db::slow_queries();
    let traced = slow.recent.iter().find(|query| query.table.as_deref() == Some("spans_traced")).expect("it was slow");
    assert_eq!(traced.trace.map(|trace| trace.to_string()).as_deref(), Some(TRACE));
    let json = serde_json::to_value(&slow).expect("it can be written");
    assert!(json["recent"].as_array().is_some_and(|all| all.iter().any(|query| query["trace_id"] == TRACE)));
}
