//! What scrapers see of books: perfmon's own names, and those that the algorithmic trader's documents ask for.

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use perfmon::{
    exporter::Exporter,
    trading::{Book, Fill, PnlKind, books},
};

const DAY: Duration = Duration::from_secs(86_400);

/// A book that has every figure.
fn full() -> Book {
    let book = Book::builder("algo").capital(10_000.0).currency("USD").symbols(2).build().expect("a new name");
    for day in 0..100 {
        let at = book.at(UNIX_EPOCH + DAY * (19_723 + day));
        at.fill(Fill::buy("AAPL", 1.0, 100.0 + f64::from(day * 37 % 11)).fee(0.1));
        at.fill(Fill::sell("MSFT", 1.0, 50.0));
        at.record_pnl("GONE", f64::from(day % 5) - 1.5, PnlKind::Realized);
        at.mark("AAPL", 100.0 + f64::from(day * 37 % 13));
        at.benchmark(1_000.0 + f64::from(day * 37 % 17));
    }
    book
}

/// The values of a document by name and labels, as soon as it has one of these.
fn scrape(exporter: &Exporter, names: &str, wanted: &str) -> BTreeMap<String, f64> {
    let url = format!("{}/metrics?names={names}", exporter.url());
    for _ in 0..600 {
        let document = ureq::get(&url).call().expect("an answer").body_mut().read_to_string().expect("text");
        let samples = document.lines().filter(|line| !line.starts_with('#'));
        let samples = samples.map(|line| line.rsplit_once(' ').expect("a value"));
        let samples: BTreeMap<_, _> =
            samples.map(|(name, value)| (name.to_owned(), value.parse().expect("a number"))).collect();
        if samples.keys().any(|name| name.starts_with(wanted)) {
            return samples;
        }
        // The exporter asks collectors once a second.
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no {wanted} within a minute");
}

#[test]
fn books_are_exported() {
    let summary = full().summary();
    let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start().expect("starts");
    exporter_has_the_names_of_the_list(&exporter);

    let found = scrape(&exporter, "algo_trade", "algo_trade_pnl_cumulative");
    let (risk, performance) = (&summary.risk, &summary.performance);
    for (name, expected) in [
        ("pnl_cumulative", summary.pnl.ratio),
        ("pnl_daily", summary.pnl.daily_ratio),
        ("sharpe_ratio_rolling_30d", performance.sharpe_ratio_30d),
        ("sharpe_ratio_rolling_90d", performance.sharpe_ratio_90d),
        ("max_drawdown_current", summary.drawdown.ratio),
        ("max_drawdown_historical", summary.drawdown.max_ratio),
        ("win_rate", performance.win_rate),
        ("profit_factor", performance.profit_factor),
        ("gross_exposure", risk.gross_exposure_ratio),
        ("net_exposure", risk.net_exposure_ratio),
        ("portfolio_volatility", risk.volatility),
        ("portfolio_beta", risk.beta),
        ("largest_position_pct", risk.largest_position_ratio.map(|ratio| ratio * 100.0)),
        ("var_95", risk.value_at_risk_95),
        ("cvar_95", risk.conditional_value_at_risk_95),
        ("market_regime", Some(1.0)),
        ("active_positions", Some(2.0)),
    ] {
        let found = found.get(&format!("algo_trade_{name}")).unwrap_or_else(|| panic!("no {name}"));
        let expected = expected.unwrap_or_else(|| panic!("the book has no {name}"));
        assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{name}: {found} instead of {expected}");
    }
    the_dashboard_has_it(&exporter);
}

/// As long as it is not removed.
fn the_dashboard_has_it(exporter: &Exporter) {
    let dashboard = || {
        let mut answer = ureq::get(format!("{}/api/v1/dashboard", exporter.url())).call().expect("an answer");
        serde_json::from_reader::<_, serde_json::Value>(answer.body_mut().as_reader()).expect("JSON")
    };
    let [book] = books().try_into().expect("one book");
    assert!(book.kill_switch("pnl").activate("-5.2 %"));
    let told = dashboard()["pnl"]["books"][0].take();
    // Through text, as what was told.
    let expected = serde_json::to_string(&book.summary()).expect("any serde format");
    let mut expected: serde_json::Value = serde_json::from_str(&expected).expect("JSON");
    let days = expected.as_object_mut().and_then(|summary| summary.remove("days")).expect("days");
    assert_eq!(days.as_array().map(Vec::len), Some(99));
    for (part, value) in expected.as_object().expect("an object") {
        assert_eq!(&told[part], value, "{part}");
    }
    assert_eq!(told.get("days"), None, "they are too many");
    let switches = told["kill_switches"].as_array().expect("a list");
    let pnl = switches.iter().find(|switch| switch["name"] == "pnl").expect("one");
    assert_eq!((&pnl["active"], &pnl["reason"], &pnl["activations"]), (&true.into(), &"-5.2 %".into(), &1.into()));
    assert!(pnl["since"].as_f64() > Some(1.7e9), "seconds: {pnl}");

    book.remove();
    assert!(dashboard()["pnl"].is_null());
    assert!(dashboard().get("agents").is_none_or(serde_json::Value::is_null), "nobody runs here");
}

/// No unit makes the exporter change a name.
fn exporter_has_the_names_of_the_list(exporter: &Exporter) {
    let found = scrape(exporter, "canonical", "trading_equity");
    let text = include_str!("../src/packs/trading/book/book.md");
    let listed = text.lines().filter(|line| line.starts_with("| `trading_"));
    let names: Vec<&str> = listed.flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
    for name in names.iter().filter_map(|name| name.split('{').next()).filter(|name| name.starts_with("trading_")) {
        assert!(found.keys().any(|found| found.starts_with(&format!("{name}{{book=\"algo\""))), "no {name}");
    }
}
