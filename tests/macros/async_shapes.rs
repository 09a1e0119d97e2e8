//! `async fn` in all its forms.

use std::{
    cell::Cell,
    fmt::{Debug, Display},
    future::Future,
    pin::{Pin, pin},
    rc::Rc,
    task::Poll,
};

use perfmon::monitor_latency;

use crate::support::{assert_send, forever, give_way, ok, panic_text, poll_once, run, seen};

#[monitor_latency("async.plain")]
async fn plain(a: u64) -> u64 {
    give_way().await;
    a + 1
}

#[monitor_latency("async.unit")]
async fn unit(cell: &Cell<u8>) {
    give_way().await;
    cell.set(1);
}

#[monitor_latency("async.empty")]
async fn empty() {}

#[monitor_latency("async.early_return")]
async fn early_return(x: u8) -> u8 {
    if x == 0 {
        return 9;
    }
    give_way().await;
    x
}

#[monitor_latency("async.early_unit")]
async fn early_unit(x: u8) {
    if x == 0 {
        return;
    }
    give_way().await;
}

#[monitor_latency("async.question")]
async fn question(text: &str) -> Result<u8, std::num::ParseIntError> {
    give_way().await;
    let x: u8 = text.parse()?;
    Ok(x)
}

#[monitor_latency("async.question_boxed")]
async fn question_boxed(text: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    if text.is_empty() {
        Err("empty")?;
    }
    Ok(question(text).await?)
}

#[monitor_latency("async.question_option")]
async fn question_option(x: Option<u8>) -> Option<u8> {
    Some(x? + 1)
}

#[monitor_latency("async.generic")]
async fn generic<T: Clone + Send, const N: usize>(x: &T) -> [T; N]
where
    T: Debug,
{
    give_way().await;
    std::array::from_fn(|_| x.clone())
}

#[monitor_latency("async.lifetimes")]
async fn lifetimes<'a>(x: &'a str, y: &str) -> &'a str {
    give_way().await;
    &x[y.len()..]
}

#[monitor_latency("async.elided")]
async fn elided(x: &mut Vec<u8>) -> &mut u8 {
    x.push(1);
    give_way().await;
    x.last_mut().expect("just pushed")
}

#[monitor_latency("async.impl_argument")]
async fn impl_argument<F: Future<Output = u8>>(f: impl Fn(u8) -> F) -> u8 {
    f(1).await
}

#[monitor_latency("async.impl_return")]
async fn impl_return(x: &[u8]) -> impl Iterator<Item = u8> + '_ {
    give_way().await;
    if x.is_empty() {
        return x.iter().copied();
    }
    x.iter().copied()
}

#[monitor_latency("async.impl_in_result")]
async fn impl_in_result(x: bool) -> Result<impl Display, String> {
    give_way().await;
    if x { Ok(1) } else { Err("no".to_owned()) }
}

#[monitor_latency("async.dyn_coercion")]
async fn dyn_coercion(x: bool) -> Result<Box<dyn Display + Send>, ()> {
    if x {
        return Ok(Box::new(1));
    }
    give_way().await;
    Ok(Box::new("b"))
}

#[monitor_latency("async.tail_collect")]
async fn tail_collect(x: &[u8]) -> Vec<u64> {
    x.iter().map(|x| u64::from(*x)).collect()
}

#[monitor_latency("async.tail_into")]
async fn tail_into(x: u8) -> Result<u64, String> {
    give_way().await;
    Ok(x.into())
}

#[monitor_latency("async.tail_default")]
async fn tail_default() -> Option<(u8, String)> {
    Default::default()
}

#[monitor_latency("async.unsafe_fn")]
#[allow(unsafe_code)]
async unsafe fn unsafe_fn(x: *const u8) -> u8 {
    // SAFETY: the caller gives a valid pointer.
    unsafe { *x }
}

#[monitor_latency("async.never")]
async fn never(polls: u8) -> ! {
    for _ in 0..polls {
        give_way().await;
    }
    panic!("never")
}

#[monitor_latency("async.never_loop")]
async fn never_loop() -> ! {
    loop {
        forever().await;
    }
}

#[monitor_latency("async.never_nested")]
async fn never_nested() -> ! {
    never(0).await
}

#[monitor_latency("async.patterns")]
async fn patterns((a, mut b): (u8, Vec<u8>), [c, ..]: [u8; 2], _: String) -> u8 {
    b.push(a);
    give_way().await;
    b[0] + c
}

#[monitor_latency("async.mut_argument")]
async fn mut_argument(mut x: u8) -> u8 {
    x += 1;
    give_way().await;
    x
}

#[monitor_latency("async.recursion")]
fn recursion(n: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move { if n <= 1 { 1 } else { n * recursion(n - 1).await } })
}

