//! Free functions that return a value.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap},
    fmt::{self, Debug, Display},
    rc::Rc,
};

use perfmon::monitor_latency;

use crate::support::{ok, panic_text, seen};

#[monitor_latency("sync.plain")]
fn plain(a: u64, b: u64) -> u64 {
    a + b
}

#[monitor_latency("sync.unit")]
fn unit(cell: &Cell<u8>) {
    cell.set(1);
}

#[monitor_latency("sync.unit_written")]
#[allow(clippy::unused_unit)]
fn unit_written() -> () {
    ()
}

#[monitor_latency("sync.empty")]
fn empty() {}

#[monitor_latency("sync.early_return")]
fn early_return(x: u8) -> u8 {
    if x > 1 {
        return x;
    }
    for y in 0..x {
        if y == 0 {
            return 9;
        }
    }
    0
}

#[monitor_latency("sync.early_unit")]
fn early_unit(x: u8, cell: &Cell<u8>) {
    if x > 1 {
        return;
    }
    cell.set(x);
}

#[monitor_latency("sync.question")]
fn question(text: &str) -> Result<u8, std::num::ParseIntError> {
    let x: u8 = text.parse()?;
    Ok(x + 1)
}

#[monitor_latency("sync.question_boxed")]
fn question_boxed(text: &str) -> Result<u8, Box<dyn std::error::Error>> {
    let x: u8 = text.parse()?;
    if x == 0 {
        Err("zero")?;
    }
    Ok(x + 1)
}

#[monitor_latency("sync.question_option")]
fn question_option(values: &[u8]) -> Option<u8> {
    let first = values.first()?;
    Some(*first)
}

#[monitor_latency("sync.let_else")]
fn let_else(value: Option<u8>) -> u8 {
    let Some(x) = value else { return 0 };
    x
}

#[monitor_latency("sync.generic")]
fn generic<T: Clone, U>(x: &T, _: U) -> T {
    x.clone()
}

#[monitor_latency("sync.const_generic")]
fn const_generic<const N: usize>(x: [u8; N]) -> [u8; N] {
    x
}

#[monitor_latency("sync.const_expression")]
fn const_expression(x: [u8; 1 + 1]) -> Wrapper<{ 1 + 2 }> {
    let [a, b] = x;
    Wrapper([a, b, 0])
}

struct Wrapper<const N: usize>([u8; N]);

#[monitor_latency("sync.elided")]
fn elided(x: &str) -> &str {
    &x[1..]
}

#[monitor_latency("sync.lifetimes")]
fn lifetimes<'a, 'b: 'a>(x: &'a str, y: &'b str) -> &'a str {
    if x.is_empty() { y } else { x }
}

#[monitor_latency("sync.underscore_lifetime")]
fn underscore_lifetime(x: &[u8]) -> std::slice::Iter<'_, u8> {
    x.iter()
}

#[monitor_latency("sync.where_clause")]
fn where_clause<T>(x: T) -> String
where
    T: Display,
    for<'a> &'a T: Into<Option<&'a T>>,
{
    x.to_string()
}

#[monitor_latency("sync.impl_argument")]
fn impl_argument(f: impl Fn(u8) -> u8, x: impl Into<u8>) -> u8 {
    f(x.into())
}

#[monitor_latency("sync.impl_return")]
fn impl_return(x: u8) -> impl Iterator<Item = u8> + Clone {
    if x == 0 {
        return 0..0;
    }
    0..x
}

#[monitor_latency("sync.impl_captures")]
fn impl_captures<'a>(x: &'a [u8], _: &str) -> impl Iterator<Item = &'a u8> + use<'a> {
    x.iter()
}

#[monitor_latency("sync.impl_closure")]
fn impl_closure(x: u8) -> impl Fn(u8) -> u8 {
    move |y| x + y
}

