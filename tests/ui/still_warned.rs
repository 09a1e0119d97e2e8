//! What the compiler warns about in a plain function it warns about here.

#![deny(warnings)]

use perfmon::monitor_latency;

#[monitor_latency("c", labels(x))]
fn unused_things(x: u8, y: u8) {
    let z = 1;
    let mut w = 2;
    println!("{w}");
}

#[must_use]
#[monitor_latency("d")]
fn must_be_used() -> u8 {
    1
}

#[monitor_latency("e")]
fn unreachable() -> u8 {
    return 1;
    2
}

#[monitor_latency("f")]
async fn must_be_awaited(x: u8) {}

fn main() {
    unused_things(1, 2);
    must_be_used();
    unreachable();
    must_be_awaited(1);
}
