//! Functions that give a stream: the call lasts until it ends, however the function comes by it.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    time::Duration,
};

use async_trait::async_trait;
use futures::{
    Stream, StreamExt, TryStreamExt,
    future::BoxFuture,
    stream::{self, BoxStream, LocalBoxStream},
};
use perfmon::monitor_latency;

use crate::support::{assert_send, give_way, ok, panic_text, run, seen};

/// So many numbers, each after it has waited once.
fn numbers(count: u8) -> impl Stream<Item = u8> + Send + use<> {
    stream::iter(0..count).then(|number| async move {
        give_way().await;
        number
    })
}

/// Polls a stream once.
fn next_once<S: Stream + ?Sized>(stream: Pin<&mut S>) -> Poll<Option<S::Item>> {
    stream.poll_next(&mut Context::from_waker(Waker::noop()))
}

fn in_flight(name: &str) -> u64 {
    perfmon::snapshot().get(name).map_or(0, |site| site.in_flight())
}

#[monitor_latency("stream.opaque")]
fn opaque(count: u8) -> impl Stream<Item = u8> {
    if count == 0 {
        return numbers(1);
    }
    numbers(count)
}

#[monitor_latency("stream.opaque_send", labels(text))]
fn opaque_send<'a>(text: &'a str) -> impl Stream<Item = char> + Send + Unpin + 'a {
    stream::iter(text.chars())
}

#[monitor_latency("stream.pinned")]
fn pinned(count: u8) -> Pin<Box<dyn Stream<Item = u8> + Send>> {
    Box::pin(numbers(count))
}

#[monitor_latency("stream.boxed")]
fn boxed(text: &str) -> BoxStream<'_, char> {
    stream::iter(text.chars()).boxed()
}

#[monitor_latency("stream.local_boxed")]
fn local_boxed<'a>(text: &'a str) -> LocalBoxStream<'a, char> {
    stream::iter(text.chars()).boxed_local()
}

#[monitor_latency("stream.unpin_box")]
fn unpin_box() -> Box<dyn Stream<Item = u8> + Unpin + Send> {
    Box::new(stream::iter([1, 2]))
}

#[monitor_latency("stream.from_async")]
async fn from_async(count: u8) -> impl Stream<Item = u8> {
    give_way().await;
    numbers(count)
}

#[monitor_latency("stream.from_async_boxed", labels(count))]
async fn from_async_boxed(count: u8) -> BoxStream<'static, u8> {
    give_way().await;
    numbers(count).boxed()
}

#[monitor_latency("stream.tried")]
fn tried(count: u8) -> Result<impl Stream<Item = u8>, String> {
    check(count)?;
    Ok(numbers(count))
}

#[monitor_latency("stream.tried_async")]
async fn tried_async(count: u8) -> Result<BoxStream<'static, Result<u8, String>>, String> {
    check(count)?;
    Ok(numbers(count).map(Ok).boxed())
}

#[monitor_latency("stream.in_a_future")]
fn in_a_future(count: u8) -> impl Future<Output = impl Stream<Item = u8>> + Send {
    async move { numbers(count) }
}

#[monitor_latency("stream.in_a_box", labels(size = count))]
fn in_a_box<'a>(count: &'a u8) -> BoxFuture<'a, Result<BoxStream<'a, u8>, String>> {
    Box::pin(async move {
        check(*count)?;
        Ok(numbers(*count).boxed())
    })
}

fn check(count: u8) -> Result<(), String> {
    if count == 0 { Err("none".to_owned()) } else { Ok(()) }
}

#[async_trait]
trait Source {
    async fn read(&self, count: u8) -> Result<BoxStream<'static, u8>, String>;
    fn watch(&self) -> BoxStream<'_, u8>;
}

struct Numbers;

#[async_trait]
impl Source for Numbers {
    #[monitor_latency("stream.inside_async_trait")]
    async fn read(&self, count: u8) -> Result<BoxStream<'static, u8>, String> {
        check(count)?;
        Ok(numbers(count).boxed())
    }

    #[monitor_latency("stream.method")]
    fn watch(&self) -> BoxStream<'_, u8> {
        numbers(2).boxed()
    }
}

struct Others;

#[monitor_latency("stream.block")]
#[async_trait]
impl Source for Others {
    async fn read(&self, count: u8) -> Result<BoxStream<'static, u8>, String> {
        check(count)?;
        Ok(numbers(count).boxed())
    }

    fn watch(&self) -> BoxStream<'_, u8> {
        numbers(2).boxed()
    }
}

