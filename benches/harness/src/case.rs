//! What is measured: a function, twice, so that two threads can call the same one or one each.

use std::time::Duration;

/// A row of the table.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// The name of the function that is called, in the module `a`; empty when there is no one such.
    pub function: &'static str,
    /// Two functions that differ in nothing but their call site; each makes so many calls.
    pub run: [fn(u64); 2],
    /// Before and after each batch.
    pub around: [fn(); 2],
}

impl Case {
    /// A row without anything around it.
    pub const fn new(name: &'static str, run: [fn(u64); 2]) -> Self {
        Self { name, function: "", run, around: [|| (), || ()] }
    }

    /// With the name of the function that is called.
    #[must_use]
    pub const fn of(self, function: &'static str) -> Self {
        Self { function, ..self }
    }

    /// With something done before and after each batch.
    #[must_use]
    pub const fn around(self, before: fn(), after: fn()) -> Self {
        Self { around: [before, after], ..self }
    }
}

/// How the work of background threads is waited for, so that process CPU has all of it and the next batch none.
#[derive(Clone, Copy)]
pub enum Settle {
    /// There is none.
    AtOnce,
    /// This does what is left to do.
    By(fn()),
    /// They are done when the process used no CPU for so long.
    Quiet(Duration),
}

/// The rows of one library, measured in one process.
pub struct Group {
    pub name: &'static str,
    pub cases: Vec<Case>,
    pub settle: Settle,
    /// Asked at the end, for a line below the table.
    pub remark: fn() -> Option<String>,
}

/// Two functions that differ in nothing but their call site, as a [`Case`] wants them.
///
/// The items are compiled twice, in the modules `a` and `b`; `cases!` then makes rows of `fn(u64)` named there.
#[macro_export]
macro_rules! twice {
    ($($item:item)*) => {
        mod a { #[allow(unused_imports)] use super::*; $($item)* }
        mod b { #[allow(unused_imports)] use super::*; $($item)* }
    };
}

/// A [`Case`] of a function that [`twice!`] made: `case!("name", function)`, or with the call spelt out: `case!("name", |i| function(i, 3))`.
#[macro_export]
macro_rules! case {
    ($name:expr, |$i:ident| $function:ident($($argument:expr),*)) => {
        $crate::Case::new($name, [
            |calls| for $i in 0..calls { let _ = ::std::hint::black_box(a::$function($($argument),*)); },
            |calls| for $i in 0..calls { let _ = ::std::hint::black_box(b::$function($($argument),*)); },
        ])
        .of(stringify!($function))
    };
    ($name:expr, $function:ident) => { $crate::case!($name, |i| $function(i)) };
}
