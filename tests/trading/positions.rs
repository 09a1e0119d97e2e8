//! Positions, and what they made.

use std::time::Duration;

use perfmon::trading::{Fill, PnlKind, Position, Summary, SymbolSummary};

use crate::{book, builder, close, noon};

fn held<'a>(summary: &'a Summary, symbol: &str) -> &'a SymbolSummary {
    summary.positions.iter().find(|holdings| holdings.symbol == symbol).expect("a symbol of the book")
}

#[test]
fn bought_dearer_and_sold_in_parts() {
    let book = book();
    book.fill(Fill::buy("AAPL", 10.0, 100.0).fee(1.0));
    book.fill(Fill::buy("AAPL", 30.0, 120.0).fee(2.0));
    let summary = book.summary();
    close(held(&summary, "AAPL").entry_price, 115.0);
    // A trade is a price too.
    close(summary.pnl.unrealized, 40.0 * 5.0);

    book.fill(Fill::sell("AAPL", 20.0, 130.0).fee(1.5));
    book.mark("AAPL", 90.0);
    let summary = book.summary();
    let aapl = held(&summary, "AAPL");
    assert_eq!((aapl.quantity, aapl.price), (20.0, Some(90.0)));
    close(aapl.entry_price, 115.0);
    close(aapl.realized, 20.0 * 15.0);
    close(aapl.unrealized, 20.0 * -25.0);
    close(aapl.fees, 4.5);
    close(aapl.value, 1800.0);
    close(summary.pnl.total, 300.0 - 500.0 - 4.5);
    close(summary.pnl.ratio, -204.5 / 10_000.0);
    close(summary.equity, 10_000.0 - 204.5);
    assert_eq!((summary.fills, summary.wins, summary.losses, summary.open_positions), (3, 1, 0, 1));
}

#[test]
fn sold_short_and_bought_back() {
    let book = book();
    book.fill(Fill::sell("TSLA", 10.0, 200.0));
    book.mark("TSLA", 180.0);
    let summary = book.summary();
    close(summary.pnl.unrealized, 200.0);
    close(summary.risk.net_exposure, -1800.0);
    close(summary.risk.gross_exposure, 1800.0);
    book.fill(Fill::buy("TSLA", 10.0, 210.0));
    let summary = book.summary();
    assert_eq!((held(&summary, "TSLA").quantity, held(&summary, "TSLA").entry_price), (0.0, None));
    close(summary.pnl.realized, -100.0);
    assert_eq!((summary.pnl.unrealized, summary.open_positions, summary.losses), (0.0, 0, 1));
}

#[test]
fn a_trade_through_zero_turns_the_position() {
    let book = book();
    book.fill(Fill::buy("X", 10.0, 100.0));
    book.fill(Fill::sell("X", 25.0, 110.0).fee(5.0));
    let summary = book.summary();
    assert_eq!((held(&summary, "X").quantity, held(&summary, "X").entry_price), (-15.0, Some(110.0)));
    close(summary.pnl.realized, 100.0);
    // Two fifths of the trade closed, and bear as much of the fee: it won 98.
    book.fill(Fill::buy("X", 15.0, 120.0));
    let summary = book.summary();
    close(summary.performance.profit_factor, 98.0 / 150.0);
    close(summary.performance.win_rate, 0.5);
}

#[test]
fn fees_can_turn_a_win_into_a_loss_and_be_earned() {
    let book = book();
    book.fill(Fill::buy("X", 1.0, 100.0).fee(-0.5));
    book.fill(Fill::sell("X", 1.0, 101.0).fee(3.0));
    let summary = book.summary();
    assert_eq!((summary.wins, summary.losses), (0, 1));
    close(summary.pnl.realized, 1.0);
    close(summary.pnl.total, 1.0 - 2.5);
    assert_eq!(summary.performance.profit_factor, Some(0.0));
    assert_eq!(book_without_losses().performance.profit_factor, None, "nothing to divide by");
}

fn book_without_losses() -> Summary {
    let book = book();
    book.record_pnl("X", 5.0, PnlKind::Realized);
    book.summary()
}

#[test]
fn positions_that_the_program_keeps() {
    let book = book();
    let position = Position { quantity: 100.0, entry_price: 50.0, current_price: 55.0, ..Position::default() };
    book.at(noon(0)).update_position("AAPL", position);
    close(book.summary().pnl.unrealized, 500.0);
    close(book.summary().risk.largest_position_ratio, 5_500.0 / 10_500.0);
    assert_eq!(book.summary().risk.largest_position.as_deref(), Some("AAPL"));

    // The program knows better, until there is a price.
    book.at(noon(1)).update_position("AAPL", Position { unrealized_pnl: Some(480.0), ..position });
    close(book.summary().pnl.unrealized, 480.0);
    book.at(noon(2)).mark("AAPL", 56.0);
    close(book.summary().pnl.unrealized, 600.0);
    book.at(noon(3)).record_pnl("AAPL", 590.0, PnlKind::Unrealized);
    close(book.summary().pnl.unrealized, 590.0);

    book.at(noon(4)).update_position("AAPL", Position::default());
    book.at(noon(4)).record_pnl("AAPL", 610.0, PnlKind::Realized);
    book.at(noon(4)).record_pnl("AAPL", 10.0, PnlKind::Fee);
    let summary = book.summary();
    close(summary.pnl.total, 600.0);
    assert_eq!((summary.pnl.unrealized, summary.open_positions, summary.wins), (0.0, 0, 1));
}

