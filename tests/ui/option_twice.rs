use perfmon::monitor_latency;

#[monitor_latency("a", p99 = "1s", p99 = "2s")]
fn objective() {}

#[monitor_latency("a", labels(x), busy, labels(y), busy)]
async fn others(x: u8, y: u8) {}

fn main() {}
