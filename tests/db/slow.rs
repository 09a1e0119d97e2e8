//! The slow ones.

use std::time::Duration;

use perfmon::{
    db::{self, SlowQuery, slow_queries},
    monitor_db, record,
};

use crate::alone;

const MS: Duration = Duration::from_millis(1);

fn recent(table: &str) -> Vec<SlowQuery> {
    slow_queries().recent.into_iter().filter(|query| query.table.as_deref() == Some(table)).collect()
}

#[test]
fn what_took_long_is_kept_without_values() {
    let _alone = alone();
    db::record("SELECT * FROM slow_one WHERE name = 'Alice'", 99 * MS);
    assert!(recent("slow_one").is_empty());
    db::record("SELECT * FROM slow_one WHERE name = 'Bob'", 100 * MS);
    let [query] = &recent("slow_one")[..] else { panic!("{:?}", recent("slow_one")) };
    assert_eq!(query.statement.as_deref(), Some("SELECT * FROM slow_one WHERE name = ?"));
    assert_eq!((query.operation.as_str(), query.duration, query.failed, query.rows), ("select", 100 * MS, false, None));
    assert!(query.at.elapsed().is_ok_and(|ago| ago < Duration::from_secs(600)));
    let json = serde_json::to_value(query).expect("it can be written");
    assert_eq!((&json["duration_seconds"], &json["trace_id"]), (&0.1.into(), &serde_json::Value::Null));
    assert!(json["at_unix_seconds"].as_f64().is_some_and(|at| at > 1.7e9));
}

/// What it promises it keeps on the slowest machine.
#[monitor_db("update", "slow_promise", p99 = "90ms", p50 = "1ms")]
fn promised() {}

#[test]
fn what_misses_its_objective_is_slow() {
    let _alone = alone();
    promised();
    db::record("UPDATE slow_promise SET a = 1", 89 * MS);
    assert!(recent("slow_promise").is_empty());
    db::record("UPDATE slow_promise SET a = 2", 91 * MS);
    assert_eq!(recent("slow_promise").len(), 1);
}

#[test]
fn slow_functions_are_kept_without_statement() {
    let _alone = alone();
    record!("select", "slow_function", kind = db, p99 = "10ms", 20 * MS);
    record!("select", "slow_function", kind = db, p99 = "10ms", 9 * MS);
    let [call] = &recent("slow_function")[..] else { panic!("{:?}", recent("slow_function")) };
    assert_eq!((call.statement.as_deref(), call.duration), (None, 20 * MS));
}

#[test]
fn the_newest_stay_and_the_slowest() {
    let _alone = alone();
    // Other tests keep a few at the same time.
    for n in 0..200_u32 {
        db::record(&format!("SELECT {n} FROM slow_many"), 200 * MS + n * MS);
        db::record(&format!("SELECT a FROM slow_many_{}", n % 50), Duration::from_secs(1) + (n % 50) * MS);
    }
    let slow = slow_queries();
    assert_eq!((slow.recent.len(), slow.slowest.len()), (100, 20));
    assert!(slow.seen >= 400 && slow.recent.is_sorted_by_key(|query| query.at));
    assert!(slow.slowest.is_sorted_by(|one, next| one.duration >= next.duration));
    let slowest: Vec<_> = slow.slowest.iter().map(|query| query.table.as_deref().unwrap_or_default()).collect();
    assert_eq!(slowest[0], "slow_many_49");
    let mut once = slowest.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), slowest.len(), "each statement once: {slowest:?}");
}
