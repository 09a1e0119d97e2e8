//! Signal generation: trend and volatility from the closes so far.

use perfmon::{monitor_latency, trading::Regime};

/// Spans of the moving averages, in sessions: from a month to a year.
const LOOKBACKS: std::ops::RangeInclusive<usize> = 20..=250;
const STEP: usize = 10;
/// `RiskMetrics` (1996): the weight of yesterday's estimate, for daily returns.
const DECAY: f64 = 0.94;
pub(crate) const SESSIONS_A_YEAR: f64 = 252.0;

/// What the closes say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Signal {
    /// The share of moving averages that the last close is above: 0, falling, to 1, rising.
    pub(crate) trend: f64,
    /// Annualised standard deviation of daily returns.
    pub(crate) volatility: f64,
    pub(crate) regime: Regime,
}

/// Every close so far.
#[derive(Default)]
pub(crate) struct History {
    closes: Vec<f64>,
    /// Of daily returns, exponentially weighted.
    variance: f64,
}

impl History {
    /// Takes a close in and gives the return since the one before.
    pub(crate) fn push(&mut self, close: f64) -> f64 {
        let change = self.closes.last().map_or(0.0, |last| close / last - 1.0);
        self.variance = match self.closes.len() {
            0 => 0.0,
            // The first return is the first estimate.
            1 => change * change,
            _ => DECAY * self.variance + (1.0 - DECAY) * change * change,
        };
        self.closes.push(close);
        change
    }

    pub(crate) fn last(&self) -> Option<f64> {
        self.closes.last().copied()
    }

    pub(crate) fn sessions(&self) -> usize {
        self.closes.len()
    }

    /// The signal after the last close; none in the first year, which the longest average needs.
    #[monitor_latency("signal_generation", p99 = "100us")]
    pub(crate) fn signal(&self) -> Option<Signal> {
        let last = self.last()?;
        if self.closes.len() < *LOOKBACKS.end() {
            return None;
        }
        let spans = LOOKBACKS.step_by(STEP);
        let above = spans.clone().filter(|&span| last > moving_average(&self.closes, span)).count();
        let volatility = (self.variance * SESSIONS_A_YEAR).sqrt();
        Some(Signal { trend: above as f64 / spans.count() as f64, volatility, regime: regime(volatility) })
    }
}

/// The mean of the last `span` closes. Called 24 times a session and done in some tens of nanoseconds: even two readings of the clock
/// would be a good part of that. So one call in 64 is timed; counted is every one.
#[monitor_latency("moving_average", sample = 1 / 64)]
fn moving_average(closes: &[f64], span: usize) -> f64 {
    let recent = &closes[closes.len() - span..];
    recent.iter().sum::<f64>() / span as f64
}

/// How rough the market is, by the bot's own bounds.
fn regime(volatility: f64) -> Regime {
    match volatility {
        ..0.12 => Regime::Calm,
        ..0.25 => Regime::Normal,
        _ => Regime::Storm,
    }
}
