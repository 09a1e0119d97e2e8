//! No name of ours meets one of the user's, whatever the user calls things.

use perfmon::{monitor_agent, monitor_latency, monitor_tool};

use crate::support::{ok, run, seen};

/// Arguments and items with the names that expansions use, or that peers use.
#[monitor_latency("hygiene.arguments")]
#[allow(clippy::too_many_arguments, clippy::many_single_char_names)]
fn arguments(result: u8, _guard: u8, caller: u8, g: u8, r: u8, s: u8, f: u8, p: u8, site: u8, l: u8) -> u8 {
    result + _guard + caller + g + r + s + f + p + site + l
}

#[monitor_latency("hygiene.async_arguments", labels(g, r))]
#[allow(clippy::many_single_char_names)]
async fn async_arguments(g: u8, r: u8, s: u8, f: u8, l: u8) -> Result<u8, u8> {
    let total = g + r + s + f + l;
    Err(total)?;
    Ok(total)
}

#[monitor_latency("hygiene.future_arguments", labels(l, f))]
fn future_arguments(g: u8, r: u8, f: u8, l: u8) -> impl Future<Output = u8> {
    async move { g + r + f + l }
}

#[monitor_latency("hygiene.guard_arguments", labels(g))]
fn guard_arguments(_g: u8, g: u8) -> impl Copy + Into<u8> {
    _g + g
}

#[monitor_agent("hygiene.agent", labels(agent = a, n))]
#[allow(clippy::many_single_char_names)]
async fn agent(a: &str, n: u8, g: u8, l: u8, _a: u8) -> u8 {
    a.len() as u8 + n + g + l + _a
}

#[monitor_agent("hygiene.agent_guard")]
fn agent_guard(a: u8, _a: u8) -> impl Copy + Into<u8> {
    a + _a
}

#[monitor_tool("hygiene.tool", labels(a))]
fn tool(a: u8, agent: u8) -> u8 {
    a + agent
}

const SITE: u8 = 1;
const OBJECTIVES: u8 = 2;
fn here() -> u8 {
    3
}

#[monitor_latency(labels(site = SITE, objectives = OBJECTIVES, here = here()), p99 = "1s", err = |r| *r == SITE)]
fn items() -> u8 {
    SITE + OBJECTIVES + here()
}

#[test]
fn our_names_are_not_the_users() {
    assert_eq!(arguments(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), 10);
    assert_eq!(run(async_arguments(1, 1, 1, 1, 1)), Err(5));
    assert_eq!(run(future_arguments(1, 1, 1, 1)), 4);
    assert_eq!(guard_arguments(1, 1).into(), 2);
    assert_eq!(run(agent("a", 1, 1, 1, 1)), 5);
    assert_eq!(agent_guard(1, 1).into(), 2);
    assert_eq!(tool(1, 1), 2);
    assert_eq!(items(), 6);
    ok("hygiene.arguments", 1);
    assert_eq!(seen("hygiene.async_arguments"), [0, 1, 0, 0]);
    ok("macros::hygiene::items", 1);
    let g = 5;
    let _guard = perfmon::latency!("hygiene.guard", labels(g));
    let (r, f, s) = (1_u8, 2_u8, 3_u8);
    assert_eq!(perfmon::time!("hygiene.time", labels(s, g), || r + f + s), 6);
    assert_eq!(run(perfmon::time!("hygiene.time_future", labels(s, f), async { r + f + s })), 6);
}

/// Everything that a prelude brings, and more, means something else here.
mod shadowed {
    #![allow(dead_code, unused_macros, non_camel_case_types, unused_imports)]

    use ::perfmon::{monitor_db, monitor_latency};

    pub enum Option {
        Some,
        None,
    }
    pub use Option::{None, Some};
    pub enum Result {
        Ok,
        Err,
    }
    pub use Result::{Err, Ok};
    pub struct String;
    pub struct Vec;
    pub struct Box;
    pub struct Pin;
    pub struct Default;
    pub struct usize;
    pub struct bool;
    pub struct str;
    pub trait Future {}
    pub trait Drop {}
    pub trait Send {}
    pub trait Sized {}
    pub trait Fn {}
    pub trait FnOnce {}
    pub trait Deref {}
    pub trait Iterator {}
    pub fn drop() {}
    pub mod std {}
    pub mod core {}
    pub mod alloc {}
    pub mod perfmon {}
    pub mod inventory {}
    pub mod macro_support {}

