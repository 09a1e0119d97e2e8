//! What is seen while the bot runs: a line for each year, and on a terminal the session it is at.

use std::{
    io::{IsTerminal, Write, stdout},
    time::Duration,
};

use tokio::time::Instant;

use crate::{market::Date, store::OrderCounts};

const REFRESH: Duration = Duration::from_millis(80);
const WIDTH: usize = 30;

/// Prints progress to standard output, or nothing when told to be quiet.
pub(crate) struct Progress {
    quiet: bool,
    terminal: bool,
    sessions: usize,
    drawn: Option<Instant>,
}

/// A year that has passed.
pub(crate) struct Year {
    pub(crate) number: i32,
    pub(crate) sessions: usize,
    pub(crate) equity: f64,
    pub(crate) gain: f64,
    pub(crate) market: f64,
    pub(crate) orders: OrderCounts,
}

impl Progress {
    pub(crate) fn new(quiet: bool, sessions: usize) -> Self {
        let progress = Self { quiet, terminal: stdout().is_terminal(), sessions, drawn: None };
        progress.line("year   sessions     equity  return    index   orders: filled  partial  refused");
        progress
    }

    pub(crate) fn session(&mut self, done: usize, date: Date) {
        let due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= REFRESH);
        if self.quiet || !self.terminal || !due {
            return;
        }
        self.drawn = Some(Instant::now());
        let full = done * WIDTH / self.sessions;
        let _ = write!(
            stdout(),
            "\r{date}  {}{}  {done} of {} sessions",
            "━".repeat(full),
            "╌".repeat(WIDTH - full),
            self.sessions
        );
        let _ = stdout().flush();
    }

    pub(crate) fn year(&mut self, year: &Year) {
        self.line(&format!(
            "{}   {:8}   {:6.2} M  {:+5.1} %  {:+5.1} %   {:14}  {:7}  {:7}",
            year.number,
            year.sessions,
            year.equity / 1e6,
            year.gain * 100.0,
            year.market * 100.0,
            year.orders.filled,
            year.orders.partial,
            year.orders.refused,
        ));
        self.drawn = None;
    }

    fn line(&self, text: &str) {
        if !self.quiet {
            let clear = if self.terminal { "\r\x1b[K" } else { "" };
            let _ = writeln!(stdout(), "{clear}{text}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.terminal && !self.quiet {
            let _ = write!(stdout(), "\r\x1b[K");
            let _ = stdout().flush();
        }
    }
}