#[test]
fn every_shape_gives_all_items_and_is_one_call() {
    run(async {
        assert_eq!(opaque(3).collect::<Vec<_>>().await, [0, 1, 2]);
        assert_eq!(opaque(0).count().await, 1);
        assert_eq!(assert_send(opaque_send("four")).collect::<String>().await, "four");
        assert_eq!(assert_send(pinned(2)).count().await, 2);
        assert_eq!(boxed("four").count().await, 4);
        assert_eq!(local_boxed("four").count().await, 4);
        assert_eq!(assert_send(unpin_box()).count().await, 2);
        assert_eq!(assert_send(from_async(3)).await.count().await, 3);
        assert_eq!(from_async_boxed(2).await.count().await, 2);
        assert_eq!(tried(2).expect("some").count().await, 2);
        assert_eq!(tried_async(2).await.expect("some").try_collect::<Vec<_>>().await, Ok(vec![0, 1]));
        assert_eq!(assert_send(in_a_future(2)).await.count().await, 2);
        assert_eq!(in_a_box(&2).await.expect("some").count().await, 2);
        assert_eq!(Numbers.read(2).await.expect("some").count().await, 2);
        assert_eq!(Others.read(2).await.expect("some").count().await, 2);
        assert_eq!(Numbers.watch().count().await + Others.watch().count().await, 4);
        assert!(tried(0).is_err() && tried_async(0).await.is_err() && in_a_box(&0).await.is_err());
        assert!(Numbers.read(0).await.is_err() && Others.read(0).await.is_err());
    });
    ok("stream.opaque", 2);
    for name in ["opaque_send", "pinned", "boxed", "local_boxed", "unpin_box", "from_async", "from_async_boxed"] {
        ok(&format!("stream.{name}"), 1);
    }
    for name in ["in_a_future", "method", "block::watch"] {
        ok(&format!("stream.{name}"), 1);
    }
    for name in ["tried", "tried_async", "in_a_box", "inside_async_trait", "block::read"] {
        assert_eq!(seen(&format!("stream.{name}")), [1, 1, 0, 0], "{name}");
    }
}

#[test]
fn a_call_lasts_until_its_stream_ends() {
    #[monitor_latency("stream.lasts")]
    async fn lasts() -> impl Stream<Item = u8> {
        numbers(1)
    }
    let mut stream = pin!(run(lasts()));
    assert_eq!(in_flight("stream.lasts"), 1);
    assert_eq!(stream.as_mut().size_hint().1, numbers(1).size_hint().1);
    assert!(next_once(stream.as_mut()).is_pending());
    assert_eq!(next_once(stream.as_mut()), Poll::Ready(Some(0)));
    assert_eq!(in_flight("stream.lasts"), 1);
    assert_eq!(next_once(stream.as_mut()), Poll::Ready(None));
    ok("stream.lasts", 1);
}

#[test]
fn dropped_before_its_end_it_is_cancelled() {
    #[monitor_latency("stream.dropped")]
    fn dropped() -> impl Stream<Item = u8> + Send {
        numbers(3)
    }
    drop(dropped());
    {
        let mut stream = pin!(dropped());
        assert!(next_once(stream.as_mut()).is_pending());
    }
    run(async {
        let first: Vec<_> = dropped().take(1).collect().await;
        assert_eq!(first, [0]);
    });
    assert_eq!(seen("stream.dropped"), [0, 0, 0, 3]);
}

#[test]
fn it_ends_as_its_last_item() {
    #[monitor_latency("stream.items")]
    fn items(items: Vec<Result<u8, String>>) -> impl Stream<Item = Result<u8, String>> {
        stream::iter(items)
    }
    let broken = || Err("broken".to_owned());
    run(async {
        assert_eq!(items(vec![Ok(1), broken()]).count().await, 2);
        assert_eq!(items(vec![broken(), Ok(1)]).count().await, 2, "it has gone on");
        // Who reads no further after an error drops the rest.
        assert!(items(vec![Ok(1), broken(), Ok(2)]).try_collect::<Vec<_>>().await.is_err());
    });
    assert_eq!(seen("stream.items"), [1, 2, 0, 0]);

    #[monitor_latency("stream.classified", err = |item| *item > 1)]
    fn classified(count: u8) -> BoxStream<'static, u8> {
        numbers(count).boxed()
    }
    run(async { assert_eq!(classified(3).count().await + classified(2).count().await, 5) });
    assert_eq!(seen("stream.classified"), [1, 1, 0, 0]);
}

#[test]
fn panics_are_seen() {
    #[monitor_latency("stream.panics")]
    fn panics(at_once: bool) -> impl Stream<Item = Result<u8, ()>> {
        assert!(!at_once, "at once");
        stream::iter(0..2).map(|number| if number == 0 { Err(()) } else { panic!("within") })
    }
    assert_eq!(panic_text(|| drop(panics(true))), "at once");
    assert_eq!(panic_text(|| run(panics(false).count())), "within");
    assert_eq!(seen("stream.panics"), [0, 0, 2, 0]);
}

#[test]
fn busy_is_the_time_spent_polling() {
    #[monitor_latency("stream.busy", busy)]
    async fn busy() -> impl Stream<Item = u8> {
        numbers(3)
    }
    run(async { assert_eq!(busy().await.count().await, 3) });
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("stream.busy").expect("a call");
    assert!(site.busy() > Duration::ZERO && site.busy() <= site.total());
}

/// Only what is polled runs here.
#[test]
fn streams_that_take_turns_are_not_in_each_other() {
    #[monitor_latency("stream.turns")]
    fn turns() -> impl Stream<Item = u8> {
        numbers(3)
    }
    run(async { assert_eq!(turns().zip(turns()).count().await, 3) });
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("stream.turns").expect("calls");
    assert_eq!((site.calls(), site.outermost()), (2, site.total()));
}