#[monitor_latency("sync.impl_in_result")]
fn impl_in_result(x: Option<u8>) -> Result<impl Display, fmt::Error> {
    x.ok_or(fmt::Error)
}

#[monitor_latency("sync.impl_in_tuple")]
fn impl_in_tuple() -> (impl Display, Vec<impl Debug>) {
    (1, vec!["a"])
}

#[monitor_latency("sync.dyn_coercion")]
fn dyn_coercion(x: bool) -> Box<dyn Display> {
    if x {
        return Box::new(1);
    }
    Box::new("b")
}

#[monitor_latency("sync.dyn_in_result")]
fn dyn_in_result(x: bool) -> Result<Box<dyn Fn() -> u8>, String> {
    if x { Ok(Box::new(|| 1)) } else { Err("no".into()) }
}

#[monitor_latency("sync.tail_collect")]
fn tail_collect(x: &[u8]) -> HashMap<u8, Vec<u8>> {
    x.iter().map(|x| (*x, vec![*x])).collect()
}

#[monitor_latency("sync.tail_collect_result")]
fn tail_collect_result(x: &[&str]) -> Result<Vec<u8>, std::num::ParseIntError> {
    x.iter().map(|x| x.parse()).collect()
}

#[monitor_latency("sync.tail_into")]
fn tail_into(x: u8) -> u64 {
    x.into()
}

#[monitor_latency("sync.tail_default")]
fn tail_default() -> BTreeMap<String, u8> {
    Default::default()
}

#[monitor_latency("sync.unsafe_fn")]
#[allow(unsafe_code)]
unsafe fn unsafe_fn(x: *const u8) -> u8 {
    // SAFETY: the caller gives a valid pointer.
    unsafe { *x }
}

#[monitor_latency("sync.extern_fn")]
extern "C" fn extern_fn(x: u8) -> u8 {
    x
}

#[monitor_latency("sync.unsafe_extern_fn")]
#[allow(unsafe_code)]
unsafe extern "C" fn unsafe_extern_fn(x: u8) -> u8 {
    x
}

#[monitor_latency("sync.never")]
fn never(text: &str) -> ! {
    panic!("never {text}")
}

#[monitor_latency("sync.infallible")]
fn infallible() -> Result<u8, std::convert::Infallible> {
    Ok(1)
}

#[monitor_latency("sync.tuple_pattern")]
fn tuple_pattern((a, b): (u8, u8), [c, ..]: [u8; 3]) -> u8 {
    a + b + c
}

struct Point {
    x: u8,
    y: u8,
}

#[monitor_latency("sync.struct_pattern")]
fn struct_pattern(Point { x, y: ref why }: Point, &z: &u8) -> u8 {
    x + *why + z
}

#[monitor_latency("sync.mut_argument")]
fn mut_argument(mut x: Vec<u8>, _: u8) -> Vec<u8> {
    x.push(1);
    x
}

#[monitor_latency("sync.reborrow")]
fn reborrow(x: &mut Vec<u8>) -> &mut u8 {
    x.push(3);
    x.last_mut().expect("just pushed")
}

#[monitor_latency("sync.reborrow_either")]
fn reborrow_either<'a>(x: &'a mut u8, y: &'a mut u8, left: bool) -> &'a mut u8 {
    if left { x } else { y }
}

#[monitor_latency("sync.moved_argument")]
fn moved_argument(x: String, y: String) -> String {
    drop(x);
    y
}

#[monitor_latency("sync.moved_field")]
fn moved_field(x: (String, String)) -> (String, usize) {
    let left = x.0;
    (left, x.1.len())
}

#[monitor_latency("sync.recursion")]
fn recursion(n: u64) -> u64 {
    if n <= 1 { 1 } else { n * recursion(n - 1) }
}

#[monitor_latency("sync.even")]
fn even(n: u8) -> bool {
    n == 0 || odd(n - 1)
}

#[monitor_latency("sync.odd")]
fn odd(n: u8) -> bool {
    n != 0 && even(n - 1)
}

