//! The past in pieces: each is a difference of two snapshots, and they are even.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};

use super::{
    super::Windows,
    seconds, wait,
    world::{Act, World, act},
};
use crate::snapshot::{Snapshot, Value};

/// What equal parts have to have in common; the ends of an interval are known by buckets only.
fn same(piece: &Snapshot, expected: &Snapshot) -> Result<(), TestCaseError> {
    prop_assert_eq!(piece.span(), expected.span());
    prop_assert_eq!(piece.losses(), expected.losses());
    for (site, whole) in piece.sites().iter().zip(expected.sites()) {
        prop_assert_eq!(site.buckets(), whole.buckets());
        prop_assert_eq!((site.calls(), site.errors(), site.total()), (whole.calls(), whole.errors(), whole.total()));
        prop_assert_eq!(site.objectives().collect::<Vec<_>>(), whole.objectives().collect::<Vec<_>>());
        for series in site.series() {
            let values: Vec<&str> = series.values().iter().map(String::as_str).collect();
            let Some(known) = whole.with_labels(&values) else {
                prop_assert_eq!(series.stats().calls(), 0);
                continue;
            };
            prop_assert_eq!(series.stats().buckets(), known.buckets());
        }
    }
    let plain = |snapshot: &Snapshot, name: &str| match snapshot.metric(name).and_then(crate::snapshot::Metric::total) {
        Some(Value::Counter(count)) => (count, 0),
        Some(Value::Histogram(values)) => (values.sum(), values.count()),
        _ => (0, 0),
    };
    for name in ["bytes", "sizes"] {
        prop_assert_eq!(plain(piece, name), plain(expected, name));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_are_differences_of_snapshots(steps in vec((wait(), vec(act(), 0..6)), 1..150), ahead in 0..2_000_u64, every in 1..9_usize) {
        let mut world = World::new();
        let mut windows = Windows::default();
        let mut taken = vec![world.0.clone()];
        let mut before = world.0.clone();
        for (wait, acts) in steps {
            before = world.0.clone();
            world.pass(Duration::from_millis(wait));
            acts.iter().for_each(|act| world.act(act));
            windows.advance(&world.0);
            taken.push(world.0.clone());
        }
        let mut fresh = world.clone();
        fresh.pass(Duration::from_millis(ahead));
        fresh.act(&Act { what: 1, label: 9, value: 77, times: 3, failed: true });
        // Newer than the last tick, of it, and older: a tick may come while somebody asks.
        for now in [&fresh.0, &world.0, &before] {
            let all = windows.edges(now);
            prop_assert!(all.is_sorted());
            let some: Vec<Duration> = all.iter().copied().enumerate()
                .filter(|(at, _)| at % every == 0 || at + 1 == all.len()).map(|(_, edge)| edge).collect();
            for edges in [&all, &some] {
                let pieces = windows.pieces(edges, now);
                prop_assert_eq!(pieces.len() + 1, edges.len());
                for (piece, ends) in pieces.iter().zip(edges.windows(2)) {
                    let at = |end: Duration| if end == now.span() { now } else {
                        taken.iter().find(|one| one.span() == end).expect("a tick")
                    };
                    let expected = at(ends[1]) - at(ends[0]);
                    prop_assert_eq!(piece.taken_at(), expected.taken_at());
                    same(piece, &expected)?;
                }
            }
        }
    }
}

/// Ticks that are some milliseconds late or early, as real ones are, of a process that began at any time of a minute.
#[test]
fn pieces_are_even() {
    for began in [0, 7_250, 59_999] {
        let mut world = World::new();
        world.0.taken_at += Duration::from_millis(began);
        let mut windows = Windows::default();
        for wait in [1_000, 1_003, 995, 1_002].into_iter().cycle().take(5_000) {
            world.pass(Duration::from_millis(wait));
            world.act(&Act { what: 0, label: 0, value: 500, times: 1, failed: false });
            windows.advance(&world.0);
        }
        let edges = windows.edges(&world.0);
        let now = world.0.span();
        let wall = |edge: Duration| (edge + Duration::from_millis(began)).as_secs_f64();
        for (from, until, grain) in [(75, 850, 10.0), (930, 3_500, 60.0)] {
            let inner =
                edges.iter().filter(|edge| (seconds(from)..seconds(until)).contains(&now.saturating_sub(**edge)));
            let inner: Vec<f64> = inner.map(|edge| wall(*edge)).collect();
            assert!(inner.len() as f64 >= (until - from) as f64 / grain - 1.0, "{inner:?}");
            for edge in &inner {
                let off = (edge / grain).round() * grain - edge;
                assert!(off.abs() < 0.52, "{edge} is no multiple of {grain}");
            }
            assert!(inner.windows(2).all(|ends| (ends[1] - ends[0] - grain).abs() < 1.1), "{inner:?}");
        }
        let pieces = windows.pieces(&edges, &world.0);
        assert_eq!(pieces.iter().map(|piece| piece.get("a").map_or(0, |site| site.calls())).sum::<u64>(), 5_000);
    }
}

#[test]
fn a_series_that_was_not_followed_is_left_out_of_what_was_before() {
    let mut world = World::new();
    let mut windows = Windows::new(0);
    let act = Act { what: 0, label: 0, value: 9, times: 2, failed: false };
    world.act(&act);
    world.pass(seconds(1));
    windows.advance(&world.0);
    let pieces = windows.pieces(&windows.edges(&world.0), &world.0);
    assert!(pieces.iter().all(|piece| piece.get("a").is_none()), "{pieces:?}");
    // Nobody knows of another process.
    world.0.process += 1;
    assert_eq!(windows.pieces(&windows.edges(&world.0), &world.0), [world.0]);
}
