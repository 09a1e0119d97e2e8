//! A future that is not `Send` because of its body says so, and where.

use std::rc::Rc;

use perfmon::monitor_latency;

#[monitor_latency("a")]
async fn holds() {
    let x = Rc::new(1);
    std::future::ready(()).await;
    drop(x);
}

fn send<T: Send>(_: T) {}

fn main() {
    send(holds());
}