#[monitor_latency("sync.outer")]
fn outer(x: u8) -> u8 {
    #[monitor_latency("sync.inner")]
    fn inner(x: u8) -> u8 {
        x + 1
    }
    inner(inner(x))
}

#[monitor_latency("sync.qualified")]
fn qualified<I: IntoIterator>(x: I) -> <I as IntoIterator>::IntoIter {
    x.into_iter()
}

#[monitor_latency("sync.dyn_argument")]
fn dyn_argument(x: &dyn Display, f: &mut dyn FnMut(u8)) -> String {
    f(1);
    x.to_string()
}

#[monitor_latency("sync.fn_pointer_return")]
fn fn_pointer_return() -> fn(u64, u64) -> u64 {
    plain_again
}

#[monitor_latency("sync.plain_again")]
fn plain_again(a: u64, b: u64) -> u64 {
    a + b
}

#[monitor_latency("sync.higher_ranked")]
fn higher_ranked() -> Box<dyn for<'a> Fn(&'a str) -> &'a str> {
    Box::new(|x| x)
}

#[monitor_latency("sync.loop_value")]
fn loop_value() -> u8 {
    'outer: loop {
        for x in 0.. {
            if x == 3 {
                break 'outer x;
            }
        }
    }
}

#[monitor_latency("sync.not_send")]
fn not_send(x: Rc<RefCell<u8>>) -> Rc<RefCell<u8>> {
    *x.borrow_mut() += 1;
    x
}

/// In edition 2024 the temporary `borrow()` is dropped before `x`; in a closure it must be, too.
#[monitor_latency("sync.tail_temporaries")]
fn tail_temporaries() -> usize {
    let x = RefCell::new(vec![1]);
    x.borrow().len()
}

#[monitor_latency("sync.inner_attribute")]
fn inner_attribute() -> u8 {
    #![allow(unused_variables, clippy::let_unit_value)]
    //! Documented from the inside.
    let x = ();
    1
}

#[monitor_latency("sync.cfg_parameters")]
fn cfg_parameters(#[cfg(test)] x: u8, #[cfg(not(test))] x: String, #[allow(unused)] y: u8) -> u8 {
    x
}

#[cfg(test)]
#[monitor_latency("sync.cfg_function")]
fn cfg_function() -> u8 {
    1
}

#[monitor_latency("sync.cfg_function_below")]
#[cfg(test)]
fn cfg_function_below() -> u8 {
    1
}

#[monitor_latency("sync.cfg_function_off")]
#[cfg(not(test))]
fn cfg_function_below() -> u8 {
    does_not_exist()
}

/// Documented.
#[must_use]
#[inline]
#[monitor_latency("sync.attributes")]
#[cold]
#[doc(hidden)]
#[deprecated(note = "on purpose")]
pub(crate) fn attributes() -> u8 {
    1
}

#[monitor_latency("sync.raw_identifiers")]
fn r#type(r#fn: u8) -> u8 {
    r#fn
}

#[monitor_latency("sync.const_block")]
fn const_block() -> u8 {
    const { 1 + 1 }
}

#[monitor_latency("sync.items_inside")]
fn items_inside() -> u8 {
    use std::cmp::max;
    struct Local(u8);
    impl Local {
        fn get(&self) -> u8 {
            self.0
        }
    }
    max(Local(2).get(), 1)
}

#[monitor_latency("sync.closures_inside")]
fn closures_inside(x: &mut u8) -> u8 {
    let mut add = |y: u8| *x += y;
    add(1);
    add(2);
    *x
}

#[monitor_latency("sync.future_inside")]
fn future_inside() -> u8 {
    crate::support::run(async {
        let Some(x) = Some(1_u8) else { return 0 };
        x
    })
}

#[monitor_latency("sync.big_array")]
fn big_array() -> [u8; 4096] {
    [1; 4096]
}

