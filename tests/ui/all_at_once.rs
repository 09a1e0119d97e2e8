//! Every mistake is told in one compile, each at its own token.

use perfmon::monitor_latency;

#[monitor_latency("", lables(a), p99 = "soon", labels(le = x, "b"), sample = 0, severity = "bad", busy, colour)]
fn all(x: u8) -> u8 {
    x
}

#[monitor_latency("", p95 = 1)]
const fn more() {}

fn main() {
    let x: u8 = all(1);
    more();
    let _: String = x;
}
