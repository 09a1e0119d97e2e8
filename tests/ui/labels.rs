use perfmon::{monitor_db, monitor_latency, monitor_order};

#[monitor_latency("a", labels())]
fn empty() {}

#[monitor_latency("a", labels)]
fn missing() {}

#[monitor_latency("a", labels = x)]
fn equals(x: u8) {}

#[monitor_latency("a", labels("x" = x, "x y" = x))]
fn quotes(x: u8) {}

#[monitor_latency("a", labels(x.y, %x, f(x), 1))]
fn no_key(x: u8) {}

#[monitor_latency("a", labels(self, type))]
fn keyword(x: u8) {}

#[monitor_latency("a", labels(x = ?x, y =, z = ))]
fn value(x: u8) {}

#[monitor_latency("a", labels(x, y = x, x = 1))]
fn twice(x: u8) {}

#[monitor_latency("a", labels(le = 1, quantile = 1, outcome = 1, __x = 1, größe = 1))]
fn reserved() {}

#[monitor_latency("a", labels(name = 1))]
fn latency() {}

#[monitor_order("a", labels(order_type = 1))]
fn order() {}

#[monitor_db("select", "orders", labels(table = 1, name = 1, db_operation_name = 1, order_type = "fine"))]
fn db() {}

#[monitor_order("a", labels(kind = 1, window = 1, objective = 1, bound = 1, module = 1, file = 1, line = 1))]
fn own() {}

fn main() {}