#[monitor_latency("sync.unsized_box")]
fn unsized_box() -> (Box<str>, Box<[u8]>, Rc<dyn Debug>) {
    ("a".into(), Box::new([1, 2]), Rc::new(1))
}

#[monitor_latency("sync.panics")]
fn panics(x: u8) -> u8 {
    assert!(x > 0, "x is {x}");
    x
}

mod visible {
    use super::*;

    #[monitor_latency("sync.visibility")]
    pub(in crate::sync_shapes) fn visibility() -> u8 {
        1
    }
}

macro_rules! made {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident($argument:ident: $type:ty) -> $output:ty $body:block) => {
        $(#[$attribute])*
        #[monitor_latency("sync.made")]
        $visibility fn $name($argument: $type) -> $output $body
    };
}
made! {
    /// Made by a macro.
    pub(crate) fn made(x: Vec<u8>) -> Result<Vec<u8>, ()> {
        if x.is_empty() {
            return Err(());
        }
        Ok(x)
    }
}

macro_rules! handed_over {
    ($item:item) => {
        #[monitor_latency("sync.handed_over")]
        $item
    };
}
handed_over! {
    fn handed_over(x: u8) -> u8 { x }
}

macro_rules! named {
    ($name:ident, $text:expr) => {
        #[monitor_latency($text, labels(text = $text))]
        fn $name() -> &'static str {
            $text
        }
    };
}
named!(named_by_macro, "sync.named");

macro_rules! hidden_return {
    ($name:ident, $type:ty) => {
        #[monitor_latency("sync.hidden_return")]
        fn $name(x: $type) -> $type {
            x
        }
    };
}
hidden_return!(hidden_return, Option<u8>);

#[test]
fn values_come_back() {
    let cell = Cell::new(0);
    assert_eq!(plain(1, 2), 3);
    unit(&cell);
    assert_eq!(cell.get(), 1);
    unit_written();
    empty();
    assert_eq!([early_return(0), early_return(1), early_return(2)], [0, 9, 2]);
    early_unit(7, &cell);
    early_unit(0, &cell);
    assert_eq!(cell.get(), 0);
    assert_eq!([let_else(None), let_else(Some(2))], [0, 2]);
    assert_eq!(generic(&"x".to_owned(), 1), "x");
    assert_eq!(generic(&1, "a"), 1);
    assert_eq!(const_generic([1, 2]), [1, 2]);
    assert_eq!(const_generic([1]), [1]);
    assert_eq!(const_expression([1, 2]).0, [1, 2, 0]);
    assert_eq!(elided("abc"), "bc");
    assert_eq!(lifetimes("", "b"), "b");
    assert_eq!(underscore_lifetime(&[1, 2]).count(), 2);
    assert_eq!(where_clause(1), "1");
    assert_eq!(impl_argument(|x| x + 1, 1), 2);
    for (name, calls) in [
        ("sync.plain", 1),
        ("sync.unit", 1),
        ("sync.unit_written", 1),
        ("sync.empty", 1),
        ("sync.early_return", 3),
        ("sync.early_unit", 2),
        ("sync.let_else", 2),
        ("sync.generic", 2),
        ("sync.const_generic", 2),
        ("sync.const_expression", 1),
        ("sync.elided", 1),
        ("sync.lifetimes", 1),
        ("sync.underscore_lifetime", 1),
        ("sync.where_clause", 1),
        ("sync.impl_argument", 1),
    ] {
        ok(name, calls);
    }
}

