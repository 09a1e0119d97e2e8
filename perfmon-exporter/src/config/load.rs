//! Reading a configuration from where it is.

use std::path::Path;

use perfmon_core::Error;

use super::{Config, Part, Source, Watched, environment::Environment};
use crate::file::{self, PATIENCE};

impl Config {
    /// Reads a file or standard input.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    #[doc(hidden)]
    pub fn load_from(source: &Source) -> Result<Self, Error> {
        Self::load_with(source, Environment::of_process(), Part::All)
    }

    /// The same for who wants to know all that is wrong.
    ///
    /// # Errors
    /// As [`load`](Self::load), with up to a thousand mistakes.
    #[doc(hidden)]
    pub fn load_to_check(source: &Source) -> Result<Self, Error> {
        Self::load_with(source, Environment::of_process(), Part::Check)
    }

    pub(super) fn load_with(source: &Source, environment: Environment, part: Part) -> Result<Self, Error> {
        let format = source.format()?;
        let Some(path) = source.file() else {
            // It takes as long as whoever writes it. Names of files in it are relative to where the program is.
            return Self::read(Some((&source.text()?, format, &source.name())), &environment, part, None);
        };
        let (path, origin) = (path.to_owned(), source.clone());
        let loaded = file::within(PATIENCE, move || Self::load_at_length(&path, &origin, &environment, part));
        loaded.map_err(|error| Error::unavailable(format!("failed to read {}: {error}", source.name())))?
    }

    fn load_at_length(path: &Path, origin: &Source, environment: &Environment, part: Part) -> Result<Self, Error> {
        let (format, name) = (origin.format()?, origin.name());
        let source = Watched::new(path);
        let text = origin.text()?;
        let mut config = Self::read(Some((&text, format, &name)), environment, part, path.parent())?;
        config.resolve(path.parent().unwrap_or(Path::new("")));
        config.source = Some(source);
        config.origin = Some(origin.clone());
        let warnings = config.warn();
        config.warnings.extend(warnings);
        Ok(config)
    }
}

/// A file's text, if it is a regular one and not too large for what it says it is.
pub(crate) fn text_of(path: &Path) -> Result<String, Error> {
    let failed = |why: &dyn std::fmt::Display, remedy: &str| {
        Error::unavailable(format!("failed to read {}: {why}; {remedy}", path.display()))
    };
    let bytes = file::read(path).map_err(|error| failed(&error, error.remedy()))?;
    tracing::debug!(target: "perfmon", file = %path.display(), "read");
    String::from_utf8(bytes).map_err(|_| failed(&"it is no UTF-8", "save it in that encoding"))
}
