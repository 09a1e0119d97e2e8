//! How bad it is when an objective is missed or a rule fires.

use std::{fmt, str::FromStr};

/// How urgent it is that an objective is missed, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    any(feature = "serde", feature = "report"),
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
#[non_exhaustive]
pub enum Severity {
    /// Worth a line in a log.
    Info,
    /// Worth a look in working hours. Also written `P2` or `medium`.
    #[default]
    Warning,
    /// Something is broken. Also written `P1` or `high`.
    Error,
    /// Someone must act now. Also written `P0`.
    Critical,
    /// Everyone must act now.
    Emergency,
}

impl Severity {
    /// Every severity, least urgent first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Warning, Self::Error, Self::Critical, Self::Emergency];

    /// The name used in attributes, configuration and output: `"warning"` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Emergency => "emergency",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = crate::Error;

    /// Takes the names and the aliases, in any case.
    ///
    /// # Errors
    /// When the text is none of them; the message lists what is.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "info" => Ok(Self::Info),
            "warning" | "p2" | "medium" => Ok(Self::Warning),
            "error" | "p1" | "high" => Ok(Self::Error),
            "critical" | "p0" => Ok(Self::Critical),
            "emergency" => Ok(Self::Emergency),
            _ => Err(crate::Error::invalid(format!(
                "unknown severity {text:?}: expected info, warning (P2, medium), error (P1, high), \
                 critical (P0) or emergency"
            ))),
        }
    }
}