#[test]
fn errors_are_told_by_type() {
    assert_eq!(question("1"), Ok(2));
    assert!(question("x").is_err());
    assert_eq!(seen("sync.question"), [1, 1, 0, 0]);
    assert!(question_boxed("1").is_ok());
    assert_eq!(question_boxed("0").expect_err("zero").to_string(), "zero");
    assert_eq!(seen("sync.question_boxed"), [1, 1, 0, 0]);
    assert_eq!(question_option(&[]), None);
    assert_eq!(question_option(&[1]), Some(1));
    ok("sync.question_option", 2);
    assert_eq!(infallible(), Ok(1));
    ok("sync.infallible", 1);
    assert!(dyn_in_result(true).is_ok_and(|f| f() == 1));
    assert!(dyn_in_result(false).is_err());
    assert_eq!(seen("sync.dyn_in_result"), [1, 1, 0, 0]);
    assert!(tail_collect_result(&["1", "x"]).is_err());
    assert_eq!(tail_collect_result(&["1"]), Ok(vec![1]));
    assert_eq!(seen("sync.tail_collect_result"), [1, 1, 0, 0]);
}

#[test]
fn opaque_and_boxed_types() {
    assert_eq!(impl_return(3).clone().count() + impl_return(0).count(), 3);
    assert_eq!(impl_captures(&[1, 2], &String::new()).count(), 2);
    assert_eq!(impl_closure(1)(2), 3);
    assert_eq!(impl_in_result(Some(1)).map(|x| x.to_string()), Ok("1".to_owned()));
    // A guard sees no value: an error counts as ok there.
    assert!(impl_in_result(None).is_err());
    assert_eq!(impl_in_tuple().0.to_string(), "1");
    assert_eq!(dyn_coercion(true).to_string() + &dyn_coercion(false).to_string(), "1b");
    assert_eq!(unsized_box().0.len() + unsized_box().1.len(), 3);
    assert_eq!(higher_ranked()("a"), "a");
    for (name, calls) in [
        ("sync.impl_return", 2),
        ("sync.impl_captures", 1),
        ("sync.impl_closure", 1),
        ("sync.impl_in_result", 2),
        ("sync.impl_in_tuple", 1),
        ("sync.dyn_coercion", 2),
        ("sync.unsized_box", 2),
        ("sync.higher_ranked", 1),
    ] {
        ok(name, calls);
    }
}

#[test]
fn inference_is_that_of_the_plain_function() {
    assert_eq!(tail_collect(&[1, 2]).len(), 2);
    assert_eq!(tail_into(1), 1);
    assert!(tail_default().is_empty());
    assert_eq!(qualified(vec![1]).count(), 1);
    assert_eq!(loop_value(), 3);
    assert_eq!(const_block(), 2);
    assert_eq!(big_array().len(), 4096);
    for name in [
        "sync.tail_collect",
        "sync.tail_into",
        "sync.tail_default",
        "sync.qualified",
        "sync.loop_value",
        "sync.const_block",
        "sync.big_array",
    ] {
        ok(name, 1);
    }
}

#[test]
#[allow(unsafe_code)]
fn qualifiers() {
    let x = 5;
    // SAFETY: a pointer to a local.
    assert_eq!(unsafe { unsafe_fn(&raw const x) }, 5);
    // SAFETY: it does nothing unsafe.
    assert_eq!(unsafe { unsafe_extern_fn(1) }, 1);
    assert_eq!(extern_fn(1), 1);
    let pointer: extern "C" fn(u8) -> u8 = extern_fn;
    assert_eq!(pointer(2), 2);
    ok("sync.unsafe_fn", 1);
    ok("sync.unsafe_extern_fn", 1);
    ok("sync.extern_fn", 2);
}

#[test]
fn a_function_that_never_returns() {
    assert_eq!(panic_text(|| never("again")), "never again");
    assert_eq!(seen("sync.never"), [0, 0, 1, 0]);
}

