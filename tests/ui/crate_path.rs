#[perfmon::monitor_latency("a", crate = "perfmon")]
fn quotes() {}

#[perfmon::monitor_latency("a", crate = 1)]
fn number() {}

#[perfmon::monitor_latency("a", crate)]
fn missing() {}

fn main() {}
