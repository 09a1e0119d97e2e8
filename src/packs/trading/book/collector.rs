//! A book's figures as metrics.

use std::time::Duration;

use perfmon_core::collect::{BoxError, Collector, Samples};

use super::{Book, Regime, Summary, builder};

/// Metrics of one value: name, what it means, unit, and where it comes from. The unit `MONEY` stands for the books' currency.
type Row = (&'static str, &'static str, &'static str, fn(&Summary) -> Option<f64>);

const MONEY: &str = "money";
const RATIO: &str = "ratio";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("trading_capital", "The money a book began with.", MONEY, |book| book.capital),
    ("trading_deposits", "Money put in since the beginning.", MONEY, |book| Some(book.deposits)),
    ("trading_withdrawals", "Money taken out.", MONEY, |book| Some(book.withdrawals)),
    ("trading_equity", "Capital, deposits and P&L, less withdrawals.", MONEY, |book| book.equity),
    ("trading_pnl", "P&L, realized and unrealized, with fees taken off.", MONEY, |book| Some(book.pnl.total)),
    ("trading_pnl_realized", "P&L of what is closed, without fees.", MONEY, |book| Some(book.pnl.realized)),
    ("trading_pnl_unrealized", "P&L of what is open.", MONEY, |book| Some(book.pnl.unrealized)),
    ("trading_fees", "Fees paid.", MONEY, |book| Some(book.pnl.fees)),
    ("trading_pnl_ratio", "P&L in parts of capital; time-weighted where money moved.", RATIO, |book| book.pnl.ratio),
    ("trading_pnl_daily", "P&L of the latest day.", MONEY, |book| book.pnl.daily),
    ("trading_pnl_daily_ratio", "P&L of the latest day in parts of the equity it began with.", RATIO, |book| book.pnl.daily_ratio),
    ("trading_pnl_daily_mean", "Mean P&L of the days that are over.", MONEY, |book| book.pnl.daily_mean),
    ("trading_pnl_daily_min", "P&L of the worst of the days that are over.", MONEY, |book| book.pnl.daily_min),
    ("trading_pnl_daily_max", "P&L of the best of the days that are over.", MONEY, |book| book.pnl.daily_max),
    ("trading_drawdown", "How far equity is below its peak.", MONEY, |book| Some(book.drawdown.value)),
    ("trading_drawdown_ratio", "How far equity is below its peak, in parts of the peak.", RATIO, |book| book.drawdown.ratio),
    ("trading_drawdown_seconds", "How long ago the peak was, at the last update.", "seconds", |book| Some(book.drawdown.seconds)),
    ("trading_drawdown_sessions", "How many days ago the peak was, of those that had updates.", "", |book| Some(book.drawdown.days.into())),
    ("trading_max_drawdown", "The most that equity was below a peak.", MONEY, |book| Some(book.drawdown.max_value)),
    ("trading_max_drawdown_ratio", "The most that equity was below a peak, in parts of the peak.", RATIO, |book| book.drawdown.max_ratio),
    ("trading_longest_drawdown_seconds", "The longest time below a peak.", "seconds", |book| Some(book.drawdown.longest_seconds)),
    ("trading_longest_drawdown_sessions", "The most days below a peak, of those that had updates.", "", |book| Some(book.drawdown.longest_days.into())),
    ("trading_sharpe_ratio", "Sharpe ratio of all days, annualized.", "", |book| book.performance.sharpe_ratio),
    ("trading_sharpe_ratio_30d", "Sharpe ratio of the last 30 days, annualized.", "", |book| book.performance.sharpe_ratio_30d),
    ("trading_sharpe_ratio_90d", "Sharpe ratio of the last 90 days, annualized.", "", |book| book.performance.sharpe_ratio_90d),
    ("trading_sortino_ratio", "Sortino ratio of all days, annualized.", "", |book| book.performance.sortino_ratio),
    ("trading_probabilistic_sharpe_ratio", "The probability that the true Sharpe ratio is above the benchmark's.", RATIO, |book| book.performance.probabilistic_sharpe_ratio),
    ("trading_win_ratio", "Results above zero in parts of those that are not zero.", RATIO, |book| book.performance.win_rate),
    ("trading_profit_factor", "What was won in parts of what was lost.", "", |book| book.performance.profit_factor),
    ("trading_gross_exposure", "The worth of all positions, shorts counted as positive.", MONEY, |book| Some(book.risk.gross_exposure)),
    ("trading_net_exposure", "The worth of all positions, shorts counted as negative.", MONEY, |book| Some(book.risk.net_exposure)),
    ("trading_gross_exposure_ratio", "Gross exposure in parts of equity.", RATIO, |book| book.risk.gross_exposure_ratio),
    ("trading_net_exposure_ratio", "Net exposure in parts of equity.", RATIO, |book| book.risk.net_exposure_ratio),
    ("trading_largest_position_ratio", "The worth of the largest position in parts of equity.", RATIO, |book| book.risk.largest_position_ratio),
    ("trading_volatility_ratio", "Standard deviation of returns, annualized.", RATIO, |book| book.risk.volatility),
    ("trading_beta", "How returns follow the benchmark's.", "", |book| book.risk.beta),
    ("trading_value_at_risk_95_ratio", "The loss that 95 % of days stay below, in parts of equity.", RATIO, |book| book.risk.value_at_risk_95),
    ("trading_conditional_value_at_risk_95_ratio", "The mean loss of the worst 5 % of days, in parts of equity.", RATIO, |book| book.risk.conditional_value_at_risk_95),
    ("trading_market_regime", "How rough the market is: 0 calm, 1 normal, 2 storm.", "", |book| book.risk.regime.map(number)),
    ("trading_open_positions", "Positions that are not flat.", "positions", |book| Some(book.open_positions as f64)),
];

