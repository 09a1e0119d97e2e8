use std::time::Duration;

use perfmon::trading::Feed;

use crate::{at, seconds, snapshot, value};

const SECOND: Duration = Duration::from_secs(1);

fn feed(name: &str) -> Feed {
    Feed::builder(name).interval(SECOND).replay().build()
}

#[test]
fn a_whole_feed_is_complete() {
    let feed = feed("whole");
    (0..100).for_each(|second| feed.at(seconds(second)).tick("A"));
    let status = feed.status();
    assert_eq!(
        (status.counts.messages, status.counts.expected(), status.counts.received, status.counts.missing),
        (100, 100, 100, 0)
    );
    assert_eq!((status.completeness, status.overall_completeness), (Some(1.0), Some(1.0)));
    assert_eq!((status.staleness, status.counts.duplicates, status.counts.out_of_order), (Some(Duration::ZERO), 0, 0));
}

#[test]
fn ticks_that_jitter_are_not_missing() {
    let feed = feed("jitter");
    for second in 0_u64..200 {
        // Up to 0.4 s early or late, against one another.
        let jitter = second * 7_919 % 400;
        feed.at(at(if second % 2 == 0 {
            1_000 * second + 10_000 + jitter / 2
        } else {
            1_000 * second + 10_000 - jitter / 2
        }))
        .tick("A");
    }
    let status = feed.status();
    assert_eq!((status.counts.missing, status.counts.gaps, status.counts.out_of_order), (0, 0, 0), "{status:?}");
}

#[test]
fn a_slow_feed_does_not_run_up_a_debt() {
    let feed = feed("slow");
    (0..1_000).for_each(|tick| feed.at(at(1_004 * tick)).tick("A"));
    assert_eq!((feed.status().counts.missing, feed.status().counts.received), (0, 1_000));
}

#[test]
fn runs_of_missing_ticks_are_gaps() {
    let feed = Feed::builder("gaps").interval(SECOND).gap(2).replay().build();
    // One is missing, then two, then nine.
    for second in [0, 1, 3, 6, 16] {
        feed.at(seconds(second)).tick("A");
    }
    let status = feed.status();
    assert_eq!(
        (status.counts.received, status.counts.missing, status.counts.expected(), status.counts.gaps),
        (5, 12, 17, 2)
    );
    assert_eq!(feed.symbol("A").expect("watched").counts.missing, 12);
    assert_eq!(feed.symbol("B"), None);
}

#[test]
fn duplicates_and_late_ticks_are_told_apart() {
    let feed = feed("disorder");
    for second in [0, 1, 1, 3, 2, 4] {
        feed.at(seconds(second)).tick("A");
    }
    let status = feed.status();
    assert_eq!(
        (status.counts.messages, status.counts.received, status.counts.duplicates, status.counts.out_of_order),
        (6, 4, 1, 1)
    );
    // It was missed when 3 came, and that is not taken back.
    assert_eq!(status.counts.missing, 1);

    let trades = Feed::builder("trades").interval(SECOND).repeated_times().replay().build();
    (0..3).for_each(|_| trades.at(seconds(0)).tick("A"));
    trades.at(at(100)).tick("A");
    trades.at(seconds(1)).tick("A");
    let status = trades.status();
    assert_eq!(
        (status.counts.messages, status.counts.received, status.counts.duplicates, status.counts.missing),
        (5, 2, 0, 0)
    );
}

#[test]
fn symbols_are_watched_apart() {
    let feed = feed("symbols");
    feed.at(seconds(0)).tick("A");
    feed.at(seconds(0)).tick("B");
    (1..=10).for_each(|second| feed.at(seconds(second)).tick("A"));
    assert_eq!(feed.status().staleness, Some(10 * SECOND), "B waits");
    assert_eq!(feed.symbol("A").expect("watched").staleness, Some(Duration::ZERO));
    // 9 of B are overdue: the tenth is not late before half an interval has passed.
    assert_eq!(feed.status().overall_completeness, Some(12.0 / 21.0));
    assert_eq!(feed.status().counts.missing, 0, "not before B's next tick, or the close");

    feed.forget("B");
    let status = feed.status();
    assert_eq!((status.symbols, status.counts.messages, status.staleness), (1, 12, Some(Duration::ZERO)));
    assert_eq!(status.overall_completeness, Some(1.0));
    feed.at(seconds(60)).tick("B");
    assert_eq!(feed.status().counts.missing, 0, "its next tick begins anew");
}

