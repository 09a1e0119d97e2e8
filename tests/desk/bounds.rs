//! Names that a stranger chooses cannot make the process grow.

use perfmon::trading::{Feed, KillSwitches};

use crate::{seconds, snapshot, value};

const HOSTILE: [&str; 6] = ["", " ", "a\"b\\c\nd", "\u{0}\u{7f}\u{202e}", "{__name__=\"x\"}", "größe/€"];

#[test]
fn switches_beyond_the_bound_stop_together() {
    let switches = KillSwitches::new("many switches");
    (0..1_000).for_each(|number| assert!(!switches.switch(&format!("custom {number}")).is_active()));
    assert_eq!(switches.all().len(), 64);
    assert_eq!(switches.switch("custom 0").name(), "custom 0");
    let late = switches.switch("custom 999");
    assert_eq!(late.name(), "other");
    late.activate("too many to tell apart");
    assert!(switches.switch("custom 998").is_active() && !switches.switch("custom 0").is_active());
}

#[test]
fn symbols_beyond_the_bound_are_counted() {
    let feed = Feed::builder("many symbols").symbols(10).replay().build();
    (0..1_000).for_each(|number| feed.at(seconds(number)).tick(&format!("S{number}")));
    let status = feed.status();
    assert_eq!((status.symbols, status.unwatched, status.counts.messages), (10, 990, 1_000));
}

#[test]
fn error_types_beyond_the_bound_are_one() {
    let feed = Feed::builder("many errors").build();
    (0..1_000).for_each(|number| feed.error(&format!("error {number}")));
    let snapshot = snapshot();
    let of = |error_type| {
        value(&snapshot, "trading_data_quality_errors_total", &[("feed", "many errors"), ("error_type", error_type)])
    };
    assert_eq!((of("error 0"), of("error 999"), of("other")), (Some(1.0), None, Some(937.0)));
}

#[test]
fn any_name_will_do() {
    let long = "ä".repeat(10_000);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let switch = KillSwitches::new(name).switch(name);
        switch.activate(name);
        let kept = &name[..name.len().min(128)];
        assert_eq!((switch.book(), switch.name()), (kept, kept));
        assert!(KillSwitches::new(name).switch(name).is_active());
        let feed = Feed::builder(name).replay().build();
        feed.at(seconds(0)).tick(name);
        feed.error(name);
        assert!(feed.symbol(name).is_some_and(|symbol| symbol.counts.messages == 1));
        let snapshot = snapshot();
        let labels = [("book", kept), ("switch", kept)];
        assert_eq!(value(&snapshot, "trading_kill_switch_active", &labels), Some(1.0));
    }
}

/// Times that no feed has, and jumps from one end of time to the other.
#[test]
fn any_time_will_do() {
    use std::time::{Duration, UNIX_EPOCH};
    let far = [
        UNIX_EPOCH - Duration::from_secs(9_000_000_000_000),
        UNIX_EPOCH,
        UNIX_EPOCH + Duration::from_secs(9_000_000_000_000),
        UNIX_EPOCH - Duration::from_secs(1),
    ];
    let feed = Feed::builder("end of time").interval(Duration::from_nanos(1)).window(Duration::ZERO).replay().build();
    for time in far {
        feed.at(time).tick("A");
        feed.at(time).pause();
        feed.at(time).resume();
    }
    let status = feed.status();
    assert_eq!(status.counts.expected(), status.counts.received.saturating_add(status.counts.missing));
    assert!(snapshot().metric("trading_feed_missing_ticks_total").is_some());
}

#[test]
fn a_removed_name_is_free_again() {
    let first = Feed::builder("removed").replay().build();
    first.at(seconds(0)).tick("A");
    first.remove();
    assert_eq!(value(&snapshot(), "trading_feed_messages_total", &[("feed", "removed")]), None);
    let second = Feed::builder("removed").replay().build();
    first.remove();
    first.at(seconds(1)).tick("A");
    assert_eq!((first.status().counts.messages, second.status().counts.messages), (2, 0));
    assert_eq!(value(&snapshot(), "trading_feed_messages_total", &[("feed", "removed")]), Some(0.0));
}
