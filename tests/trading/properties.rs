//! What holds for any trades in any order.

use perfmon::trading::{Book, Fill, PnlKind, Position, Summary};
use proptest::{collection::vec, prelude::*};

use crate::{builder, noon};

#[derive(Debug, Clone)]
struct Trade {
    symbol: usize,
    buys: bool,
    quantity: f64,
    price: f64,
    fee: f64,
    day: u32,
}

fn trade() -> impl Strategy<Value = Trade> {
    (0..4_usize, any::<bool>(), 0.001..1_000.0, 0.01..1_000.0, -1.0..5.0, 0..30_u32)
        .prop_map(|(symbol, buys, quantity, price, fee, day)| Trade { symbol, buys, quantity, price, fee, day })
}

const SYMBOLS: [&str; 4] = ["A", "B", "C", "D"];
/// What one of each stands for.
const MULTIPLIERS: [f64; 4] = [1.0, 50.0, 0.1, 100.0];

fn make(book: &Book, trade: &Trade) {
    let fill = if trade.buys { Fill::buy } else { Fill::sell };
    let fill =
        fill(SYMBOLS[trade.symbol], trade.quantity, trade.price).fee(trade.fee).multiplier(MULTIPLIERS[trade.symbol]);
    book.at(noon(trade.day)).fill(fill);
}

/// Every number a summary has, by its own description of itself.
fn is_finite(summary: &Summary) -> bool {
    let text = format!("{summary:?}");
    !text.contains("NaN")
        && !text.contains(": inf")
        && !text.contains(": -inf")
        && !text.contains("(inf")
        && !text.contains("(-inf")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// What the trades brought in and what is left is worth: that is the P&L, whatever the order.
    #[test]
    fn pnl_is_cash_and_worth(trades in vec(trade(), 1..60), marks in proptest::array::uniform4(0.01..1_000.0)) {
        let book = builder().symbols(4).capital(1e6).build().expect("a new name");
        trades.iter().for_each(|trade| make(&book, trade));
        (0..4).for_each(|symbol| book.at(noon(31)).mark(SYMBOLS[symbol], marks[symbol]));
        let summary = book.summary();
        book.remove();
        let (mut expected, mut turnover, mut fees) = (0.0, 1.0, 0.0);
        for trade in &trades {
            let quantity = trade.quantity * MULTIPLIERS[trade.symbol];
            let signed = if trade.buys { quantity } else { -quantity };
            expected += signed * (marks[trade.symbol] - trade.price);
            turnover += quantity * (marks[trade.symbol] + trade.price);
            fees += trade.fee;
        }
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-9 * turnover;
        let pnl = summary.pnl;
        prop_assert!(close(pnl.realized + pnl.unrealized, expected), "{} {expected}", pnl.realized + pnl.unrealized);
        prop_assert!(close(pnl.fees, fees) && close(pnl.total, expected - fees));
        prop_assert!(close(summary.equity.expect("with capital"), 1e6 + expected - fees));
        // By symbol, and by day.
        let by_symbol: f64 = summary.positions.iter().map(|one| one.realized + one.unrealized - one.fees).sum();
        prop_assert!(close(by_symbol, pnl.total));
        let by_day: f64 = summary.days.iter().chain(&summary.today).map(|day| day.pnl).sum();
        prop_assert!(close(by_day, pnl.total));
        let realized: f64 = summary.days.iter().chain(&summary.today).map(|day| day.realized).sum();
        prop_assert!(close(realized, pnl.realized));
        for day in summary.days.windows(2) {
            prop_assert!(day[0].close.to_bits() == day[1].open.to_bits() && day[0].date < day[1].date);
        }
        prop_assert!(is_finite(&summary));
    }

    /// Equity does not care in which order a day's trades were made, nor how many times somebody looked.
    #[test]
    fn the_order_of_trades_does_not_matter_to_equity(trades in vec(trade(), 1..40), marks in proptest::array::uniform4(0.01..1_000.0)) {
        let [forward, backward] = [false, true].map(|reversed| {
            let book = builder().capital(1e6).build().expect("a new name");
            let mut trades: Vec<Trade> = trades.iter().map(|trade| Trade { day: 0, ..*trade }).collect();
            if reversed {
                trades.reverse();
            }
            for trade in &trades {
                make(&book, trade);
                if reversed {
                    drop(book.summary());
                }
            }
            (0..4).for_each(|symbol| book.at(noon(1)).mark(SYMBOLS[symbol], marks[symbol]));
            book.remove();
            book.summary()
        });
        let turnover: f64 = trades.iter().map(|trade| trade.quantity * MULTIPLIERS[trade.symbol] * 2_000.0).sum();
        prop_assert!((forward.pnl.total - backward.pnl.total).abs() < 1e-9 * turnover);
        prop_assert_eq!(forward.fills, backward.fills);
        for (one, other) in forward.positions.iter().zip(&backward.positions) {
            prop_assert!((one.quantity - other.quantity).abs() < 1e-7 && one.symbol == other.symbol);
        }
    }

    /// Any number at all: a figure is a number or absent.
    #[test]
    fn no_figure_is_ever_nan(
        steps in vec((0..8_u8, 0..3_usize, any::<f64>(), any::<f64>(), -50..50_i32), 1..80),
        capital in prop_oneof![Just(None), (1e-6..1e24).prop_map(Some)],
        intraday: bool,
    ) {
        let mut builder = builder().symbols(2);
        builder = capital.map_or(builder.clone(), |capital| builder.clone().capital(capital));
        let book = if intraday { builder.intraday_drawdown() } else { builder }.build().expect("a new name");
        let mut day = 0_i32;
        for (step, symbol, one, other, ahead) in steps {
            day = (day + ahead).max(0);
            let (at, symbol) = (book.at(noon(day.unsigned_abs())), SYMBOLS[symbol]);
            match step {
                0 => at.fill(Fill::buy(symbol, one.abs(), other).fee(one / 3.0)),
                1 => at.fill(Fill::sell(symbol, other.abs(), one)),
                2 => at.mark(symbol, one),
                3 => at.record_pnl(symbol, one, PnlKind::Realized),
                4 => at.benchmark(one.abs()),
                5 => at.deposit(one),
                6 => at.withdraw(other),
                _ => {
                    let unrealized_pnl = (symbol == "A").then_some(other);
                    at.update_position(symbol, Position { quantity: one, entry_price: other, current_price: one, unrealized_pnl, ..Position::default() });
                }
            }
        }
        let summary = book.summary();
        prop_assert!(is_finite(&summary), "{summary:?}");
        book.remove();
    }
}