#[test]
fn nights_are_no_gaps() {
    let feed = feed("nights");
    for day in 0..3 {
        let open = 86_400 * day;
        feed.at(seconds(open)).resume();
        (1..=100).for_each(|second| feed.at(seconds(open + second)).tick("A"));
        feed.at(seconds(open + 100)).pause();
        assert!(feed.status().paused);
    }
    let status = feed.at(seconds(86_400 * 2 + 50_000)).status();
    assert_eq!(
        (status.counts.received, status.counts.missing, status.counts.gaps, status.staleness),
        (300, 0, 0, None)
    );
    assert_eq!(status.overall_completeness, Some(1.0));
}

#[test]
fn what_is_missing_before_the_close_and_after_the_open_counts() {
    let feed = feed("edges");
    (0..=10).for_each(|second| feed.at(seconds(second)).tick("A"));
    feed.at(seconds(15)).pause();
    assert_eq!((feed.status().counts.missing, feed.status().counts.gaps), (4, 1));
    feed.at(seconds(16)).tick("A");
    feed.at(seconds(17)).pause();
    assert_eq!(
        (feed.status().counts.messages, feed.status().counts.received),
        (12, 11),
        "nobody asked for one in a pause"
    );

    feed.at(seconds(1_000)).resume();
    assert_eq!(feed.at(seconds(1_003)).status().staleness, Some(3 * SECOND));
    feed.at(seconds(1_005)).tick("A");
    assert_eq!((feed.status().counts.missing, feed.status().counts.received), (8, 12));
}

#[test]
fn recent_completeness_forgets() {
    let feed = Feed::builder("window").interval(SECOND).window(Duration::from_secs(60)).replay().build();
    feed.at(seconds(0)).tick("A");
    feed.at(seconds(41)).tick("A");
    let status = feed.status();
    assert_eq!((status.counts.missing, status.completeness), (40, Some(2.0 / 42.0)));
    (42..=100).for_each(|second| feed.at(seconds(second)).tick("A"));
    let status = feed.status();
    assert_eq!(status.completeness, Some(1.0), "what was missing lies more than a minute back");
    assert_eq!(status.overall_completeness, Some(61.0 / 101.0));
    // Silence shows before the next tick does.
    let status = feed.at(seconds(131)).status();
    assert_eq!(status.completeness, Some(29.0 / 59.0));
    assert_eq!(feed.at(seconds(100_000)).status().completeness, Some(0.0));
}

#[test]
fn nothing_is_made_up() {
    let silent = feed("silent");
    let status = silent.status();
    assert_eq!((status.completeness, status.overall_completeness, status.staleness), (None, None, None));
    let free = Feed::builder("no interval").replay().build();
    free.at(seconds(0)).tick("A");
    free.at(seconds(50)).tick("A");
    let status = free.at(seconds(80)).status();
    assert_eq!((status.counts.messages, status.counts.expected(), status.completeness), (2, 0, None));
    assert_eq!(status.staleness, Some(30 * SECOND));
    let snapshot = snapshot();
    assert_eq!(value(&snapshot, "trading_feed_completeness_ratio", &[("feed", "silent")]), None);
    assert_eq!(value(&snapshot, "trading_feed_missing_ticks_total", &[("feed", "no interval")]), None);
    assert_eq!(value(&snapshot, "trading_feed_messages_total", &[("feed", "no interval")]), Some(2.0));
}

#[test]
fn a_live_feed_is_measured_by_the_clock() {
    let feed = Feed::builder("live").interval(Duration::from_secs(3_600)).build();
    feed.tick("A");
    let status = feed.status();
    assert!(status.staleness.is_some_and(|staleness| staleness < Duration::from_secs(600)), "{status:?}");
    assert!(status.messages_per_second > 0.0);
    // A time from the future would make all that follows old.
    feed.at(std::time::SystemTime::now() + Duration::from_secs(86_400)).tick("A");
    feed.at(std::time::SystemTime::now() + Duration::from_secs(50)).tick("A");
    let status = feed.status();
    assert_eq!((status.ahead, status.counts.messages, status.counts.out_of_order, status.counts.missing), (1, 3, 0, 0));
    assert_eq!(status.staleness, Some(Duration::ZERO));
}

