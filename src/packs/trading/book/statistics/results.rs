//! What trades came to, for the win rate and the profit factor.

/// Results of trades: what each closing fill or recorded amount made, its fee taken off.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Results {
    pub(crate) wins: u64,
    pub(crate) losses: u64,
    pub(crate) won: f64,
    pub(crate) lost: f64,
}

impl Results {
    pub(crate) fn add(&mut self, result: f64) {
        if result > 0.0 {
            self.wins += 1;
            self.won += result;
        } else if result < 0.0 {
            self.losses += 1;
            self.lost -= result;
        }
    }

    /// Above zero in parts of those that are not zero.
    pub(crate) fn win_rate(&self) -> Option<f64> {
        let all = self.wins + self.losses;
        (all > 0).then(|| self.wins as f64 / all as f64)
    }

    /// Won in parts of lost.
    pub(crate) fn profit_factor(&self) -> Option<f64> {
        (self.lost > 0.0).then(|| self.won / self.lost)
    }
}
