//! What a unit of money has become, whatever was put in or taken out meanwhile: the time-weighted return.
//!
//! Where money moves, the time before and the time after are reckoned apart, each by the money that was there, and their returns are multiplied. So
//! whoever brings money in or takes it out changes no return.

/// A return since some moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Growth {
    /// The return until money last moved; none where there was nothing yet that could grow.
    linked: Option<f64>,
    /// The equity after that; 0 while nothing can grow.
    base: f64,
    /// The P&L until then.
    pnl: f64,
}

impl Growth {
    /// From this equity on, which was reached with this P&L.
    pub(crate) fn from(equity: f64, pnl: f64) -> Self {
        let begins = equity > 0.0;
        Self { linked: begins.then_some(0.0), base: if begins { equity } else { 0.0 }, pnl }
    }

    /// The return up to this P&L, as a fraction.
    pub(crate) fn at(&self, pnl: f64) -> Option<f64> {
        if self.base <= 0.0 {
            return self.linked;
        }
        let (linked, gain) = (self.linked.unwrap_or(0.0), (pnl - self.pnl) / self.base);
        // (1 + linked) × (1 + gain) − 1, without what rounding takes from small ones.
        Some(linked + gain + linked * gain).filter(|ratio| ratio.is_finite())
    }

    /// Money moved, which made the equity this. Who had lost everything by then stays where he was: nothing can be made of nothing.
    pub(crate) fn flow(&mut self, pnl: f64, equity: f64) {
        let linked = self.at(pnl);
        let base = if linked.is_some_and(|linked| linked <= -1.0) { 0.0 } else { equity.max(0.0) };
        *self = Self { linked: linked.or((base > 0.0).then_some(0.0)), base, pnl };
    }
}

#[cfg(test)]
mod tests {
    use super::Growth;

    #[test]
    fn parts_are_multiplied() {
        let mut growth = Growth::from(1_000.0, 0.0);
        growth.flow(100.0, 2_200.0);
        growth.flow(-120.0, 990.0);
        // 10 % of 1,000, −10 % of 2,200, 10 % of 990.
        let found = growth.at(-21.0).expect("began with something");
        assert!((found - (1.1 * 0.9 * 1.1 - 1.0)).abs() < 1e-15, "{found}");
    }

    #[test]
    fn what_begins_with_nothing_grows_from_its_first_money_on() {
        let mut growth = Growth::from(0.0, 5.0);
        assert_eq!(growth.at(7.0), None);
        growth.flow(7.0, 100.0);
        assert_eq!((growth.at(7.0), growth.at(8.0)), (Some(0.0), Some(0.01)));
    }

    #[test]
    fn what_was_lost_stays_lost() {
        let mut growth = Growth::from(100.0, 0.0);
        growth.flow(-120.0, 500.0);
        assert_eq!((growth.at(-120.0), growth.at(900.0)), (Some(-1.2), Some(-1.2)));
    }

    #[test]
    fn what_was_taken_out_comes_back() {
        let mut growth = Growth::from(100.0, 0.0);
        growth.flow(10.0, 0.0);
        growth.flow(10.0, 500.0);
        assert_eq!(growth.at(10.0), Some(0.1));
    }
}
