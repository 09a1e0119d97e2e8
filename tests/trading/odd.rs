//! What happens to traders now and then, reckoned by hand.

use std::time::{Duration, SystemTime};

use perfmon::trading::{Fill, PnlKind, Position, Refused};

use crate::{book, builder, close, noon};

const WEEK: Duration = Duration::from_secs(7 * 86_400);

#[test]
fn a_book_that_begins_with_positions_has_made_nothing_yet() {
    let book = book();
    let held = Position { quantity: -40.0, entry_price: 25.0, current_price: 25.0, ..Position::default() };
    book.at(noon(0)).update_position("X", held);
    assert_eq!((book.summary().pnl.total, book.summary().risk.net_exposure), (0.0, -1_000.0));
    book.at(noon(0)).mark("X", 24.0);
    assert_eq!(book.summary().pnl.daily, Some(40.0));
}

#[test]
fn a_split_makes_nothing() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("NVDA", 10.0, 900.0));
    book.at(noon(0)).mark("NVDA", 1_200.0);
    let split = Position { quantity: 100.0, entry_price: 90.0, current_price: 120.0, ..Position::default() };
    book.at(noon(1)).update_position("NVDA", split);
    let summary = book.at(noon(1)).summary();
    assert_eq!(
        (summary.pnl.daily, summary.pnl.unrealized, summary.risk.gross_exposure),
        (Some(0.0), 3_000.0, 12_000.0)
    );
    book.at(noon(2)).fill(Fill::sell("NVDA", 100.0, 120.0));
    close(book.summary().pnl.realized, 3_000.0);
}

#[test]
fn funding_and_dividends_are_no_results() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("BTC", 0.25, 40_000.0));
    book.at(noon(0)).record_pnl("BTC", -12.5, PnlKind::Fee);
    book.at(noon(0)).record_pnl("BTC", 2.5, PnlKind::Fee);
    let summary = book.summary();
    assert_eq!((summary.pnl.total, summary.pnl.fees, summary.wins + summary.losses), (10.0, -10.0, 0));
}

#[test]
fn a_position_in_satoshis_is_one() {
    let book = book();
    for _ in 0..3 {
        book.at(noon(0)).fill(Fill::buy("BTC", 1e-8, 60_000.0));
    }
    book.at(noon(0)).fill(Fill::sell("BTC", 2e-8, 70_000.0));
    let summary = book.summary();
    close(summary.positions[0].quantity, 1e-8);
    close(summary.pnl.realized, 2e-4);
    close(summary.pnl.unrealized, 1e-4);
    book.at(noon(0)).fill(Fill::sell("BTC", 1e-8, 70_000.0));
    assert_eq!(book.summary().open_positions, 0);
}

#[test]
fn weeks_without_updates_are_no_days() {
    let book = book();
    for week in 0..40_u32 {
        book.at(noon(0) + WEEK * week).record_pnl("X", f64::from(week % 3) * 10.0 - 9.0, PnlKind::Realized);
    }
    let summary = book.summary();
    assert_eq!((summary.days.len(), summary.performance.sharpe_ratio_30d.is_some()), (39, true));
    // The sum of the last is its own, though it stood open for a week.
    close(summary.days[38].pnl, 11.0);
    close(summary.drawdown.longest_seconds, 3.0 * WEEK.as_secs_f64());
}

/// Twenty years at once, and then the present.
#[test]
fn a_replay_goes_on_live() {
    let book = book();
    let begin = SystemTime::now() - WEEK * 52 * 20;
    for day in 0..5_000_u32 {
        book.at(begin + Duration::from_secs(86_400) * day).mark("X", f64::from(day));
        if day == 0 {
            book.at(begin).fill(Fill::buy("X", 1.0, 0.0));
        }
    }
    book.mark("X", 5_100.0);
    book.fill(Fill::sell("X", 1.0, 5_200.0));
    let summary = book.summary();
    assert_eq!((summary.days.len(), summary.refused, summary.late_updates), (5_000, Refused::default(), 0));
    let today = summary.today.expect("now");
    assert_eq!((today.pnl, today.realized, summary.pnl.total), (201.0, 5_200.0, 5_200.0));
}

#[test]
fn trades_of_a_day_may_come_in_any_order() {
    let book = book();
    let at = |hour: u32| book.at(noon(0) + Duration::from_secs(3_600) * hour);
    at(3).fill(Fill::sell("X", 10.0, 103.0));
    at(1).fill(Fill::buy("X", 10.0, 100.0));
    at(2).fill(Fill::buy("X", 5.0, 102.0));
    let summary = book.summary();
    let held = &summary.positions[0];
    // The price is that of the latest time, whenever it was told.
    assert_eq!((held.quantity, held.price, held.realized, held.unrealized), (5.0, Some(103.0), 30.0, 5.0));
}

#[test]
fn thousands_of_symbols_that_come_and_go_keep_their_sums() {
    let book = builder().capital(1e6).symbols(16).build().expect("a new name");
    for number in 0..5_000_u32 {
        let symbol = format!("OPT{number}");
        let at = book.at(noon(number / 50));
        at.fill(Fill::buy(&symbol, 1.0, 10.0).multiplier(100.0).fee(0.65));
        at.fill(Fill::sell(&symbol, 1.0, 10.5).multiplier(100.0).fee(0.65));
    }
    let summary = book.summary();
    assert_eq!((summary.positions.len(), summary.symbols_folded, summary.refused), (17, 4_984, Refused::default()));
    close(summary.pnl.total, 5_000.0 * (50.0 - 1.3));
    assert_eq!(summary.wins, 5_000);
}
