use perfmon::monitor_latency;

#[monitor_latency("a", error_rate = 5%)]
fn no_quotes() {}

#[monitor_latency("a", error_rate = 0.05)]
fn number() {}

#[monitor_latency("a", error_rate = "5")]
fn no_percent() {}

#[monitor_latency("a", error_rate = "100%")]
fn all() {}

#[monitor_latency("a", error_rate = "few")]
fn word() {}

#[monitor_latency("a", error_rate = true)]
fn other() {}

fn main() {}
