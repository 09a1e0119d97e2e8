//! The result in money.

use std::fmt;

use crate::{
    bot::Tally,
    portfolio::{CAPITAL, Portfolio},
    signal::SESSIONS_A_YEAR,
};

/// How the replay ended.
pub(crate) struct Outcome {
    sessions: usize,
    equity: f64,
    commission: f64,
    /// A year, as fractions; the market's too.
    growth: f64,
    market_growth: f64,
    volatility: f64,
    sharpe: f64,
    drawdown: f64,
    tally: Tally,
}

impl Outcome {
    /// `market`: the index at the first and at the last close.
    pub(crate) fn new(sessions: usize, portfolio: &Portfolio, market: [f64; 2], tally: Tally) -> Self {
        let years = sessions as f64 / SESSIONS_A_YEAR;
        let a_year = |factor: f64| factor.powf(1.0 / years) - 1.0;
        let equity = portfolio.curve.last().copied().unwrap_or(CAPITAL);
        let returns: Vec<f64> = portfolio.curve.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect();
        let count = returns.len().max(1) as f64;
        let mean = returns.iter().sum::<f64>() / count;
        let variance = returns.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
        let volatility = (variance * SESSIONS_A_YEAR).sqrt();
        Self {
            sessions,
            equity,
            commission: portfolio.commission,
            growth: a_year(equity / CAPITAL),
            market_growth: a_year(market[1] / market[0]),
            volatility,
            sharpe: if volatility > 0.0 { mean * SESSIONS_A_YEAR / volatility } else { 0.0 },
            drawdown: drawdown(&portfolio.curve),
            tally,
        }
    }
}

/// The largest fall from a peak, as a fraction of the peak.
fn drawdown(curve: &[f64]) -> f64 {
    let mut peak = f64::MIN;
    curve.iter().fold(0.0, |worst: f64, equity| {
        peak = peak.max(*equity);
        worst.max(1.0 - equity / peak)
    })
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { orders, filled, partial, unfilled, refused, timed_out, defects } = self.tally;
        let percent = |fraction: f64| fraction * 100.0;
        writeln!(f, "Result after {} sessions", self.sessions)?;
        writeln!(f, "  equity      {:.2} M$ from {:.2} M$", self.equity / 1e6, CAPITAL / 1e6)?;
        writeln!(
            f,
            "  growth      {:+.1} % a year, the index {:+.1} %",
            percent(self.growth),
            percent(self.market_growth)
        )?;
        writeln!(
            f,
            "  risk        volatility {:.1} %, Sharpe ratio {:.2}, largest drawdown {:.1} %",
            percent(self.volatility),
            self.sharpe,
            percent(self.drawdown)
        )?;
        writeln!(
            f,
            "  orders      {orders}: {filled} filled, {partial} in part, {unfilled} not, {refused} refused; \
             {timed_out} answers timed out"
        )?;
        write!(f, "  costs       {:.0} $ commission; {defects} sessions not fit to trade on", self.commission)
    }
}
