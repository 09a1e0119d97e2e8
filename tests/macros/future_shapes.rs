//! Functions that return a future: known by what they return, whatever their body looks like.

use std::{
    cell::{Cell, RefCell},
    future::{Future, Ready, ready},
    pin::{Pin, pin},
    rc::Rc,
    sync::atomic::{AtomicU8, Ordering},
    task::Poll,
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt, LocalBoxFuture};
use perfmon::monitor_latency;

use crate::support::{assert_send, forever, give_way, ok, panic_text, poll_once, run, seen};

static BEFORE: AtomicU8 = AtomicU8::new(0);

#[monitor_latency("future.statements_before")]
fn statements_before(x: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    let order = BEFORE.fetch_add(1, Ordering::Relaxed);
    Box::pin(async move {
        give_way().await;
        x + order
    })
}

#[monitor_latency("future.early_return")]
fn early_return(x: u8) -> Pin<Box<dyn Future<Output = Result<u8, String>>>> {
    if x == 0 {
        return Box::pin(ready(Err("zero".to_owned())));
    }
    match x {
        1 => Box::pin(async { Ok(1) }),
        _ => async move {
            give_way().await;
            Ok(x)
        }
        .boxed_local(),
    }
}

#[monitor_latency("future.boxed")]
fn boxed(x: &str) -> BoxFuture<'_, Result<u8, std::num::ParseIntError>> {
    async move { x.parse() }.boxed()
}

#[monitor_latency("future.local_boxed")]
fn local_boxed<'a>(x: &'a Rc<u8>) -> LocalBoxFuture<'a, u8> {
    async move {
        give_way().await;
        **x
    }
    .boxed_local()
}

#[monitor_latency("future.qualified")]
fn qualified() -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = ()> + Send + Sync + 'static>> {
    Box::pin(async {})
}

#[monitor_latency("future.unpin_box")]
fn unpin_box(x: u8) -> Box<dyn Future<Output = u8> + Unpin + Send> {
    Box::new(ready(x))
}

#[monitor_latency("future.opaque")]
fn opaque(x: u8) -> impl Future<Output = Result<u8, std::num::ParseIntError>> {
    async move {
        let y: u8 = if x == 0 { "x".parse()? } else { x };
        Ok(y)
    }
}

#[monitor_latency("future.opaque_send")]
fn opaque_send<'a, T: Send + Sync>(x: &'a [T]) -> impl Future<Output = usize> + Send + 'a {
    async move {
        give_way().await;
        x.len()
    }
}

#[monitor_latency("future.opaque_use")]
fn opaque_use<'a>(x: &'a str, _: &str) -> impl Future<Output = &'a str> + use<'a> {
    ready(x)
}

#[monitor_latency("future.opaque_unpin")]
fn opaque_unpin(x: u8) -> impl Future<Output = u8> + Unpin {
    ready(x)
}

#[monitor_latency("future.opaque_nested")]
fn opaque_nested() -> impl Future<Output = Option<impl Iterator<Item = u8>>> {
    async { Some([1, 2].into_iter()) }
}

#[monitor_latency("future.opaque_inferred")]
fn opaque_inferred(x: &[u8]) -> impl Future<Output = Vec<u64>> {
    async move { x.iter().map(|x| (*x).into()).collect() }
}

#[monitor_latency("future.opaque_silent")]
fn opaque_silent() -> impl Future {
    async { 1 }
}

#[monitor_latency("future.opaque_early")]
fn opaque_early(x: u8) -> impl Future<Output = u8> {
    if x == 0 {
        return ready(9);
    }
    ready(x)
}

#[monitor_latency("future.consumes", labels(text))]
fn consumes(text: String) -> impl Future<Output = usize> {
    async move {
        give_way().await;
        text.len()
    }
}

/// Known only by its name: `Ready` is no future that could be wrapped and keep its type, so the call that makes it is measured.
#[monitor_latency("future.concrete")]
fn concrete(x: u8) -> Ready<u8> {
    ready(x)
}

#[monitor_latency("future.panics_before")]
fn panics_before() -> BoxFuture<'static, ()> {
    panic!("before")
}

#[monitor_latency("future.dropped")]
fn dropped() -> impl Future<Output = ()> + Send {
    forever()
}

#[monitor_latency("future.panics")]
fn panics() -> BoxFuture<'static, u8> {
    Box::pin(async {
        give_way().await;
        panic!("within")
    })
}

/// By hand what `#[async_trait]` makes.
trait Store {
    fn load<'life0, 'async_trait>(
        &'life0 self,
        key: u8,
    ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Option<u8>> + ::core::marker::Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait;
}

impl Store for Vec<u8> {
    #[monitor_latency("future.trait_method")]
    fn load<'life0, 'async_trait>(
        &'life0 self,
        key: u8,
    ) -> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = Option<u8>> + ::core::marker::Send + 'async_trait>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { self.get(usize::from(key)).copied() })
    }
}

