//! A summary as people read it.

use perfmon::trading::Fill;

use crate::{builder, noon};

#[test]
fn a_statement_tells_what_there_is() {
    let book = builder().capital(1_000_000.0).currency("USD").build().expect("a new name");
    for day in 0..40 {
        let at = book.at(noon(day));
        at.fill(Fill::buy("ESH4", 1.0, 5_000.0 + f64::from(day * 37 % 11)).multiplier(5.0).fee(2.0));
        if day % 2 == 1 {
            at.fill(Fill::sell("ESH4", 1.0, 5_004.5).multiplier(5.0).fee(2.0));
        }
        at.fill(Fill::sell("MSFT", 0.5, 400.0));
        at.benchmark(1_000.0 + f64::from(day * 37 % 17));
    }
    book.at(noon(40)).deposit(250_000.0);
    book.at(noon(40)).mark("MSFT", 410.25);
    book.at(noon(40)).withdraw(1e9);
    let text = book.at(noon(40)).summary().to_string();
    let (name, lines) = text.split_once('\n').expect("lines");
    assert_eq!(name, book.name());
    let expected = [
        "  equity     1,249,605 USD, capital 1,000,000, put in 250,000",
        "  P&L        -395.00 USD (-0.04 %), realized -29.05, unrealized -245.95, fees 120",
        "  latest day 2024-02-10 -205 USD (-0.02 %)",
        "  days       40, mean -4.75 USD, worst -441.50 USD, best +425.50 USD",
        "  drawdown   0.06 % since 2024-01-31, largest 0.08 % (2024-01-31 to 2024-02-06), longest 14 days",
        "  ratios     Sharpe -0.39, of 30 days -0.34, Sortino -0.54, probabilistic Sharpe 44.0 %, win rate 10.0 %, profit factor 0.16",
        "  exposure   gross 40.7 %, net 39.4 %, largest ESH4 40.0 %",
        "  risk       volatility 0.31 % a year, beta 0.00, VaR 95 0.03 % a day, CVaR 95 0.04 % a day",
        "  positions  ESH4 20 at 5,004.50 (-40.95 USD), MSFT -20 at 410.25 (-205 USD)",
        "  refused    overdrawn 1",
    ];
    assert_eq!(lines.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_book_that_knows_nothing_has_a_short_statement() {
    let book = builder().build().expect("a new name");
    assert_eq!(
        book.summary().to_string(),
        format!("{}\n  P&L        0, realized 0, unrealized 0, fees 0", book.name())
    );
}
