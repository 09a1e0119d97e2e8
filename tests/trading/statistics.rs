//! Drawdown, performance and risk: when they are there, and what sets them.

use perfmon::trading::{Book, Figure, Fill, PnlKind, PortfolioRisk, Regime, RegimeRule, SharpeWindow};

use crate::{DAY, book, builder, close, noon};

/// Has a book make these amounts, one a day.
fn live(book: &Book, daily: impl IntoIterator<Item = f64>) {
    for (day, pnl) in (0..).zip(daily) {
        book.at(noon(day)).record_pnl("X", pnl, PnlKind::Realized);
    }
}

/// Amounts that go up and down without a pattern, the same every time.
fn amounts(count: u32, size: f64) -> impl Iterator<Item = f64> {
    (0..count).map(move |number| (f64::from(number * 7_919 % 101) - 49.0) / 50.0 * size)
}

#[test]
fn below_the_peak() {
    let book = book();
    live(&book, [1_000.0, -500.0, -2_250.0, 1_000.0]);
    let summary = book.summary();
    let drawdown = &summary.drawdown;
    // The peak is 11,000 on the first day, the trough 8,250 on the third.
    close(drawdown.ratio, 1_750.0 / 11_000.0);
    assert_eq!((drawdown.value, drawdown.days, drawdown.seconds), (1_750.0, 3, 3.0 * 86_400.0));
    close(drawdown.max_ratio, 0.25);
    assert_eq!((drawdown.max_value, drawdown.longest_days, drawdown.longest_seconds), (2_750.0, 3, 3.0 * 86_400.0));
    let date = |date: Option<perfmon::trading::Date>| date.expect("a date").to_string();
    assert_eq!(date(drawdown.peak), "2024-01-01");
    assert_eq!((date(drawdown.max_peak), date(drawdown.max_trough)), ("2024-01-01".into(), "2024-01-03".into()));

    // Reached again: the time until then was below it.
    book.at(noon(9)).record_pnl("X", 2_000.0, PnlKind::Realized);
    let drawdown = book.summary().drawdown;
    assert_eq!((drawdown.ratio, drawdown.value, drawdown.days), (Some(0.0), 0.0, 0));
    assert_eq!((drawdown.longest_days, drawdown.longest_seconds), (4, 9.0 * 86_400.0));
    close(drawdown.max_ratio, 0.25);
}

#[test]
fn a_loss_on_the_first_day_is_below_the_capital() {
    let book = book();
    live(&book, [-1_000.0]);
    close(book.summary().drawdown.ratio, 0.1);
    close(book.summary().drawdown.max_ratio, 0.1);
}

#[test]
fn days_count_by_their_close_unless_told_otherwise() {
    let [daily, intraday] = [builder(), builder().intraday_drawdown()].map(|builder| {
        let book = builder.capital(10_000.0).build().expect("a new name");
        for pnl in [2_000.0, -6_000.0, 4_000.0] {
            book.at(noon(0)).record_pnl("X", pnl, PnlKind::Realized);
        }
        book.at(noon(1)).record_pnl("X", 0.0, PnlKind::Realized);
        book.summary().drawdown
    });
    assert_eq!((daily.ratio, daily.max_ratio), (Some(0.0), Some(0.0)));
    assert_eq!((intraday.ratio, intraday.max_ratio), (Some(1.0 - 10_000.0 / 12_000.0), Some(0.5)));
}

#[test]
fn a_window_that_is_not_full_has_no_ratio() {
    let book = book();
    for (day, pnl) in (0..).zip(amounts(91, 100.0)) {
        book.at(noon(day)).record_pnl("X", pnl, PnlKind::Realized);
        let summary = book.at(noon(day + 1)).summary();
        let (performance, days) = (summary.performance, day + 1);
        assert_eq!(performance.sharpe_ratio_30d.is_some(), days >= 30, "{days}");
        assert_eq!(performance.sharpe_ratio_90d.is_some(), days >= 90, "{days}");
        assert_eq!(performance.sharpe_ratio.is_some(), days >= 2, "{days}");
        assert_eq!(performance.probabilistic_sharpe_ratio.is_some(), days >= 4, "{days}");
        assert_eq!(summary.risk.volatility.is_some(), days >= 2, "{days}");
        assert_eq!(summary.risk.value_at_risk_95.is_some(), days >= 20, "{days}");
        assert_eq!(summary.risk.conditional_value_at_risk_95.is_some(), days >= 20, "{days}");
        assert_eq!(summary.risk.regime.is_some(), days >= 63, "{days}");
    }
}

