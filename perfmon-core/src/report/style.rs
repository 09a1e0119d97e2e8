//! How a report looks on a terminal: how wide, in colour or not, how long.

use std::{
    env,
    io::{self, IsTerminal},
};

/// How [`Report::to_terminal`](super::Report::to_terminal) lays a report out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// Columns a line may take; fewer than [`Style::NARROWEST`] count as that. As it gets narrower, the less important
    /// columns of the table go first.
    pub width: usize,
    /// Whether to colour with ANSI escapes. Colour is never the only carrier of a meaning.
    pub color: bool,
    /// The most sites shown of each kind, those with the most time first; at least one.
    pub sites: usize,
    /// The most labelled series shown of each site, those with the most time first.
    pub series: usize,
}

impl Default for Style {
    /// 100 columns, no colour, up to 40 sites of a kind and 5 series of a site.
    fn default() -> Self {
        Self { width: 100, color: false, sites: 40, series: 5 }
    }
}

impl Style {
    /// The fewest columns a report can be laid out in.
    pub const NARROWEST: usize = 40;

    /// What suits the standard output: its width if it is a terminal, else the variable `COLUMNS`, else 120; colour on a
    /// terminal, unless `NO_COLOR` is set, `CLICOLOR` is `0` or `TERM` is `dumb`. `CLICOLOR_FORCE` asks for colour everywhere.
    #[must_use]
    pub fn detect_stdout() -> Self {
        let stdout = io::stdout();
        Self::detect(stdout.is_terminal(), terminal_size::terminal_size_of(stdout), variable)
    }

    /// What suits the standard error; see [`Style::detect_stdout`].
    #[must_use]
    pub fn detect_stderr() -> Self {
        let stderr = io::stderr();
        Self::detect(stderr.is_terminal(), terminal_size::terminal_size_of(stderr), variable)
    }

    /// With another width, in columns.
    #[must_use]
    pub fn with_width(mut self, width: usize) -> Self {
        self.width = width;
        self
    }

    /// With or without colour.
    #[must_use]
    pub fn with_color(mut self, color: bool) -> Self {
        self.color = color;
        self
    }

    /// With at most so many sites of each kind.
    #[must_use]
    pub fn with_sites(mut self, sites: usize) -> Self {
        self.sites = sites;
        self
    }

    /// With at most so many labelled series of each site.
    #[must_use]
    pub fn with_series(mut self, series: usize) -> Self {
        self.series = series;
        self
    }

    fn detect(
        terminal: bool,
        size: Option<(terminal_size::Width, terminal_size::Height)>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let is = |name, value: &str| variable(name).is_some_and(|found| found == value);
        let color = if variable("NO_COLOR").is_some() {
            false
        } else if variable("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
            true
        } else {
            terminal && !is("TERM", "dumb") && !is("CLICOLOR", "0")
        };
        let width = size
            .map(|(width, _)| usize::from(width.0))
            .or_else(|| variable("COLUMNS")?.parse().ok())
            .filter(|&width| width > 0)
            .unwrap_or(120);
        Self { width, color, ..Self::default() }
    }
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What a piece of text is to the reader; a few colours say it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Tint {
    #[default]
    Plain,
    /// Stands out: titles.
    Strong,
    /// Stands back: headings, zeros, explanations.
    Faint,
    Good,
    Caution,
    Bad,
}

impl Tint {
    /// The text in this tint if there is colour.
    pub(super) fn paint(self, text: &str, color: bool) -> String {
        let code = match self {
            Self::Strong => "1",
            Self::Faint => "2",
            Self::Good => "32",
            Self::Caution => "33",
            Self::Bad => "31",
            Self::Plain => "",
        };
        if !color || code.is_empty() || text.trim().is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use terminal_size::{Height, Width};

    use super::*;

    fn detect(terminal: bool, size: Option<u16>, variables: &[(&str, &str)]) -> (usize, bool) {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let style = Style::detect(terminal, size.map(|width| (Width(width), Height(50))), find);
        (style.width, style.color)
    }

    #[test]
    fn colour_and_width_follow_the_surroundings() {
        assert_eq!(detect(true, Some(93), &[("TERM", "xterm")]), (93, true));
        assert_eq!(detect(true, Some(93), &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), (93, false));
        assert_eq!(detect(true, Some(93), &[("TERM", "dumb")]), (93, false));
        assert_eq!(detect(true, Some(93), &[("CLICOLOR", "0")]), (93, false));
        assert_eq!(detect(false, None, &[]), (120, false));
        assert_eq!(detect(false, None, &[("COLUMNS", "77")]), (77, false));
        assert_eq!(detect(false, None, &[("COLUMNS", "many")]), (120, false));
        assert_eq!(detect(false, None, &[("CLICOLOR_FORCE", "1")]), (120, true));
        assert_eq!(detect(true, Some(0), &[]), (120, true));
    }
}
