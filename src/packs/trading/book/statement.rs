//! A book's statement: its summary as people read it, money in whole numbers and fractions in percent.

use std::fmt;

use perfmon_core::format;

use super::{Day, Drawdown, Performance, Pnl, Risk, Summary, SymbolSummary};

/// So many positions are told one by one.
const MOST: usize = 10;

/// A line for each sort of figure; figures that are absent are left out, and so are lines that would have none. Positions go by their worth, largest first.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let money = Money(&self.currency);
        f.write_str(&self.book)?;
        let lines = [
            ("equity", self.account(&money)),
            ("P&L", made(&self.pnl, &money)),
            ("latest day", self.today.as_ref().map(|day| latest(day, &self.pnl, &money)).into_iter().collect()),
            ("days", over(&self.days, &self.pnl, &money)),
            ("drawdown", below(&self.drawdown, &money)),
            ("ratios", ratios(&self.performance)),
            ("exposure", exposure(&self.risk, &money)),
            ("risk", risk(&self.risk)),
            ("positions", self.held(&money)),
            ("refused", self.turned_away()),
        ];
        for (name, figures) in lines.iter().filter(|(_, figures)| !figures.is_empty()) {
            write!(f, "\n  {name:<10} {}", figures.join(", "))?;
        }
        Ok(())
    }
}

impl Summary {
    fn account(&self, money: &Money<'_>) -> Vec<String> {
        let moved = |what: &str, amount: f64| (amount > 0.0).then(|| format!("{what} {}", number(amount)));
        let equity = self.equity.map(|equity| money.of(equity));
        let capital = self.capital.map(|capital| format!("capital {}", number(capital)));
        let moved = [moved("put in", self.deposits), moved("taken out", self.withdrawals)];
        equity.into_iter().chain(capital).chain(moved.into_iter().flatten()).collect()
    }

    fn held(&self, money: &Money<'_>) -> Vec<String> {
        let mut open: Vec<&SymbolSummary> = self.positions.iter().filter(|one| one.quantity != 0.0).collect();
        open.sort_by(|one, other| other.value.abs().total_cmp(&one.value.abs()));
        let told = open.iter().take(MOST).map(|one| {
            let price = one.price.or(one.entry_price).unwrap_or_default();
            format!("{} {} at {} ({})", one.symbol, number(one.quantity), number(price), money.change(one.unrealized))
        });
        let more = open.len().checked_sub(MOST + 1).map(|more| format!("… {} more", more + 1));
        told.chain(more).collect()
    }

    fn turned_away(&self) -> Vec<String> {
        let refused = self.refused.by_reason().into_iter().filter(|(_, count)| *count > 0);
        refused.map(|(reason, count)| format!("{} {count}", reason.replace('_', " "))).collect()
    }
}

fn made(pnl: &Pnl, money: &Money<'_>) -> Vec<String> {
    vec![
        money.change(pnl.total) + &in_parentheses(pnl.ratio),
        format!("realized {}", change(pnl.realized)),
        format!("unrealized {}", change(pnl.unrealized)),
        format!("fees {}", number(pnl.fees)),
    ]
}

fn latest(day: &Day, pnl: &Pnl, money: &Money<'_>) -> String {
    format!("{} {}{}", day.date, money.change(day.pnl), in_parentheses(pnl.daily_ratio))
}

fn over(days: &[Day], pnl: &Pnl, money: &Money<'_>) -> Vec<String> {
    let count = (!days.is_empty()).then(|| number(days.len() as f64));
    let of = |what: &str, amount: Option<f64>| amount.map(|amount| format!("{what} {}", money.change(amount)));
    let figures = [count, of("mean", pnl.daily_mean), of("worst", pnl.daily_min), of("best", pnl.daily_max)];
    figures.into_iter().flatten().collect()
}

fn below(drawdown: &Drawdown, money: &Money<'_>) -> Vec<String> {
    let Drawdown { ratio, value, peak, max_ratio, max_value, max_peak, max_trough, longest_days, .. } = drawdown;
    let Some(peak) = peak else { return Vec::new() };
    let size = |ratio: &Option<f64>, value: &f64| ratio.map_or_else(|| money.of(*value), percent);
    let since = if *value > 0.0 { format!(" since {peak}") } else { String::new() };
    let of = max_peak.zip(*max_trough).map_or_else(String::new, |(peak, trough)| format!(" ({peak} to {trough})"));
    let longest = (*longest_days > 0).then(|| format!("longest {} days", number((*longest_days).into())));
    let figures =
        [Some(size(ratio, value) + &since), Some(format!("largest {}{of}", size(max_ratio, max_value))), longest];
    figures.into_iter().flatten().collect()
}

