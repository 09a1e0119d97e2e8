//! What a book does with bad input, many threads, and its name.

use std::thread;

use perfmon::trading::{Book, Figure, Fill, PnlKind, PortfolioRisk, Position, Refused, Summary};

use crate::{book, builder, close, noon};

#[test]
fn what_cannot_be_reckoned_with_is_refused_and_counted() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("X", 1.0, 100.0));
    let before = book.at(noon(0)).summary();
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e25];
    for number in bad {
        let later = book.at(noon(1));
        later.fill(Fill::buy("X", number, 100.0));
        later.fill(Fill::buy("X", 1.0, number));
        later.fill(Fill::buy("X", 1.0, 1.0).fee(number));
        later.mark("X", number);
        later.update_position("X", Position { entry_price: number, ..Position::default() });
        later.record_pnl("X", number, PnlKind::Realized);
        later.benchmark(number);
        book.record(Figure::Beta, number);
    }
    let later = book.at(noon(1));
    [0.0, -1.0].into_iter().for_each(|quantity| later.fill(Fill::buy("X", quantity, 100.0)));
    [0.0, -1.0].into_iter().for_each(|level| later.benchmark(level));
    let mut after = book.at(noon(0)).summary();
    assert_eq!((after.refused.not_finite, after.refused.out_of_range), (24, 12));
    after.refused = Refused::default();
    assert_eq!(after, before, "what is refused changes nothing, the day too");
}

#[test]
fn figures_out_of_range_are_not_set() {
    let book = book();
    book.record_psr(7.0);
    book.record_psr(-0.1);
    book.record_results(-1.0, 2.0);
    book.record_results(f64::NAN, -2.0);
    book.record_drawdown(-0.1, f64::INFINITY);
    book.record_exposure(-1.0, -1.0);
    book.record_portfolio_risk(PortfolioRisk { volatility: Some(-0.2), beta: Some(-0.5), ..PortfolioRisk::default() });
    let Summary { performance, risk, refused, drawdown, .. } = book.summary();
    assert_eq!((refused.out_of_range, refused.not_finite), (7, 2));
    assert_eq!((performance.probabilistic_sharpe_ratio, performance.win_rate), (None, None));
    assert_eq!((performance.profit_factor, risk.net_exposure_ratio, risk.beta), (Some(2.0), Some(-1.0), Some(-0.5)));
    assert_eq!((risk.gross_exposure_ratio, risk.volatility, drawdown.max_ratio), (Some(0.0), None, None));

    book.record_psr(1.0);
    book.record_drawdown(0.0, 1.5);
    let summary = book.summary();
    assert_eq!(summary.performance.probabilistic_sharpe_ratio, Some(1.0));
    assert_eq!((summary.drawdown.max_ratio, summary.refused.out_of_range), (Some(1.5), 7));
}

#[test]
fn a_name_is_one_book() {
    let book = book();
    let again = Book::builder(book.name()).build().expect_err("taken");
    assert!(again.is_invalid());
    let expected =
        format!("there is a book `{0}` already; `Book::named` has it, and `remove` takes it out", book.name());
    assert_eq!(again.to_string(), expected);
    book.fill(Fill::buy("X", 1.0, 100.0));
    let same = Book::named(book.name()).expect("there");
    assert_eq!(same.summary().fills, 1);
    book.remove();
    assert!(Book::named(book.name()).is_none());
    let second = Book::builder(book.name()).build().expect("free again");
    book.remove();
    assert!(Book::builder(second.name()).build().is_err(), "the first one's name is the second's now");
}

#[test]
fn settings_out_of_range_are_told() {
    let message = |builder: perfmon::trading::Builder| builder.build().expect_err("out of range").to_string();
    for capital in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(message(builder().capital(capital)).ends_with("capital must be a number above zero, up to 10^24"));
    }
    assert!(message(builder().symbols(0)).ends_with("limits and windows must be at least 1"));
    assert!(message(builder().days_a_year(f64::NAN)).ends_with("a year has at least one day and at most a million"));
    assert!(message(builder().risk_free_rate(-1.0)).ends_with("above -1, which is -100 %"));
    assert!(message(builder().time_zone("Atlantis")).starts_with("no time zone is called `Atlantis`"));
    assert!(message(Book::builder("other")).contains("that name is for"));
    assert!(message(Book::builder("")).ends_with("it needs a name, of 128 bytes at most"));
}

/// Sums do not depend on who came first; amounts are whole numbers, so that rounding does not either.
#[test]
fn any_thread_may_tell() {
    let book = book();
    thread::scope(|scope| {
        for number in 0..4 {
            let book = book.clone();
            scope.spawn(move || {
                for day in 0..50 {
                    let at = book.at(noon(day));
                    at.record_pnl(&format!("S{number}"), 2.0, PnlKind::Realized);
                    at.fill(Fill::buy("X", 1.0, 100.0).fee(1.0));
                    at.mark("X", f64::from(day));
                }
            });
        }
        scope.spawn(|| (0..200).for_each(|_| drop(book.summary())));
    });
    let summary = book.summary();
    close(summary.pnl.realized, 400.0);
    close(summary.pnl.fees, 200.0);
    assert_eq!((summary.fills, summary.positions.len()), (200, 5));
    assert_eq!(summary.days.iter().chain(&summary.today).map(|day| day.fills).sum::<u64>(), 200);
    // A trade is a price too, so the last one of the last day may be either.
    let unrealized = summary.pnl.unrealized;
    assert!([0.0, 200.0 * -51.0].contains(&unrealized), "{unrealized}");
    let days: Vec<_> = summary.days.iter().map(|day| day.date).collect();
    assert!(days.is_sorted_by(|one, next| one < next) && days.len() == 49, "{days:?}");
}

#[cfg(feature = "serde")]
#[test]
fn a_summary_is_plain_data() {
    let book = book();
    (0..70).for_each(|day| book.at(noon(day)).record_pnl("X", f64::from(day % 7) - 2.5, PnlKind::Realized));
    book.at(noon(70)).fill(Fill::buy("Y", 1.5, 99.5).fee(0.25));
    let summary = book.summary();
    let json = serde_json::to_value(&summary).expect("any serde format");
    assert_eq!(json["days"][0]["date"], "2024-01-01");
    assert_eq!(json["risk"]["regime"], "normal");
    let again: perfmon::trading::Summary = serde_json::from_value(json).expect("its own words");
    assert_eq!(again, summary);
    let wrong = serde_json::from_str::<perfmon::trading::Date>("\"2024-02-30\"").expect_err("no such day").to_string();
    assert!(wrong.starts_with("not a date: `2024-02-30`"), "{wrong}");
}

#[test]
fn a_book_has_its_kill_switches() {
    let book = book();
    assert!(book.kill_switch("pnl").activate("-5.2 %"));
    assert!(book.clone().kill_switch("pnl").is_active() && !book.kill_switch("drawdown").is_active());
    assert!(book.kill_switches().any_active());
    assert_eq!(book.kill_switches().book(), book.name());
}
