//! Twenty years of two indices: every figure agrees with independent code, see `reference.py`.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::SystemTime,
};

use flate2::read::GzDecoder;
use jiff::{civil::Date, fmt::strtime, tz::TimeZone};
use perfmon::trading::{
    Builder, Fill,
    Regime::{Calm, Storm},
    Summary,
};
use serde_json::Value;

use crate::{builder, close};

const CAPITAL: f64 = 1_000_000.0;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn data(name: &str) -> PathBuf {
    root().join("examples/data").join(name)
}

/// Sessions with their closes.
fn closes(name: &str) -> Vec<(Date, f64)> {
    column(name, 4)
}

fn column(name: &str, column: usize) -> Vec<(Date, f64)> {
    let file = BufReader::new(GzDecoder::new(File::open(data(name)).expect("the file is in the tree")));
    let rows = file.lines().skip(1).map(|line| {
        let line = line.expect("text");
        let fields: Vec<&str> = line.split(',').collect();
        let date = strtime::parse("%m/%d/%Y", fields[0]).and_then(|date| date.to_date()).expect("a date");
        (date, fields[column].parse().expect("a number"))
    });
    rows.collect()
}

static REFERENCE: LazyLock<Value> = LazyLock::new(|| {
    let python = root().join("target/python/bin/python3");
    let mut command = Command::new(&python);
    command.arg(root().join("tests/trading/reference.py")).args([data("sp500.csv.gz"), data("nasdaq.csv.gz")]);
    let output = command.output();
    let output = output.unwrap_or_else(|error| {
        panic!("failed to run {}: {error}; run scripts/test, which installs it with what it needs", python.display())
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "reference.py failed; scripts/test installs what it needs:\n{said}");
    serde_json::from_slice(&output.stdout).expect("JSON")
});

/// The close of a session in New York.
fn instant(date: Date) -> SystemTime {
    let zone = TimeZone::get("America/New_York").expect("a zone");
    zone.to_ambiguous_zoned(date.at(16, 0, 0, 0)).compatible().expect("in range").timestamp().into()
}

/// Buys the indices at the first close, in these parts of the capital, and holds them.
fn held(builder: Builder, parts: [f64; 2]) -> Summary {
    let book = builder.capital(CAPITAL).time_zone("America/New_York").build().expect("a new name");
    let symbols = ["^GSPC", "^IXIC"];
    let (first, second) = (closes("sp500.csv.gz"), closes("nasdaq.csv.gz"));
    for (session, (&(date, one), &(_, other))) in first.iter().zip(&second).enumerate() {
        let at = book.at(instant(date));
        for ((symbol, price), part) in symbols.into_iter().zip([one, other]).zip(parts) {
            if session == 0 && part > 0.0 {
                at.fill(Fill::buy(symbol, part * CAPITAL / price, price));
            } else {
                at.mark(symbol, price);
            }
        }
        at.benchmark(other);
    }
    book.summary()
}

#[track_caller]
fn agree(found: impl Into<Option<f64>>, reference: &Value, name: &str) {
    let expected = reference[name].as_f64().unwrap_or_else(|| panic!("the reference has no {name}"));
    let found = found.into().unwrap_or_else(|| panic!("no {name}"));
    assert!((found - expected).abs() <= 1e-9 * expected.abs(), "{name}: {found} instead of {expected}");
}

fn agree_all(parts: [f64; 2], reference: &Value) {
    let year = held(builder(), parts);
    let all = held(builder().risk_days(usize::MAX).risk_free_rate(0.02).benchmark_sharpe_ratio(0.5), parts);
    let performance = &year.performance;
    agree(performance.sharpe_ratio, reference, "sharpe_ratio");
    agree(performance.sharpe_ratio_30d, reference, "sharpe_ratio_30d");
    agree(performance.sharpe_ratio_90d, reference, "sharpe_ratio_90d");
    agree(all.performance.sharpe_ratio, reference, "sharpe_ratio_above_2_percent");
    agree(performance.sortino_ratio, reference, "sortino_ratio");
    agree(performance.probabilistic_sharpe_ratio, reference, "probabilistic_sharpe_ratio");
    agree(performance.win_rate, reference, "win_rate");
    agree(performance.profit_factor, reference, "profit_factor");
    agree(year.drawdown.max_ratio, reference, "max_drawdown");
    agree(year.drawdown.ratio, reference, "drawdown");
    agree(year.drawdown.max_value, reference, "max_drawdown_value");
    agree(year.pnl.daily_mean, reference, "daily_mean");
    agree(year.pnl.daily_min, reference, "daily_min");
    agree(year.pnl.daily_max, reference, "daily_max");
    for (risk, reference) in [(&year.risk, &reference["year"]), (&all.risk, &reference["all"])] {
        agree(risk.volatility, reference, "volatility");
        agree(risk.value_at_risk_95, reference, "value_at_risk_95");
        agree(risk.conditional_value_at_risk_95, reference, "conditional_value_at_risk_95");
        agree(risk.beta, reference, "beta");
    }
    agree_by_day(&year, reference);
}

fn agree_by_day(summary: &Summary, reference: &Value) {
    let days: Vec<_> = summary.days.iter().chain(&summary.today).collect();
    let of = |name: &str| reference[name].as_array().expect("a list").iter().map(|one| one.as_f64().expect("a number"));
    assert_eq!((days.len(), of("pnl").count(), of("returns").count()), (5_031, 5_031, 5_031));
    for ((day, pnl), ratio) in days.iter().zip(of("pnl")).zip(of("returns")) {
        // Differences of equities of a million and more, of which each is exact to 16 digits.
        assert!((day.pnl - pnl).abs() < 1e-9 * day.open, "{}: {} instead of {pnl}", day.date, day.pnl);
        assert!((day.return_ratio.expect("with capital") - ratio).abs() < 1e-9, "{}", day.date);
    }
}

#[test]
fn one_index_agrees() {
    agree_all([1.0, 0.0], &REFERENCE["one"]);
}

#[test]
fn two_indices_agree() {
    agree_all([0.6, 0.4], &REFERENCE["two"]);
}

/// Money comes before the first price of a day, within it, and goes after the last.
#[test]
fn a_book_into_which_money_comes_agrees() {
    let reference = &REFERENCE["funded"];
    let book = builder().capital(CAPITAL).time_zone("America/New_York").build().expect("a new name");
    let opens = column("sp500.csv.gz", 1);
    for (session, (&(date, close), &(_, open))) in closes("sp500.csv.gz").iter().zip(&opens).enumerate() {
        let at = book.at(instant(date));
        if session == 0 {
            at.fill(Fill::buy("^GSPC", 0.8 * CAPITAL / close, close));
        }
        if session % 97 == 50 {
            at.deposit(50_000.0);
        }
        if session % 211 == 100 {
            at.mark("^GSPC", open);
            at.deposit(100_000.0 + session as f64);
        }
        at.mark("^GSPC", close);
        if session % 131 == 60 {
            at.withdraw(40_000.0);
        }
    }
    let summary = book.summary();
    let Summary { performance, risk, drawdown, .. } = &summary;
    agree(performance.sharpe_ratio, reference, "sharpe_ratio");
    agree(performance.sharpe_ratio_90d, reference, "sharpe_ratio_90d");
    agree(performance.sortino_ratio, reference, "sortino_ratio");
    agree(performance.probabilistic_sharpe_ratio, reference, "probabilistic_sharpe_ratio");
    agree(drawdown.max_ratio, reference, "max_drawdown");
    agree(drawdown.ratio, reference, "drawdown");
    agree(drawdown.value, reference, "drawdown_value");
    agree(drawdown.max_value, reference, "max_drawdown_value");
    agree(risk.volatility, reference, "volatility");
    agree(risk.value_at_risk_95, reference, "value_at_risk_95");
    agree(risk.conditional_value_at_risk_95, reference, "conditional_value_at_risk_95");
    agree(summary.pnl.ratio, reference, "cumulative");
    agree(summary.equity, reference, "equity");
    agree_by_day(&summary, reference);
}

#[test]
fn the_days_of_history_are_found() {
    let summary = held(builder(), [1.0, 0.0]);
    let drawdown = &summary.drawdown;
    let date = |date: Option<perfmon::trading::Date>| date.expect("a date").to_string();
    assert_eq!((date(drawdown.max_peak), date(drawdown.max_trough)), ("2007-10-09".into(), "2009-03-09".into()));
    assert_eq!(date(drawdown.peak), "2018-09-20");
    // 24 March 2000 to 30 May 2007, when the close of before was reached.
    close(drawdown.longest_seconds, instant_between("2000-03-24", "2007-05-30"));
    assert_eq!(summary.today.map(|day| day.date.to_string()).as_deref(), Some("2018-12-31"));
}

#[test]
fn the_storms_of_history_are_seen() {
    let book = builder().time_zone("America/New_York").build().expect("a new name");
    let mut regimes = BTreeMap::new();
    for (session, (date, close)) in closes("sp500.csv.gz").into_iter().enumerate() {
        book.at(instant(date)).benchmark(close);
        if session % 10 == 0 {
            regimes.insert(date, book.summary().risk.regime);
        }
    }
    let of =
        |date: &str| regimes.range(..=date.parse::<Date>().expect("a date")).next_back().and_then(|found| *found.1);
    assert_eq!(of("1999-03-01"), None, "what is usual is not known yet");
    assert_eq!((of("2008-11-20"), of("2009-03-09"), of("2017-10-20")), (Some(Storm), Some(Storm), Some(Calm)));
    let share = |regime| regimes.values().filter(|found| **found == Some(regime)).count() as f64 / regimes.len() as f64;
    let (calm, storm) = (share(Calm), share(Storm));
    assert!((0.2..0.35).contains(&calm) && (0.04..0.08).contains(&storm), "{calm} {storm}");
}

fn instant_between(first: &str, last: &str) -> f64 {
    let [first, last] = [first, last].map(|date| instant(date.parse().expect("a date")));
    last.duration_since(first).expect("later").as_secs_f64()
}
