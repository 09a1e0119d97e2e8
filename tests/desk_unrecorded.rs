//! While perfmon records nothing, handles keep their state: whoever stops trading must be able to.

use std::time::{Duration, UNIX_EPOCH};

use perfmon::{
    snapshot::Value,
    trading::{Feed, KillSwitches, Orders},
};

#[test]
fn a_kill_switch_works_all_the_same() {
    let orders = Orders::new("quiet");
    perfmon::set_enabled(false);
    let switch = KillSwitches::new("quiet").switch("pnl");
    switch.activate("-5 %");
    let order = orders.intent("limit").submitted();
    let feed = Feed::builder("quiet").interval(Duration::from_secs(1)).replay().build();
    for second in [0, 1, 3] {
        feed.at(UNIX_EPOCH + Duration::from_secs(second)).tick("A");
    }

    assert!(switch.is_active());
    assert_eq!((orders.open(), feed.status().counts.missing), (1, 1));
    let snapshot = perfmon::snapshot();
    let active = snapshot.metric("trading_kill_switch_active").expect("told").with_labels(&["quiet", "pnl"]);
    assert_eq!(active, Some(&Value::Gauge(1.0)));
    let submitted = snapshot.metric("trading_orders_submitted_total").expect("announced");
    assert_eq!(submitted.with_labels(&["quiet", "limit"]), None, "counters and latencies are what is switched off");
    order.cancelled();
    assert_eq!(orders.open(), 0);
}
