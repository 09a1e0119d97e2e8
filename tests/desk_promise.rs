//! What is promised of orders' latencies, before the first order of the process.

use std::time::Duration;

use perfmon::{
    Objective, Statistic,
    trading::{OrderLatency, Orders},
};

#[test]
fn a_promise_made_in_time_is_watched() {
    // What is promised may be the outcome of the program's own code, which may promise more.
    assert!(OrderLatency::IntentToAck.promise(std::iter::once_with(|| {
        assert!(OrderLatency::Placement.promise([Objective::latency(Statistic::P95, 200_000_000)]));
        Objective::latency(Statistic::P99, 1_000_000_000)
    })));
    let orders = Orders::new("promised");
    assert!(!OrderLatency::Fill.promise([Objective::latency(Statistic::P95, 1)]), "too late");
    orders.record(OrderLatency::Placement, "limit", Duration::from_millis(199));
    orders.record(OrderLatency::Placement, "limit", Duration::from_millis(201));
    orders.record(OrderLatency::Fill, "limit", Duration::from_millis(201));

    let snapshot = perfmon::snapshot();
    let placement = snapshot.get("order_placement").expect("announced").objectives().next().expect("promised");
    assert_eq!((placement.breaches, placement.met), (1, Some(false)));
    assert_eq!(snapshot.get("intent_to_ack").expect("announced").objectives().count(), 1);
    assert_eq!(snapshot.get("order_fill").expect("announced").objectives().count(), 0);
}
