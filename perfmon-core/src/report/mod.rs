//! Reports: what a snapshot says, for people and for programs.
//!
//! A [`Report`] is a view of one [`Snapshot`], which may be an interval (`later - earlier`). It asks the recorder nothing, so
//! it can be made of a snapshot of yesterday or of another machine too.
//!
//! | for | method | what is in it |
//! |---|---|---|
//! | a terminal | [`print`](Report::print), [`to_terminal`](Report::to_terminal), `Display` | the most important first: up to 40 sites of a kind, 5 series of a site; of process and machine the headlines |
//! | a page | [`to_markdown`](Report::to_markdown) | all sites, series and metrics, as tables; the program's own metrics first |
//! | a program | [`to_json`](Report::to_json) | everything, by a schema with a version |
//! | a spreadsheet | [`to_csv`](Report::to_csv), [`metrics_to_csv`](Report::metrics_to_csv) | a line for each site and series; for each metric |
//!
//! ```
//! # use perfmon_core as perfmon;
//! use perfmon::report::{Report, Style};
//!
//! let report = Report::new(perfmon::snapshot());
//! report.print();
//! assert!(report.to_terminal(&Style::default().with_width(80)).lines().all(|line| line.chars().count() <= 80));
//! ```
//!
//! In all of them sites that recurse have two totals: the time of outermost calls, and the time with inner calls counted again. In tables the
//! total is the first of the two. Objectives are judged over all that the report is of, whatever their windows: those are for
//! [health](crate::analyse::assess).
//!
//! # JSON
//!
//! [`SCHEMA`] is the JSON Schema of the document, every member explained. Its member `schema` is `"perfmon.report/1"`: members may be added
//! under that number, but none is taken away or changes its meaning. Durations are whole nanoseconds and their names end in `_ns`; rates are
//! per second (`_per_s`); times are RFC 3339 in UTC; fractions are in 0 ..= 1. What is not known, such as a percentile without calls, is `null`.
//!
//! # CSV
//!
//! RFC 4180 in UTF-8, lines ended by CR LF, the first one the header. [`to_csv`](Report::to_csv): `scope` (`site`, or `series` for
//! one of its label sets: add up one or the other, not both), `kind`, `name`, `labels` (`key=value` joined by `;`, with `\` before `\`, `;` and
//! `=`), `calls`, `ok`, `errors`, `panics`, `cancelled`, `in_flight`, `timed`, `rate_per_s`, `error_rate`, `total_ns`, `outermost_ns`,
//! `busy_ns`, `mean_ns`, `min_ns`, `p50_ns`, `p95_ns`, `p99_ns`, `p999_ns`, `max_ns`, `objectives_missed` (of a site), `place`
//! (`file:line`, several joined by a blank). [`metrics_to_csv`](Report::metrics_to_csv): `name`, `type`, `unit`, `labels`, `value` (of a histogram
//! the number of values), `rate_per_s` (a count that a collector brings has none since the start, for nobody saw it begin; in an interval it has), `sum`, `p50`, `p95`, `p99`, `p999`, `max` (in the metric's unit). Unknown figures are empty.

mod calls;
mod csv;
mod file;
mod json;
mod markdown;
mod metrics;
mod notes;
mod on_exit;
mod rank;
mod sparkline;
mod style;
mod surroundings;
mod table;
mod terminal;
#[cfg(test)]
mod tests;
mod text;

use std::{
    fmt,
    io::{self, Write},
    path::Path,
};

/// For other texts that are nobody else's business.
#[doc(hidden)]
pub use self::file::{restrict, write as write_private};
pub use self::{
    on_exit::{ReportOnExit, report_on_exit},
    style::Style,
};
use crate::{format, snapshot::Snapshot};

/// The JSON Schema (2020-12) of what [`Report::to_json`] writes.
pub const SCHEMA: &str = include_str!("schema.json");

/// What a snapshot says. Displays as a table of 100 columns without colour.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    snapshot: Snapshot,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// A table for a terminal.
    #[default]
    Terminal,
    /// [`Report::to_json`].
    Json,
    /// [`Report::to_markdown`].
    Markdown,
    /// [`Report::to_csv`].
    Csv,
}

/// The report of everything since recording began: `println!("{}", report())`, or `report().print()` for colour and the terminal's width.
#[must_use]
pub fn report() -> Report {
    Report::new(crate::snapshot())
}

impl Format {
    /// The format that a file's ending names: `.json`, `.md` or `.markdown`, `.csv`; a table for any other.
    #[must_use]
    pub fn of_path(path: &Path) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "json" => Self::Json,
            "md" | "markdown" => Self::Markdown,
            "csv" => Self::Csv,
            _ => Self::Terminal,
        }
    }
}

impl Report {
    /// The report of a snapshot or an interval.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self { snapshot }
    }

    /// What it reports.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// As a table. No line is wider than the style says, except that fewer than [`Style::NARROWEST`] columns count as that.
    #[must_use]
    pub fn to_terminal(&self, style: &Style) -> String {
        terminal::render(&self.snapshot, style)
    }

    /// As JSON, indented, by [`SCHEMA`].
    #[must_use]
    pub fn to_json(&self) -> String {
        json::render(&self.snapshot)
    }

    /// As Markdown with GitHub's tables.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        markdown::render(&self.snapshot)
    }

    /// The call sites as CSV; the columns stand in the [module's documentation](self#csv).
    #[must_use]
    pub fn to_csv(&self) -> String {
        csv::calls(&self.snapshot)
    }

    /// The custom metrics as CSV; the columns stand in the [module's documentation](self#csv).
    #[must_use]
    pub fn metrics_to_csv(&self) -> String {
        csv::metrics(&self.snapshot)
    }

    /// In a format chosen at run time. The style matters to the table alone.
    #[must_use]
    pub fn render(&self, format: Format, style: &Style) -> String {
        match format {
            Format::Terminal => self.to_terminal(style),
            Format::Json => self.to_json(),
            Format::Markdown => self.to_markdown(),
            Format::Csv => self.to_csv(),
        }
    }

    /// Prints the table to the standard output in the style that [suits it](Style::detect_stdout). When nobody reads it (a closed pipe), nothing
    /// happens.
    pub fn print(&self) {
        output(io::stdout().lock(), &self.to_terminal(&Style::detect_stdout()));
    }

    /// Prints the table to the standard error in the style that [suits it](Style::detect_stderr).
    pub fn eprint(&self) {
        output(io::stderr().lock(), &self.to_terminal(&Style::detect_stderr()));
    }

    /// Writes it to a file in the format that [its ending names](Format::of_path), replacing what is there. Only its owner can
    /// read the file (mode 0600 on Unix).
    ///
    /// # Errors
    /// When the file cannot be opened or written.
    pub fn write_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        file::write(path, &self.render(Format::of_path(path), &Style::default().with_width(120)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_terminal(&Style::default()))
    }
}

/// Writes to a stream whose reader may have gone away, which is no fault of the program.
fn output(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}
