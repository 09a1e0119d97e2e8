//! The result in money.

use std::fmt;

use perfmon::trading::Summary;

use crate::{bot::Tally, portfolio::CAPITAL, signal::SESSIONS_A_YEAR};

/// How the replay ended.
pub(crate) struct Outcome {
    sessions: usize,
    planned: usize,
    equity: f64,
    commission: f64,
    /// A year, or in all if it was less than one; as fractions, the market's too.
    growth: f64,
    market_growth: f64,
    volatility: f64,
    /// Absent when nothing was traded.
    sharpe: Option<f64>,
    drawdown: f64,
    tally: Tally,
}

impl Outcome {
    /// Whether the replay ended before its last session.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.sessions < self.planned
    }

    /// What the book says; `market`: the index at the first and at the last close.
    pub(crate) fn new(planned: usize, book: &Summary, market: [f64; 2], tally: Tally) -> Self {
        let days: Vec<_> = book.days.iter().chain(&book.today).collect();
        // Less than a year is not blown up to one.
        let years = (days.len() as f64 / SESSIONS_A_YEAR).max(1.0);
        let a_year = |factor: f64| factor.powf(1.0 / years) - 1.0;
        let equity = book.equity.unwrap_or(CAPITAL);
        // The book's own is that of the last year.
        let returns: Vec<f64> = days.iter().filter_map(|day| day.return_ratio).collect();
        let count = returns.len().max(1) as f64;
        let mean = returns.iter().sum::<f64>() / count;
        let squares = returns.iter().fold(0.0, |sum, change| sum + (change - mean).powi(2));
        let variance = squares / (count - 1.0).max(1.0);
        Self {
            sessions: days.len(),
            planned,
            equity,
            commission: book.pnl.fees,
            growth: a_year(equity / CAPITAL),
            market_growth: a_year(market[1] / market[0]),
            volatility: (variance * SESSIONS_A_YEAR).sqrt(),
            sharpe: book.performance.sharpe_ratio,
            drawdown: book.drawdown.max_ratio.unwrap_or_default(),
            tally,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { filled, partial, unfilled, refused, timed_out, defects } = self.tally;
        let [growth, market, volatility, drawdown] =
            [self.growth, self.market_growth, self.volatility, self.drawdown].map(|fraction| fraction * 100.0);
        let plural = if self.planned == 1 { "" } else { "s" };
        match self.sessions {
            all if all == self.planned => writeln!(f, "Result of {all} session{plural}")?,
            some => writeln!(f, "Result of {some} of {} sessions, then interrupted", self.planned)?,
        }
        writeln!(f, "  equity   ${:.2} M, from ${:.2} M", self.equity / 1e6, CAPITAL / 1e6)?;
        let per = if self.sessions as f64 > SESSIONS_A_YEAR { " a year" } else { "" };
        writeln!(f, "  growth   {growth:+.1} %{per}; the index itself {market:+.1} %")?;
        let sharpe = self.sharpe.map_or_else(|| String::from("–"), |sharpe| format!("{sharpe:.2}"));
        writeln!(
            f,
            "  risk     volatility {volatility:.1} %, Sharpe ratio {sharpe}, largest drawdown {drawdown:.1} %"
        )?;
        writeln!(
            f,
            "  orders   {filled} filled, {partial} in part, {unfilled} not; {refused} refused; commission ${:.0}",
            self.commission
        )?;
        write!(f, "  trouble  answers of the broker timed out: {timed_out}; sessions not fit to trade on: {defects}")
    }
}
