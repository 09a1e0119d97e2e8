//! Days: where they begin and end, and what comes late.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use perfmon::trading::{Book, Fill, PnlKind, Position, Refused};

use crate::{DAY, book, builder, close, noon};

fn dates(book: &Book) -> Vec<String> {
    let summary = book.summary();
    summary.days.iter().chain(&summary.today).map(|day| day.date.to_string()).collect()
}

/// An instant of 2024, UTC.
fn at(day_of_year: u32, hour: u32, minute: u32) -> SystemTime {
    noon(day_of_year - 1) - DAY / 2 + Duration::from_secs((hour * 60 + minute).into()) * 60
}

#[test]
fn each_day_tells_its_own() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("X", 10.0, 100.0).fee(2.0));
    book.at(noon(1)).mark("X", 110.0);
    book.at(noon(1)).benchmark(4_000.0);
    book.at(noon(3)).fill(Fill::sell("X", 4.0, 90.0).fee(1.0));
    let summary = book.summary();
    assert_eq!(dates(&book), ["2024-01-01", "2024-01-02", "2024-01-04"], "a day without updates is none");
    let [first, second] = summary.days[..] else { panic!("two days are over") };
    assert_eq!((first.open, first.close, first.fills, first.fees), (10_000.0, 9_998.0, 1, 2.0));
    assert_eq!((second.open, second.close, second.pnl), (9_998.0, 10_098.0, 100.0));
    close(second.return_ratio, 100.0 / 9_998.0);
    assert_eq!((first.benchmark, second.benchmark), (None, Some(4_000.0)));
    let today = summary.today.expect("a day under way");
    assert_eq!((today.realized, today.fees, today.pnl), (-40.0, 1.0, -201.0));
    close(summary.pnl.daily, -201.0);
    close(summary.pnl.daily_ratio, -201.0 / 10_098.0);
    // Days that are over, and 4 January 2024 is.
    close(summary.pnl.daily_mean, -103.0 / 3.0);
    assert_eq!((summary.pnl.daily_min, summary.pnl.daily_max), (Some(-201.0), Some(100.0)));
}

#[test]
fn the_day_under_way_does_not_count_before_it_is_over() {
    let book = book();
    book.at(noon(0)).record_pnl("X", 100.0, PnlKind::Realized);
    book.at(noon(1)).record_pnl("X", -50.0, PnlKind::Realized);
    let under_way = book.at(noon(1)).summary();
    close(under_way.pnl.daily_mean, 100.0);
    assert_eq!(under_way.performance.sharpe_ratio, None, "one day has no deviation");
    let over = book.at(noon(2)).summary();
    close(over.pnl.daily_mean, 25.0);
    assert!(over.performance.sharpe_ratio.is_some());
    assert_eq!((over.days.len(), over.today.map(|day| day.pnl)), (1, Some(-50.0)));

    let live = crate::book();
    live.record_pnl("X", 1.0, PnlKind::Realized);
    assert_eq!(live.summary().pnl.daily_mean, None, "today is not over");
}

#[test]
fn in_a_replay_the_day_under_way_is_never_over_by_the_clock() {
    let replay = builder().capital(10_000.0).replay().build().expect("a new name");
    replay.at(noon(0)).record_pnl("X", 100.0, PnlKind::Realized);
    replay.at(noon(1)).record_pnl("X", -50.0, PnlKind::Realized);
    close(replay.summary().pnl.daily_mean, 100.0);
    let snapshot = crate::snapshot();
    let means = snapshot.metric("trading_pnl_daily_mean").expect("collected").series().iter();
    let mean = means.filter(|series| series.values() == [replay.name()]).map(|series| series.value().clone());
    assert_eq!(mean.collect::<Vec<_>>(), [perfmon::snapshot::Value::Gauge(100.0)]);
    close(replay.at(noon(2)).summary().pnl.daily_mean, 25.0);
}

#[test]
fn new_york_through_the_change_of_clocks() {
    let book = builder().time_zone("America/New_York").build().expect("a zone");
    // 9 March 2024 is the year's 69th day. Midnight is 05:00 UTC, and 04:00 from the 11th on.
    for (day, hour, minute) in [(69, 5, 0), (70, 4, 59), (70, 5, 0), (71, 3, 59), (71, 4, 0)] {
        book.at(at(day, hour, minute)).record_pnl("X", 1.0, PnlKind::Realized);
    }
    let summary = book.summary();
    assert_eq!(dates(&book), ["2024-03-09", "2024-03-10", "2024-03-11"]);
    assert_eq!(summary.days.iter().map(|day| day.pnl).collect::<Vec<_>>(), [2.0, 2.0]);
}

#[test]
fn futures_begin_their_day_in_the_evening() {
    let chicago = builder().time_zone("America/Chicago").day_begins(17, 0).weekdays_only();
    let book = chicago.build().expect("a zone");
    // Friday 5 January 2024, then Sunday before and after 17:00, which is 23:00 UTC.
    for (day, hour, minute) in [(5, 15, 0), (7, 22, 59), (7, 23, 0), (8, 22, 0), (8, 23, 0)] {
        book.at(at(day, hour, minute)).record_pnl("X", 1.0, PnlKind::Realized);
    }
    assert_eq!(dates(&book), ["2024-01-05", "2024-01-08", "2024-01-09"]);
}

