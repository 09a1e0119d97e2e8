//! Together with other attributes, in either order.

use std::time::Duration;

use async_trait::async_trait;
use perfmon::{monitor_db, monitor_latency};

use crate::support::{assert_send, give_way, ok, run, seen};

#[monitor_latency("stacked.outer")]
#[monitor_latency("stacked.inner")]
fn twice(x: u8) -> Result<u8, ()> {
    if x == 0 {
        return Err(());
    }
    Ok(x)
}

#[monitor_latency("stacked.same")]
#[monitor_latency("stacked.same")]
async fn the_same_twice() {
    give_way().await;
}

#[monitor_latency("stacked.async_outer")]
#[monitor_db("select", "stacked")]
async fn async_twice(x: &str) -> Option<&str> {
    give_way().await;
    Some(x)
}

#[monitor_latency("stacked.instrument_below")]
#[tracing::instrument]
fn instrument_below(x: u8) -> Result<u8, u8> {
    Err(x)
}

#[tracing::instrument(err, ret)]
#[monitor_latency("stacked.instrument_above")]
fn instrument_above(x: u8) -> Result<u8, u8> {
    Err(x)
}

#[monitor_latency("stacked.async_instrument_below")]
#[tracing::instrument(skip_all)]
async fn async_instrument_below(x: u8) -> Result<u8, u8> {
    give_way().await;
    Err(x)
}

#[tracing::instrument(skip(x))]
#[monitor_latency("stacked.async_instrument_above")]
async fn async_instrument_above(x: u8) -> Result<u8, u8> {
    give_way().await;
    Err(x)
}

#[monitor_latency("stacked.test_below")]
#[test]
fn test_below() {
    assert_eq!(twice(1), Ok(1));
}

#[test]
#[monitor_latency("stacked.test_above")]
fn test_above() -> Result<(), ()> {
    twice(1).map(|_| ())
}

#[monitor_latency("stacked.tokio_test_below")]
#[tokio::test]
async fn tokio_test_below() {
    tokio::task::yield_now().await;
}

#[tokio::test]
#[monitor_latency("stacked.tokio_test_above")]
async fn tokio_test_above() -> Result<(), std::fmt::Error> {
    tokio::task::yield_now().await;
    Ok(())
}

#[test]
#[should_panic(expected = "on purpose")]
#[monitor_latency("stacked.should_panic")]
fn should_panic() {
    panic!("on purpose");
}

#[monitor_latency("stacked.main_below")]
#[tokio::main(flavor = "current_thread")]
async fn main_below() -> Result<u8, u8> {
    tokio::task::yield_now().await;
    Err(1)
}

#[tokio::main(flavor = "current_thread")]
#[monitor_latency("stacked.main_above")]
async fn main_above() -> Result<u8, u8> {
    tokio::task::yield_now().await;
    Err(1)
}

/// `#[async_trait]` below and above, and ours on its methods.
#[async_trait]
trait Feed: Sync {
    async fn next(&self, wait: Duration) -> Result<u8, String>;

    #[monitor_latency("stacked.trait_default")]
    async fn twice(&self) -> Result<u8, String> {
        Ok(self.next(Duration::ZERO).await? * 2)
    }
}

struct OnMethods(u8);

#[async_trait]
impl Feed for OnMethods {
    #[monitor_latency("stacked.trait_method", labels(feed = self.0))]
    async fn next(&self, wait: Duration) -> Result<u8, String> {
        if self.0 == 0 {
            return Err("dry".to_owned());
        }
        tokio::time::sleep(wait).await;
        Ok(self.0)
    }
}

struct Above;

#[monitor_latency("stacked.above")]
#[async_trait]
impl Feed for Above {
    async fn next(&self, wait: Duration) -> Result<u8, String> {
        tokio::time::sleep(wait).await;
        Ok(1)
    }
}

struct Below;

#[async_trait]
#[monitor_latency("stacked.below")]
impl Feed for Below {
    async fn next(&self, wait: Duration) -> Result<u8, String> {
        tokio::time::sleep(wait).await;
        Ok(1)
    }
}

#[monitor_latency("stacked.on_trait")]
#[async_trait(?Send)]
trait OnTrait {
    async fn required(&self) -> u8;

    async fn provided(&self) -> u8 {
        self.required().await + 1
    }
}

#[async_trait(?Send)]
impl OnTrait for u8 {
    async fn required(&self) -> u8 {
        *self
    }
}

#[test]
fn stacked_with_itself() {
    assert_eq!(twice(0), Err(()));
    assert_eq!(seen("stacked.outer")[1], 1);
    assert_eq!(seen("stacked.inner")[1], 1);
    run(the_same_twice());
    ok("stacked.same", 2);
    assert_eq!(run(async_twice("a")), Some("a"));
    ok("stacked.async_outer", 1);
    ok("select stacked", 1);
}

#[test]
fn stacked_with_tracing() {
    assert_eq!(instrument_below(1), Err(1));
    assert_eq!(instrument_above(1), Err(1));
    assert_eq!(run(assert_send(async_instrument_below(1))), Err(1));
    assert_eq!(run(assert_send(async_instrument_above(1))), Err(1));
    for name in [
        "stacked.instrument_below",
        "stacked.instrument_above",
        "stacked.async_instrument_below",
        "stacked.async_instrument_above",
    ] {
        assert_eq!(seen(name), [0, 1, 0, 0], "{name}");
    }
}

#[test]
fn stacked_with_tokio_main() {
    assert_eq!(main_below(), Err(1));
    assert_eq!(main_above(), Err(1));
    assert_eq!(seen("stacked.main_below"), [0, 1, 0, 0]);
    assert_eq!(seen("stacked.main_above"), [0, 1, 0, 0]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_sleep_under_async_trait_is_part_of_the_time_in_either_order() {
    let wait = Duration::from_millis(50);
    for feed in [&OnMethods(1) as &dyn Feed, &Above, &Below] {
        assert_eq!(assert_send(feed.next(wait)).await, Ok(1));
    }
    let snapshot = perfmon::snapshot();
    for name in ["stacked.trait_method", "stacked.above::next", "stacked.below::next"] {
        let site = snapshot.get(name).unwrap_or_else(|| panic!("no site {name}"));
        // The clock of calls is not the one that tokio waits by.
        assert!(site.total() >= wait / 10 * 9, "{name}: {:?}", site.total());
    }
}

#[tokio::test(flavor = "current_thread")]
async fn outcomes_under_async_trait() {
    struct Dry;
    #[async_trait]
    impl Feed for Dry {
        #[monitor_latency("stacked.dry")]
        async fn next(&self, _: Duration) -> Result<u8, String> {
            Err("dry".to_owned())?;
            Ok(1)
        }
    }
    assert!(Dry.next(Duration::ZERO).await.is_err());
    assert_eq!(seen("stacked.dry"), [0, 1, 0, 0]);
    assert_eq!(OnMethods(0).twice().await, Err("dry".to_owned()));
    assert_eq!(seen("stacked.trait_default"), [0, 1, 0, 0]);
    assert_eq!(3_u8.provided().await, 4);
    ok("stacked.on_trait::provided", 1);
}
