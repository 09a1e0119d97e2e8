//! The same monitored functions with perfmon's feature `on` off, beside plain ones. Started by the table.

use std::{future::Future, hint::black_box};

use perfmon_benches_harness::{Group, Settle, case, serve, twice};

twice! {
    #[inline(never)]
    pub(crate) fn plain(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[perfmon::monitor_latency]
    #[inline(never)]
    pub(crate) fn monitored(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[perfmon::monitor_latency]
    async fn future(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn polled(x: u64) -> Option<u64> {
        ready(future(x))
    }
}

#[inline(always)]
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

fn main() {
    let cases = vec![
        case!("plain function", plain),
        case!("monitored, compiled without `on`", monitored),
        case!("async, compiled without `on`", polled),
    ];
    serve(&Group { name: "perfmon off", cases, settle: Settle::AtOnce, remark: || None })
}