#[test]
fn statements_before_the_future_run_once_and_in_place() {
    let future = statements_before(1);
    assert_eq!(BEFORE.load(Ordering::Relaxed), 1, "at the call, before any poll");
    assert_eq!(run(future), 1);
    assert_eq!(BEFORE.load(Ordering::Relaxed), 1);
    ok("future.statements_before", 1);
}

#[test]
fn boxes() {
    assert_eq!([run(early_return(0)), run(early_return(1)), run(early_return(2))], [Err("zero".into()), Ok(1), Ok(2)]);
    assert_eq!(seen("future.early_return"), [2, 1, 0, 0]);
    assert_eq!(run(assert_send(boxed("1"))), Ok(1));
    assert!(run(boxed("x")).is_err());
    assert_eq!(seen("future.boxed"), [1, 1, 0, 0]);
    assert_eq!(run(local_boxed(&Rc::new(1))), 1);
    assert_eq!(run(assert_send(unpin_box(1))), 1);
    assert_eq!(run(vec![1].load(0)), Some(1));
    for name in ["future.local_boxed", "future.unpin_box", "future.trait_method"] {
        ok(name, 1);
    }
}

#[test]
fn a_box_stays_sync() {
    fn sync<T: Sync>(value: T) -> T {
        value
    }
    run(sync(qualified()));
    ok("future.qualified", 1);
}

#[test]
fn opaque_futures() {
    assert_eq!(run(opaque(1)), Ok(1));
    assert!(run(opaque(0)).is_err());
    assert_eq!(seen("future.opaque"), [1, 1, 0, 0]);
    assert_eq!(run(assert_send(opaque_send(&[1, 2]))), 2);
    assert_eq!(run(opaque_use("a", &String::new())), "a");
    assert_eq!(poll_once(Pin::new(&mut opaque_unpin(1))), Poll::Ready(1));
    assert_eq!(run(opaque_nested()).map(Iterator::count), Some(2));
    assert_eq!(run(opaque_inferred(&[1])), [1]);
    run(opaque_silent());
    assert_eq!(run(opaque_early(0)) + run(opaque_early(1)), 10);
    assert_eq!(run(consumes("abc".to_owned())), 3);
    for (name, calls) in [
        ("future.opaque_send", 1),
        ("future.opaque_use", 1),
        ("future.opaque_unpin", 1),
        ("future.opaque_nested", 1),
        ("future.opaque_silent", 1),
        ("future.opaque_early", 2),
        ("future.consumes", 1),
    ] {
        ok(name, calls);
    }
}

#[test]
fn a_concrete_future_keeps_its_type() {
    let future: Ready<u8> = concrete(1);
    ok("future.concrete", 1);
    assert_eq!(run(future), 1);
}

#[test]
fn dropped_and_panicking_futures() {
    {
        let mut future = pin!(dropped());
        assert!(poll_once(future.as_mut()).is_pending());
    }
    drop(dropped());
    assert_eq!(seen("future.dropped"), [0, 0, 0, 1]);
    drop(consumes_unpolled("x".to_owned()));
    ok("future.consumes_unpolled", 0);
    assert_eq!(panic_text(|| run(panics())), "within");
    assert_eq!(seen("future.panics"), [0, 0, 1, 0]);
    assert_eq!(panic_text(panics_before), "before");
}

#[monitor_latency("future.consumes_unpolled", labels(text))]
fn consumes_unpolled(text: String) -> BoxFuture<'static, usize> {
    Box::pin(async move { text.len() })
}

/// A peer reads 1 µs here, the time it takes to make the box.
#[tokio::test(flavor = "current_thread")]
async fn a_sleep_in_a_boxed_future_is_part_of_the_time() {
    #[monitor_latency("future.sleeps")]
    fn sleeps() -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(Duration::from_millis(50)))
    }
    sleeps().await;
    let snapshot = perfmon::snapshot();
    // The clock of calls is not the one that tokio waits by.
    assert!(snapshot.get("future.sleeps").is_some_and(|site| site.total() >= Duration::from_millis(45)));
}

#[test]
fn what_is_captured_is_dropped_with_the_future() {
    struct Dropped<'a>(&'a Cell<bool>);
    impl Drop for Dropped<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    #[monitor_latency("future.captures")]
    fn captures<'a>(x: Dropped<'a>, log: &'a RefCell<Vec<u8>>) -> impl Future<Output = ()> + 'a {
        log.borrow_mut().push(1);
        async move {
            let _x = x;
            log.borrow_mut().push(2);
        }
    }
    let (done, log) = (Cell::new(false), RefCell::new(vec![]));
    let future = captures(Dropped(&done), &log);
    assert!(!done.get());
    assert_eq!(*log.borrow(), [1]);
    run(future);
    assert!(done.get());
    assert_eq!(*log.borrow(), [1, 2]);
}
