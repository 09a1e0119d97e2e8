//! Every window is a difference of two snapshots, whatever the calls and whenever the ticks.

mod past;
mod world;

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use self::world::{Act, World, act};
use super::{Window, Windows};
use crate::snapshot::{Metric, Snapshot, Value};

/// Milliseconds to the next tick: on time, with jitter, doubled, late, after a sleep.
fn wait() -> impl Strategy<Value = u64> {
    prop_oneof![8 => Just(1_000), 4 => 900..1_100_u64, 2 => 0..500_u64, 2 => 1_000..20_000_u64, 1 => 60_000..900_000_u64, 1 => 3_000_000..9_000_000_u64]
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The snapshot a window began with.
fn begun<'a>(taken: &'a [Snapshot], now: &Snapshot, interval: &Snapshot) -> &'a Snapshot {
    let start = now.span().checked_sub(interval.span()).expect("an interval is part of the time");
    taken.iter().find(|old| old.span() == start).expect("a window begins with a snapshot that was taken")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_are_differences_of_snapshots(steps in vec((wait(), vec(act(), 0..6), any::<bool>()), 1..200)) {
        let mut world = World::new();
        let mut windows = Windows::default();
        let mut taken = vec![world.0.clone()];
        let mut ticks = vec![Duration::ZERO];
        for (wait, acts, look) in steps {
            world.pass(Duration::from_millis(wait));
            acts.iter().for_each(|act| world.act(act));
            windows.advance(&world.0);
            if world.0.span() >= ticks[ticks.len() - 1] + Duration::from_millis(500) {
                ticks.push(world.0.span());
                taken.push(world.0.clone());
            }
            if !look {
                continue;
            }
            // Newer than the last tick.
            let mut fresh = world.clone();
            fresh.pass(Duration::from_millis(wait / 2));
            acts.iter().for_each(|act| fresh.act(act));
            for now in [&world.0, &fresh.0] {
                for window in Window::ALL {
                    let interval = windows.interval(window, now);
                    let old = begun(&taken, now, &interval);
                    prop_assert_eq!(&interval, &(now - old), "{}", window);
                    // It reaches back far enough, and no further than the frames between two ticks at a grain's distance.
                    let edge = ticks[ticks.len() - 1].saturating_sub(window.span());
                    let limit = edge.saturating_sub(window.grain());
                    let before = ticks.iter().rev().find(|tick| **tick <= limit).copied().unwrap_or_default();
                    prop_assert!((before..=edge).contains(&old.span()), "{}: {:?} in {:?} to {:?}", window, old.span(), before, edge);
                }
            }
        }
        prop_assert_eq!(windows.untracked(), 0);
    }

    /// With too little memory series are left out and counted, and what is there is still right.
    #[test]
    fn what_is_not_followed_is_left_out(steps in vec((1..400_u64, vec(act(), 0..20), 0..2_000_u16), 1..60), limit in 1_000..60_000_usize) {
        let mut world = World::new();
        let mut windows = Windows::new(limit);
        let mut taken = vec![world.0.clone()];
        for (wait, acts, label) in steps {
            world.pass(seconds(wait));
            acts.iter().for_each(|act| world.act(&Act { label: act.label + label, ..act.clone() }));
            windows.advance(&world.0);
            taken.push(world.0.clone());
            let followed = |window| {
                let interval = windows.interval(window, &world.0);
                let sites = interval.sites.iter().map(|site| 1 + site.series.len()).sum::<usize>();
                sites + interval.metrics.iter().map(|metric| metric.series.len()).sum::<usize>()
            };
            // A window that begins with the process has a part for each series that is followed since its first count.
            if windows.untracked() == 0 && taken.len() < 3 {
                let all = world.0.sites.iter().map(|site| 1 + site.series.len()).sum::<usize>();
                let metrics = world.0.metrics.iter().map(|metric| metric.series.len()).sum::<usize>();
                prop_assert_eq!(followed(Window::OneHour), all + metrics);
            }
            prop_assert!(windows.footprint() <= limit.max(4_000), "{} of {}", windows.footprint(), limit);
            for window in Window::ALL {
                let interval = windows.interval(window, &world.0);
                let expected = &world.0 - begun(&taken, &world.0, &interval);
                prop_assert_eq!(interval.losses, expected.losses);
                for site in &interval.sites {
                    let whole = expected.site(site.kind(), site.name()).expect("of the same snapshot");
                    prop_assert_eq!(site.stats(), whole.stats());
                    for series in &site.series {
                        let values: Vec<_> = series.values.iter().map(String::as_str).collect();
                        prop_assert_eq!(Some(series.stats()), whole.with_labels(&values));
                    }
                }
                for metric in &interval.metrics {
                    let whole = expected.metrics.iter().find(|whole| whole.key == metric.key).expect("the same");
                    for series in &metric.series {
                        prop_assert!(whole.series.contains(series));
                    }
                }
            }
        }
    }
}

