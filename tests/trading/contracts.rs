//! Contracts that stand for more than one of what their price is for.

use perfmon::trading::{Fill, Position};

use crate::{book, builder, close, noon};

#[test]
fn a_future_makes_its_multiple() {
    let book = builder().capital(1e6).build().expect("a new name");
    book.at(noon(0)).fill(Fill::buy("ESH4", 2.0, 5_000.0).multiplier(50.0).fee(4.0));
    book.at(noon(0)).mark("ESH4", 5_010.0);
    let summary = book.summary();
    let held = &summary.positions[0];
    assert_eq!((held.quantity, held.multiplier, held.entry_price), (2.0, 50.0, Some(5_000.0)));
    assert_eq!((held.unrealized, held.value, summary.risk.gross_exposure), (1_000.0, 501_000.0, 501_000.0));
    close(summary.risk.largest_position_ratio, 501_000.0 / 1_000_996.0);
    // Through zero: two are closed, one is sold short.
    book.at(noon(1)).fill(Fill::sell("ESH4", 3.0, 5_020.0).multiplier(50.0).fee(6.0));
    book.at(noon(1)).mark("ESH4", 5_025.0);
    let summary = book.summary();
    let held = &summary.positions[0];
    assert_eq!((held.quantity, held.realized, held.unrealized), (-1.0, 2_000.0, -250.0));
    assert_eq!((summary.pnl.total, summary.risk.net_exposure), (1_740.0, -251_250.0));
}

#[test]
fn contracts_of_two_sizes_are_not_added_up() {
    let book = book();
    book.at(noon(0)).fill(Fill::sell("ES", 1.0, 100.0).multiplier(50.0));
    let before = book.at(noon(0)).summary();
    book.at(noon(0)).fill(Fill::buy("ES", 1.0, 90.0));
    for multiplier in [0.0, -1.0, f64::NAN] {
        book.at(noon(0)).fill(Fill::buy("ES", 1.0, 90.0).multiplier(multiplier));
        book.at(noon(0)).update_position("ES", Position { multiplier: Some(multiplier), ..Position::default() });
    }
    let mut after = book.at(noon(0)).summary();
    assert_eq!((after.refused.multiplier, after.refused.out_of_range, after.refused.not_finite), (1, 4, 2));
    after.refused = before.refused;
    assert_eq!(after, before);
    // What is flat may become something else.
    book.at(noon(0)).fill(Fill::buy("ES", 1.0, 90.0).multiplier(50.0));
    book.at(noon(0)).fill(Fill::buy("ES", 1.0, 90.0).multiplier(5.0));
    book.at(noon(0)).mark("ES", 91.0);
    let summary = book.at(noon(0)).summary();
    assert_eq!((summary.pnl.realized, summary.pnl.unrealized), (500.0, 5.0));
}

#[test]
fn the_program_may_keep_contracts_itself() {
    let book = book();
    let position = Position {
        quantity: -3.0,
        entry_price: 80.0,
        current_price: 79.0,
        multiplier: Some(1_000.0),
        unrealized_pnl: None,
    };
    book.at(noon(0)).update_position("CL", position);
    book.at(noon(0)).mark("CL", 78.5);
    let summary = book.summary();
    assert_eq!((summary.pnl.unrealized, summary.risk.gross_exposure), (4_500.0, 235_500.0));
    book.at(noon(0)).fill(Fill::buy("CL", 1.0, 78.0).multiplier(1_000.0));
    close(book.summary().pnl.realized, 2_000.0);
    // Unless it is said, a contract goes on standing for what it did.
    let position = Position { quantity: 1.0, entry_price: 78.0, current_price: 79.0, ..Position::default() };
    book.at(noon(0)).update_position("CL", position);
    assert_eq!((book.summary().pnl.unrealized, book.summary().positions[0].multiplier), (1_000.0, 1_000.0));
    book.at(noon(0)).update_position("CL", Position { multiplier: Some(100.0), ..position });
    assert_eq!((book.summary().pnl.unrealized, book.summary().positions[0].multiplier), (100.0, 100.0));
}