#[monitor_latency("async.boxed_recursion")]
async fn boxed_recursion(n: u64) -> u64 {
    if n <= 1 { 1 } else { n * Box::pin(boxed_recursion(n - 1)).await }
}

#[monitor_latency("async.not_send")]
async fn not_send(x: Rc<u8>) -> Rc<u8> {
    give_way().await;
    x
}

#[monitor_latency("async.inner_attribute")]
async fn inner_attribute() -> u8 {
    #![allow(unused_variables)]
    let x = 1;
    2
}

#[monitor_latency("async.closure_inside")]
async fn closure_inside() -> u8 {
    let f = async |x: u8| {
        give_way().await;
        if x == 0 {
            return 1;
        }
        x
    };
    f(0).await + f(2).await
}

#[monitor_latency("async.cfg_parameters")]
async fn cfg_parameters(#[cfg(test)] x: u8, #[cfg(not(test))] x: String) -> u8 {
    x
}

#[monitor_latency("async.panics")]
async fn panics(polls: u8) -> u8 {
    for _ in 0..polls {
        give_way().await;
    }
    assert!(polls == 0, "after {polls}");
    1
}

#[monitor_latency("async.dropped")]
async fn dropped() -> u8 {
    forever().await;
    1
}

#[monitor_latency("async.never_polled")]
async fn never_polled() {}

struct Broker {
    fills: u8,
}

impl Broker {
    #[monitor_latency("async.by_ref")]
    async fn by_ref(&self) -> u8 {
        give_way().await;
        self.fills
    }

    #[monitor_latency("async.by_mut")]
    async fn by_mut(&mut self, by: u8) -> &mut Self {
        self.fills += by;
        give_way().await;
        self
    }

    #[monitor_latency("async.by_value")]
    async fn by_value(self) -> Self {
        give_way().await;
        self
    }

    #[monitor_latency("async.by_pin")]
    async fn by_pin(mut self: Pin<&mut Self>) -> u8 {
        self.fills += 1;
        give_way().await;
        self.fills
    }

    #[monitor_latency("async.by_box")]
    async fn by_box(self: Box<Self>) -> Result<u8, ()> {
        Err(())
    }
}

/// Async functions in a trait.
trait Feed {
    async fn required(&self) -> u8;

    #[monitor_latency("async.provided")]
    async fn provided(&self) -> u8 {
        self.required().await + 1
    }

    #[monitor_latency("async.desugared")]
    fn desugared(&self) -> impl Future<Output = Result<u8, ()>> {
        async move { Ok(self.required().await) }
    }
}

impl Feed for Broker {
    #[monitor_latency("async.required")]
    async fn required(&self) -> u8 {
        give_way().await;
        self.fills
    }
}

macro_rules! made {
    ($name:ident, $body:block) => {
        #[monitor_latency("async.made")]
        async fn $name() -> u8 $body
    };
}
made!(made, {
    give_way().await;
    1
});

#[test]
fn values_come_back() {
    let cell = Cell::new(0);
    assert_eq!(run(plain(1)), 2);
    run(unit(&cell));
    assert_eq!(cell.get(), 1);
    run(empty());
    assert_eq!(run(early_return(0)) + run(early_return(1)), 10);
    run(early_unit(0));
    run(early_unit(1));
    assert_eq!(run(question_option(Some(1))), Some(2));
    assert_eq!(run(question_option(None)), None);
    assert_eq!(run(generic::<_, 2>(&1)), [1, 1]);
    assert_eq!(run(lifetimes("abc", "x")), "bc");
    let mut values = vec![];
    *run(elided(&mut values)) += 1;
    assert_eq!(values, [2]);
    assert_eq!(run(impl_argument(|x| async move { x })), 1);
    assert_eq!(run(impl_return(&[1, 2])).count(), 2);
    assert_eq!(run(patterns((1, vec![]), [2, 3], String::new())), 3);
    assert_eq!(run(mut_argument(1)), 2);
    assert_eq!(*run(not_send(Rc::new(1))), 1);
    assert_eq!(run(inner_attribute()), 2);
    assert_eq!(run(closure_inside()), 3);
    assert_eq!(run(cfg_parameters(1)), 1);
    assert_eq!(run(made()), 1);
    for (name, calls) in [
        ("async.plain", 1),
        ("async.unit", 1),
        ("async.empty", 1),
        ("async.early_return", 2),
        ("async.early_unit", 2),
        ("async.question_option", 2),
        ("async.generic", 1),
        ("async.lifetimes", 1),
        ("async.elided", 1),
        ("async.impl_argument", 1),
        ("async.impl_return", 1),
        ("async.patterns", 1),
        ("async.mut_argument", 1),
        ("async.not_send", 1),
        ("async.inner_attribute", 1),
        ("async.closure_inside", 1),
        ("async.cfg_parameters", 1),
        ("async.made", 1),
    ] {
        ok(name, calls);
    }
}

