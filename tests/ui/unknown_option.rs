use perfmon::monitor_latency;

#[monitor_latency("a", lables(x))]
fn slip(x: u8) {}

#[monitor_latency("a", Severity = "error", p99 = "1s")]
fn capital() {}

#[monitor_latency("a", p90 = "1s")]
fn percentile() {}

#[monitor_latency("a", fields(x))]
fn of_tracing(x: u8) {}

#[monitor_latency("a", level = "error")]
fn level() {}

#[monitor_latency("a", colour = "red")]
fn nothing_like_it() {}

#[monitor_latency("a", kind = db)]
fn kind() {}

#[monitor_latency("a" p99 = "1s")]
fn comma() {}

#[monitor_latency("a", = "1s")]
fn no_key() {}

fn main() {}