#[test]
fn errors_are_told_by_type() {
    let feed = feed("errors");
    for second in [0, 1, 1, 0] {
        feed.at(seconds(second)).tick("A");
    }
    (0..3).for_each(|_| feed.error("crossed_book"));
    feed.error("duplicate");
    let snapshot = snapshot();
    let of = |error_type| {
        value(&snapshot, "trading_data_quality_errors_total", &[("feed", "errors"), ("error_type", error_type)])
    };
    assert_eq!(
        [of("duplicate"), of("out_of_order"), of("ahead"), of("crossed_book")],
        [Some(2.0), Some(1.0), Some(0.0), Some(3.0)]
    );
}

#[test]
fn its_metrics_say_what_its_status_says() {
    let feed = feed("metrics");
    for second in [0, 1, 2, 7] {
        feed.at(seconds(second)).tick("A");
    }
    feed.at(seconds(9)).tick("B");
    let (status, snapshot) = (feed.status(), snapshot());
    let of = |metric: &str| value(&snapshot, &format!("trading_feed_{metric}"), &[("feed", "metrics")]);
    assert_eq!(of("messages_total"), Some(5.0));
    assert_eq!(
        (of("expected_ticks_total"), of("missing_ticks_total"), of("gaps_total")),
        (Some(9.0), Some(4.0), Some(1.0))
    );
    assert_eq!(of("completeness_ratio"), status.completeness);
    assert_eq!(of("overall_completeness_ratio"), status.overall_completeness);
    assert_eq!((of("staleness_seconds"), of("symbols"), of("paused")), (Some(2.0), Some(2.0), Some(0.0)));
    let symbol = [("feed", "metrics"), ("symbol", "A")];
    assert_eq!(value(&snapshot, "trading_feed_symbol_staleness_seconds", &symbol), Some(2.0));
    assert_eq!(value(&snapshot, "trading_feed_symbol_missing_ticks_total", &symbol), Some(4.0));
}

#[test]
fn one_time_from_long_ago_is_not_years_of_missing_ticks() {
    let feed = feed("stale first");
    feed.at(std::time::UNIX_EPOCH).tick("A");
    (0..10).for_each(|second| feed.at(seconds(second)).tick("A"));
    let counts = feed.status().counts;
    assert_eq!((counts.received, counts.missing, counts.gaps, counts.restarts), (11, 0, 0, 1));
    assert_eq!(feed.status().completeness, Some(1.0));

    let live = Feed::builder("stale first, live").interval(SECOND).build();
    live.at(std::time::UNIX_EPOCH).tick("A");
    assert!(live.status().overall_completeness.is_some_and(|ratio| ratio > 1e-6), "it is silent, for a day at most");
    live.tick("A");
    assert_eq!((live.status().counts.missing, live.status().counts.restarts), (0, 1));
}

#[test]
fn of_a_long_silence_the_longest_gap_is_missing() {
    let feed = Feed::builder("silence").interval(SECOND).longest_gap(100 * SECOND).replay().build();
    (0..10).for_each(|second| feed.at(seconds(second)).tick("A"));
    let later = feed.at(seconds(1_000)).status();
    assert_eq!((later.overall_completeness, later.completeness), (Some(10.0 / 110.0), Some(0.0)));
    feed.at(seconds(1_000)).tick("A");
    let status = feed.status();
    assert_eq!((status.counts.missing, status.counts.gaps, status.counts.restarts), (100, 1, 1));
    assert_eq!(status.completeness, Some(1.0 / 101.0), "the last ones, so that the window has them");
    feed.at(seconds(1_101)).tick("A");
    assert_eq!((feed.status().counts.missing, feed.status().counts.restarts), (200, 1), "a gap as long as may be");
}

#[test]
fn one_time_from_the_future_does_not_end_a_replay() {
    let feed = feed("future");
    let future = seconds(3_000_000_000);
    for second in 0..20 {
        feed.at(seconds(second)).tick("A");
        feed.at(seconds(second)).tick("B");
        if second == 9 {
            feed.at(future).tick("A");
        }
    }
    let status = feed.status();
    assert_eq!((status.counts.received, status.counts.out_of_order, status.counts.restarts), (41, 0, 2));
    assert_eq!(status.staleness, Some(Duration::ZERO), "its clock is back too");
    assert_eq!(status.counts.missing, 86_400, "a day, before the time from the future");
    feed.at(future).tick("C");
    feed.forget("C");
    assert_eq!(feed.status().staleness, Some(Duration::ZERO));

    let again = Feed::builder("future first").interval(SECOND).replay().build();
    again.at(future).tick("A");
    (0..20).for_each(|second| again.at(seconds(second)).tick("A"));
    let counts = again.status().counts;
    assert_eq!((counts.received, counts.missing, counts.restarts, counts.out_of_order), (21, 0, 1, 0));
}
