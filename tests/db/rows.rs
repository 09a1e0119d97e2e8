//! Which return types tell rows, and how many.

use std::{future::Future, pin::Pin};

use perfmon::{monitor_db, snapshot::Value};

struct Row;

/// How often rows were told, and how many in all.
fn rows(operation: &str, table: &str) -> Option<(u64, u64)> {
    let snapshot = perfmon::snapshot();
    match snapshot.metric("db_client_response_returned_rows")?.with_labels(&[operation, table])? {
        Value::Histogram(rows) => Some((rows.count(), rows.sum())),
        _ => None,
    }
}

/// Runs a future that never waits.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waits"),
    }
}

type Found<T> = Result<Vec<T>, String>;

#[monitor_db("select", "rows_list")]
fn list(rows: usize) -> Vec<Row> {
    some(rows)
}

fn some(rows: usize) -> Vec<Row> {
    (0..rows).map(|_| Row).collect()
}

#[monitor_db("select", "rows_alias")]
fn alias(rows: Option<usize>) -> Found<Row> {
    rows.map(some).ok_or_else(|| "gone".to_owned())
}

#[monitor_db("select", "rows_optional")]
fn optional(found: bool) -> Option<Row> {
    found.then_some(Row)
}

#[monitor_db("select", "rows_tried")]
async fn tried(found: bool) -> Result<Option<(i64, String)>, String> {
    Ok(found.then(|| (1, String::new())))
}

#[monitor_db("select", "rows_boxed")]
fn boxed<'a>(rows: usize) -> Pin<Box<dyn Future<Output = Found<Row>> + Send + 'a>> {
    Box::pin(async move { Ok(some(rows)) })
}

#[monitor_db("select", "rows_generic")]
fn generic<T: Clone>(row: T, rows: usize) -> Vec<T> {
    vec![row; rows]
}

#[test]
fn a_list_tells_its_rows() {
    list(3);
    list(0);
    assert_eq!(rows("select", "rows_list"), Some((2, 3)));
}

#[test]
fn a_failed_call_tells_none() {
    alias(None).err().expect("gone");
    optional(true);
    optional(false);
    run(tried(true)).expect("fine");
    run(tried(false)).expect("fine");
    run(boxed(4)).expect("fine");
    generic("row", 3);
    assert_eq!(rows("select", "rows_alias"), None);
    assert_eq!(rows("select", "rows_optional"), Some((2, 1)));
    assert_eq!(rows("select", "rows_tried"), Some((2, 1)));
    assert_eq!(rows("select", "rows_boxed"), Some((1, 4)));
    assert_eq!(rows("select", "rows_generic"), Some((1, 3)));
}

#[monitor_db("select", "rows_unsure")]
fn picture() -> Result<Vec<u8>, String> {
    Ok(vec![0; 1_000])
}

#[monitor_db("select", "rows_unsure")]
fn embedding() -> Option<Vec<f32>> {
    None
}

#[monitor_db("select", "rows_unsure")]
fn total() -> Option<f64> {
    Some(1.5)
}

#[monitor_db("update", "rows_unsure")]
fn changed() -> Result<u64, String> {
    Ok(7)
}

#[monitor_db("update", "rows_unsure")]
fn nothing() {}

#[monitor_db]
fn unnamed() -> Vec<Row> {
    vec![Row]
}

#[test]
fn what_may_be_no_rows_tells_nothing() {
    picture().expect("fine");
    total();
    changed().expect("fine");
    nothing();
    unnamed();
    assert_eq!((rows("select", "rows_unsure"), rows("update", "rows_unsure")), (None, None));
    // A list behind an `Option` is one thing that was found or not.
    embedding();
    assert_eq!(rows("select", "rows_unsure"), Some((1, 0)));
}

#[monitor_db("select", "rows_said", rows = |page| page.as_ref().map(|page| page.1))]
fn said(rows: Result<usize, String>) -> Result<(f64, usize), String> {
    rows.map(|rows| (1.0, rows))
}

#[monitor_db("select", "rows_said_async", rows = |all: &Vec<u8>| all.len() / 4, err = |all| all.len() < 4)]
async fn said_async(bytes: usize) -> Vec<u8> {
    vec![0; bytes]
}

struct Store(u32);

#[monitor_db("select", "rows_of_store", rows = |n| u64::from(*n))]
impl Store {
    fn three(&self) -> u32 {
        self.0
    }

    fn opaque(&self) -> impl Iterator<Item = u32> {
        0..self.0
    }
}

#[test]
fn rows_are_what_was_said() {
    said(Ok(20)).expect("fine");
    said(Err("gone".to_owned())).expect_err("gone");
    run(said_async(40));
    assert_eq!(Store(3).three(), Store(3).opaque().max().map_or(0, |last| last + 1));
    assert_eq!(rows("select", "rows_said"), Some((1, 20)));
    assert_eq!(rows("select", "rows_said_async"), Some((1, 10)));
    assert_eq!(rows("select", "rows_of_store"), Some((1, 3)));
}