#[test]
fn of_prices_the_latest_by_event_time_holds() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("X", 1.0, 100.0));
    book.at(noon(0) + Duration::from_secs(10)).mark("X", 110.0);
    book.at(noon(0) + Duration::from_secs(5)).mark("X", 90.0);
    book.at(noon(0) + Duration::from_secs(5)).record_pnl("X", -1.0, PnlKind::Unrealized);
    let summary = book.summary();
    close(summary.pnl.unrealized, 10.0);
    assert_eq!(summary.refused.outdated, 2);
    // A trade that is told late counts, and its price does not.
    book.at(noon(0) + Duration::from_secs(5)).fill(Fill::buy("X", 1.0, 100.0));
    let summary = book.summary();
    close(summary.pnl.unrealized, 20.0);
    assert_eq!((summary.refused.outdated, held(&summary, "X").quantity), (2, 2.0));
}

/// Positions and prices come different ways, so each has its own latest.
#[test]
fn a_position_that_is_older_than_the_price_is_a_position() {
    let book = book();
    let second = |number: u64| book.at(noon(0) + Duration::from_secs(number));
    let position = |quantity| Position { quantity, entry_price: 100.0, current_price: 101.0, ..Position::default() };
    second(1).update_position("X", position(5.0));
    second(10).mark("X", 110.0);
    second(9).update_position("X", position(2.0));
    let summary = book.summary();
    assert_eq!((held(&summary, "X").quantity, held(&summary, "X").price), (2.0, Some(110.0)));
    close(summary.pnl.unrealized, 20.0);

    // Older than the position, or than a trade, it is outdated.
    second(8).update_position("X", position(5.0));
    second(20).fill(Fill::buy("X", 1.0, 110.0));
    second(19).update_position("X", position(2.0));
    let summary = book.summary();
    assert_eq!((held(&summary, "X").quantity, summary.refused.outdated), (3.0, 2));
}

#[test]
fn a_flat_symbol_gives_its_place_to_a_new_one() {
    let book = builder().symbols(3).build().expect("a new name");
    for (number, symbol) in ["A", "B", "C", "D", "E"].into_iter().enumerate() {
        book.fill(Fill::buy(symbol, 1.0, 100.0).fee(1.0));
        book.fill(Fill::sell(symbol, 1.0, 100.0 + number as f64));
    }
    let summary = book.summary();
    let symbols: Vec<&str> = summary.positions.iter().map(|holdings| holdings.symbol.as_str()).collect();
    assert_eq!(symbols, ["C", "D", "E", "other"]);
    assert_eq!((summary.symbols_folded, summary.refused.symbol_limit), (2, 0));
    close(summary.pnl.realized, 10.0);
    close(summary.pnl.fees, 5.0);
    close(held(&summary, "other").realized, 1.0);
}

#[test]
fn without_a_place_only_the_position_is_lost() {
    let book = builder().symbols(2).build().expect("a new name");
    for symbol in ["A", "B", "C", "C"] {
        book.fill(Fill::buy(symbol, 1.0, 100.0).fee(1.0));
        book.mark(symbol, 110.0);
        book.record_pnl(symbol, 7.0, PnlKind::Realized);
    }
    book.update_position("D", Position { quantity: 1.0, ..Position::default() });
    book.record_pnl("other", 1.0, PnlKind::Realized);
    let summary = book.summary();
    assert_eq!((summary.open_positions, summary.refused.symbol_limit, summary.symbols_folded), (2, 3, 0));
    close(summary.pnl.unrealized, 20.0);
    close(summary.pnl.realized, 29.0);
    close(summary.pnl.fees, 4.0);
    close(held(&summary, "other").realized, 15.0);
}

#[test]
fn hostile_symbols_stay_bounded() {
    let book = builder().symbols(16).build().expect("a new name");
    for number in 0..10_000 {
        book.record_pnl(&format!("S{number}"), 1.0, PnlKind::Realized);
    }
    book.record_pnl(&"x".repeat(129), 1.0, PnlKind::Realized);
    book.record_pnl("", 1.0, PnlKind::Realized);
    let summary = book.summary();
    assert_eq!((summary.positions.len(), summary.refused.symbol), (17, 2));
    close(summary.pnl.realized, 10_000.0);
}
