//! Money put in and taken out: equity changes, and no return, P&L or drawdown does.

use std::time::Duration;

use perfmon::trading::{Builder, Fill, PnlKind, Summary};
use proptest::{collection::vec, prelude::*};

use crate::{book, builder, close, noon};

#[test]
fn a_deposit_is_no_profit_and_a_withdrawal_no_drawdown() {
    let book = book();
    book.at(noon(0)).fill(Fill::buy("X", 10.0, 100.0));
    book.at(noon(0)).mark("X", 110.0);
    book.at(noon(1)).deposit(5_000.0);
    book.at(noon(2)).withdraw(12_000.0);
    book.at(noon(3)).mark("X", 110.0);
    let summary = book.at(noon(3)).summary();
    assert_eq!((summary.capital, summary.equity), (Some(10_000.0), Some(3_100.0)));
    assert_eq!((summary.deposits, summary.withdrawals), (5_000.0, 12_000.0));
    assert_eq!((summary.pnl.total, summary.pnl.ratio), (100.0, Some(0.01)));
    let days: Vec<_> = summary.days.iter().map(|day| (day.open, day.close, day.pnl, day.flows)).collect();
    let expected =
        [(10_000.0, 10_100.0, 100.0, 0.0), (10_100.0, 15_100.0, 0.0, 5_000.0), (15_100.0, 3_100.0, 0.0, -12_000.0)];
    assert_eq!(days, expected);
    assert_eq!(summary.days.iter().map(|day| day.return_ratio).collect::<Vec<_>>(), [Some(0.01), Some(0.0), Some(0.0)]);
    let drawdown = &summary.drawdown;
    assert_eq!(
        (drawdown.ratio, drawdown.value, drawdown.max_ratio, drawdown.max_value),
        (Some(0.0), 0.0, Some(0.0), 0.0)
    );
    close(summary.risk.gross_exposure_ratio, 1_100.0 / 3_100.0);
}

#[test]
fn the_return_of_a_day_is_time_weighted() {
    let book = book();
    let at = |hour: u32| book.at(noon(0) + Duration::from_secs(3_600) * hour);
    at(0).record_pnl("X", 1_000.0, PnlKind::Realized);
    at(1).deposit(11_000.0);
    at(2).record_pnl("X", -2_200.0, PnlKind::Realized);
    at(3).withdraw(9_900.0);
    at(4).record_pnl("X", 990.0, PnlKind::Realized);
    let summary = book.summary();
    let today = summary.today.expect("a day");
    // 10 % of 10,000, −10 % of 22,000, 10 % of 9,900.
    close(today.return_ratio, 1.1 * 0.9 * 1.1 - 1.0);
    assert_eq!((today.pnl, today.flows, today.close), (-210.0, 1_100.0, 10_890.0));
    close(summary.pnl.ratio, 1.1 * 0.9 * 1.1 - 1.0);
    close(summary.pnl.daily_ratio, 1.1 * 0.9 * 1.1 - 1.0);
}

#[test]
fn a_drawdown_is_told_in_the_money_that_is_there() {
    let book = builder().capital(10_000.0).intraday_drawdown().build().expect("a new name");
    book.at(noon(0)).record_pnl("X", -2_000.0, PnlKind::Realized);
    book.at(noon(1)).withdraw(4_000.0);
    let drawdown = book.at(noon(1)).summary().drawdown;
    // 5,000 of 10,000 units are left; they were worth 5,000.
    close(drawdown.ratio, 0.2);
    close(drawdown.value, 1_000.0);
    close(drawdown.max_value, 2_000.0);
    assert_eq!((drawdown.days, drawdown.peak.map(|date| date.to_string()).as_deref()), (1, Some("2024-01-01")));
    book.at(noon(2)).deposit(36_000.0);
    book.at(noon(2)).record_pnl("X", 10_000.0, PnlKind::Realized);
    let drawdown = book.at(noon(2)).summary().drawdown;
    assert_eq!((drawdown.ratio, drawdown.value, drawdown.longest_days), (Some(0.0), 0.0, 2));
    close(drawdown.max_ratio, 0.2);
}

#[test]
fn what_is_not_there_cannot_be_taken_out() {
    let book = book();
    book.at(noon(0)).record_pnl("X", -4_000.0, PnlKind::Realized);
    let before = book.at(noon(0)).summary();
    for amount in [0.0, -1.0, 1e25, 1e-25] {
        book.at(noon(1)).deposit(amount);
        book.at(noon(1)).withdraw(amount);
    }
    for amount in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        book.at(noon(1)).deposit(amount);
        book.at(noon(1)).withdraw(amount);
    }
    book.at(noon(1)).withdraw(6_000.01);
    let mut after = book.at(noon(0)).summary();
    assert_eq!((after.refused.out_of_range, after.refused.not_finite, after.refused.overdrawn), (8, 6, 1));
    after.refused = before.refused;
    assert_eq!(after, before);
    book.at(noon(1)).withdraw(6_000.0);
    assert_eq!(book.summary().equity, Some(0.0));
}

