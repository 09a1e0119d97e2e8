use std::future::Future;

use perfmon::monitor_latency;

#[monitor_latency("a")]
fn also_clone() -> impl Future<Output = u8> + Clone {
    std::future::ready(1)
}

#[monitor_latency("a")]
#[track_caller]
fn caller() -> impl Future<Output = u8> {
    std::future::ready(1)
}

fn main() {
    let _ = also_clone().clone();
    let _ = caller();
}
