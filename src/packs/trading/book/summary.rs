//! A book at one moment, as plain data.

use super::{
    super::known::OTHER,
    Day, Drawdown, Figure, Performance, Refused, Risk,
    account::Account,
    figures::Figures,
    ledger::{Counts, Ledger, Today},
    positions::{Holding, Sums, sums},
    rules::Rules,
    statistics::{Results, drawdown::Tracker, moments::mean, performance, risk},
};

/// A book at one moment.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Summary {
    /// The book's name.
    pub book: String,
    /// What money is counted in; empty when nobody said.
    pub currency: String,
    /// The money it began with.
    pub capital: Option<f64>,
    /// The money that was put in since.
    pub deposits: f64,
    /// The money that was taken out.
    pub withdrawals: f64,
    /// Capital, deposits and P&L, less withdrawals; absent without capital.
    pub equity: Option<f64>,
    /// By symbol, in alphabetical order, flat ones too; last `other`, the sums of those that have no place, if there are any.
    pub positions: Vec<SymbolSummary>,
    /// Positions that are not flat.
    pub open_positions: usize,
    /// What was made.
    pub pnl: Pnl,
    /// The latest day that had updates, as it is now.
    pub today: Option<Day>,
    /// The days before, oldest first.
    pub days: Vec<Day>,
    /// How far the equity is below its peak.
    pub drawdown: Drawdown,
    /// Ratios of performance.
    pub performance: Performance,
    /// Risk.
    pub risk: Risk,
    /// Fills, those too that were counted though their position found no place.
    pub fills: u64,
    /// Results above zero: closing fills with their fees taken off, and amounts recorded as realized.
    pub wins: u64,
    /// Results below zero.
    pub losses: u64,
    /// Updates of a day before, which counted into the day under way; those refused are not among them.
    pub late_updates: u64,
    /// Updates that changed nothing, by reason.
    pub refused: Refused,
    /// Days that are no longer kept.
    pub days_dropped: u64,
    /// Symbols that held nothing and gave their place to another.
    pub symbols_folded: u64,
}

/// What a book holds of a symbol, and what it made with it.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SymbolSummary {
    /// Which.
    pub symbol: String,
    /// How many are owned; below 0, owed.
    pub quantity: f64,
    /// What one contract stands for, in what its prices are for.
    pub multiplier: f64,
    /// What one cost on average; absent when flat.
    pub entry_price: Option<f64>,
    /// What one was worth last.
    pub price: Option<f64>,
    /// Quantity × multiplier × price; below 0 for shorts.
    pub value: f64,
    /// P&L of what is closed, without fees.
    pub realized: f64,
    /// P&L of what is open.
    pub unrealized: f64,
    /// Fees.
    pub fees: f64,
}

/// P&L in money, and as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Pnl {
    /// Realized and unrealized, with fees taken off.
    pub total: f64,
    /// Of what is closed, without fees.
    pub realized: f64,
    /// Of what is open.
    pub unrealized: f64,
    /// Paid.
    pub fees: f64,
    /// Total ÷ capital, or time-weighted where money moved.
    pub ratio: Option<f64>,
    /// Of the latest day that had updates.
    pub daily: Option<f64>,
    /// `daily` ÷ the equity it began with, or time-weighted where money moved.
    pub daily_ratio: Option<f64>,
    /// Mean P&L of the days that are over.
    pub daily_mean: Option<f64>,
    /// The worst of them.
    pub daily_min: Option<f64>,
    /// The best of them.
    pub daily_max: Option<f64>,
}

/// What is copied of a ledger while updates wait.
#[derive(Debug)]
pub(super) struct Copied {
    rows: Vec<Holding>,
    other: Sums,
    folded: u64,
    account: Account,
    today: Option<Today>,
    curve: Tracker,
    results: Results,
    figures: Figures,
    counts: Counts,
}

impl Copied {
    /// `rows` is where positions are copied to: empty, and with place for them.
    pub(super) fn of(ledger: &Ledger, mut rows: Vec<Holding>) -> Self {
        rows.extend_from_slice(&ledger.holdings.rows);
        Self {
            rows,
            other: ledger.holdings.other,
            folded: ledger.holdings.folded,
            account: ledger.account,
            today: ledger.today,
            curve: ledger.curve,
            results: ledger.results,
            figures: ledger.figures,
            counts: ledger.counts,
        }
    }

    /// `days` are those before the one under way, which is over as well if it has ended by `clock`; in a replay nothing says so.
    pub(super) fn summary(mut self, rules: &Rules, days: &mut Vec<Day>, dropped: u64, clock: Option<i64>) -> Summary {
        // Before they are sorted: added up in another order than the ledger's, they would differ from it by rounding, and equity that rests would be below its peak.
        let (sums, of_capital) = (sums(&self.rows, self.other), rules.capital.is_some());
        self.rows.sort_unstable_by(|one, other| one.symbol.cmp(&other.symbol));
        let equity = self.account.equity(sums.total());
        if let Some(today) = &self.today {
            self.curve.reach(today.moment(equity));
        }
        let today = self.today.map(|today| today.with_close(&self.account, sums.total()));
        let is_over = self.today.is_some_and(|today| clock.is_some_and(|clock| today.session.ends <= clock));
        let before = days.len();
        days.extend(today.filter(|_| is_over));
        let performance = self.performance(days, rules);
        let risk = self.risk(days, rules, equity);
        let pnl = self.pnl(days, today, sums);
        days.truncate(before);
        let mut drawdown = self.curve.tell(of_capital);
        drawdown.ratio = self.figures.or(Figure::DrawdownRatio, drawdown.ratio);
        drawdown.max_ratio = self.figures.or(Figure::MaxDrawdownRatio, drawdown.max_ratio);
        Summary {
            book: rules.name.clone(),
            currency: rules.currency.clone(),
            capital: rules.capital,
            deposits: self.account.deposits,
            withdrawals: self.account.withdrawals,
            equity: rules.capital.map(|_| equity),
            open_positions: self.rows.iter().filter(|holding| holding.quantity != 0.0).count(),
            positions: self.positions(),
            pnl,
            today,
            days: Vec::new(),
            drawdown,
            performance,
            risk,
            fills: self.counts.fills,
            wins: self.results.wins,
            losses: self.results.losses,
            late_updates: self.counts.late,
            refused: self.counts.refused,
            days_dropped: dropped + self.counts.days_dropped,
            symbols_folded: self.folded,
        }
    }

