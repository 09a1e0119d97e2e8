//! Figures that the program computes itself.

use super::{
    Regime,
    refused::{Reason, sound},
};

/// A figure that a book derives from its days, and that the program can set instead. A value outside of its range is refused and counted as
/// [out of range](crate::trading::Refused::out_of_range); ranges not said are ±10²⁴.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Figure {
    /// P&L since the beginning, as a fraction of capital.
    PnlRatio,
    /// P&L of the day, as a fraction of the equity it began with.
    DailyPnlRatio,
    /// Sharpe ratio of the last 30 days.
    SharpeRatio30d,
    /// Sharpe ratio of the last 90 days.
    SharpeRatio90d,
    /// Sharpe ratio of all days.
    SharpeRatio,
    /// Sortino ratio of all days.
    SortinoRatio,
    /// The probability that the true Sharpe ratio is above the benchmark's, 0 to 1.
    ProbabilisticSharpeRatio,
    /// Results above zero, as a fraction of those that are not zero, 0 to 1.
    WinRate,
    /// What was won, in parts of what was lost; 0 or more.
    ProfitFactor,
    /// How far the equity is below its peak, as a fraction of the peak: 0 or more, and above 1 where equity is below zero.
    DrawdownRatio,
    /// The most it ever was; 0 or more.
    MaxDrawdownRatio,
    /// The worth of all positions, shorts counted as positive, as a fraction of equity; 0 or more.
    GrossExposureRatio,
    /// The worth of all positions, shorts counted as negative, as a fraction of equity.
    NetExposureRatio,
    /// The worth of the largest position, as a fraction of equity; 0 or more.
    LargestPositionRatio,
    /// Standard deviation of returns, annualized; 0 or more.
    Volatility,
    /// How returns follow the benchmark's.
    Beta,
    /// The loss that 95 % of days stay below, as a fraction; positive for a loss.
    ValueAtRisk95,
    /// The mean of the worst 5 % of days, as a fraction; positive for a loss.
    ConditionalValueAtRisk95,
}

impl Figure {
    /// Whether it can have this value.
    pub(super) fn check(self, value: f64) -> Result<(), Reason> {
        sound(&[value])?;
        let most = match self {
            Self::ProbabilisticSharpeRatio | Self::WinRate => 1.0,
            Self::ProfitFactor
            | Self::DrawdownRatio
            | Self::MaxDrawdownRatio
            | Self::GrossExposureRatio
            | Self::LargestPositionRatio
            | Self::Volatility => f64::MAX,
            Self::PnlRatio
            | Self::DailyPnlRatio
            | Self::SharpeRatio30d
            | Self::SharpeRatio90d
            | Self::SharpeRatio
            | Self::SortinoRatio
            | Self::NetExposureRatio
            | Self::Beta
            | Self::ValueAtRisk95
            | Self::ConditionalValueAtRisk95 => return Ok(()),
        };
        if (0.0..=most).contains(&value) { Ok(()) } else { Err(Reason::OutOfRange) }
    }
}

const COUNT: usize = Figure::ConditionalValueAtRisk95 as usize + 1;

/// Over which days a Sharpe ratio is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SharpeWindow {
    /// The last 30.
    Days30,
    /// The last 90.
    Days90,
    /// All.
    All,
}

impl From<SharpeWindow> for Figure {
    fn from(window: SharpeWindow) -> Self {
        match window {
            SharpeWindow::Days30 => Self::SharpeRatio30d,
            SharpeWindow::Days90 => Self::SharpeRatio90d,
            SharpeWindow::All => Self::SharpeRatio,
        }
    }
}

/// Risk figures that the program computes itself; those left `None` stay as they are.
///
/// ```
/// use perfmon::trading::PortfolioRisk;
///
/// let risk = PortfolioRisk { volatility: Some(0.18), beta: Some(0.9), ..PortfolioRisk::default() };
/// # let _ = risk;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PortfolioRisk {
    /// Standard deviation of returns, annualized: 0.18 is 18 %; 0 or more.
    pub volatility: Option<f64>,
    /// How returns follow the benchmark's.
    pub beta: Option<f64>,
    /// The worth of the largest position, as a fraction of equity; 0 or more.
    pub largest_position_ratio: Option<f64>,
    /// The loss that 95 % of days stay below, as a fraction; positive for a loss.
    pub value_at_risk_95: Option<f64>,
    /// The mean of the worst 5 % of days, as a fraction; positive for a loss.
    pub conditional_value_at_risk_95: Option<f64>,
}

impl PortfolioRisk {
    pub(super) fn figures(self) -> [(Figure, Option<f64>); 5] {
        [
            (Figure::Volatility, self.volatility),
            (Figure::Beta, self.beta),
            (Figure::LargestPositionRatio, self.largest_position_ratio),
            (Figure::ValueAtRisk95, self.value_at_risk_95),
            (Figure::ConditionalValueAtRisk95, self.conditional_value_at_risk_95),
        ]
    }
}

/// Those that were set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Figures {
    set: [Option<f64>; COUNT],
    pub(super) regime: Option<Regime>,
}

impl Figures {
    pub(super) fn set(&mut self, figure: Figure, value: Option<f64>) {
        self.set[figure as usize] = value;
    }

    /// What the program set, else what was derived. What was divided by next to nothing is no figure.
    pub(super) fn or(&self, figure: Figure, derived: Option<f64>) -> Option<f64> {
        self.set[figure as usize].or(derived.filter(|derived| derived.is_finite()))
    }
}
