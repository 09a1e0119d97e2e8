use perfmon::monitor_latency;

#[monitor_latency("a", severity = "error", window = "5m", for = "30s")]
fn none() {}

#[monitor_latency("a", p99 = "1s", severity = "critcal")]
fn slip() {}

#[monitor_latency("a", p99 = "1s", severity = "bad")]
fn unknown() {}

#[monitor_latency("a", p99 = "1s", severity = 1)]
fn number() {}

#[monitor_latency("a", p99 = "1s", window = "90m")]
fn beyond_the_hour() {}

fn main() {}