#[test]
fn money_that_comes_where_none_is_left_begins_anew() {
    for loss in [10_000.0, 13_000.0] {
        let book = book();
        book.at(noon(0)).record_pnl("X", -loss, PnlKind::Realized);
        book.at(noon(1)).withdraw(1.0);
        book.at(noon(1)).deposit(loss);
        book.at(noon(1)).record_pnl("X", 1_000.0, PnlKind::Realized);
        book.at(noon(2)).record_pnl("X", -550.0, PnlKind::Realized);
        let summary = book.at(noon(2)).summary();
        let returns: Vec<_> = summary.days.iter().map(|day| day.return_ratio).collect();
        assert_eq!(returns, [Some(-loss / 10_000.0), Some(0.1)], "of what came in");
        close(summary.drawdown.max_ratio, loss / 10_000.0);
        close(summary.drawdown.ratio, 0.05);
        close(summary.pnl.ratio, 1.1 * 0.95 - 1.0);
        assert_eq!((summary.pnl.total, summary.refused.overdrawn), (450.0 - loss, 1));
    }
}

/// As a simulation does that is refunded whenever it has failed.
#[test]
fn who_loses_nearly_everything_again_and_again_has_figures_all_the_same() {
    let book = book();
    for day in 0..300 {
        book.at(noon(day)).record_pnl("X", -9_990.0, PnlKind::Realized);
        book.at(noon(day)).deposit(9_990.0);
    }
    let summary = book.at(noon(300)).summary();
    let drawdown = &summary.drawdown;
    assert_eq!(summary.equity, Some(10_000.0));
    assert!(drawdown.value.is_finite() && drawdown.max_value.is_finite(), "{drawdown:?}");
    assert!(drawdown.max_ratio.is_some_and(|ratio| ratio > 0.999 && ratio <= 1.0), "{drawdown:?}");
    assert!(summary.pnl.ratio.is_some_and(|ratio| ratio > -1.0), "{:?}", summary.pnl);
    // It begins anew, and what is made then is seen.
    book.at(noon(301)).record_pnl("X", 10_000.0, PnlKind::Realized);
    assert!(book.summary().pnl.ratio > summary.pnl.ratio);
}

#[test]
fn a_day_that_lost_everything_cannot_make_it_good() {
    let book = book();
    book.at(noon(0)).record_pnl("X", -10_000.0, PnlKind::Realized);
    book.at(noon(0)).deposit(1_000.0);
    book.at(noon(0)).record_pnl("X", 500.0, PnlKind::Realized);
    let summary = book.at(noon(0)).summary();
    assert_eq!(summary.today.and_then(|today| today.return_ratio), Some(-1.0));
    assert_eq!((summary.drawdown.max_ratio, summary.drawdown.ratio), (Some(1.0), Some(0.0)));
    assert_eq!((summary.pnl.ratio, summary.equity), (Some(0.5), Some(1_500.0)));
}

#[test]
fn an_account_that_was_emptied_leaves_no_dust() {
    let book = builder().capital(0.3).build().expect("a new name");
    for amount in [0.1, 0.2] {
        book.at(noon(0)).record_pnl("X", amount, PnlKind::Realized);
    }
    book.at(noon(1)).withdraw(0.6);
    book.at(noon(2)).mark("X", 1.0);
    book.at(noon(3)).deposit(1.0);
    let summary = book.at(noon(3)).summary();
    assert_eq!(summary.days.iter().map(|day| day.close).collect::<Vec<_>>()[1..], [0.0, 0.0]);
    assert_eq!((summary.equity, summary.drawdown.max_ratio), (Some(1.0), Some(0.0)));
    assert_eq!(summary.days[2].return_ratio, None, "of nothing");
}

#[test]
fn without_capital_money_that_moves_is_told_and_nothing_else() {
    let book = builder().build().expect("a new name");
    book.at(noon(0)).record_pnl("X", -5.0, PnlKind::Realized);
    book.at(noon(0)).withdraw(100.0);
    book.at(noon(0)).deposit(40.0);
    let summary = book.summary();
    let today = summary.today.expect("a day");
    assert_eq!((summary.deposits, summary.withdrawals, today.flows), (40.0, 100.0, -60.0));
    assert_eq!((today.close, today.pnl, today.return_ratio, summary.equity), (-5.0, -5.0, None, None));
    assert_eq!((summary.drawdown.value, summary.pnl.ratio), (5.0, None));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Made(f64),
    PutIn(f64),
    TakenOut(f64),
    Traded(f64, f64),
}

