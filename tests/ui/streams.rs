use futures::{Stream, stream};
use perfmon::{monitor_agent, monitor_db, monitor_latency};

struct Sse<S>(S);

#[monitor_agent("a")]
fn wrapped() -> Sse<impl Stream<Item = u8>> {
    Sse(stream::iter([1]))
}

#[monitor_agent("a")]
async fn nested() -> Option<stream::BoxStream<'static, u8>> {
    None
}

#[monitor_latency("a")]
fn also_clone() -> impl Stream<Item = u8> + Clone {
    stream::iter([1])
}

#[monitor_latency("a")]
#[track_caller]
fn caller() -> impl Stream<Item = u8> {
    stream::iter([1])
}

#[monitor_db("select", "orders", rows = |r| *r)]
fn rows() -> impl Stream<Item = u8> {
    stream::iter([1])
}

fn main() {
    let _ = wrapped().0;
    let _ = nested();
    let _ = also_clone().clone();
    let _ = caller();
    let _ = rows();
}
