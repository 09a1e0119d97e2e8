//! Agents that answer in a stream: they run until it ends, and whenever it is polled.

use std::pin::{Pin, pin};

use async_trait::async_trait;
use futures::{
    Stream, StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use perfmon::{
    agents::{self, Agent, NONE},
    monitor_agent, monitor_tool,
};

use crate::{
    outside,
    support::{give_way, poll_once, run},
    tokens,
};

/// What a model streams: each word is told as it comes.
fn words(count: u8) -> impl Stream<Item = u8> + Send + use<> {
    perfmon::tokens(100, 0);
    stream::iter(0..count).then(|word| async move {
        give_way().await;
        perfmon::tokens(0, 1);
        word
    })
}

/// `[ok, errors, cancelled, running]`.
fn runs(agent: &str) -> [u64; 4] {
    let summary = agents::summary();
    let runs = &summary.agent(agent).unwrap_or_else(|| panic!("no agent {agent}")).runs;
    [runs.ok, runs.errors, runs.cancelled, runs.running]
}

#[monitor_agent("streaming.opaque")]
fn opaque(count: u8) -> impl Stream<Item = u8> {
    words(count)
}

#[monitor_agent("streaming.boxed")]
fn boxed(count: u8) -> Pin<Box<dyn Stream<Item = u8> + Send>> {
    Box::pin(words(count))
}

#[monitor_agent("streaming.async")]
async fn from_async(count: u8) -> impl Stream<Item = u8> {
    give_way().await;
    words(count)
}

#[monitor_agent("streaming.tried")]
async fn tried(count: u8) -> Result<BoxStream<'static, Result<u8, String>>, String> {
    if count == 0 {
        return Err("nothing to say".to_owned());
    }
    Ok(words(count).map(|word| if word == 2 { Err("broken".to_owned()) } else { Ok(word) }).boxed())
}

#[async_trait]
trait Talks {
    async fn talk(&self, count: u8) -> BoxStream<'static, u8>;
}

struct Model;

#[async_trait]
impl Talks for Model {
    #[monitor_agent("streaming.trait", labels(agent = "streaming.named"))]
    async fn talk(&self, count: u8) -> BoxStream<'static, u8> {
        words(count).boxed()
    }
}

#[test]
fn what_a_stream_uses_is_its_agents() {
    run(async {
        assert_eq!(opaque(3).count().await, 3);
        assert_eq!(boxed(3).count().await, 3);
        assert_eq!(from_async(3).await.count().await, 3);
        assert_eq!(tried(2).await.expect("it speaks").try_collect::<Vec<_>>().await, Ok(vec![0, 1]));
        assert!(tried(0).await.is_err());
        assert!(tried(4).await.expect("it speaks").try_collect::<Vec<_>>().await.is_err());
        assert_eq!(Model.talk(3).await.count().await, 3);
    });
    assert_eq!(Agent::current().name(), NONE);
    for agent in ["streaming.opaque", "streaming.boxed", "streaming.async", "streaming.named"] {
        assert_eq!((tokens(agent), runs(agent)), ((100, 3), [1, 0, 0, 0]), "{agent}");
    }
    assert_eq!((tokens("streaming.tried"), runs("streaming.tried")), ((200, 5), [1, 2, 0, 0]));
}

#[monitor_tool("streaming.look_up")]
async fn look_up() -> BoxStream<'static, u8> {
    stream::iter([1]).boxed()
}

#[test]
fn tools_that_a_stream_calls_are_its_agents_and_stream_themselves() {
    #[monitor_agent("streaming.caller")]
    fn caller() -> impl Stream<Item = usize> {
        stream::once(async { look_up().await.count().await })
    }
    run(async { assert_eq!(caller().collect::<Vec<_>>().await, [1]) });
    let summary = agents::summary();
    let tool = summary.agent("streaming.caller").and_then(|agent| agent.tool("streaming.look_up")).expect("it called");
    assert_eq!((tool.calls.ok, tool.calls.running), (1, 0));
}

#[test]
fn a_run_lasts_until_its_stream_ends_and_is_cancelled_with_it() {
    #[monitor_agent("streaming.given_up")]
    fn given_up() -> impl Stream<Item = u8> {
        /// Tells what was used when it is given up.
        struct Told;
        impl Drop for Told {
            fn drop(&mut self) {
                perfmon::tokens(0, 50);
            }
        }
        let told = Told;
        words(9).inspect(move |_| _ = &told)
    }
    {
        let mut stream = pin!(given_up());
        assert_eq!(runs("streaming.given_up"), [0, 0, 0, 1]);
        assert!(poll_once(Pin::new(&mut stream.next())).is_pending());
        assert_eq!(Agent::current().name(), NONE, "between polls the thread is others'");
    }
    assert_eq!((tokens("streaming.given_up"), runs("streaming.given_up")), ((100, 50), [0, 0, 1, 0]));
}

#[test]
fn streams_that_take_turns_never_mix() {
    #[monitor_agent("streaming.first")]
    fn first() -> impl Stream<Item = u8> {
        words(5)
    }
    #[monitor_agent("streaming.second")]
    fn second() -> impl Stream<Item = u8> {
        words(3)
    }
    run(async { assert_eq!(stream::select(first(), second()).count().await, 8) });
    assert_eq!((tokens("streaming.first"), tokens("streaming.second")), ((100, 5), (100, 3)));
}

#[test]
fn a_stream_of_another_task_is_carried_along() {
    #[monitor_agent("streaming.carrying")]
    async fn carrying() -> u64 {
        let carried = agents::carry_stream(words(2));
        tokio::spawn(async move { carried.count().await as u64 }).await.expect("it ends")
    }
    let _turn = outside();
    let before = tokens(NONE);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().expect("a runtime");
    assert_eq!(runtime.block_on(carrying()), 2);
    assert_eq!((tokens("streaming.carrying"), tokens(NONE)), ((100, 2), before));
    assert_eq!(Agent::of("streaming.kept").carry_stream(stream::iter([1, 2])).size_hint(), (2, Some(2)));
}
