//! So do those of the borrow checker.

use perfmon::monitor_latency;

#[monitor_latency("a")]
fn moved(x: String) -> String {
    drop(x);
    x
}

#[monitor_latency("b")]
fn dangling() -> &'static str {
    let x = String::new();
    &x
}

#[monitor_latency("c")]
async fn async_moved(x: String) -> String {
    drop(x);
    x
}

#[monitor_latency("d")]
fn immutable(x: u8) {
    x += 1;
}

#[monitor_latency("e")]
async fn async_immutable(x: u8) {
    x += 1;
}

fn main() {}