/// An hour of regular ticks: what each window spans, and that nothing older has a part.
#[test]
fn windows_span_what_they_say() {
    let mut world = World::new();
    let mut windows = Windows::default();
    let act = |what, times| Act { what, label: 0, value: 500, times, failed: false };
    for second in 1..=4_000_u64 {
        world.pass(seconds(1));
        world.act(&act(0, second));
        world.act(&act(4, 3));
        windows.advance(&world.0);
        for (window, grain) in Window::ALL.into_iter().zip([1, 1, 10, 10, 60]) {
            let interval = windows.interval(window, &world.0);
            let span = interval.span().as_secs();
            let whole = window.span().as_secs();
            assert!((whole.min(second)..whole + grain).contains(&span), "{window} at {second}: {span}");
            let calls = (second - span + 1..=second).sum::<u64>();
            assert_eq!(interval.get("a").map(|site| site.calls()), Some(calls));
            assert!((interval.per_second(calls) - calls as f64 / span as f64).abs() < 1e-9);
            assert_eq!(interval.metric("bytes").and_then(Metric::total), Some(Value::Counter(3 * span)));
        }
    }
}

#[test]
fn before_the_first_tick_a_window_is_all_since_the_start() {
    let mut world = World::new();
    world.pass(seconds(3));
    world.act(&Act { what: 0, label: 0, value: 9, times: 2, failed: true });
    assert_eq!(Windows::default().interval(Window::OneMinute, &world.0), world.0);
}

#[test]
fn another_process_begins_anew() {
    let mut world = World::new();
    let mut windows = Windows::default();
    let act = Act { what: 1, label: 0, value: 9, times: 2, failed: true };
    for _ in 0..100 {
        world.pass(seconds(1));
        world.act(&act);
        windows.advance(&world.0);
    }
    let mut other = World::new();
    other.0.process = 8;
    other.pass(seconds(2));
    other.act(&act);
    assert_eq!(windows.interval(Window::TenSeconds, &other.0), other.0, "not yet advanced");
    windows.advance(&other.0);
    assert_eq!(windows.interval(Window::TenSeconds, &other.0), other.0);
    assert_eq!(windows.interval(Window::TenSeconds, &world.0), world.0, "the first one is no longer known");
}

/// A processor's counter that begins anew while the machine sleeps.
#[test]
fn a_clock_that_went_back_is_followed() {
    let mut world = World::new();
    let mut windows = Windows::default();
    let act = Act { what: 0, label: 0, value: 9, times: 2, failed: false };
    for _ in 0..4_000 {
        world.pass(seconds(1));
        world.act(&act);
        windows.advance(&world.0);
    }
    world.0.span = seconds(5);
    windows.advance(&world.0);
    for second in 1..100 {
        world.pass(seconds(1));
        world.act(&act);
        windows.advance(&world.0);
        for window in Window::ALL {
            let interval = windows.interval(window, &world.0);
            assert_eq!(interval.span(), seconds(second).min(window.span()), "{window}");
            assert_eq!(interval.sites[0].calls(), 2 * interval.span().as_secs(), "{window}");
            assert_eq!(interval.sites[0].series.len(), 1);
        }
    }
}

