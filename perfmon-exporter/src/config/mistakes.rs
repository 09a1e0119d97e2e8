//! All mistakes of a configuration, told at once.

use std::fmt::{self, Write};

use perfmon_core::Error;

use super::{disguise::Disguise, mistake::Mistake};

/// So many are told; more are only counted, and not even counted beyond the second number.
const TOLD: usize = 20;
const MOST: usize = 100;

/// Every mistake that was found.
#[derive(Debug, Default)]
pub(super) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    pub(super) fn add(&mut self, mistake: Mistake) {
        if !self.are_enough() {
            self.0.push(mistake);
        }
    }

    /// Whether it is pointless to look for more.
    pub(super) fn are_enough(&self) -> bool {
        self.0.len() >= MOST
    }

    /// # Errors
    /// When there is one.
    pub(super) fn none(mut self, disguise: &Disguise) -> Result<(), Error> {
        // As somebody who mends them comes by.
        self.0.sort_by(|a, b| a.place().cmp(&b.place()));
        let text = match self.0.as_slice() {
            [] => return Ok(()),
            [one] => format!("failed to read the configuration, {one}"),
            several => list(several).unwrap_or_default(),
        };
        Err(Error::invalid(disguise.put_on(&text)))
    }
}

fn list(mistakes: &[Mistake]) -> Result<String, fmt::Error> {
    let least = if mistakes.len() >= MOST { "at least " } else { "" };
    let mut text = format!("failed to read the configuration, in which there are {least}{} mistakes:", mistakes.len());
    for mistake in mistakes.iter().take(TOLD) {
        write!(text, "\n  {mistake}")?;
    }
    match mistakes.len().saturating_sub(TOLD) {
        0 => {}
        more => write!(text, "\n  … and {least}{more} more")?,
    }
    Ok(text)
}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}
