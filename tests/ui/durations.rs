use perfmon::monitor_latency;

#[monitor_latency("a", p99 = "250")]
fn no_unit() {}

#[monitor_latency("a", p99 = 250ms)]
fn no_quotes() {}

#[monitor_latency("a", p99 = 250)]
fn number() {}

#[monitor_latency("a", p50 = "")]
fn empty() {}

#[monitor_latency("a", p95 = "0s")]
fn zero() {}

#[monitor_latency("a", p95 = "5 parsecs")]
fn unit() {}

#[monitor_latency("a", p95 = "-5ms")]
fn negative() {}

#[monitor_latency("a", p95 = "1..5s")]
fn dots() {}

#[monitor_latency("a", p95 = "0.5ns")]
fn fraction() {}

#[monitor_latency("a", p999 = "9999999999d")]
fn long() {}

#[monitor_latency("a", p999 = "999999999999999999999999d")]
fn digits() {}

#[monitor_latency("a", p99)]
fn missing() {}

#[monitor_latency("a", p99 = )]
fn missing_value() {}

#[monitor_latency("a", p99("1s"))]
fn parentheses() {}

#[monitor_latency("a", p99 = LIMIT)]
fn constant() {}

#[monitor_latency("a", p99 = "1s", window = "5", for = "soon")]
fn watched() {}

fn main() {}
