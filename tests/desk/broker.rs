use std::thread;

use perfmon::trading::{Broker, error};

use crate::{at, seconds, snapshot, value};

#[test]
fn requests_have_a_rate_and_a_peak() {
    let broker = Broker::new("rates").with_limit(50.0);
    // 45 within a second, then 2 a second for five.
    (0..45).for_each(|request| broker.at(at(20 * request)).request());
    (0..10).for_each(|request| broker.at(at(1_000 + 500 * request)).request());
    let status = broker.at(at(5_500)).status();
    assert_eq!((status.requests, status.requests_per_second, status.peak_requests_per_second), (55, 2.0, 45.0));
    let later = broker.at(seconds(30)).status();
    assert_eq!((later.requests, later.requests_per_second, later.peak_requests_per_second), (55, 0.0, 0.0));
    assert_eq!(later.limit, Some(50.0));
    for nonsense in [f64::NAN, 0.0, -3.0, f64::INFINITY] {
        assert_eq!(Broker::new("rates").with_limit(nonsense).status().limit, None);
    }
}

#[test]
fn its_troubles_are_counted() {
    let broker = Broker::new("troubles");
    assert_eq!(value(&snapshot(), "trading_broker_connected", &[("broker", "troubles")]), None);
    broker.set_connected(true);
    broker.connection_error();
    broker.set_connected(false);
    broker.connection_error();
    assert_eq!(value(&snapshot(), "trading_broker_connected", &[("broker", "troubles")]), Some(0.0));
    broker.reconnected();
    broker.pacing_violation();
    broker.set_clients(3);
    broker.request();
    let snapshot = snapshot();
    let of = |metric: &str| value(&snapshot, &format!("trading_broker_{metric}"), &[("broker", "troubles")]);
    assert_eq!(
        (of("connection_errors_total"), of("reconnections_total"), of("pacing_violations_total")),
        (Some(2.0), Some(1.0), Some(1.0))
    );
    assert_eq!((of("connected"), of("clients"), of("requests_total")), (Some(1.0), Some(3.0), Some(1.0)));
    assert_eq!(of("limit_requests_per_second"), None);
    assert!(of("requests_per_second").is_some() && of("peak_requests_per_second").is_some());
}

#[test]
fn requests_of_many_threads_all_count() {
    let broker = Broker::new("busy");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5_000).for_each(|request| broker.at(at(request)).request()));
        }
    });
    assert_eq!(broker.status().requests, 20_000);
}

#[test]
fn errors_are_counted_by_type() {
    error("timeout");
    error("timeout");
    error("stale_price");
    let snapshot = snapshot();
    let of = |error_type| value(&snapshot, "trading_errors_total", &[("error_type", error_type)]);
    assert_eq!((of("timeout"), of("stale_price")), (Some(2.0), Some(1.0)));
}