    macro_rules! concat {
        ($($_:tt)*) => {
            compile_error!("shadowed")
        };
    }
    macro_rules! module_path {
        ($($_:tt)*) => {
            compile_error!("shadowed")
        };
    }
    macro_rules! stringify {
        ($($_:tt)*) => {
            compile_error!("shadowed")
        };
    }
    macro_rules! file {
        ($($_:tt)*) => {
            compile_error!("shadowed")
        };
    }
    macro_rules! line {
        ($($_:tt)*) => {
            compile_error!("shadowed")
        };
    }

    #[monitor_latency("hygiene.shadowed", p99 = "1s", severity = "error", error_rate = "5%", window = "1m", sample = 1/1)]
    pub fn sync(x: u8) -> Option {
        if x == 0 {
            return None;
        }
        Some
    }

    pub struct ROWS;
    pub struct Told;

    #[monitor_db("select", "hygiene_rows")]
    pub fn own_rows() -> Vec {
        Vec
    }

    #[monitor_latency("hygiene.shadowed_result")]
    pub fn own_result() -> Result {
        Err
    }

    #[monitor_latency("hygiene.shadowed_labels", labels(x, y = %x), err = |r| matches!(r, Err))]
    pub fn labels(x: u8) -> Result {
        Err
    }

    #[monitor_latency("hygiene.shadowed_async", labels(x))]
    pub async fn asynchronous(x: u8) -> Option {
        Some
    }

    #[monitor_latency]
    pub fn boxed() -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u8>>> {
        ::std::boxed::Box::pin(async { 1 })
    }

    #[monitor_latency("hygiene.shadowed_future", labels(x))]
    pub fn future(x: u8) -> impl ::std::future::Future<Output = u8> {
        async move { x }
    }

    #[monitor_latency("hygiene.shadowed_guard")]
    pub fn guarded() -> impl ::std::marker::Copy {
        1
    }

    pub struct Methods;

    #[monitor_latency("hygiene.shadowed_block")]
    impl Methods {
        pub fn method(&self) {}
    }

    pub fn outside() -> u8 {
        let _guard = ::perfmon::latency!("hygiene.shadowed_outside", sample = "auto");
        ::perfmon::record!("hygiene.shadowed_record", ::std::time::Duration::from_nanos(1));
        ::perfmon::time!("hygiene.shadowed_time", || 1)
    }

    ::perfmon::counter!(/// Counted.
        pub static COUNTER: "hygiene_shadowed", labels(a));
}

#[test]
fn everything_may_be_shadowed() {
    assert!(matches!(shadowed::sync(0), shadowed::None));
    assert!(matches!(shadowed::sync(1), shadowed::Some));
    assert!(matches!(shadowed::own_result(), shadowed::Err));
    assert!(matches!(shadowed::labels(1), shadowed::Err));
    assert!(matches!(run(shadowed::asynchronous(1)), shadowed::Some));
    assert_eq!(run(shadowed::boxed()) + run(shadowed::future(1)), 2);
    shadowed::own_rows();
    shadowed::guarded();
    shadowed::Methods.method();
    assert_eq!(shadowed::outside(), 1);
    ok("hygiene.shadowed", 2);
    ok("hygiene.shadowed_result", 1);
    assert_eq!(seen("hygiene.shadowed_labels"), [0, 1, 0, 0]);
    for name in [
        "hygiene.shadowed_async",
        "hygiene.shadowed_future",
        "hygiene.shadowed_guard",
        "hygiene.shadowed_block::method",
        "hygiene.shadowed_outside",
        "hygiene.shadowed_record",
        "hygiene.shadowed_time",
    ] {
        ok(name, 1);
    }
}

/// A local macro cannot see our variables either.
#[test]
fn macros_of_the_user_keep_their_hygiene() {
    macro_rules! read {
        ($x:ident) => {{
            #[monitor_latency("hygiene.macro")]
            fn inner(r: u8) -> u8 {
                let g = r;
                g + r
            }
            inner($x)
        }};
    }
    let r = 2;
    assert_eq!(read!(r), 4);
    ok("hygiene.macro", 1);
}

/// Not even the prelude's traits are in scope here.
mod without_prelude {
    #![no_implicit_prelude]

    #[::perfmon::monitor_latency("hygiene.no_prelude", labels(side))]
    pub(super) fn returned(side: &'static str) -> impl ::core::future::Future<Output = usize> {
        async move { side.len() }
    }
}

#[test]
fn no_prelude() {
    assert_eq!(run(without_prelude::returned("buy")), 3);
    assert_eq!(perfmon::snapshot().get("hygiene.no_prelude").expect("a site").calls(), 1);
}
