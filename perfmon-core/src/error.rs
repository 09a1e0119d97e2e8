//! The one error type of the crate.

use std::fmt;

/// What went wrong, with the remedy in its text.
///
/// Opaque, so that it can grow; ask it with the predicates.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    Invalid,
    TooLate,
    Unavailable,
}

impl Error {
    /// For the crates above this one.
    #[doc(hidden)]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Invalid, message: message.into() }
    }

    pub(crate) fn too_late(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::TooLate, message: message.into() }
    }

    /// For the crates above this one.
    #[doc(hidden)]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Unavailable, message: message.into() }
    }

    /// Several as one, each on a line of its own.
    #[doc(hidden)]
    #[must_use]
    pub fn together(wrong: Vec<Self>) -> Self {
        let lines: Vec<String> = wrong.iter().map(Self::to_string).collect();
        match (lines.len(), wrong.into_iter().next()) {
            (1, Some(one)) => one,
            (number, _) => Self::invalid(format!("{number} things are wrong:\n  {}", lines.join("\n  "))),
        }
    }

    /// A value was outside what is allowed, or text could not be parsed.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.kind == ErrorKind::Invalid
    }

    /// A setting that is fixed by the first monitored call came after it.
    #[must_use]
    pub fn is_too_late(&self) -> bool {
        self.kind == ErrorKind::TooLate
    }

    /// The system did not give what was needed: a port is in use, a thread could not be started.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.kind == ErrorKind::Unavailable
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The message too: it is what `fn main() -> Result<(), Error>` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
