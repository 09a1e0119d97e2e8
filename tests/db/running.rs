//! Statements that are begun and finished by hand, or were timed elsewhere.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll, Waker},
    time::Duration,
};

use perfmon::{
    db::{self, Statement},
    monitor_db,
    snapshot::Value,
};

/// `[ok, errors, panics, cancelled, in flight]`.
fn calls(name: &str) -> [u64; 5] {
    let snapshot = perfmon::snapshot();
    let Some(site) = snapshot.get(name) else { return [0; 5] };
    assert_eq!(site.kind(), perfmon::Kind::Db);
    [site.ok(), site.errors(), site.panics(), site.cancelled(), site.in_flight()]
}

#[test]
fn a_statement_is_a_call_that_ends_as_it_is_said_to() {
    let begin = || Statement::begin("SELECT * FROM running WHERE id = 7");
    let running = begin();
    assert_eq!(calls("select running"), [0, 0, 0, 0, 1]);
    running.rows(3).finish(false);
    begin().rows(5).finish(true);
    drop(begin());
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _running = begin();
        panic!("on purpose");
    }));
    assert_eq!(calls("select running"), [1, 1, 1, 1, 0]);
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("select running").expect("a call");
    assert_eq!(site.name_parts(), ["select", "running"]);
    let rows = snapshot.metric("db_client_response_returned_rows").expect("rows");
    match rows.with_labels(&["select", "running"]) {
        Some(Value::Histogram(rows)) => assert_eq!((rows.count(), rows.sum()), (1, 3), "none of the one that failed"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_statement_without_table_is_called_by_its_operation() {
    db::record("SAVEPOINT here", Duration::from_millis(1));
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("savepoint").expect("a call");
    assert_eq!((site.name_parts(), site.calls()), (&["savepoint".to_owned()][..], 1));
}

#[monitor_db("delete", "declared")]
fn delete() {
    db::record("DELETE FROM declared WHERE id = 1", Duration::from_millis(1));
    Statement::begin("delete from DECLARED").rows(1).finish(false);
}

/// Statements of a name that were left to its declaration though no call of it was seen on their thread.
pub(crate) fn left(operation: &str, table: &str) -> u64 {
    let snapshot = perfmon::snapshot();
    let left = snapshot.metric("db_statements_counted_elsewhere_total");
    match left.and_then(|left| left.with_labels(&[operation, table])) {
        Some(Value::Counter(left)) => *left,
        _ => 0,
    }
}

#[test]
fn what_an_attribute_counts_is_counted_once_and_what_runs_outside_too() {
    delete();
    assert_eq!(calls("delete declared"), [1, 0, 0, 0, 0]);
    db::record("DELETE FROM declared", Duration::from_millis(1));
    let one = Statement::begin("delete from DECLARED");
    let other = Statement::begin("delete from DECLARED");
    assert_eq!(calls("delete declared"), [2, 0, 0, 0, 2], "they are not in each other's way");
    delete();
    one.rows(2).finish(false);
    other.finish(true);
    drop(Statement::begin("delete from DECLARED"));
    assert_eq!(calls("delete declared"), [4, 1, 0, 1, 0]);
    assert_eq!(left("delete", "declared"), 0);
    let snapshot = perfmon::snapshot();
    let rows = snapshot.metric("db_client_response_returned_rows").expect("rows");
    match rows.with_labels(&["delete", "declared"]) {
        Some(Value::Histogram(rows)) => assert_eq!((rows.count(), rows.sum()), (1, 2), "those outside"),
        other => panic!("{other:?}"),
    }
    assert_eq!(snapshot.get("delete declared").map(|site| site.places().len()), Some(1));
}

#[monitor_db("delete", "papers")]
fn delete_papers() {
    for statement in [
        "DELETE FROM Papers",
        "delete from public.\"Papers\" where id = 1",
        "DELETE FROM [dbo].[PAPERS]",
        "DELETE FROM `papers`",
    ] {
        db::record(statement, Duration::from_millis(1));
    }
}

/// There is one way to write the name in the attribute, and every statement of the table is read as it.
#[test]
fn a_statement_meets_the_attribute_however_it_writes_its_table() {
    delete_papers();
    assert_eq!(calls("delete papers"), [1, 0, 0, 0, 0]);
    let snapshot = perfmon::snapshot();
    let others = snapshot.sites().iter().filter(|site| site.name().to_lowercase() == "delete papers");
    assert_eq!(others.count(), 1);
}

#[monitor_db("update", "helped")]
fn helped() {
    std::thread::scope(|scope| {
        scope.spawn(|| db::record("UPDATE helped SET a = 1", Duration::from_millis(1)));
    });
}

#[monitor_db("insert", "polled")]
async fn polled() {
    let insert = || Statement::begin("INSERT INTO polled VALUES (1)").finish(false);
    insert();
    let mut waited = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
    insert();
}

#[test]
fn where_a_statement_may_be_an_attributes_it_is_left_to_it_and_told() {
    helped();
    assert_eq!((calls("update helped"), left("update", "helped")), ([1, 0, 0, 0, 0], 1));
    {
        let _merge = perfmon::db!("merge", "guarded");
        db::record("MERGE INTO guarded USING x", Duration::from_millis(1));
    }
    assert_eq!((calls("merge guarded"), left("merge", "guarded")), ([1, 0, 0, 0, 0], 1));

    let mut polled = Box::pin(polled());
    let mut poll = || polled.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll().is_pending());
    assert_eq!(left("insert", "polled"), 0);
    db::record("INSERT INTO polled VALUES (2)", Duration::from_millis(1));
    assert_eq!(left("insert", "polled"), 1, "nobody knows whether it is the waiting call's");
    assert!(poll().is_ready());
    db::record("INSERT INTO polled VALUES (3)", Duration::from_millis(1));
    assert_eq!((calls("insert polled"), left("insert", "polled")), ([2, 0, 0, 0, 0], 1));
}

#[test]
fn statements_are_counted_from_any_thread() {
    let insert = |n: u64| {
        db::record(&format!("INSERT INTO threads{} VALUES ({n})", n % 3), Duration::from_micros(n));
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(insert));
        }
    });
    assert_eq!((0..3).map(|n| calls(&format!("insert threads{n}"))[0]).sum::<u64>(), 4_000);
}