/// Steps of parts of the capital, so small that nothing is ever lost in whole.
fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (-0.01..0.01).prop_map(Step::Made),
        (0.001..2.0).prop_map(Step::PutIn),
        (0.001..0.3).prop_map(Step::TakenOut),
        (-0.01..0.01, 90.0..110.0).prop_map(|(quantity, price)| Step::Traded(quantity, price)),
    ]
}

/// Four steps a day.
fn by_day(steps: &[Step]) -> Vec<(u32, Step)> {
    (0_u32..).map(|number| number / 4).zip(steps.iter().copied()).collect()
}

/// What becomes of a book with so much capital.
fn tell(builder: Builder, capital: f64, steps: &[(u32, Step)]) -> Summary {
    let book = builder.capital(capital).build().expect("a new name");
    for (day, step) in steps {
        let at = book.at(noon(*day));
        match *step {
            Step::Made(part) => at.record_pnl("X", part * capital, PnlKind::Realized),
            Step::PutIn(part) => at.deposit(part * capital),
            Step::TakenOut(part) => at.withdraw(part * capital),
            Step::Traded(part, price) => {
                let fill = if part > 0.0 { Fill::buy } else { Fill::sell };
                at.fill(fill("Y", part.abs() * capital / 100.0, price).fee(1e-5 * capital));
            }
        }
    }
    book.remove();
    book.at(noon(1_000)).summary()
}

/// Every fraction there is.
fn fractions(summary: &Summary) -> Vec<Option<f64>> {
    let Summary { performance, risk, drawdown, pnl, .. } = summary;
    let mut all = vec![
        pnl.ratio,
        pnl.daily_ratio,
        drawdown.ratio,
        drawdown.max_ratio,
        performance.sharpe_ratio,
        performance.sharpe_ratio_30d,
        performance.sortino_ratio,
        performance.probabilistic_sharpe_ratio,
        performance.profit_factor,
        risk.volatility,
        risk.value_at_risk_95,
        risk.conditional_value_at_risk_95,
        risk.gross_exposure_ratio,
        risk.net_exposure_ratio,
    ];
    all.extend(summary.days.iter().map(|day| day.return_ratio));
    all
}

/// Whether they have the same fractions, but for rounding.
fn agree(one: &Summary, other: &Summary) -> bool {
    let same = |pair: (Option<f64>, Option<f64>)| match pair {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-7 * one.abs().max(1e-4),
        (one, other) => one == other,
    };
    let (one, other) = (fractions(one), fractions(other));
    one.len() == other.len() && one.into_iter().zip(other).all(same)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn who_makes_nothing_has_no_return_and_no_drawdown(steps in vec(step(), 1..200), intraday: bool) {
        let builder = if intraday { builder().intraday_drawdown() } else { builder() };
        let moves = |step: Step| if matches!(step, Step::PutIn(_) | Step::TakenOut(_)) { step } else { Step::PutIn(0.1) };
        let steps: Vec<Step> = steps.into_iter().map(moves).collect();
        let summary = tell(builder, 10_000.0, &by_day(&steps));
        prop_assert!(summary.days.iter().all(|day| day.pnl == 0.0 && day.return_ratio.is_none_or(|ratio| ratio == 0.0)));
        let drawdown = &summary.drawdown;
        prop_assert_eq!((drawdown.max_value, drawdown.max_ratio.unwrap_or(0.0), drawdown.longest_days), (0.0, 0.0, 0));
        prop_assert_eq!((summary.pnl.total, summary.pnl.ratio.unwrap_or(0.0)), (0.0, 0.0));
    }

    #[test]
    fn fractions_do_not_care_how_much_money_it_is(steps in vec(step(), 1..200), scale in 1e-3..1e6) {
        let [one, other] = [10_000.0, 10_000.0 * scale].map(|capital| tell(builder(), capital, &by_day(&steps)));
        prop_assert_eq!(one.refused, other.refused);
        prop_assert!(agree(&one, &other), "{one:?}\n{other:?}");
    }

    #[test]
    fn what_comes_and_goes_before_anything_is_made_changes_nothing(
        steps in vec(step(), 1..100), place in any::<prop::sample::Index>(), part in 0.001..50.0, intraday: bool,
    ) {
        let builder = || if intraday { builder().intraday_drawdown() } else { builder() };
        let steps = by_day(&steps);
        let (mut more, place) = (steps.clone(), place.index(steps.len()));
        let day = steps[place].0;
        more.splice(place..place, [(day, Step::PutIn(part)), (day, Step::TakenOut(part))]);
        let (plain, moved) = (tell(builder(), 10_000.0, &steps), tell(builder(), 10_000.0, &more));
        prop_assert!(agree(&plain, &moved), "{plain:?}\n{moved:?}");
        prop_assert!((moved.equity.expect("with capital") - plain.equity.expect("with capital")).abs() < 1e-7);
    }
}
