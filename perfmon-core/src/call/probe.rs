//! Whether a returned value is an error, by its type.

use std::ops::Deref;

/// Asks a value whether it is an error: `Probe(&value).failed()`.
///
/// A method on `Probe<Result<…>>` itself wins over the one found behind [`Deref`], so a `Result` is recognised by type (through aliases too),
/// and everything else, generic types among it, is not an error. No trait needs to be in scope.
#[derive(Debug)]
pub struct Probe<'a, T: ?Sized>(pub &'a T);

/// What a [`Probe`] of anything but a `Result` dereferences to.
#[derive(Debug)]
pub struct Otherwise;

impl<T, E> Probe<'_, Result<T, E>> {
    /// True for `Err`.
    #[inline(always)]
    #[must_use]
    pub fn failed(&self) -> bool {
        self.0.is_err()
    }
}

impl Otherwise {
    /// Never.
    #[inline(always)]
    #[must_use]
    pub fn failed(&self) -> bool {
        false
    }
}

impl<T: ?Sized> Deref for Probe<'_, T> {
    type Target = Otherwise;

    #[inline(always)]
    fn deref(&self) -> &Otherwise {
        &Otherwise
    }
}

/// Asks the user's own `err =` or `ok =` of a value.
#[inline(always)]
pub fn classify<T: ?Sized>(value: &T, of: impl FnOnce(&T) -> bool) -> bool {
    of(value)
}