#[test]
fn errors_are_told_by_type() {
    assert_eq!(run(question_boxed("1")).ok(), Some(1));
    assert!(run(question_boxed("x")).is_err());
    assert!(run(question_boxed("")).is_err());
    assert_eq!(seen("async.question"), [1, 1, 0, 0]);
    assert_eq!(seen("async.question_boxed"), [1, 2, 0, 0]);
    assert_eq!(run(impl_in_result(true)).map(|x| x.to_string()), Ok("1".to_owned()));
    assert!(run(impl_in_result(false)).is_err());
    assert_eq!(seen("async.impl_in_result"), [1, 1, 0, 0]);
}

#[test]
fn inference_is_that_of_the_plain_function() {
    assert_eq!(run(dyn_coercion(true)).map(|x| x.to_string()), Ok("1".to_owned()));
    assert_eq!(run(tail_collect(&[1])), [1]);
    assert_eq!(run(tail_into(1)), Ok(1));
    assert_eq!(run(tail_default()), None);
    for name in ["async.dyn_coercion", "async.tail_collect", "async.tail_into", "async.tail_default"] {
        ok(name, 1);
    }
}

#[test]
#[allow(unsafe_code)]
fn unsafe_and_async() {
    let x = 5;
    // SAFETY: a pointer to a local.
    assert_eq!(run(unsafe { unsafe_fn(&raw const x) }), 5);
    ok("async.unsafe_fn", 1);
}

#[test]
fn a_function_that_never_returns() {
    assert_eq!(panic_text(|| run(never(1))), "never");
    assert_eq!(panic_text(|| run(never_nested())), "never");
    assert_eq!(seen("async.never"), [0, 0, 2, 0]);
    assert_eq!(seen("async.never_nested"), [0, 0, 1, 0]);
    {
        let mut future = pin!(never_loop());
        assert!(poll_once(future.as_mut()).is_pending());
    }
    assert_eq!(seen("async.never_loop"), [0, 0, 0, 1]);
}

#[test]
fn every_call_of_a_recursion_counts() {
    assert_eq!(run(recursion(4)), 24);
    assert_eq!(run(boxed_recursion(4)), 24);
    ok("async.recursion", 4);
    ok("async.boxed_recursion", 4);
}

#[test]
fn methods() {
    let mut broker = Broker { fills: 1 };
    assert_eq!(run(broker.by_ref()), 1);
    assert_eq!(run(broker.by_mut(2)).fills, 3);
    assert_eq!(run(Pin::new(&mut broker).by_pin()), 4);
    let broker = run(broker.by_value());
    assert_eq!(run(broker.provided()), 5);
    assert_eq!(run(broker.desugared()), Ok(4));
    assert_eq!(run(Box::new(broker).by_box()), Err(()));
    for name in ["async.by_ref", "async.by_mut", "async.by_pin", "async.by_value", "async.provided", "async.desugared"]
    {
        ok(name, 1);
    }
    ok("async.required", 2);
    assert_eq!(seen("async.by_box"), [0, 1, 0, 0]);
}

#[test]
fn a_panic_goes_on_and_counts() {
    assert_eq!(run(panics(0)), 1);
    assert_eq!(panic_text(|| run(panics(2))), "after 2");
    assert_eq!(seen("async.panics"), [1, 0, 1, 0]);
}

#[test]
fn a_dropped_future_is_cancelled_and_one_never_polled_is_no_call() {
    {
        let mut future = pin!(dropped());
        assert!(poll_once(future.as_mut()).is_pending());
        assert_eq!(perfmon::snapshot().get("async.dropped").map(|site| site.in_flight()), Some(1));
    }
    assert_eq!(seen("async.dropped"), [0, 0, 0, 1]);
    drop(never_polled());
    ok("async.never_polled", 0);
}

#[monitor_latency("async.send")]
async fn send(x: &mut u8) -> Result<Box<dyn Display + Send>, ()> {
    *x += 1;
    give_way().await;
    Ok(Box::new(*x))
}

#[test]
fn a_future_is_send_when_it_was() {
    let mut x = 1;
    assert!(run(assert_send(send(&mut x))).is_ok_and(|x| x.to_string() == "2"));
    let threads = std::thread::spawn(move || run(send(&mut x)).is_ok());
    assert!(threads.join().expect("no panic"));
    let mut x = 1;
    let pinned = pin!(send(&mut x));
    assert!(matches!(poll_once(pinned), Poll::Pending));
}
