//! What holds whatever comes.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

use perfmon::trading::{Feed, FeedStatus};
use proptest::{collection::vec, prelude::*};

use crate::at;

/// Feeds are by name, and there is room for 256: a fresh one that leaves its name to others.
fn fresh(builder: impl Fn(&str) -> Feed) -> Feed {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let feed = builder(&format!("algebra {}", NUMBER.fetch_add(1, Ordering::Relaxed)));
    feed.remove();
    feed
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Tick(u8, i64),
    Pause(i64),
    Resume(i64),
    Forget(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let time = -4_000_i64..6_000;
    let step = prop_oneof![
        12 => (0..3_u8, time.clone()).prop_map(|(symbol, time)| Step::Tick(symbol, time)),
        1 => time.clone().prop_map(Step::Pause),
        1 => time.prop_map(Step::Resume),
        1 => (0..3_u8).prop_map(Step::Forget),
    ];
    vec(step, 1..120)
}

fn grown(now: &FeedStatus, before: &FeedStatus) -> bool {
    let counts = |status: &FeedStatus| {
        [
            status.counts.messages,
            status.counts.expected(),
            status.counts.received,
            status.counts.missing,
            status.counts.gaps,
            status.counts.duplicates,
            status.counts.out_of_order,
            status.counts.restarts,
            status.unwatched,
        ]
    };
    counts(now).iter().zip(counts(before)).all(|(now, before)| *now >= before)
}

fn is_ratio(completeness: Option<f64>) -> bool {
    completeness.is_none_or(|completeness| (0.0..=1.0).contains(&completeness))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn counts_add_up_and_never_go_back(steps in steps(), interval in 1_u64..3_000, longest in 1_u64..20_000) {
        let (interval, longest) = (Duration::from_millis(interval), Duration::from_millis(longest));
        let feed = fresh(|name| Feed::builder(name).interval(interval).longest_gap(longest).symbols(2).replay().build());
        let (mut now, mut before) = (1_000_000_i64, feed.status());
        for step in steps {
            let mut then = |by: i64| {
                now += by;
                at(now.unsigned_abs())
            };
            match step {
                Step::Tick(symbol, by) => feed.at(then(by)).tick(["A", "B", "C"][usize::from(symbol)]),
                Step::Pause(by) => feed.at(then(by)).pause(),
                Step::Resume(by) => feed.at(then(by)).resume(),
                Step::Forget(symbol) => feed.forget(["A", "B", "C"][usize::from(symbol)]),
            }
            let status = feed.status();
            prop_assert!(grown(&status, &before), "{status:?} after {before:?}");
            prop_assert_eq!(status.counts.expected(), status.counts.received + status.counts.missing);
            prop_assert!(status.counts.messages >= status.counts.received + status.counts.duplicates + status.counts.out_of_order + status.unwatched);
            prop_assert!(is_ratio(status.completeness) && is_ratio(status.overall_completeness), "{status:?}");
            prop_assert_eq!(status.staleness.is_none(), status.paused || status.symbols == 0);
            before = status;
        }
    }

    /// A feed of ticks of which some are left out misses exactly these, whatever the jitter, and completeness is their share.
    #[test]
    fn ticks_left_out_are_missed(kept in vec(any::<bool>(), 1..300), jitter in 0_u64..249) {
        let feed = fresh(|name| Feed::builder(name).interval(Duration::from_secs(1)).window(Duration::from_secs(86_400)).replay().build());
        // The first and the last are there: what came before or after nobody expected.
        let last = kept.len() as u64 + 1;
        let kept: Vec<u64> = (1..last).filter(|tick| kept[usize::try_from(tick - 1).expect("small")]).chain([0, last]).collect();
        let mut kept = kept;
        kept.sort_unstable();
        for &tick in &kept {
            feed.at(at(1_000 * tick + 1_000 + (tick * 7_919 % (jitter + 1)))).tick("A");
        }
        let status = feed.status();
        let (received, expected) = (kept.len() as u64, last + 1);
        prop_assert_eq!((status.counts.received, status.counts.expected()), (received, expected));
        prop_assert_eq!(status.completeness, Some(received as f64 / expected as f64));
        prop_assert_eq!(status.overall_completeness, status.completeness);
    }

    /// The newest tick again is a duplicate, an older one is out of order, in whatever order they come.
    #[test]
    fn the_order_decides(times in vec(0_u64..20, 1..60)) {
        let feed = fresh(|name| Feed::builder(name).interval(Duration::from_secs(1)).replay().build());
        times.iter().for_each(|&time| feed.at(at(1_000 * time)).tick("A"));
        let (mut newest, mut duplicates, mut late) = (None, 0, 0);
        for &time in &times {
            duplicates += u64::from(newest == Some(time));
            late += u64::from(newest > Some(time));
            newest = newest.max(Some(time));
        }
        let status = feed.status();
        prop_assert_eq!((status.counts.duplicates, status.counts.out_of_order), (duplicates, late));
        prop_assert_eq!(status.counts.received, times.len() as u64 - duplicates - late);
    }
}

#[test]
fn ticks_of_many_threads_all_count() {
    let feed = fresh(|name| Feed::builder(name).interval(Duration::from_secs(1)).replay().build());
    thread::scope(|scope| {
        for symbol in ["A", "B", "C", "D"] {
            let feed = feed.clone();
            scope.spawn(move || (0..5_000).for_each(|tick| feed.at(at(1_000 * tick)).tick(symbol)));
        }
    });
    let status = feed.status();
    assert_eq!(
        (status.counts.messages, status.counts.received, status.counts.missing, status.symbols),
        (20_000, 20_000, 0, 4)
    );
}
