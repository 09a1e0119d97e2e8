//! On `impl` blocks, traits and inline modules.

use std::fmt;

use perfmon::{monitor_db, monitor_latency, monitor_order, monitor_request};

use crate::support::{give_way, ok, run, seen};

struct Book<T>(Vec<T>);

#[monitor_latency("book", p99 = "1s", busy, labels(size = self.0.len()), skip(len, new))]
impl<T: Clone> Book<T> {
    const DEPTH: usize = { 2 };

    const fn depth() -> usize {
        Self::DEPTH
    }

    fn new(values: &[T]) -> Self {
        Self(values.to_vec())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    pub fn first(&self) -> Result<&T, fmt::Error> {
        self.0.first().ok_or(fmt::Error)
    }

    async fn load(&mut self, value: T) {
        give_way().await;
        self.0.push(value);
    }

    fn iterate(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    #[monitor_db("insert", "book")]
    fn put(&mut self, value: T) {
        self.0.push(value);
    }

    #[cfg_attr(all(), monitor_db("delete", "book"))]
    fn clear(&mut self) {
        self.0.clear();
    }

    #[monitor_latency(skip)]
    fn skipped(&self) -> bool {
        self.0.is_empty()
    }
}

trait Shape {
    fn area(&self) -> u64;
    fn double(&self) -> u64;
}

#[monitor_latency("square")]
impl Shape for u64 {
    fn area(&self) -> u64 {
        self * self
    }

    fn double(&self) -> u64 {
        self.area() * 2
    }
}

#[monitor_order("desk", err = |failed: &bool| *failed)]
trait Desk {
    fn required(&self) -> bool;

    fn provided(&self) -> bool {
        !self.required()
    }
}

impl Desk for bool {
    fn required(&self) -> bool {
        *self
    }
}

#[monitor_request("GET", "/module")]
mod requests {
    pub fn one() {}
    pub fn two() {}
}

#[monitor_latency("risk", skip(helper, Limits))]
mod risk {
    //! Documented inside.
    #![allow(dead_code)]

    use super::give_way;

    pub struct Limits(pub u8);
    pub struct Check(pub u8);

    impl Limits {
        pub fn read(&self) -> u8 {
            helper(self.0)
        }
    }

    impl Check {
        pub fn run(&self) -> u8 {
            helper(self.0)
        }
    }

    impl From<u8> for Check {
        fn from(x: u8) -> Self {
            Self(x)
        }
    }

    pub trait Rule {
        fn id(&self) -> u8;
        fn next(&self) -> u8 {
            self.id() + 1
        }
    }

    pub fn check() -> Result<(), ()> {
        Err(())
    }

    pub fn helper(x: u8) -> u8 {
        x
    }

    pub async fn wait() {
        give_way().await;
    }

    pub mod inner {
        #[must_use]
        pub fn deep() -> u8 {
            macro_rules! three {
                () => {
                    3
                };
            }
            three!()
        }

        #[super::monitor_latency(skip)]
        pub mod out {
            pub fn of_it() {}
        }
    }

    pub(super) use super::monitor_latency;

    thread_local! {
        static X: u8 = const { 1 };
    }

    macro_rules! function {
        ($name:ident) => {
            pub fn $name() {}
        };
    }
    function!(made);
}

mod unnamed {
    pub struct A;
    pub struct B;

    #[perfmon::monitor_latency]
    impl A {
        pub fn go() {}
    }

    #[perfmon::monitor_latency]
    impl B {
        pub fn go() {}
    }
}

#[test]
fn every_function_of_an_impl_block() {
    let mut book = Book::new(&[1]);
    assert_eq!(book.first(), Ok(&1));
    assert!(Book::<u8>::new(&[]).first().is_err());
    run(book.load(2));
    assert_eq!(book.iterate().count(), 2);
    book.put(3);
    assert_eq!(book.len() + Book::<u8>::depth(), 5);
    assert!(!book.skipped());
    book.clear();
    ok("delete book", 1);
    assert_eq!(seen("book::first"), [1, 1, 0, 0]);
    for name in ["book::load", "book::iterate", "insert book"] {
        ok(name, 1);
    }
    let snapshot = perfmon::snapshot();
    for name in ["book::len", "book::new", "book::put", "book::clear", "book::skipped", "book::depth"] {
        assert!(snapshot.get(name).is_none(), "{name}");
    }
}

#[test]
fn a_trait_and_its_implementation() {
    assert_eq!(3_u64.double(), 18);
    ok("square::area", 1);
    ok("square::double", 1);
    assert!(!true.provided());
    assert!(false.provided());
    assert_eq!(seen("desk::provided"), [1, 1, 0, 0]);
    assert!(perfmon::snapshot().get("desk::required").is_none());
}

#[test]
fn the_parts_of_a_request_are_the_name_of_all() {
    requests::one();
    requests::two();
    ok("GET /module", 2);
}

#[test]
fn every_function_of_a_module_and_of_what_is_in_it() {
    assert!(risk::check().is_err());
    run(risk::wait());
    assert_eq!(risk::Check::from(1).run() + risk::Limits(1).read(), 2);
    assert_eq!(risk::inner::deep(), 3);
    risk::inner::out::of_it();
    risk::made();
    assert_eq!(seen("risk::check"), [0, 1, 0, 0]);
    for name in ["risk::wait", "risk::Check::from", "risk::Check::run", "risk::inner::deep"] {
        ok(name, 1);
    }
    ok("risk::Rule::next", 0);
    let snapshot = perfmon::snapshot();
    for name in ["risk::helper", "risk::Limits::read", "risk::Rule::id", "risk::inner::out::of_it", "risk::made"] {
        assert!(snapshot.get(name).is_none(), "{name}");
    }
}

#[test]
fn without_a_name_each_function_has_its_path() {
    unnamed::A::go();
    unnamed::A::go();
    unnamed::B::go();
    ok("macros::containers::unnamed::A::go", 2);
    ok("macros::containers::unnamed::B::go", 1);
}
