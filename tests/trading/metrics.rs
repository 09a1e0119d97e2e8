//! A book's figures among the process's metrics.

use perfmon::{
    Snapshot,
    snapshot::{Metric, Value},
    trading::{Book, Fill, PnlKind, Regime},
};

use crate::{builder, close, noon};

fn value(snapshot: &Snapshot, book: &str, name: &str, more: &[&str]) -> Option<f64> {
    let values: Vec<&str> = [&[book], more].concat();
    let series = snapshot.metric(name)?.series().iter().find(|series| series.values() == values)?;
    Some(match series.value() {
        Value::Counter(count) => *count as f64,
        Value::Gauge(value) => *value,
        other => panic!("no number: {other:?}"),
    })
}

/// A book that has all there is.
fn full() -> Book {
    let book = builder().capital(10_000.0).currency("USD").symbols(2).build().expect("a new name");
    for day in 0..100 {
        let at = book.at(noon(day));
        at.fill(Fill::buy("AAPL", 1.0, 100.0 + f64::from(day * 37 % 11)).fee(0.1));
        at.fill(Fill::sell("MSFT", 1.0, 50.0));
        at.record_pnl("GONE", f64::from(day % 5) - 1.5, PnlKind::Realized);
        at.mark("AAPL", 100.0 + f64::from(day * 37 % 13));
        at.benchmark(1_000.0 + f64::from(day * 37 % 17));
    }
    book
}

#[test]
fn every_metric_of_the_list_is_there() {
    let book = full();
    let snapshot = crate::snapshot();
    let text = include_str!("../../src/packs/trading/book/book.md");
    let listed = text.lines().filter(|line| line.starts_with("| `trading_"));
    let names: Vec<&str> = listed
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .filter(|name| name.starts_with("trading_"))
        .collect();
    assert!(names.len() > 45, "{names:?}");
    for name in &names {
        let name = name.split('{').next().expect("a name");
        let metric = snapshot.metric(name).unwrap_or_else(|| panic!("{name} is in the list, and not there"));
        assert!(!metric.help().is_empty(), "{name}");
        assert!(metric.series().iter().any(|series| series.values()[0] == book.name()), "{name}");
    }
    let found = snapshot.metrics().iter().map(Metric::name).filter(|name| name.starts_with("trading_"));
    for name in found {
        let listed = names.iter().any(|listed| listed.split('{').next() == Some(name));
        // Every book has kill switches, which are told apart.
        assert!(listed || name.starts_with("trading_kill_switch_"), "{name} is there, and not in the list");
    }
}

#[test]
fn metrics_tell_what_the_summary_does() {
    let book = full();
    book.set_market_regime(Regime::Storm);
    let (summary, snapshot) = (book.summary(), crate::snapshot());
    let of = |name, more: &[&str]| value(&snapshot, book.name(), name, more);
    close(of("trading_equity", &[]), summary.equity.expect("with capital"));
    close(of("trading_sharpe_ratio_90d", &[]), summary.performance.sharpe_ratio_90d.expect("100 days"));
    close(of("trading_value_at_risk_95_ratio", &[]), summary.risk.value_at_risk_95.expect("100 days"));
    close(of("trading_position_quantity", &["AAPL"]), 100.0);
    close(of("trading_position_pnl_realized", &["other"]), summary.pnl.realized);
    close(of("trading_fills_total", &[]), 200.0);
    close(of("trading_results_total", &["win"]), summary.wins as f64);
    close(of("trading_market_regime", &[]), 2.0);
    assert_eq!(of("trading_updates_refused_total", &["not_finite"]), Some(0.0));
    let unit = |name| snapshot.metric(name).expect("there").unit();
    assert_eq!((unit("trading_volatility_ratio"), unit("trading_drawdown_seconds")), ("ratio", "seconds"));

    book.at(noon(100)).fill(Fill::buy("AAPL", 1.0, 100.0));
    assert_eq!(value(&crate::snapshot(), book.name(), "trading_fills_total", &[]), Some(201.0), "always as it is");

    let name = format!("trading.{}", book.name());
    assert!(perfmon::collectors().iter().any(|collector| collector.name == name));
    book.remove();
    assert_eq!(value(&crate::snapshot(), book.name(), "trading_equity", &[]), None);
}

#[test]
fn a_book_that_knows_nothing_says_nothing() {
    let book = builder().build().expect("a new name");
    let snapshot = crate::snapshot();
    let of = |name| value(&snapshot, book.name(), name, &[]);
    assert_eq!((of("trading_pnl"), of("trading_open_positions")), (Some(0.0), Some(0.0)));
    let gauges =
        snapshot.metrics().iter().flat_map(|metric| metric.series().iter().map(move |series| (metric, series)));
    for (metric, series) in
        gauges.filter(|(_, series)| series.values().first().is_some_and(|first| first == book.name()))
    {
        assert_ne!(format!("{:?}", series.value()), "Gauge(-0.0)", "{}", metric.name());
    }
    for absent in
        ["trading_equity", "trading_pnl_daily", "trading_drawdown_ratio", "trading_sharpe_ratio", "trading_beta"]
    {
        assert_eq!(of(absent), None, "{absent}");
    }
}
