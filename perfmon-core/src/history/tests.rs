//! What the tiers hold, beside a plain list of all values.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::{collection::vec, prelude::*};

use super::{Bounds, History, Item, Key, Kind, Now, Range};

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

fn key<'a>(kind: Kind, labels: &'a [(&'a str, &'a str)]) -> Key<'a> {
    Key { kind, name: "x", labels }
}

fn at(ms: u64) -> Now {
    Now { at: ms, wall: UNIX_EPOCH + Duration::from_millis(ms) }
}

fn bounds(max_series: usize, memory_limit: usize) -> Bounds {
    Bounds { max_series, memory_limit, ..Bounds::default() }
}

fn filled(kind: Kind, values: &[(u64, f64)]) -> History {
    let mut history = History::new(bounds(10, 1 << 30));
    values.iter().for_each(|&(ms, value)| history.collect(at(ms), [(key(kind, &[]), value)]));
    history
}

fn since(history: &History, kind: Kind, from: u64) -> Range {
    history.since(kind, "x", from).pop().map(|(_, range)| range).unwrap_or_default()
}

#[test]
fn a_cell_whose_values_are_all_before_the_edge_is_not_within() {
    // The first has become a cell, the second is single still; the edge lies between them, less than ten minutes ago.
    let history = filled(Kind::Gauge, &[(45_000, 1.0), (47_000, 1.0), (645_500, 1.0)]);
    assert_eq!(summary(&since(&history, Kind::Gauge, 46_000).items).0, 2);
}