    fn positions(&self) -> Vec<SymbolSummary> {
        let placed = self.rows.iter().map(|holding| SymbolSummary {
            symbol: holding.symbol.to_string(),
            quantity: holding.quantity,
            multiplier: holding.multiplier,
            entry_price: (holding.quantity != 0.0).then_some(holding.entry),
            price: holding.price,
            value: holding.value(),
            realized: holding.realized,
            unrealized: holding.unrealized(),
            fees: holding.fees,
        });
        let other = SymbolSummary {
            symbol: OTHER.to_owned(),
            quantity: 0.0,
            multiplier: 1.0,
            entry_price: None,
            price: None,
            value: 0.0,
            realized: self.other.realized,
            unrealized: 0.0,
            fees: self.other.fees,
        };
        placed.chain((self.other != Sums::default()).then_some(other)).collect()
    }

    fn pnl(&self, days: &[Day], today: Option<Day>, sums: Sums) -> Pnl {
        let daily: Vec<f64> = days.iter().map(|day| day.pnl).collect();
        Pnl {
            total: sums.total(),
            realized: sums.realized,
            unrealized: sums.unrealized,
            fees: sums.fees,
            ratio: self.figures.or(Figure::PnlRatio, self.account.ratio(sums.total())),
            daily: today.map(|day| day.pnl),
            daily_ratio: self.figures.or(Figure::DailyPnlRatio, today.and_then(|day| day.return_ratio)),
            daily_mean: mean(&daily),
            daily_min: daily.iter().copied().reduce(f64::min),
            daily_max: daily.iter().copied().reduce(f64::max),
        }
    }

    fn performance(&self, days: &[Day], rules: &Rules) -> Performance {
        let returns: Vec<f64> = days.iter().filter_map(|day| day.return_ratio).collect();
        let results = performance::results(self.results, days);
        let or = |figure, derived| self.figures.or(figure, derived);
        let rolling = |days| performance::rolling_sharpe_ratio(&returns, days, rules);
        Performance {
            sharpe_ratio_30d: or(Figure::SharpeRatio30d, rolling(30)),
            sharpe_ratio_90d: or(Figure::SharpeRatio90d, rolling(90)),
            sharpe_ratio: or(Figure::SharpeRatio, performance::sharpe_ratio(&returns, rules)),
            sortino_ratio: or(Figure::SortinoRatio, performance::sortino_ratio(&returns, rules)),
            probabilistic_sharpe_ratio: or(
                Figure::ProbabilisticSharpeRatio,
                performance::probabilistic_sharpe_ratio(&returns, rules),
            ),
            win_rate: or(Figure::WinRate, results.win_rate()),
            profit_factor: or(Figure::ProfitFactor, results.profit_factor()),
        }
    }

    fn risk(&self, days: &[Day], rules: &Rules, equity: f64) -> Risk {
        let returns: Vec<f64> = days.iter().filter_map(|day| day.return_ratio).collect();
        let recent = &returns[returns.len().saturating_sub(rules.risk_days)..];
        let (value_at_risk, beyond) = risk::tail(recent).unzip();
        // Of nothing a sum is -0.
        let gross = self.rows.iter().map(|holding| holding.value().abs()).sum::<f64>() + 0.0;
        let net = self.rows.iter().map(Holding::value).sum::<f64>() + 0.0;
        let largest = self.rows.iter().max_by(|one, other| one.value().abs().total_cmp(&other.value().abs()));
        let largest = largest.filter(|holding| holding.quantity != 0.0);
        let of_equity = |value: f64| (rules.capital.is_some() && equity > 0.0).then(|| value / equity);
        let or = |figure, derived| self.figures.or(figure, derived);
        Risk {
            gross_exposure: gross,
            net_exposure: net,
            gross_exposure_ratio: or(Figure::GrossExposureRatio, of_equity(gross)),
            net_exposure_ratio: or(Figure::NetExposureRatio, of_equity(net)),
            largest_position: largest.map(|holding| holding.symbol.to_string()),
            largest_position_ratio: or(
                Figure::LargestPositionRatio,
                of_equity(largest.map_or(0.0, |holding| holding.value().abs())),
            ),
            volatility: or(Figure::Volatility, risk::volatility(recent, rules)),
            beta: or(Figure::Beta, risk::beta(days, rules)),
            value_at_risk_95: or(Figure::ValueAtRisk95, value_at_risk),
            conditional_value_at_risk_95: or(Figure::ConditionalValueAtRisk95, beyond),
            regime: self.figures.regime.or_else(|| risk::market_regime(days, &returns, rules)),
        }
    }
}
