//! What a book risks, by its positions and its days.

use super::{
    super::{Day, rules::Rules},
    Regime,
    moments::{deviation, mean, quantile, slope},
    regime,
};

/// Risk; fractions are of equity, and absent unless it is above zero.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Risk {
    /// The worth of all positions in money, shorts counted as positive.
    pub gross_exposure: f64,
    /// The worth of all positions in money, shorts counted as negative.
    pub net_exposure: f64,
    /// Gross exposure ÷ equity.
    pub gross_exposure_ratio: Option<f64>,
    /// Net exposure ÷ equity.
    pub net_exposure_ratio: Option<f64>,
    /// The symbol of the position that is worth most, shorts counted as positive.
    pub largest_position: Option<String>,
    /// Its worth ÷ equity, above zero for shorts too; 0 without positions.
    pub largest_position_ratio: Option<f64>,
    /// Standard deviation of returns, annualized: 0.18 is 18 %. From two days on.
    pub volatility: Option<f64>,
    /// How returns follow the benchmark's. From two days on which both have a return.
    pub beta: Option<f64>,
    /// The loss that 95 % of days stay below, as a fraction; positive for a loss, negative for a gain. From 20 days on.
    pub value_at_risk_95: Option<f64>,
    /// The mean of the worst 5 % of days, as a fraction; positive for a loss. From 20 days on.
    pub conditional_value_at_risk_95: Option<f64>,
    /// How rough the market is.
    pub regime: Option<Regime>,
}

/// The part of days that is worse than VaR and CVaR tell.
const TAIL: f64 = 0.05;
/// With fewer days the worst twentieth is not one day.
const FEWEST: usize = 20;

/// The sample's standard deviation × √(days a year).
pub(crate) fn volatility(returns: &[f64], rules: &Rules) -> Option<f64> {
    Some(deviation(returns)? * rules.days_a_year.sqrt())
}

/// Historical VaR and CVaR (Jorion 2007; Rockafellar and Uryasev 2000): the quantile of the returns, and the mean of the ⌊(n − 1) × 0.05⌋ + 1 lowest.
pub(crate) fn tail(returns: &[f64]) -> Option<(f64, f64)> {
    (returns.len() >= FEWEST).then_some(())?;
    let mut ascending = returns.to_vec();
    ascending.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of the length")]
    let worst = ((returns.len() - 1) as f64 * TAIL) as usize + 1;
    Some((-quantile(&ascending, TAIL)?, -mean(&ascending[..worst])?))
}

/// Returns of the book and of its benchmark, of the days that have both, and of the last ones only.
pub(crate) fn beta(days: &[Day], rules: &Rules) -> Option<f64> {
    // A level's return needs the level of the day before.
    let begin = days.len().saturating_sub(rules.risk_days.saturating_add(1));
    let pairs: Vec<_> = days[begin..]
        .windows(2)
        .filter_map(|pair| Some((pair[1].return_ratio?, benchmark_return(&pair[0], &pair[1])?)))
        .collect();
    slope(&pairs)
}

fn benchmark_return(before: &Day, day: &Day) -> Option<f64> {
    Some(day.benchmark? / before.benchmark? - 1.0)
}

/// By the benchmark, where each of the last days has a level, else by the book's own returns.
pub(crate) fn market_regime(days: &[Day], returns: &[f64], rules: &Rules) -> Option<Regime> {
    let of_market: Vec<Option<f64>> = days.windows(2).map(|pair| benchmark_return(&pair[0], &pair[1])).collect();
    let recent = of_market.len().checked_sub(regime::RECENT).map(|begin| &of_market[begin..]);
    if recent.is_some_and(|recent| recent.iter().all(Option::is_some)) {
        let of_market: Vec<f64> = of_market.into_iter().flatten().collect();
        rules.regime.judge(&of_market, rules.days_a_year)
    } else {
        rules.regime.judge(returns, rules.days_a_year)
    }
}
