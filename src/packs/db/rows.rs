//! Rows that statements return.

use std::{ops::Deref, sync::OnceLock};

use perfmon_core::{Bound, Histogram};

/// Statements that run by themselves and those of functions.
const MOST: u32 = 2_000;

/// Named as OpenTelemetry names it; the exporter gives its labels their names there, too.
pub(crate) static ROWS: Histogram<2> = Histogram::new("db_client_response_returned_rows", module_path!())
    .labels(&["operation", "table"])
    .label_limit(MOST)
    .unit("rows")
    .help("Rows that a database statement returned.");

/// The rows of one function.
#[derive(Debug)]
pub struct Rows {
    name: [&'static str; 2],
    series: OnceLock<Bound<Histogram>>,
}

impl Rows {
    /// Of this operation and table.
    #[must_use]
    pub const fn of(operation: &'static str, table: &'static str) -> Self {
        Self { name: [operation, table], series: OnceLock::new() }
    }

    /// So many, if that is known. A value that never tells leaves no code.
    #[inline(always)]
    pub fn count(&self, rows: Option<u64>) {
        if let Some(rows) = rows {
            self.record(rows);
        }
    }

    fn record(&self, rows: u64) {
        self.series.get_or_init(|| ROWS.with(&self.name).bind()).record(rows);
    }
}

/// Asks a returned value for its rows, by its type: `Told(&value).told_rows()`. What is nothing of the kind is asked behind [`Deref`] and tells none.
#[derive(Debug)]
pub struct Told<'a, T: ?Sized>(pub &'a T);

/// What tells no rows.
#[derive(Debug)]
pub struct Untold;

#[expect(clippy::unused_self, reason = "found in place of a method that asks")]
impl Untold {
    /// None.
    #[inline(always)]
    #[must_use]
    pub fn told_rows(&self) -> Option<u64> {
        None
    }
}

impl<T: ?Sized> Deref for Told<'_, T> {
    type Target = Untold;

    #[inline(always)]
    fn deref(&self) -> &Untold {
        &Untold
    }
}

/// Implements `told_rows` for a type whose rows an expression tells.
macro_rules! tells {
    ($(<$($parameter:ident),*> $type:ty, |$value:ident| $rows:expr;)*) => {$(
        impl<$($parameter),*> Told<'_, $type> {
            /// How many there are, if they are rows.
            #[inline(always)]
            #[must_use]
            pub fn told_rows(&self) -> Option<u64> {
                let $value = self.0;
                may_be_row::<T>().then(|| $rows).flatten()
            }
        }
    )*};
}

tells! {
    <T> Vec<T>, |rows| Some(length(rows));
    <T> Option<T>, |row| Some(u64::from(row.is_some()));
    <T, E> Result<Vec<T>, E>, |rows| rows.as_ref().ok().map(|rows| length(rows));
    <T, E> Result<Option<T>, E>, |row| row.as_ref().ok().map(|row| u64::from(row.is_some()));
}

fn length<T>(rows: &[T]) -> u64 {
    rows.len() as u64
}

/// Whether a value of this type may be a row: not if it is a number or the like, of which a row may have many. The name of a primitive type is its keyword.
#[inline(always)]
fn may_be_row<T>() -> bool {
    !matches!(
        std::any::type_name::<T>(),
        "u8" | "u16"
            | "u32"
            | "u64"
            | "u128"
            | "usize"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "i128"
            | "isize"
            | "f32"
            | "f64"
            | "bool"
            | "char"
    )
}

/// What the closure of `rows = |r| …` may return.
#[diagnostic::on_unimplemented(
    message = "`rows` are a whole number, or an `Option` or `Result` of one, and not `{Self}`",
    label = "expected a number like `r.len()`"
)]
pub trait Number {
    /// As rows; `None` if that is not known.
    fn rows(self) -> Option<u64>;
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl Number for $type {
            #[inline]
            fn rows(self) -> Option<u64> {
                u64::try_from(self).ok()
            }
        }
    )*};
}

numbers!(u64 u32 usize i64 i32);

impl<N: Number> Number for Option<N> {
    #[inline]
    fn rows(self) -> Option<u64> {
        self.and_then(Number::rows)
    }
}

impl<N: Number, E> Number for Result<N, E> {
    #[inline]
    fn rows(self) -> Option<u64> {
        self.ok().and_then(Number::rows)
    }
}

/// Asks the user's own `rows =` of a value.
#[inline(always)]
pub fn told<'a, T: ?Sized, N: Number>(value: &'a T, of: impl FnOnce(&'a T) -> N) -> Option<u64> {
    of(value).rows()
}
