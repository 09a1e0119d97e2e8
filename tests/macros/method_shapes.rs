//! Methods, traits, and `self` in all its forms.

use std::{marker::PhantomData, ops::Add, pin::Pin, rc::Rc, sync::Arc};

use perfmon::monitor_latency;

use crate::support::{ok, seen};

#[derive(Clone, Default, Debug, PartialEq)]
struct Book {
    depth: u8,
    name: String,
}

impl Book {
    const LEVELS: u8 = 10;

    #[monitor_latency("method.new")]
    fn new(depth: u8) -> Self {
        Self { depth, name: "book".to_owned() }
    }

    #[monitor_latency("method.by_ref")]
    fn by_ref(&self) -> u8 {
        self.depth + Self::LEVELS
    }

    #[monitor_latency("method.by_mut")]
    fn by_mut(&mut self) -> &mut Self {
        self.depth += 1;
        self
    }

    #[monitor_latency("method.by_value")]
    fn by_value(self) -> String {
        let Self { name, .. } = self;
        name
    }

    #[monitor_latency("method.by_mut_value")]
    fn by_mut_value(mut self) -> Self {
        self.depth = 7;
        self
    }

    #[monitor_latency("method.by_lifetime")]
    fn by_lifetime<'a>(&'a self, other: &'a Self) -> &'a str {
        if self.depth > other.depth { &self.name } else { &other.name }
    }

    #[monitor_latency("method.by_typed_ref")]
    fn by_typed_ref(self: &Self) -> u8 {
        self.depth
    }

    #[monitor_latency("method.by_box")]
    fn by_box(self: Box<Self>) -> u8 {
        self.depth
    }

    #[monitor_latency("method.by_rc")]
    fn by_rc(self: &Rc<Self>) -> Rc<Self> {
        Rc::clone(self)
    }

    #[monitor_latency("method.by_arc")]
    fn by_arc(self: Arc<Self>) -> usize {
        Arc::strong_count(&self)
    }

    #[monitor_latency("method.by_pin")]
    fn by_pin(mut self: Pin<&mut Self>, depth: u8) -> u8 {
        self.as_mut().get_mut().depth = depth;
        self.depth
    }

    #[monitor_latency("method.iterate")]
    fn iterate(&self) -> impl Iterator<Item = char> + '_ {
        self.name.chars()
    }

    #[monitor_latency("method.callback")]
    fn callback(&mut self, f: impl FnOnce(&mut Self) -> u8) -> u8 {
        f(self)
    }
}

struct Typed<T, const N: usize>(PhantomData<T>);

impl<T: Default + Add<Output = T>, const N: usize> Typed<T, N> {
    #[monitor_latency("method.generic")]
    fn generic<U: Into<T>>(&self, x: U) -> (T, [u8; N]) {
        (T::default() + x.into(), [0; N])
    }
}

trait Source {
    type Item;
    const COUNT: u8;

    fn required(&self) -> Option<Self::Item>;

    #[monitor_latency("method.provided")]
    fn provided(&self) -> Vec<Self::Item>
    where
        Self: Sized,
    {
        (0..Self::COUNT).filter_map(|_| self.required()).collect()
    }

    #[monitor_latency("method.provided_static")]
    fn provided_static() -> u8
    where
        Self: Sized,
    {
        Self::COUNT
    }

    #[monitor_latency("method.overridden")]
    fn overridden(&self) -> u8 {
        1
    }
}

impl Source for Book {
    type Item = u8;
    const COUNT: u8 = 2;

    #[monitor_latency("method.required")]
    fn required(&self) -> Option<Self::Item> {
        Some(self.depth)
    }

    #[monitor_latency("method.overriding")]
    fn overridden(&self) -> u8 {
        2
    }
}

impl Source for () {
    type Item = ();
    const COUNT: u8 = 0;

    fn required(&self) -> Option<()> {
        None
    }
}

impl Add for Book {
    type Output = Self;

    #[monitor_latency("method.operator")]
    fn add(self, other: Self) -> Self {
        Self { depth: self.depth + other.depth, ..self }
    }
}

struct Dropped;

impl Drop for Dropped {
    #[monitor_latency("method.drop")]
    fn drop(&mut self) {}
}

impl<'a> TryFrom<&'a str> for Book {
    type Error = std::num::ParseIntError;

    #[monitor_latency("method.try_from")]
    fn try_from(text: &'a str) -> Result<Self, Self::Error> {
        Ok(Self { depth: text.parse()?, name: text.to_owned() })
    }
}

impl Iterator for Book {
    type Item = u8;

    #[monitor_latency("method.next")]
    fn next(&mut self) -> Option<<Self as Iterator>::Item> {
        self.depth = self.depth.checked_sub(1)?;
        Some(self.depth)
    }
}

#[test]
fn self_in_all_its_forms() {
    let mut book = Book::new(1);
    assert_eq!(book.by_ref(), 11);
    book.by_mut().by_mut();
    assert_eq!(book.by_typed_ref(), 3);
    assert_eq!(book.by_lifetime(&Book::default()), "book");
    assert_eq!(book.clone().by_value(), "book");
    assert_eq!(book.clone().by_mut_value().depth, 7);
    assert_eq!(Box::new(book.clone()).by_box(), 3);
    assert_eq!(Rc::new(book.clone()).by_rc().depth, 3);
    assert_eq!(Arc::new(book.clone()).by_arc(), 1);
    assert_eq!(Pin::new(&mut book).by_pin(5), 5);
    assert_eq!(book.iterate().count(), 4);
    assert_eq!(book.callback(|book| book.depth), 5);
    for (name, calls) in [
        ("method.by_ref", 1),
        ("method.by_mut", 2),
        ("method.by_typed_ref", 1),
        ("method.by_lifetime", 1),
        ("method.by_value", 1),
        ("method.by_mut_value", 1),
        ("method.by_box", 1),
        ("method.by_rc", 1),
        ("method.by_arc", 1),
        ("method.by_pin", 1),
        ("method.iterate", 1),
        ("method.callback", 1),
    ] {
        ok(name, calls);
    }
}

#[test]
fn generic_instances_are_one_site() {
    assert_eq!(Typed::<u64, 2>(PhantomData).generic(1_u8).0, 1);
    assert_eq!(Typed::<f64, 3>(PhantomData).generic(1_f32).1, [0; 3]);
    ok("method.generic", 2);
}

#[test]
fn traits() {
    let book = Book::new(4);
    assert_eq!(book.provided(), [4, 4]);
    assert!(().provided().is_empty());
    assert_eq!(Book::provided_static() + <()>::provided_static(), 2);
    assert_eq!(book.overridden() + ().overridden(), 3);
    for (name, calls) in [
        ("method.required", 2),
        ("method.provided", 2),
        ("method.provided_static", 2),
        ("method.overridden", 1),
        ("method.overriding", 1),
    ] {
        ok(name, calls);
    }
}

#[test]
fn traits_of_the_standard_library() {
    assert_eq!((Book::new(1) + Book::new(2)).depth, 3);
    drop(Dropped);
    assert!(Book::try_from("1").is_ok());
    assert!(Book::try_from("x").is_err());
    assert_eq!(Book::new(3).sum::<u8>(), 3);
    ok("method.operator", 1);
    ok("method.drop", 1);
    assert_eq!(seen("method.try_from"), [1, 1, 0, 0]);
    ok("method.next", 4);
}