fn number(regime: Regime) -> f64 {
    match regime {
        Regime::Calm => 0.0,
        Regime::Normal => 1.0,
        Regime::Storm => 2.0,
    }
}

/// The collector of a book.
#[derive(Debug)]
pub(super) struct Figures {
    book: Book,
    name: String,
}

impl Figures {
    pub(super) fn new(book: Book) -> Self {
        let name = format!("trading.{}", book.name());
        Self { book, name }
    }
}

impl Collector for Figures {
    fn name(&self) -> &str {
        &self.name
    }

    /// A snapshot shows what is, not what was.
    fn interval(&self) -> Duration {
        Duration::ZERO
    }

    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        let summary = self.book.view(false, None);
        let currency = builder::currency();
        let money = |unit: &str| if unit == MONEY { currency.clone() } else { unit.to_owned() };
        let book = [("book", summary.book.as_str())];
        for (name, help, unit, value) in ROWS {
            if let Some(value) = value(&summary) {
                out.gauge_with(*name, &book, value).describe(*help, money(unit));
            }
        }
        positions(&summary, &currency, out);
        counts(&summary, out);
        Ok(())
    }
}

fn positions(summary: &Summary, money: &str, out: &mut Samples) {
    for position in &summary.positions {
        let labels = [("book", summary.book.as_str()), ("symbol", position.symbol.as_str())];
        let mut gauge = |name: &'static str, help: &'static str, unit: &str, value: f64| {
            out.gauge_with(name, &labels, value).describe(help, unit.to_owned());
        };
        gauge("trading_position_quantity", "How many are owned; below 0, owed.", "", position.quantity);
        gauge("trading_position_value", "Quantity × multiplier × price; below 0 for shorts.", money, position.value);
        gauge("trading_position_pnl_realized", "P&L of what is closed, without fees.", money, position.realized);
        gauge("trading_position_pnl_unrealized", "P&L of what is open.", money, position.unrealized);
        gauge("trading_position_fees", "Fees paid.", money, position.fees);
        if let Some(price) = position.price {
            gauge("trading_position_price", "What one was worth last.", money, price);
        }
    }
}

fn counts(summary: &Summary, out: &mut Samples) {
    let book = ("book", summary.book.as_str());
    let mut count = |name: &'static str, label: Option<(&'static str, &str)>, value: u64, help: &'static str| {
        let labels: Vec<_> = [Some(book), label].into_iter().flatten().collect();
        out.counter_with(name, &labels, value).describe(help, "");
    };
    let results = "Closing trades and realized amounts by what they made, fees taken off: win or loss.";
    count("trading_results_total", Some(("result", "win")), summary.wins, results);
    count("trading_results_total", Some(("result", "loss")), summary.losses, results);
    count("trading_fills_total", None, summary.fills, "Trades that were told.");
    for (reason, refused) in summary.refused.by_reason() {
        let help = "Updates that were not taken over, by reason.";
        count("trading_updates_refused_total", Some(("reason", reason)), refused, help);
    }
    let late = "Updates of a day before, which counted into the day under way.";
    count("trading_updates_late_total", None, summary.late_updates, late);
    let folded = "Symbols that held nothing and gave their place to another.";
    count("trading_symbols_folded_total", None, summary.symbols_folded, folded);
    count("trading_history_dropped_total", None, summary.days_dropped, "Days that are no longer kept.");
}
