//! Live windows over what the recorder counts, by a clock that the test moves.

#[macro_use]
mod support;

use std::time::Duration;

use perfmon_core::{
    Counter, Snapshot,
    analyse::{Window, Windows},
    call::record,
    site::Kind,
    snapshot,
};
use proptest::prelude::*;

site!(FAST, "fast");
site!(SLOW, "slow");
static ORDERS: Counter = Counter::new("orders", module_path!());
perfmon_core::inventory::submit! { ORDERS.registration() }

/// The snapshot of that moment since recording began.
fn at(taken: &[Snapshot], moment: Duration) -> &Snapshot {
    taken.iter().find(|snapshot| snapshot.span() == moment).expect("a window begins with a tick")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_window_is_a_difference(seconds in prop::collection::vec((0..50_u64, 0..5_u64, prop_oneof![9 => Just(1_000_u64), 1 => 100..30_000_u64]), 1..400)) {
        let (clock, _alone) = support::mock();
        let mut windows = Windows::default();
        // The recorder goes on from case to case; so a first tick that nothing came before, and windows that begin there.
        let first = snapshot();
        windows.advance(&first);
        let mut taken = vec![first.clone()];
        for (calls, orders, wait) in seconds {
            for call in 0..calls {
                record(&FAST, Duration::from_nanos(100 + call * call));
                record(&SLOW, Duration::from_micros(1 + calls * call));
            }
            ORDERS.add(orders);
            clock.advance(Duration::from_millis(wait));
            taken.push(snapshot());
            windows.advance(&taken[taken.len() - 1]);
        }
        record(&FAST, Duration::from_millis(3));
        clock.advance(Duration::from_millis(200));
        let now = snapshot();
        for window in Window::ALL {
            let interval = windows.interval(window, &now);
            let start = now.span().checked_sub(interval.span()).expect("an interval is part of the time");
            if start.is_zero() {
                prop_assert_eq!(&interval, &now);
                continue;
            }
            prop_assert_eq!(&interval, &(&now - at(&taken, start)));
            prop_assert!(interval.span() >= window.span());
            let fast = interval.site(Kind::Latency, "fast").expect("registered");
            prop_assert!(fast.calls() > 0, "the call since the last tick is part of every window");
            prop_assert!((interval.per_second(fast.calls()) * interval.span().as_secs_f64() - fast.calls() as f64).abs() < 1e-6);
        }
    }
}
