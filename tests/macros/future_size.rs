//! How much larger the future of an annotated function is than the plain one.

use std::mem::size_of_val;

use perfmon::monitor_latency;

use crate::support::{give_way, ok, run};

async fn plain(x: &str, y: u64) -> usize {
    give_way().await;
    let text = format!("{x}{y}");
    give_way().await;
    text.len()
}

#[monitor_latency("size.measured")]
async fn measured(x: &str, y: u64) -> usize {
    give_way().await;
    let text = format!("{x}{y}");
    give_way().await;
    text.len()
}

#[monitor_latency("size.busy", busy)]
async fn busy(x: &str, y: u64) -> usize {
    give_way().await;
    let text = format!("{x}{y}");
    give_way().await;
    text.len()
}

async fn plain_large(block: [u8; 1024]) -> usize {
    give_way().await;
    usize::from(block[0])
}

#[monitor_latency("size.large")]
async fn large(block: [u8; 1024]) -> usize {
    give_way().await;
    usize::from(block[0])
}

fn plain_opaque(x: u64) -> impl Future<Output = u64> {
    async move {
        give_way().await;
        x
    }
}

#[monitor_latency("size.opaque")]
fn opaque(x: u64) -> impl Future<Output = u64> {
    async move {
        give_way().await;
        x
    }
}

fn plain_large_future(x: u64) -> impl Future<Output = u64> {
    async move {
        let block = [x; 128];
        give_way().await;
        block.iter().sum()
    }
}

#[monitor_latency("size.large_future", busy, labels(x))]
fn large_future(x: u64) -> impl Future<Output = u64> {
    async move {
        let block = [x; 128];
        give_way().await;
        block.iter().sum()
    }
}

/// At most 64 bytes, as long as no large argument is freed before the first await.
#[test]
fn a_future_grows_little() {
    let plain = size_of_val(&plain("a", 1));
    for (name, size) in [("measured", size_of_val(&measured("a", 1))), ("busy", size_of_val(&busy("a", 1)))] {
        assert!(size <= plain + 64, "{name}: {plain} grew to {size}");
    }
    let (plain, size) = (size_of_val(&plain_opaque(1)), size_of_val(&opaque(1)));
    assert!(size <= plain + 64, "opaque: {plain} grew to {size}");
    let (plain, size) = (size_of_val(&plain_large_future(1)), size_of_val(&large_future(1)));
    // One label, kept as text until the first poll.
    let labels = size_of::<String>();
    assert!(size <= plain + 64 + labels, "a large one: {plain} grew to {size}");
    let (plain, timed) = (plain_large_future(1), perfmon::time!("size.timed", large_future(1)));
    assert!(size_of_val(&timed) <= size + 64, "timed: {} of {}", size_of_val(&timed), size_of_val(&plain));
    assert_eq!(run(timed), run(plain));
    assert_eq!(run(measured("a", 1)) + run(busy("a", 1)), 4);
    assert_eq!(run(opaque(1)), 1);
    ok("size.measured", 1);
}

/// The documented price: an argument is held by the function's own future and by the body's.
#[test]
fn a_large_argument_is_held_twice() {
    let (plain, size) = (size_of_val(&plain_large([0; 1024])), size_of_val(&large([0; 1024])));
    assert!(size <= plain + 1024 + 64, "{plain} grew to {size}");
    assert_eq!(run(large([1; 1024])), run(plain_large([1; 1024])));
}
