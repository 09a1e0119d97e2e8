//! How well a book does, by its days.

use super::{
    super::{Day, rules::Rules},
    Results,
    moments::{deviation, mean, normal_below, shape},
};

/// Ratios of performance; each is absent while there are too few days, or what it is divided by is zero.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Performance {
    /// Sharpe ratio of the last 30 days, annualized; from 30 days on.
    pub sharpe_ratio_30d: Option<f64>,
    /// Of the last 90 days; from 90 days on.
    pub sharpe_ratio_90d: Option<f64>,
    /// Of all days; from two on.
    pub sharpe_ratio: Option<f64>,
    /// Sortino ratio of all days, annualized; from two days on of which one lost.
    pub sortino_ratio: Option<f64>,
    /// The probability that the true Sharpe ratio is above the benchmark's, 0 to 1; from four days on.
    pub probabilistic_sharpe_ratio: Option<f64>,
    /// Results above zero, as a fraction of those that are not zero.
    pub win_rate: Option<f64>,
    /// What was won, in parts of what was lost.
    pub profit_factor: Option<f64>,
}

/// Sharpe (1994): mean of the returns above the risk-free one ÷ their standard deviation, × √(days a year).
pub(crate) fn sharpe_ratio(returns: &[f64], rules: &Rules) -> Option<f64> {
    Some(daily_sharpe_ratio(returns, rules.risk_free)? * rules.days_a_year.sqrt())
}

fn daily_sharpe_ratio(returns: &[f64], risk_free: f64) -> Option<f64> {
    let deviation = deviation(returns).filter(|deviation| *deviation > 0.0)?;
    Some((mean(returns)? - risk_free) / deviation)
}

/// Of the last so many, if there are so many.
pub(crate) fn rolling_sharpe_ratio(returns: &[f64], days: usize, rules: &Rules) -> Option<f64> {
    sharpe_ratio(returns.get(returns.len().checked_sub(days)?..)?, rules)
}

/// Sortino and Price (1994), with a target of 0: mean ÷ √(mean of the squares of losses, over all returns), × √(days a year).
pub(crate) fn sortino_ratio(returns: &[f64], rules: &Rules) -> Option<f64> {
    let squares: Vec<f64> = returns.iter().map(|one| one.min(0.0).powi(2)).collect();
    let downside = mean(&squares)?.sqrt();
    (returns.len() > 1 && downside > 0.0).then_some(())?;
    Some(mean(returns)? / downside * rules.days_a_year.sqrt())
}

/// Bailey and López de Prado (2012): Φ((SR − SR*) √(n − 1) ÷ √(1 − γ₃ SR + (γ₄ − 1) ÷ 4 × SR²)), of ratios that are not annualized.
pub(crate) fn probabilistic_sharpe_ratio(returns: &[f64], rules: &Rules) -> Option<f64> {
    let ratio = daily_sharpe_ratio(returns, rules.risk_free).filter(|_| returns.len() > 3)?;
    let (skewness, kurtosis) = shape(returns)?;
    let spread = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio;
    let count = (returns.len() - 1) as f64;
    (spread > 0.0).then(|| normal_below((ratio - rules.psr_benchmark) * count.sqrt() / spread.sqrt()))
}

/// Results of trades, or of days where there are none.
pub(crate) fn results(trades: Results, days: &[Day]) -> Results {
    if trades.wins + trades.losses > 0 {
        return trades;
    }
    let mut results = Results::default();
    days.iter().for_each(|day| results.add(day.pnl));
    results
}
