//! Where a configuration is read from: a file, or standard input.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use perfmon_core::Error;

use super::{Format, load::text_of};
use crate::file::LARGEST;

/// A file, or standard input, in the format that its ending or somebody says. For the command line.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    path: PathBuf,
    format: Option<Format>,
}

impl Source {
    /// `-` and `/dev/stdin` are standard input.
    #[must_use]
    pub fn new(path: &Path, format: Option<Format>) -> Self {
        Self { path: path.to_owned(), format }
    }

    /// As people call it.
    #[must_use]
    pub fn name(&self) -> String {
        if self.is_stdin() { String::from("standard input") } else { self.path.display().to_string() }
    }

    /// The file; `None` of what can be read only once.
    pub(crate) fn file(&self) -> Option<&Path> {
        (!self.is_stdin()).then_some(self.path.as_path())
    }

    pub(super) fn format(&self) -> Result<Format, Error> {
        match self.format {
            Some(format) => Ok(format),
            None if self.is_stdin() => Err(Error::invalid(
                "failed to read the configuration from standard input: nothing says how it is written; write --config-format toml, json or yaml",
            )),
            None => Format::of_path(&self.path),
        }
    }

    pub(super) fn text(&self) -> Result<String, Error> {
        if !self.is_stdin() {
            return text_of(&self.path);
        }
        let failed = |why: &dyn std::fmt::Display| {
            Error::invalid(format!("failed to read the configuration from standard input: {why}"))
        };
        let mut bytes = Vec::new();
        let read = io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes);
        if read.map_err(|error| failed(&error))? as u64 > LARGEST {
            return Err(failed(&"it is larger than 1 MiB"));
        }
        String::from_utf8(bytes).map_err(|_| failed(&"it is no UTF-8"))
    }

    fn is_stdin(&self) -> bool {
        self.path == Path::new("-") || self.path == Path::new("/dev/stdin")
    }
}