#[test]
fn nothing_happened_is_not_zero() {
    let empty = book();
    let summary = empty.summary();
    assert_eq!((summary.equity, summary.pnl.total, summary.pnl.daily), (Some(10_000.0), 0.0, None));
    assert_eq!((summary.drawdown.ratio, summary.performance.win_rate, summary.risk.beta), (None, None, None));

    // Days without change: nothing to divide by.
    let still = book();
    live(&still, [0.0; 100]);
    let summary = still.summary();
    assert_eq!(summary.performance, perfmon::trading::Performance::default());
    assert_eq!(
        (summary.risk.volatility, summary.risk.value_at_risk_95, summary.risk.regime),
        (Some(0.0), Some(0.0), None)
    );
}

#[test]
fn equal_returns_have_no_sharpe_ratio() {
    let book = book();
    let mut equity = 10_000.0;
    for day in 0..40 {
        book.at(noon(day)).record_pnl("X", equity * 0.01, PnlKind::Realized);
        equity += equity * 0.01;
    }
    let performance = book.summary().performance;
    assert_eq!((performance.sharpe_ratio, performance.sharpe_ratio_30d, performance.sortino_ratio), (None, None, None));
}

#[test]
fn without_capital_there_is_money_only() {
    let book = builder().build().expect("a new name");
    live(&book, amounts(100, 100.0));
    book.fill(Fill::buy("X", 1.0, 100.0));
    let summary = book.summary();
    assert_eq!((summary.equity, summary.pnl.ratio, summary.pnl.daily_ratio), (None, None, None));
    assert_eq!((summary.drawdown.ratio, summary.drawdown.max_ratio), (None, None));
    assert!(summary.drawdown.max_value > 0.0 && summary.performance.win_rate.is_some());
    assert_eq!((summary.performance.sharpe_ratio, summary.risk.gross_exposure_ratio), (None, None));
    assert_eq!((summary.risk.gross_exposure, summary.risk.volatility), (100.0, None));
}

#[test]
fn ruin_has_no_returns_afterwards() {
    let book = book();
    live(&book, [100.0, -12_000.0, 500.0, 300.0]);
    let summary = book.summary();
    let returns: Vec<bool> = summary.days.iter().map(|day| day.return_ratio.is_some()).collect();
    assert_eq!(returns, [true, true, false]);
    close(summary.drawdown.max_ratio, 12_000.0 / 10_100.0);
    assert_eq!(summary.risk.gross_exposure_ratio, None);
}

#[test]
fn by_days_where_there_are_no_results() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("X", 1.0, 1_000.0));
    for (day, price) in (1..).zip([1_100.0, 1_100.0, 1_050.0, 1_150.0]) {
        book.at(noon(day)).mark("X", price);
    }
    let summary = book.summary();
    assert_eq!((summary.wins, summary.losses), (0, 0));
    close(summary.performance.win_rate, 2.0 / 3.0);
    close(summary.performance.profit_factor, 4.0);
}

#[test]
fn beta_is_of_days_that_both_have() {
    let book = book();
    let (mut equity, mut level) = (10_000.0, 1_000.0);
    for (day, change) in (0..).zip([0.0, 0.01, -0.02, 0.03, -0.01, 0.02]) {
        let pnl = equity * change * 2.0;
        (equity, level) = (equity + pnl, level * (1.0 + change));
        book.at(noon(day)).record_pnl("X", pnl, PnlKind::Realized);
        if day != 3 {
            book.at(noon(day)).benchmark(level);
        }
    }
    close(book.summary().risk.beta, 2.0);
}

