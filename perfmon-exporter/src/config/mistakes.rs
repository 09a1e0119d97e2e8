//! All mistakes of a configuration, told at once.

use std::fmt::{self, Write};

use perfmon_core::Error;

use super::{disguise::Disguise, mistake::Mistake};

/// So many are told in logs and health; more are only counted, and not even counted beyond the second number.
const TOLD: usize = 20;
const MOST: usize = 100;
/// So many are told to whoever asks for all of them. Looking for one takes time by the size of all that is written.
const MOST_OF_ALL: usize = 1000;

/// Mistakes that were found.
#[derive(Debug)]
pub(super) struct Mistakes {
    found: Vec<Mistake>,
    told: usize,
    most: usize,
}

impl Default for Mistakes {
    fn default() -> Self {
        Self { found: Vec::new(), told: TOLD, most: MOST }
    }
}

impl Mistakes {
    /// For somebody who wants to be told all.
    pub(super) fn all() -> Self {
        Self { found: Vec::new(), told: MOST_OF_ALL, most: MOST_OF_ALL }
    }

    pub(super) fn add(&mut self, mistake: Mistake) {
        if !self.are_enough() {
            self.found.push(mistake);
        }
    }

    /// Whether it is pointless to look for more.
    pub(super) fn are_enough(&self) -> bool {
        self.found.len() >= self.most
    }

    /// # Errors
    /// When there is one.
    pub(super) fn none(mut self, disguise: &Disguise) -> Result<(), Error> {
        // As somebody who mends them comes by.
        self.found.sort_by(|a, b| a.place().cmp(&b.place()));
        let text = match self.found.as_slice() {
            [] => return Ok(()),
            [one] => format!("failed to read the configuration, {one}"),
            _ => self.list().unwrap_or_default(),
        };
        Err(Error::invalid(disguise.put_on(&text)))
    }

    fn list(&self) -> Result<String, fmt::Error> {
        let (number, least) = (self.found.len(), if self.are_enough() { "at least " } else { "" });
        let mut text = format!("failed to read the configuration, in which there are {least}{number} mistakes:");
        for mistake in self.found.iter().take(self.told) {
            write!(text, "\n  {mistake}")?;
        }
        match number.saturating_sub(self.told) {
            0 if self.are_enough() => write!(text, "\n  … and perhaps more, to be seen when these are mended")?,
            0 => {}
            more => write!(text, "\n  … and {least}{more} more; `perfmon check --config` tells all")?,
        }
        Ok(text)
    }
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self { found: vec![mistake], ..Self::default() }
    }
}
