use perfmon::monitor_latency;

#[monitor_latency("a", sample = 64)]
fn number() {}

#[monitor_latency("a", sample = 1/0)]
fn zero() {}

#[monitor_latency("a", sample = 2/64)]
fn two() {}

#[monitor_latency("a", sample = 1/5000000000)]
fn rare() {}

#[monitor_latency("a", sample = "often")]
fn word() {}

#[monitor_latency("a", sample = 1/N)]
fn constant() {}

#[monitor_latency("a", sample)]
fn missing() {}

fn main() {}