#[test]
fn the_market_decides_on_the_regime() {
    let regime = |size: f64, rule: RegimeRule| {
        let book = builder().capital(10_000.0).regime(rule).build().expect("a new name");
        live(&book, amounts(100, 50.0).chain(amounts(21, 50.0 * size)));
        book.summary().risk.regime
    };
    let relative = RegimeRule::default();
    assert_eq!(regime(0.2, relative), Some(Regime::Calm));
    assert_eq!(regime(1.0, relative), Some(Regime::Normal));
    assert_eq!(regime(5.0, relative), Some(Regime::Storm));
    let annualized = RegimeRule::Annualized { calm: 0.01, storm: 0.02 };
    assert_eq!(regime(1.0, annualized), Some(Regime::Storm));

    // The book is as always, but its benchmark is not.
    let book = book();
    let mut level = 100.0;
    for (day, change) in (0..).zip(amounts(100, 0.01).chain(amounts(21, 0.1))) {
        level *= 1.0 + change;
        book.at(noon(day)).benchmark(level);
        book.at(noon(day)).record_pnl("X", f64::from(day % 3), PnlKind::Realized);
    }
    assert_eq!(book.summary().risk.regime, Some(Regime::Storm));
    book.set_market_regime(Regime::Calm);
    assert_eq!(book.summary().risk.regime, Some(Regime::Calm));
    book.set_market_regime(None);
    assert_eq!(book.summary().risk.regime, Some(Regime::Storm));
}

#[test]
fn what_the_program_computes_goes_before_what_is_derived() {
    let book = book();
    live(&book, amounts(100, 100.0));
    let derived = book.summary();
    book.record_pnl_ratio(0.025, 0.003);
    book.record_sharpe_ratio(SharpeWindow::Days30, 1.5);
    book.record_sharpe_ratio(SharpeWindow::Days90, 1.2);
    book.record_psr(0.97);
    book.record_results(0.6, 1.8);
    book.record_drawdown(0.05, 0.12);
    book.record_exposure(1.5, 0.6);
    book.record_portfolio_risk(PortfolioRisk { volatility: Some(0.18), beta: Some(0.9), ..PortfolioRisk::default() });
    let summary = book.summary();
    assert_eq!((summary.pnl.ratio, summary.pnl.daily_ratio), (Some(0.025), Some(0.003)));
    let performance = summary.performance;
    assert_eq!((performance.sharpe_ratio_30d, performance.sharpe_ratio_90d), (Some(1.5), Some(1.2)));
    assert_eq!(performance.sharpe_ratio, derived.performance.sharpe_ratio);
    assert_eq!(performance.probabilistic_sharpe_ratio, Some(0.97));
    assert_eq!((performance.win_rate, performance.profit_factor), (Some(0.6), Some(1.8)));
    assert_eq!((summary.drawdown.ratio, summary.drawdown.max_ratio), (Some(0.05), Some(0.12)));
    assert_eq!((summary.risk.gross_exposure_ratio, summary.risk.net_exposure_ratio), (Some(1.5), Some(0.6)));
    assert_eq!((summary.risk.volatility, summary.risk.beta), (Some(0.18), Some(0.9)));
    assert_eq!(summary.risk.value_at_risk_95, derived.risk.value_at_risk_95);
    book.derive(Figure::Volatility);
    book.derive(SharpeWindow::Days30);
    assert_eq!(book.summary().risk.volatility, derived.risk.volatility);
    assert_eq!(book.summary().performance.sharpe_ratio_30d, derived.performance.sharpe_ratio_30d);
}

#[test]
fn settings_are_what_they_say() {
    let amounts: Vec<f64> = amounts(100, 100.0).collect();
    let summary = |builder: perfmon::trading::Builder| {
        let book = builder.capital(10_000.0).build().expect("a new name");
        live(&book, amounts.iter().copied());
        book.at(noon(100) + DAY).summary()
    };
    let (usual, crypto) = (summary(builder()), summary(builder().days_a_year(365.0)));
    let longer = (365.0_f64 / 252.0).sqrt();
    close(crypto.performance.sharpe_ratio, usual.performance.sharpe_ratio.expect("enough days") * longer);
    close(crypto.risk.volatility, usual.risk.volatility.expect("enough days") * longer);
    assert!(summary(builder().risk_free_rate(0.05)).performance.sharpe_ratio < usual.performance.sharpe_ratio);
    let harder = summary(builder().benchmark_sharpe_ratio(1.0)).performance;
    assert!(harder.probabilistic_sharpe_ratio < usual.performance.probabilistic_sharpe_ratio);
    assert_ne!(summary(builder().risk_days(50)).risk.volatility, usual.risk.volatility);
}