/// Count, sum, least, greatest, last.
fn summary(items: &[Item]) -> (u64, f64, f64, f64, f64) {
    let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
    items.iter().fold((0, 0.0, min, max, 0.0), |sum, item| {
        (sum.0 + item.count, sum.1 + item.sum, sum.2.min(item.min), sum.3.max(item.max), item.last)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any times at least a second apart, any range whose edge is a whole minute: nothing is lost, and nothing counted twice.
    #[test]
    fn ranges_agree_with_a_list_of_all_values(
        steps in vec((prop_oneof![8 => 1_000..20_000_u64, 1 => 1_000..HOUR], -1_000..1_000_i32), 1..2_000),
        back in vec(0..25 * 60_u64, 4),
    ) {
        let mut time = 0;
        let values: Vec<(u64, f64)> = steps.iter().map(|&(gap, value)| { time += gap; (time, f64::from(value)) }).collect();
        let history = filled(Kind::Gauge, &values);
        let oldest = (time.saturating_sub(24 * HOUR)).next_multiple_of(MINUTE);
        for minutes in back {
            let from = (time / MINUTE * MINUTE).saturating_sub(minutes * MINUTE).max(oldest);
            let naive: Vec<Item> = values.iter().filter(|value| value.0 >= from).map(|&(at, value)| Item::single(at, value)).collect();
            let range = since(&history, Kind::Gauge, from);
            prop_assert_eq!(summary(&range.items), summary(&naive), "from {} of {}", from, time);
            prop_assert!(range.items.is_sorted_by_key(|item| item.at));
        }
    }

    /// An edge anywhere: it is rounded down by less than ten seconds within the hour, a minute before.
    #[test]
    fn an_edge_is_rounded_down_by_less_than_a_cell(steps in vec(1_000..9_000_u64, 1..2_000), back in 0..5 * HOUR) {
        let mut time = 0;
        let values: Vec<(u64, f64)> = steps.iter().map(|gap| { time += gap; (time, 1.0) }).collect();
        let history = filled(Kind::Gauge, &values);
        let from = time.saturating_sub(back);
        let slack = match back {
            _ if back < 10 * MINUTE => 0,
            _ if back < HOUR => 10 * SECOND,
            _ => MINUTE,
        };
        let count_since = |from: u64| values.iter().filter(|value| value.0 >= from).count() as u64;
        let count = summary(&since(&history, Kind::Gauge, from).items).0;
        prop_assert!(count >= count_since(from) && count <= count_since(from.saturating_sub(slack)));
    }

    /// Any retention, and any change of it: what is within it is there, with at most the rest of a cell besides, and what a narrower one drops is counted.
    #[test]
    fn what_is_kept_is_as_old_as_the_bounds_say(
        steps in vec((1_000..60_000_u64, -1_000..1_000_i32), 1..2_000),
        retentions in vec(1..26 * 60_u64, 1..4),
    ) {
        let mut history = History::new(bounds(10, 1 << 30));
        let (mut time, mut values) = (0, Vec::new());
        for part in steps.chunks(steps.len().div_ceil(retentions.len())) {
            for &(gap, value) in part {
                time += gap;
                history.collect(at(time), [(key(Kind::Gauge, &[]), f64::from(value))]);
                values.push((time, f64::from(value)));
            }
            let retention = retentions[values.len() % retentions.len()] * MINUTE;
            let kept = history.bounds().retention_ms();
            let before = since(&history, Kind::Gauge, 0).items.len() as u64;
            let bounds = Bounds { retention: Duration::from_millis(retention), ..history.bounds() };
            let dropped = history.set_bounds(bounds, time);
            let range = since(&history, Kind::Gauge, 0);
            prop_assert!(dropped <= before - range.items.len() as u64 && dropped <= history.footprint().dropped);
            prop_assert!(range.items.iter().all(|item| item.at + retention + MINUTE > time));
            let first = range.items.first().map_or(u64::MAX, |item| item.at);
            prop_assert!(values.iter().all(|value: &(u64, f64)| value.0 >= first || value.0 <= time.saturating_sub(retention.min(kept))));
            values.retain(|value| value.0 >= first);
            let naive: Vec<Item> = values.iter().map(|&(at, value)| Item::single(at, value)).collect();
            prop_assert_eq!(summary(&range.items), summary(&naive));
        }
    }

    /// A counter that now and then begins anew: the increases of all values since the one before the range.
    #[test]
    fn increases_agree_with_a_list_of_all_values(
        steps in vec((1_000..20_000_u64, 0..100_u32, prop::bool::weighted(0.02)), 2..2_000),
        back in vec(0..25 * 60_u64, 4),
    ) {
        let (mut time, mut count) = (0, 0.0);
        let values: Vec<(u64, f64)> = steps
            .iter()
            .map(|&(gap, by, reset)| {
                time += gap;
                count = if reset { 0.0 } else { count } + f64::from(by);
                (time, count)
            })
            .collect();
        let history = filled(Kind::Counter, &values);
        for minutes in back {
            let from = (time / MINUTE * MINUTE).saturating_sub(minutes * MINUTE);
            let first = values.iter().position(|value| value.0 >= from).unwrap_or(values.len());
            // Without a value before the range the first one is where it starts, and the first cell may hold a reset.
            if first == 0 || first == values.len() {
                continue;
            }
            let grown = |pair: &[(u64, f64)]| if pair[1].1 < pair[0].1 { pair[1].1 } else { pair[1].1 - pair[0].1 };
            let naive: f64 = values[first - 1..].windows(2).map(grown).sum();
            let (increase, seconds) = since(&history, Kind::Counter, from).growth().expect("two values");
            prop_assert!((increase - naive).abs() < 1e-6, "from {from} of {time}: {increase}, not {naive}");
            let exact = (values[values.len() - 1].0 - values[first - 1].0) as f64 / 1000.0;
            prop_assert!((seconds - exact).abs() < 1e-9, "{seconds} s, not {exact} s");
        }
    }
}

#[test]
fn many_readers_do_not_shorten_it_and_the_newest_value_is_the_last() {
    let mut history = History::new(bounds(10, 1 << 30));
    for tick in 0..10_000 {
        history.collect(at(tick * 10), [(key(Kind::Gauge, &[]), tick as f64)]);
        let range = since(&history, Kind::Gauge, 0);
        assert_eq!(range.items.last().map(|item| item.last), Some(tick as f64));
        assert!(range.items.len() as u64 <= tick * 10 / 900 + 2);
    }
    assert!(since(&history, Kind::Gauge, 0).items.len() >= 100, "100 s are there");
}

#[test]
fn ticks_that_are_not_quite_even_are_all_kept() {
    let values: Vec<(u64, f64)> = (1..500).map(|tick| (tick * SECOND + tick * 37 % 90, 1.0)).collect();
    assert_eq!(since(&filled(Kind::Gauge, &values), Kind::Gauge, 0).items.len(), 499);
}

#[test]
fn a_day_of_a_value_every_five_seconds_takes_at_most_75_kib() {
    let mut history = History::new(bounds(10, 1 << 30));
    let labels = [("mount", "/var/lib/data"), ("device", "nvme0n1p2")];
    for tick in 0..3 * 17_280 {
        history.collect(at(tick * 5 * SECOND), [(key(Kind::Gauge, &labels), tick as f64)]);
    }
    let bytes = history.footprint().bytes;
    assert!((60 << 10..=75 << 10).contains(&bytes), "{bytes} bytes");
}

#[test]
fn bytes_are_bounded_and_what_that_costs_is_told() {
    let mut history = History::new(bounds(1_000, 1 << 20));
    let names: Vec<String> = (0..100).map(|name| name.to_string()).collect();
    for tick in 0..17_280 {
        let labels: Vec<_> = names.iter().map(|name| [("name", name.as_str())]).collect();
        history.collect(at(tick * 5 * SECOND), labels.iter().map(|labels| (key(Kind::Gauge, labels), 1.0)));
        assert!(history.footprint().bytes <= (1 << 20) + (1 << 17), "{:?}", history.footprint());
    }
    let footprint = history.footprint();
    assert!(footprint.series == 100 && footprint.dropped > 0 && footprint.turned_away == 0, "{footprint:?}");
    assert!(history.since(Kind::Gauge, "x", 0).iter().all(|(_, range)| range.items.len() > 100), "each has its share");
}

#[test]
fn series_beyond_the_limit_wait_until_others_are_no_longer_given() {
    let mut history = History::new(bounds(2, 1 << 20));
    let give = |history: &mut History, ms, name| history.collect(at(ms), [(key(Kind::Gauge, &[("name", name)]), 1.0)]);
    give(&mut history, 0, "a");
    give(&mut history, 0, "b");
    give(&mut history, 0, "c");
    assert_eq!((history.footprint().series, history.footprint().turned_away), (2, 1));
    (1..20).for_each(|minute| give(&mut history, minute * MINUTE, "b"));
    give(&mut history, 20 * MINUTE, "c");
    let names: Vec<String> =
        history.since(Kind::Gauge, "x", 0).into_iter().map(|(mut labels, _)| labels.remove(0).1).collect();
    assert_eq!(names, ["b", "c"], "a made room");
}

#[test]
fn fewer_series_are_those_that_were_given_last() {
    let mut history = History::new(bounds(10, 1 << 20));
    let give = |history: &mut History, ms, name| history.collect(at(ms), [(key(Kind::Gauge, &[("name", name)]), 1.0)]);
    for (second, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        give(&mut history, second as u64 * SECOND, name);
        give(&mut history, (second as u64 + 10) * SECOND, name);
    }
    give(&mut history, 20 * SECOND, "b");
    let left = |history: &History| -> Vec<String> {
        history.since(Kind::Gauge, "x", 0).into_iter().map(|(mut labels, _)| labels.remove(0).1).collect()
    };
    assert_eq!(history.set_bounds(bounds(2, 1 << 20), 20 * SECOND), 4, "two values of two series");
    assert_eq!(left(&history), ["b", "d"]);
    assert_eq!((history.footprint().series, history.footprint().series_limit, history.footprint().dropped), (2, 2, 4));
    give(&mut history, 21 * SECOND, "a");
    assert_eq!((left(&history).len(), history.footprint().turned_away), (2, 1));
    assert_eq!(history.set_bounds(bounds(10, 1 << 20), 21 * SECOND), 0);
    give(&mut history, 22 * SECOND, "a");
    assert_eq!(left(&history), ["a", "b", "d"]);
}

#[test]
fn of_equally_silent_series_only_as_many_go_as_must() {
    let mut history = History::new(bounds(10, 1 << 20));
    let labels: Vec<_> = ["a", "b", "c"].map(|name| [("name", name)]).into();
    history.collect(at(SECOND), labels.iter().map(|labels| (key(Kind::Gauge, labels), 1.0)));
    assert_eq!((history.set_bounds(bounds(2, 1 << 20), SECOND), history.footprint().series), (1, 2));
}

#[test]
fn less_memory_shortens_every_series_at_once() {
    let mut history = History::new(bounds(100, 32 << 20));
    let names: Vec<String> = (0..60).map(|number| number.to_string()).collect();
    for tick in 0..2_000 {
        let labels: Vec<_> = names.iter().map(|name| [("name", name.as_str())]).collect();
        history.collect(at(tick * 5 * SECOND), labels.iter().map(|labels| (key(Kind::Gauge, labels), tick as f64)));
    }
    let now = 2_000 * 5 * SECOND;
    assert!(history.footprint().bytes > 1 << 20);
    let dropped = history.set_bounds(bounds(100, 1 << 20), now);
    let footprint = history.footprint();
    assert!(dropped > 0 && footprint.dropped == dropped && footprint.bytes <= 1 << 20, "{footprint:?}");
    let ranges = history.since(Kind::Gauge, "x", 0);
    assert_eq!(ranges.len(), 60);
    assert!(
        ranges.iter().all(|(_, range)| range.items.last().is_some_and(|item| item.at == 1_999 * 5 * SECOND)),
        "the newest stay"
    );
}

#[test]
fn no_number_of_series_takes_more_than_the_memory() {
    let mut history = History::new(bounds(1_000_000, 1 << 20));
    assert_eq!(history.footprint().series_limit, 1_024);
    let names: Vec<String> = (0..3_000).map(|number| format!("series number {number}")).collect();
    for tick in 0..20 {
        let labels: Vec<_> = names.iter().map(|name| [("name", name.as_str())]).collect();
        history.collect(at(tick * SECOND), labels.iter().map(|labels| (key(Kind::Gauge, labels), tick as f64)));
    }
    let footprint = history.footprint();
    assert!(
        footprint.series == 1_024 && footprint.bytes <= 1 << 20 && footprint.turned_away == 20 * 1_976,
        "{footprint:?}"
    );
}

#[test]
fn bounds_out_of_range_say_what_to_write() {
    let default = Bounds::default();
    for (bounds, says) in [
        (Bounds { retention: Duration::from_secs(59), ..default }, "write a minute at least, a year at most"),
        (Bounds { retention: Duration::from_secs(367 * 86_400), ..default }, "a year at most"),
        (Bounds { max_series: 0, ..default }, "one at least"),
        (Bounds { memory_limit: 1_000, ..default }, "1 MiB"),
    ] {
        let error = bounds.check().expect_err(says);
        assert!(error.is_invalid() && error.to_string().contains(says), "{error}");
    }
    default.check().expect("the default is right");
}

#[test]
fn what_is_no_longer_given_grows_old() {
    let mut history = filled(Kind::Gauge, &[(0, 7.0)]);
    let other = Key { kind: Kind::Gauge, name: "other", labels: &[] };
    for (hour, there) in [(1, true), (24, true), (25, false)] {
        history.collect(at(hour * HOUR), [(other, 1.0)]);
        assert_eq!(!since(&history, Kind::Gauge, 0).items.is_empty(), there, "after {hour} h");
    }
    assert_eq!(history.footprint().series, 1);
}

#[test]
fn declared_counters_grow_from_nothing_once_they_are_watched() {
    let mut history = History::new(bounds(10, 1 << 20));
    let counter = key(Kind::Counter, &[]);
    history.remember(at(SECOND), []);
    history.remember(at(2 * SECOND), [(counter, 5.0)]);
    let growth = |history: &History| since(history, Kind::Counter, 0).growth();
    assert_eq!(growth(&history), Some((5.0, 1.0)), "it was not there a second ago, so it was zero");
    assert_eq!(growth(&filled(Kind::Counter, &[(2 * SECOND, 5.0)])), None, "of a collected one nobody knows");
    let mut late = History::new(bounds(10, 1 << 20));
    late.remember(at(SECOND), [(counter, 5.0)]);
    assert_eq!(growth(&late), None, "nor of one that was there before anybody looked");
}

#[test]
fn the_wall_clock_may_jump_and_order_stays() {
    let mut history = History::new(bounds(10, 1 << 20));
    let wall = |ms: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + Duration::from_millis(ms);
    let give =
        |history: &mut History, ms, wall| history.collect(Now { at: ms, wall }, [(key(Kind::Gauge, &[]), ms as f64)]);
    for second in 0..10 {
        give(&mut history, second * SECOND, wall(second * SECOND));
    }
    for second in 10..20 {
        give(&mut history, second * SECOND, wall(second * SECOND) - Duration::from_secs(3_600));
    }
    let items = since(&history, Kind::Gauge, 0).items;
    assert_eq!(
        items.iter().map(|item| item.last).collect::<Vec<_>>(),
        (0..20).map(|s| f64::from(s * 1_000)).collect::<Vec<_>>()
    );
    assert_eq!(history.wall(9 * SECOND), wall(9 * SECOND));
    assert_eq!(history.wall(10 * SECOND), wall(10 * SECOND) - Duration::from_secs(3_600));
}

#[test]
fn a_value_from_before_the_newest_counts_as_of_the_same_time() {
    let range = since(&filled(Kind::Gauge, &[(10 * SECOND, 1.0), (5 * SECOND, 2.0)]), Kind::Gauge, 0);
    assert_eq!(range.items.iter().map(|item| (item.at, item.last)).collect::<Vec<_>>(), [(10_000, 1.0), (10_000, 2.0)]);
}

#[test]
fn the_mean_of_a_while_begins_with_its_first_value() {
    let values: Vec<(u64, f64)> = (1..=10).map(|number| (number * 5 * SECOND, number as f64)).collect();
    let history = filled(Kind::Gauge, &values);
    let mean = |from, until| history.mean("x", &[], from * SECOND, until * SECOND);
    assert_eq!(mean(0, 100), Some((5.5, 5 * SECOND)));
    assert_eq!(mean(41, 100), Some((9.5, 45 * SECOND)));
    assert_eq!(mean(0, 12), Some((1.5, 5 * SECOND)), "what came later is not part of it");
    assert_eq!(
        (mean(0, 4), history.mean("x", &[("a", "b")], 0, SECOND), history.mean("y", &[], 0, SECOND)),
        (None, None, None)
    );
    assert_eq!(filled(Kind::Counter, &values).mean("x", &[], 0, 100 * SECOND), None, "counters grow");
}
