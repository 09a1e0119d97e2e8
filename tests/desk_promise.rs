//! What is promised of orders' latencies, before the first order of the process.

use std::time::Duration;

use perfmon::{
    Objective, Statistic,
    trading::{OrderLatency, Orders},
};

#[test]
fn a_promise_made_in_time_is_watched() {
    assert!(OrderLatency::Placement.promise([Objective::latency(Statistic::P95, 200_000_000)]));
    let orders = Orders::new("promised");
    assert!(!OrderLatency::Fill.promise([Objective::latency(Statistic::P95, 1)]), "too late");
    orders.record(OrderLatency::Placement, "limit", Duration::from_millis(199));
    orders.record(OrderLatency::Placement, "limit", Duration::from_millis(201));
    orders.record(OrderLatency::Fill, "limit", Duration::from_millis(201));

    let snapshot = perfmon::snapshot();
    let placement = snapshot.get("order_placement").expect("announced").objectives().next().expect("promised");
    assert_eq!((placement.breaches, placement.met), (1, Some(false)));
    assert_eq!(snapshot.get("order_fill").expect("announced").objectives().count(), 0);
}