#[test]
fn arguments_of_all_patterns() {
    assert_eq!(tuple_pattern((1, 2), [3, 4, 5]), 6);
    assert_eq!(struct_pattern(Point { x: 1, y: 2 }, &3), 6);
    assert_eq!(mut_argument(vec![0], 0), [0, 1]);
    let mut values = vec![];
    *reborrow(&mut values) += 1;
    assert_eq!(values, [4]);
    let (mut x, mut y) = (1, 2);
    *reborrow_either(&mut x, &mut y, false) += 1;
    assert_eq!((x, y), (1, 3));
    assert_eq!(moved_argument("a".into(), "b".into()), "b");
    assert_eq!(moved_field(("a".into(), "bc".into())), ("a".into(), 2));
    assert_eq!(dyn_argument(&1, &mut |_| {}), "1");
    assert_eq!(cfg_parameters(1, 2), 1);
    assert_eq!(r#type(1), 1);
    assert_eq!(*not_send(Rc::new(RefCell::new(1))).borrow(), 2);
    for name in [
        "sync.tuple_pattern",
        "sync.struct_pattern",
        "sync.mut_argument",
        "sync.reborrow",
        "sync.reborrow_either",
        "sync.moved_argument",
        "sync.moved_field",
        "sync.dyn_argument",
        "sync.cfg_parameters",
        "sync.raw_identifiers",
        "sync.not_send",
    ] {
        ok(name, 1);
    }
}

#[test]
fn every_call_of_a_recursion_counts() {
    assert_eq!(recursion(5), 120);
    ok("sync.recursion", 5);
    let snapshot = perfmon::snapshot();
    let site = snapshot.get("sync.recursion").expect("a site");
    assert!(site.outermost() < site.total(), "{:?} of {:?}", site.outermost(), site.total());
    assert!(even(4));
    ok("sync.even", 3);
    ok("sync.odd", 2);
    assert_eq!(outer(1), 3);
    ok("sync.outer", 1);
    ok("sync.inner", 2);
}

#[test]
#[allow(deprecated)]
fn bodies_and_attributes() {
    assert_eq!(tail_temporaries(), 1);
    assert_eq!(inner_attribute(), 1);
    assert_eq!(cfg_function(), 1);
    assert_eq!(cfg_function_below(), 1);
    assert_eq!(attributes(), 1);
    assert_eq!(items_inside(), 2);
    assert_eq!(closures_inside(&mut 1), 4);
    assert_eq!(future_inside(), 1);
    assert_eq!(visible::visibility(), 1);
    for name in [
        "sync.tail_temporaries",
        "sync.inner_attribute",
        "sync.cfg_function",
        "sync.cfg_function_below",
        "sync.attributes",
        "sync.items_inside",
        "sync.closures_inside",
        "sync.future_inside",
        "sync.visibility",
    ] {
        ok(name, 1);
    }
    assert!(perfmon::snapshot().get("sync.cfg_function_off").is_none());
}

#[test]
fn functions_as_values() {
    let pointer: fn(u64, u64) -> u64 = fn_pointer_return();
    assert_eq!(pointer(1, 2), 3);
    assert_eq!([(1, 2), (3, 4)].map(|(a, b)| plain_again(a, b)), [3, 7]);
    assert_eq!(Some(1).into_iter().fold(0, plain_again), 1);
    ok("sync.fn_pointer_return", 1);
    ok("sync.plain_again", 4);
}

#[test]
fn functions_made_by_macros() {
    assert_eq!(made(vec![1]), Ok(vec![1]));
    assert_eq!(made(vec![]), Err(()));
    assert_eq!(seen("sync.made"), [1, 1, 0, 0]);
    assert_eq!(handed_over(1), 1);
    ok("sync.handed_over", 1);
    assert_eq!(named_by_macro(), "sync.named");
    ok("sync.named", 1);
    assert_eq!(hidden_return(Some(1)), Some(1));
    ok("sync.hidden_return", 1);
}

#[test]
fn a_panic_goes_on_and_counts() {
    assert_eq!(panics(1), 1);
    assert_eq!(panic_text(|| panics(0)), "x is 0");
    assert_eq!(seen("sync.panics"), [1, 0, 1, 0]);
}
