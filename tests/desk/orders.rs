use std::{collections::HashMap, thread, time::Duration};

use perfmon::trading::{Order, OrderEvent, OrderLatency, Orders};

use crate::{at, snapshot, value};

/// Over all types of orders; there from 0 on.
fn count(book: &str, metric: &str) -> Option<f64> {
    value(&snapshot(), metric, &[("book", book)])
}

/// Calls of a site of a book, and the longest.
fn latency(book: &str, site: &str) -> (u64, Duration) {
    let snapshot = snapshot();
    let site = snapshot.get(site).expect("announced");
    let of_book = site.series().iter().filter(|series| series.values().iter().any(|value| value == book));
    of_book.fold((0, Duration::ZERO), |(calls, longest), series| {
        (calls + series.stats().calls(), longest.max(series.stats().max()))
    })
}

#[test]
fn counts_begin_at_nothing() {
    let orders = Orders::new("nothing yet");
    for metric in ["submitted", "filled", "cancelled", "rejected", "acknowledged", "dropped"] {
        assert_eq!(count("nothing yet", &format!("trading_orders_{metric}_total")), Some(0.0), "{metric}");
    }
    assert_eq!((orders.open(), count("nothing yet", "trading_orders_open")), (0, Some(0.0)));
    assert!(snapshot().get("order_fill").is_some(), "known before its first call");
}

#[test]
fn event_times_give_the_latencies() {
    let orders = Orders::new("by event time");
    let intent = orders.at(at(0)).intent("limit");
    let mut order = orders.at(at(3)).submitted(intent);
    assert_eq!(orders.open(), 1);
    orders.at(at(23)).acknowledged(&mut order);
    orders.at(at(50)).acknowledged(&mut order);
    orders.at(at(60)).partly_filled(&mut order);
    orders.at(at(103)).filled(order);

    let ms = Duration::from_millis;
    assert_eq!(latency("by event time", "intent_to_ack"), (1, ms(23)));
    assert_eq!(latency("by event time", "order_placement"), (1, ms(20)));
    assert_eq!(latency("by event time", "order_fill"), (1, ms(100)));
    assert_eq!(orders.open(), 0);
    let snapshot = snapshot();
    let labels = [("book", "by event time"), ("order_type", "limit")];
    for metric in ["orders_submitted", "orders_acknowledged", "order_partial_fills", "orders_filled"] {
        assert_eq!(value(&snapshot, &format!("trading_{metric}_total"), &labels), Some(1.0), "{metric}");
    }
}

#[test]
fn a_fill_acknowledges() {
    let orders = Orders::new("hasty");
    let intent = orders.at(at(0)).intent("market");
    let order = orders.at(at(1)).submitted(intent);
    orders.at(at(5)).filled(order);
    assert_eq!(latency("hasty", "intent_to_ack"), (1, Duration::from_millis(5)));
    assert_eq!(count("hasty", "trading_orders_acknowledged_total"), Some(1.0));
}

#[test]
fn what_does_not_come_to_its_end_has_no_latency() {
    let orders = Orders::new("unhappy");
    orders.intent("limit").submitted().cancelled();
    orders.intent("limit").submitted().rejected("insufficient_funds");
    orders.intent("limit").refused("position_limit");
    assert_eq!(latency("unhappy", "order_fill").0 + latency("unhappy", "intent_to_ack").0, 0);
    assert_eq!(
        (count("unhappy", "trading_orders_cancelled_total"), count("unhappy", "trading_orders_submitted_total")),
        (Some(1.0), Some(2.0))
    );
    let snapshot = snapshot();
    let because = |metric, reason| value(&snapshot, metric, &[("book", "unhappy"), ("reason", reason)]);
    assert_eq!(because("trading_orders_rejected_total", "insufficient_funds"), Some(1.0));
    assert_eq!(because("trading_order_intents_refused_total", "position_limit"), Some(1.0));
    assert_eq!((orders.open(), count("unhappy", "trading_orders_dropped_total")), (0, Some(0.0)));
}

#[test]
fn what_is_dropped_is_told() {
    let orders = Orders::new("forgetful");
    drop(orders.intent("limit"));
    drop(orders.intent("limit").submitted());
    let mut order = orders.intent("limit").submitted();
    order.acknowledged();
    let lost = thread::spawn(move || {
        let _lost = order;
        panic!("on purpose");
    });
    assert!(lost.join().is_err());
    let snapshot = snapshot();
    for stage in ["intent", "submitted", "acknowledged"] {
        let labels = [("book", "forgetful"), ("stage", stage)];
        assert_eq!(value(&snapshot, "trading_orders_dropped_total", &labels), Some(1.0), "{stage}");
    }
    assert_eq!(orders.open(), 0);
}

#[test]
fn times_that_go_backwards_are_no_latency() {
    let orders = Orders::new("backwards");
    let intent = orders.at(at(10)).intent("limit");
    let order = orders.at(at(5)).submitted(intent);
    orders.at(at(7)).filled(order);
    assert_eq!(latency("backwards", "intent_to_ack").0, 0);
    assert_eq!(latency("backwards", "order_placement"), (1, Duration::from_millis(2)));
    assert_eq!(count("backwards", "trading_order_times_reversed_total"), Some(1.0));
}

#[test]
fn without_times_the_clock_counts() {
    let orders = Orders::new("live");
    orders.intent("limit").submitted().filled();
    let (calls, longest) = latency("live", "order_fill");
    assert!(calls == 1 && longest < Duration::from_secs(600), "{longest:?}");
}

#[test]
fn a_program_may_count_and_time_itself() {
    let orders = Orders::new("by hand");
    orders.count(OrderEvent::Submitted, "limit", 5);
    orders.count(OrderEvent::Filled, "limit", 3);
    orders.count(OrderEvent::Rejected("halted"), "limit", 2);
    orders.record(OrderLatency::Fill, "limit", Duration::from_millis(7));
    assert_eq!(count("by hand", "trading_orders_submitted_total"), Some(5.0));
    assert_eq!(count("by hand", "trading_orders_rejected_total"), Some(2.0));
    assert_eq!(latency("by hand", "order_fill"), (1, Duration::from_millis(7)));
}

/// Each thread takes orders that another one submitted, out of a shared map.
#[test]
fn orders_go_from_thread_to_thread() {
    const EACH: u64 = 2_000;
    let orders = Orders::new("threads");
    let (sender, receiver) = std::sync::mpsc::channel::<(u64, Order)>();
    thread::scope(|scope| {
        for first in 0..4 {
            let (orders, sender) = (orders.clone(), sender.clone());
            scope.spawn(move || {
                for number in 0..EACH {
                    let id = first * EACH + number;
                    sender.send((id, orders.intent("limit").submitted())).expect("somebody listens");
                }
            });
        }
        drop(sender);
        scope.spawn(move || {
            let mut open = HashMap::new();
            for (id, mut order) in receiver {
                order.acknowledged();
                open.insert(id, order);
            }
            for (id, order) in open {
                match id % 4 {
                    0 => order.cancelled(),
                    1 => order.rejected("late"),
                    _ => order.filled(),
                }
            }
        });
    });
    let counts = ["submitted", "acknowledged", "filled", "cancelled", "rejected", "dropped"]
        .map(|metric| count("threads", &format!("trading_orders_{metric}_total")));
    let all = (4 * EACH) as f64;
    assert_eq!(counts, [all, all, all / 2.0, all / 4.0, all / 4.0, 0.0].map(Some));
    assert_eq!((orders.open(), latency("threads", "order_placement").0), (0, 4 * EACH));
}