#[test]
fn what_comes_late_counts_into_the_day_under_way() {
    let book = book();
    book.at(noon(1)).fill(Fill::buy("X", 1.0, 100.0));
    book.at(noon(2)).mark("X", 110.0);
    book.at(noon(1)).fill(Fill::sell("X", 1.0, 105.0).fee(1.0));
    book.at(noon(0)).record_pnl("X", 3.0, PnlKind::Realized);
    book.at(noon(0)).benchmark(4_000.0);
    let summary = book.summary();
    let today = summary.today.expect("a day under way");
    assert_eq!((summary.days.len(), today.realized, today.fills, today.pnl), (1, 8.0, 1, 7.0));
    assert_eq!((summary.late_updates, summary.refused.outdated, today.benchmark), (2, 1, None));
}

#[test]
fn times_before_1970_are_times_and_those_beyond_reach_are_refused() {
    let book = book();
    book.at(UNIX_EPOCH - DAY * 14_680).record_pnl("X", 1.0, PnlKind::Realized);
    assert_eq!(dates(&book), ["1929-10-23"]);
    book.at(UNIX_EPOCH - DAY * 365 * 400).record_pnl("X", 1.0, PnlKind::Realized);
    assert_eq!((book.summary().refused.time, book.summary().late_updates, dates(&book).len()), (1, 0, 1));
    close(book.summary().pnl.total, 1.0);
}

#[test]
fn a_time_that_lies_ahead_of_the_clock_changes_nothing() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("X", 1.0, 100.0));
    let before = book.at(noon(0)).summary();
    let year = DAY * 365;
    for ahead in [Duration::from_secs(120), year, year * 74, year * 1_000] {
        let later = book.at(SystemTime::now() + ahead);
        later.fill(Fill::buy("X", 1.0, 100.0));
        later.mark("X", 1.0);
        later.update_position("X", Position::default());
        later.record_pnl("X", 1.0, PnlKind::Realized);
        later.benchmark(1.0);
    }
    let mut after = book.at(noon(0)).summary();
    assert_eq!(std::mem::take(&mut after.refused.ahead), 20);
    assert_eq!(after, before);
    book.at(SystemTime::now() + Duration::from_secs(30)).mark("X", 110.0);
    assert_eq!((book.summary().pnl.total, book.summary().refused.ahead), (10.0, 20), "clocks differ by seconds");
}

/// As after an update whose clock ran ahead of the one that is read here, or when that was set back.
#[test]
fn now_is_never_before_what_came_before() {
    let book = book();
    book.fill(Fill::buy("X", 1.0, 100.0));
    book.at(SystemTime::now() + Duration::from_secs(50)).mark("X", 110.0);
    book.mark("X", 120.0);
    book.benchmark(1.0);
    let summary = book.summary();
    assert_eq!((summary.pnl.total, summary.late_updates, summary.refused), (20.0, 0, Refused::default()));
}

#[test]
fn old_days_make_room() {
    for read_between in [false, true] {
        let book = builder().days(10).build().expect("a new name");
        for day in 0..100 {
            book.at(noon(day)).record_pnl("X", day.into(), PnlKind::Realized);
            if read_between && day % 7 == 0 {
                let _ = book.summary();
            }
        }
        let summary = book.summary();
        assert_eq!((summary.days.len(), summary.days_dropped), (10, 89));
        close(summary.days[0].pnl, 89.0);
        close(summary.pnl.total, 4_950.0);
    }
}

/// 0.1 + 0.2 + 0.3 is not 0.3 + 0.2 + 0.1.
#[test]
fn equity_that_rests_is_at_its_peak() {
    let book = builder().build().expect("a new name");
    for (symbol, amount) in [("Z", 0.1), ("M", 0.2), ("A", 0.3)] {
        book.at(noon(0)).record_pnl(symbol, amount, PnlKind::Realized);
    }
    book.at(noon(1)).mark("Z", 1.0);
    let summary = book.at(noon(1)).summary();
    assert_eq!((summary.pnl.daily, summary.drawdown.value, summary.drawdown.days), (Some(0.0), 0.0, 0));
}

/// Each of many updates is rounded, and in ways of its own.
#[test]
fn equity_that_rests_is_at_its_peak_after_many_updates_too() {
    for number in 0..50_u32 {
        let book = builder().capital(10_000.0).intraday_drawdown().build().expect("a new name");
        let price = |update: u32, symbol: u32| f64::from((number * 31 + update * 17 + symbol * 7) % 1_009) / 7.0;
        let symbols = ["Z", "B", "M"];
        for (place, symbol) in (0..).zip(symbols) {
            book.at(noon(0)).fill(Fill::buy(symbol, 0.1 + price(1, place), 1.0 + price(2, place)));
            (3..50).for_each(|update| book.at(noon(0)).mark(symbol, price(update, place)));
            book.at(noon(0)).mark(symbol, 1_000.0);
        }
        for day in 1..4 {
            book.at(noon(day)).mark("Z", 1_000.0);
        }
        let drawdown = book.at(noon(3)).summary().drawdown;
        book.remove();
        assert_eq!((drawdown.ratio, drawdown.value, drawdown.days), (Some(0.0), 0.0, 0), "{number}");
    }
}
