//! What is fixed for a book.

use super::{RegimeRule, days::Calendar};

/// What is fixed for a book.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) name: String,
    pub(super) capital: Option<f64>,
    pub(super) currency: String,
    pub(super) calendar: Calendar,
    pub(super) symbols: usize,
    pub(super) days: usize,
    pub(super) intraday: bool,
    /// Its latest update is now, rather than what the machine's clock says.
    pub(super) replay: bool,
    pub(super) days_a_year: f64,
    /// Per day.
    pub(super) risk_free: f64,
    /// Per day.
    pub(super) psr_benchmark: f64,
    pub(super) risk_days: usize,
    pub(super) regime: RegimeRule,
}
