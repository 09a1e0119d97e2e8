//! Market data checks: is this bar fit to trade on?

use std::{collections::VecDeque, fmt};

use perfmon::monitor_latency;

use crate::market::Bar;

/// Volume is compared with the mean of as many sessions.
const SESSIONS: usize = 20;
/// Below this fraction of the usual volume a session is a short one, or a gap in the record.
const THIN: f64 = 0.4;
/// A long weekend has three days off.
const LONGEST_PAUSE: i32 = 4;

/// Why a bar should not be traded on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Defect {
    /// The market was shut for longer than a long weekend: what is known is old.
    Gap { days: i32 },
    /// Too little volume to trust the price, or to trade at it.
    Thin { usual: f64 },
    /// The prices contradict each other.
    Inconsistent,
}

/// What was seen so far.
#[derive(Default)]
pub(crate) struct Checks {
    last: Option<Bar>,
    volumes: VecDeque<f64>,
}

impl Checks {
    /// Compares a bar with those before it. Returns a `Result`, so an `Err` counts as an error of this site without a word more.
    #[monitor_latency("market_data_check", error_rate = "1%", severity = "warning")]
    pub(crate) fn check(&mut self, bar: &Bar) -> Result<(), Defect> {
        let last = self.last.replace(*bar);
        let usual = self.usual_volume();
        self.remember(bar.volume);

        let sound = bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close) && bar.low > 0.0;
        if !sound {
            return Err(Defect::Inconsistent);
        }
        if let Some(last) = last {
            let days = bar.date.ordinal() - last.date.ordinal();
            if days > LONGEST_PAUSE {
                return Err(Defect::Gap { days });
            }
        }
        match usual {
            Some(usual) if bar.volume < THIN * usual => Err(Defect::Thin { usual: bar.volume / usual }),
            _ => Ok(()),
        }
    }

    fn usual_volume(&self) -> Option<f64> {
        (self.volumes.len() == SESSIONS).then(|| self.volumes.iter().sum::<f64>() / SESSIONS as f64)
    }

    fn remember(&mut self, volume: f64) {
        if self.volumes.len() == SESSIONS {
            self.volumes.pop_front();
        }
        self.volumes.push_back(volume);
    }
}

impl Defect {
    /// For the label of a metric: few values, known beforehand.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gap { .. } => "gap",
            Self::Thin { .. } => "thin_volume",
            Self::Inconsistent => "inconsistent",
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { days } => write!(f, "no session for {days} days"),
            Self::Thin { usual } => write!(f, "{:.0} % of the usual volume", usual * 100.0),
            Self::Inconsistent => f.write_str("prices contradict each other"),
        }
    }
}
