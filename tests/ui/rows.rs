use perfmon::{monitor_db, monitor_latency};

#[monitor_latency("a", rows = |r| *r)]
fn other_kind() -> u64 {
    1
}

#[monitor_db(rows = |r| *r)]
fn unnamed() -> u64 {
    1
}

#[monitor_db("select", "orders", rows)]
fn missing() -> u64 {
    1
}

#[monitor_db("select", "orders", rows = 3)]
fn number() -> u64 {
    1
}

#[monitor_db("select", "orders", rows = |r| r.count())]
fn opaque() -> impl Iterator<Item = u64> {
    0..3
}

#[monitor_db("select", "orders", rows = |r| r.to_string())]
fn no_number() -> u64 {
    1
}

fn main() {
    let _guard = perfmon::db!("select", "orders", rows = |r| 1);
    perfmon::record!("select", "orders", kind = db, rows = |r| 1, std::time::Duration::ZERO);
}
