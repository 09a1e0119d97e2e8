//! Statements that are begun and finished by hand, or were timed elsewhere.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
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
}

#[test]
fn what_an_attribute_counts_is_counted_once() {
    delete();
    Statement::begin("delete from DECLARED").finish(false);
    assert_eq!(calls("delete declared"), [1, 0, 0, 0, 0]);
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
