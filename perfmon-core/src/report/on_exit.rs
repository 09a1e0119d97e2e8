//! The report that is written when the program ends.

use std::{
    io::{self, Write as _},
    panic,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    thread,
};

use super::{Format, Report, Style};

/// Writes a report when it is dropped, also while a panic unwinds; see [`report_on_exit`].
#[must_use = "the report is written when this is dropped: keep it to the end of main with `let _report = …`"]
#[derive(Debug)]
pub struct ReportOnExit {
    plan: Arc<Mutex<Plan>>,
}

/// What is written where.
#[derive(Debug, Default)]
struct Plan {
    target: Target,
    format: Option<Format>,
    sites: Option<usize>,
    done: bool,
}

#[derive(Debug, Default)]
enum Target {
    #[default]
    Stdout,
    Stderr,
    File(PathBuf),
}

/// A report of the whole run when the value returned is dropped: `let _report = perfmon::report_on_exit();` first in
/// `main` reports when `main` returns, and when it panics.
///
/// It goes to the standard output as a table, unless told otherwise. With `panic = "abort"` nothing is dropped in a panic; then
/// a panic hook (called before the one there is) writes it. `std::process::exit` and signals skip it.
pub fn report_on_exit() -> ReportOnExit {
    let plan = Arc::default();
    if cfg!(panic = "abort") && !thread::panicking() {
        report_on_abort(Arc::downgrade(&plan));
    }
    ReportOnExit { plan }
}

fn report_on_abort(plan: Weak<Mutex<Plan>>) {
    let earlier = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if let Some(plan) = plan.upgrade() {
            // The thread that panics may be the one that holds it; then there is nothing to be done.
            if let Ok(mut plan) = plan.try_lock() {
                plan.carry_out();
            }
        }
        earlier(info);
    }));
}

impl ReportOnExit {
    /// To the standard error, which leaves the standard output to the program's own.
    pub fn to_stderr(self) -> Self {
        self.plan().target = Target::Stderr;
        self
    }

    /// To a file that only its owner can read (mode 0600 on Unix), replacing what is there. Unless [`format`](Self::format) says
    /// otherwise the ending decides how: `.json`, `.md`, `.csv`; anything else is a plain table. Failing to write is told on the standard error.
    pub fn to_file(self, path: impl Into<PathBuf>) -> Self {
        self.plan().target = Target::File(path.into());
        self
    }

    /// In this format.
    pub fn format(self, format: Format) -> Self {
        self.plan().format = Some(format);
        self
    }

    /// At most so many sites of each kind in a table, those with the most time first. JSON, Markdown and CSV have all.
    pub fn top(self, sites: usize) -> Self {
        self.plan().sites = Some(sites);
        self
    }

    /// No report after all.
    pub fn cancel(self) {
        self.plan().done = true;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for ReportOnExit {
    fn drop(&mut self) {
        self.plan().carry_out();
    }
}

impl Plan {
    fn carry_out(&mut self) {
        if std::mem::replace(&mut self.done, true) {
            return;
        }
        let report = Report::new(crate::snapshot());
        let style = |style: Style| Style { sites: self.sites.unwrap_or(style.sites), ..style };
        match &self.target {
            Target::Stdout => {
                let text = report.render(self.format.unwrap_or_default(), &style(Style::detect_stdout()));
                super::output(io::stdout().lock(), &text);
            }
            Target::Stderr => {
                let text = report.render(self.format.unwrap_or_default(), &style(Style::detect_stderr()));
                super::output(io::stderr().lock(), &text);
            }
            Target::File(path) => {
                let format = self.format.unwrap_or_else(|| Format::of_path(path));
                let text = report.render(format, &style(Style::default().with_width(120)));
                if let Err(cause) = super::file::write(path, &text) {
                    // If that cannot be written either, nobody is there to be told.
                    let _ =
                        writeln!(io::stderr(), "perfmon: failed to write the report to {}: {cause}", path.display());
                }
            }
        }
    }
}