fn ratios(performance: &Performance) -> Vec<String> {
    let ratio = |name: &str, value: Option<f64>| value.map(|ratio| format!("{name} {}", plain(ratio)));
    let part = |name: &str, ratio: Option<f64>| ratio.map(|ratio| format!("{name} {}", percent(ratio)));
    let figures = [
        ratio("Sharpe", performance.sharpe_ratio),
        ratio("of 30 days", performance.sharpe_ratio_30d),
        ratio("of 90 days", performance.sharpe_ratio_90d),
        ratio("Sortino", performance.sortino_ratio),
        part("probabilistic Sharpe", performance.probabilistic_sharpe_ratio),
        part("win rate", performance.win_rate),
        ratio("profit factor", performance.profit_factor),
    ];
    figures.into_iter().flatten().collect()
}

fn exposure(risk: &Risk, money: &Money<'_>) -> Vec<String> {
    let size = |ratio: Option<f64>, amount: f64| ratio.map_or_else(|| money.of(amount), percent);
    let largest = risk.largest_position.as_ref().map(|symbol| {
        let part = risk.largest_position_ratio.map(percent).unwrap_or_default();
        format!("largest {symbol} {part}").trim_end().to_owned()
    });
    let any = risk.gross_exposure > 0.0 || risk.gross_exposure_ratio.is_some_and(|ratio| ratio > 0.0);
    let sums = [
        format!("gross {}", size(risk.gross_exposure_ratio, risk.gross_exposure)),
        format!("net {}", size(risk.net_exposure_ratio, risk.net_exposure)),
    ];
    if any { sums.into_iter().chain(largest).collect() } else { Vec::new() }
}

fn risk(risk: &Risk) -> Vec<String> {
    let figures = [
        risk.volatility.map(|ratio| format!("volatility {} a year", percent(ratio))),
        risk.beta.map(|beta| format!("beta {}", plain(beta))),
        risk.value_at_risk_95.map(|ratio| format!("VaR 95 {} a day", percent(ratio))),
        risk.conditional_value_at_risk_95.map(|ratio| format!("CVaR 95 {} a day", percent(ratio))),
        risk.regime.map(|regime| format!("market {regime}")),
    ];
    figures.into_iter().flatten().collect()
}

/// What amounts are counted in.
struct Money<'a>(&'a str);

impl Money<'_> {
    fn of(&self, amount: f64) -> String {
        format!("{} {}", number(amount), self.0).trim_end().to_owned()
    }

    /// With its sign.
    fn change(&self, amount: f64) -> String {
        format!("{} {}", change(amount), self.0).trim_end().to_owned()
    }
}

fn in_parentheses(ratio: Option<f64>) -> String {
    ratio.map_or_else(String::new, |ratio| format!(" ({:+.2} %)", ratio * 100.0))
}

fn percent(ratio: f64) -> String {
    let decimals = if ratio.abs() < 0.1 { 2 } else { 1 };
    format!("{:.decimals$} %", ratio * 100.0)
}

/// What rounds to zero has no sign.
fn plain(ratio: f64) -> String {
    format!("{:.2}", (ratio * 100.0).round() / 100.0 + 0.0)
}

fn change(amount: f64) -> String {
    let sign = if amount > 0.0 { "+" } else { "" };
    format!("{sign}{}", number(amount))
}

/// In groups of three digits, with as many behind the point as mean something.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        whole if whole >= 10_000.0 || whole.fract() == 0.0 => 0,
        some if some >= 1.0 => 2,
        _ => 8,
    };
    let text = format!("{:.decimals$}", value.abs());
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let part = if decimals > 2 { part.trim_end_matches('0') } else { part };
    let is_zero = whole == "0" && part.bytes().all(|digit| digit == b'0');
    let sign = if value < 0.0 && !is_zero { "-" } else { "" };
    let point = if part.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{part}", format::grouped(whole))
}

#[cfg(test)]
mod tests {
    use super::{change, number};

    #[test]
    fn numbers_are_as_long_as_they_mean_something() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (999.0, "999"),
            (1_000.0, "1,000"),
            (-1_234_567.8, "-1,234,568"),
            (9_999.5, "9,999.50"),
            (1.005, "1.00"),
            (0.25, "0.25"),
            (-2e-8, "-0.00000002"),
            (1e-12, "0"),
            (-1e-12, "0"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
        assert_eq!((change(5.0), change(-5.0), change(0.0)), ("+5".into(), "-5".into(), "0".into()));
    }
}
