//! The result in money: beside the index, and as the book has it.

use std::fmt;

use perfmon::trading::Summary;

use crate::{bot::Tally, signal::SESSIONS_A_YEAR};

/// How the replay ended.
pub(crate) struct Outcome {
    sessions: usize,
    planned: usize,
    /// A year, or in all if it was less than one; as fractions, the market's too.
    growth: f64,
    market_growth: f64,
    tally: Tally,
    book: Summary,
}

impl Outcome {
    /// Whether the replay ended before its last session.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.sessions < self.planned
    }

    /// What the book says; `market`: the index at the first and at the last close.
    pub(crate) fn new(planned: usize, book: Summary, market: [f64; 2], tally: Tally) -> Self {
        let sessions = book.days.len() + usize::from(book.today.is_some());
        // Less than a year is not blown up to one.
        let years = (sessions as f64 / SESSIONS_A_YEAR).max(1.0);
        let a_year = |factor: f64| factor.powf(1.0 / years) - 1.0;
        Self {
            sessions,
            planned,
            growth: a_year(1.0 + book.pnl.ratio.unwrap_or_default()),
            market_growth: a_year(market[1] / market[0]),
            tally,
            book,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { filled, partial, unfilled, refused, timed_out, defects } = self.tally;
        let [growth, market] = [self.growth, self.market_growth].map(|fraction| fraction * 100.0);
        let plural = if self.planned == 1 { "" } else { "s" };
        match self.sessions {
            all if all == self.planned => writeln!(f, "Result of {all} session{plural}")?,
            some => writeln!(f, "Result of {some} of {} sessions, then interrupted", self.planned)?,
        }
        let per = if self.sessions as f64 > SESSIONS_A_YEAR { " a year" } else { "" };
        writeln!(f, "  growth     {growth:+.1} %{per}; the index itself {market:+.1} %")?;
        writeln!(f, "  orders     {filled} filled, {partial} in part, {unfilled} not; {refused} refused")?;
        writeln!(
            f,
            "  trouble    answers of the broker timed out: {timed_out}; sessions not fit to trade on: {defects}"
        )?;
        write!(f, "{}", self.book)
    }
}