/// Labels by the thousand go without windows; site totals keep theirs, and labels come back when there is room again.
#[test]
fn site_totals_come_first() {
    let mut world = World::new();
    let mut windows = Windows::new(120_000);
    for round in 0..600_u16 {
        world.pass(seconds(1));
        for what in 0..5 {
            let value = u64::from(round) * 37 % 5_000;
            world.act(&Act { what, label: round, value, times: 1 + u64::from(round), failed: false });
        }
        windows.advance(&world.0);
        assert!(windows.footprint() <= 120_000, "{}", windows.footprint());
    }
    let interval = windows.interval(Window::OneMinute, &world.0);
    assert!(interval.sites.iter().all(|site| site.calls() == (541..=600).sum::<u64>()), "the totals are right");
    let labelled: usize = interval.sites.iter().map(|site| site.series.len()).sum();
    let all: usize = world.0.sites.iter().map(|site| site.series.len()).sum();
    let counters = interval.metrics[0].series.len();
    assert!(labelled > 0 && labelled < all / 2, "{labelled} of {all}");
    let untracked = all + world.0.metrics[0].series.len() - labelled - counters;
    assert_eq!(windows.untracked(), untracked as u64);
    for site in &mut world.0.sites {
        site.series.retain(|series| series.values[0].ends_with("50"));
    }
    world.0.metrics[0].series.clear();
    let mut taken = Vec::new();
    let mut seen = (0, 0);
    for _ in 0..400 {
        world.pass(seconds(30));
        world.act(&Act { what: 0, label: 550, value: 1, times: 1, failed: false });
        windows.advance(&world.0);
        taken.push(world.0.clone());
        let interval = windows.interval(Window::OneMinute, &world.0);
        match interval.sites[0].with_labels(&["label 00550"]) {
            Some(series) => {
                let whole = &world.0 - begun(&taken, &world.0, &interval);
                assert_eq!(Some(series), whole.sites[0].with_labels(&["label 00550"]));
                seen.1 += 1;
            }
            None => seen.0 += 1,
        }
    }
    assert!(seen.0 > 2 && seen.1 > 100, "{seen:?}");
    assert_eq!(windows.untracked(), 0);
    assert_eq!(windows.interval(Window::OneHour, &world.0).sites[0].series.len(), world.0.sites[0].series.len());
}

/// What was lost counts from the first loss, also where there is room for nothing else.
#[test]
fn losses_are_followed_whatever_the_limit() {
    let mut world = World::new();
    let mut windows = Windows::new(1_000);
    for what in [0, 1, 2, 3] {
        world.pass(seconds(1));
        world.act(&Act { what, label: 0, value: 0, times: 3, failed: false });
        windows.advance(&world.0);
    }
    assert!(windows.untracked() > 0);
    assert_eq!(windows.interval(Window::OneHour, &world.0).losses.labels_refused, 3);
}

/// A counter of the system's counts since the machine was started, or the network card; that is no window's growth.
#[test]
fn what_a_collector_counted_before_is_nobodys() {
    let mut world = World::new();
    let mut windows = Windows::default();
    world.0.metrics[0].collected = true;
    let shown = |windows: &Windows, world: &World| {
        let interval = windows.interval(Window::OneMinute, &world.0);
        interval.metrics[0].series.first().map(|series| series.value.clone())
    };
    let act = |times| Act { what: 4, label: 0, value: 0, times, failed: false };
    world.pass(seconds(1));
    windows.advance(&world.0);
    world.pass(seconds(1));
    world.act(&act(1_000_000));
    assert_eq!(shown(&windows, &world), None, "nothing to compare with");
    windows.advance(&world.0);
    assert_eq!(shown(&windows, &world), Some(Value::Counter(0)));
    world.pass(seconds(1));
    world.act(&act(5));
    assert_eq!(shown(&windows, &world), Some(Value::Counter(5)));
    // Gone for three hours, and back.
    let series = std::mem::take(&mut world.0.metrics[0].series);
    for _ in 0..3 {
        world.pass(seconds(3_601));
        windows.advance(&world.0);
    }
    world.0.metrics[0].series = series;
    windows.advance(&world.0);
    world.pass(seconds(1));
    windows.advance(&world.0);
    world.act(&act(7));
    assert_eq!(shown(&windows, &world), Some(Value::Counter(7)));
}

/// Labels that come and go (a collector's) leave nothing behind.
#[test]
fn what_is_gone_is_forgotten() {
    let mut world = World::new();
    let mut windows = Windows::default();
    let mut most = 0;
    for round in 0..2_000_u16 {
        world.pass(seconds(30));
        world.0.metrics[0].series.clear();
        world.act(&Act { what: 4, label: round, value: 0, times: 5, failed: false });
        windows.advance(&world.0);
        if round < 400 {
            most = most.max(windows.footprint());
        }
    }
    assert!(windows.footprint() <= most + most / 10, "{} after {most}", windows.footprint());
}

#[test]
fn names_are_read_back() {
    for window in Window::ALL {
        assert_eq!(window.to_string().parse(), Ok(window));
    }
    let error = "2m".parse::<Window>().expect_err("no such window");
    assert_eq!(error.to_string(), "unknown window \"2m\": write 10s, 1m, 5m, 15m or 1h");
}
