//! The protocol on plain memory, with real threads. Miri runs these too, and checks every access and, by its weak memory
//! emulation, many orders that the processor at hand never shows:
//!
//! ```text
//! rustup component add miri --toolchain nightly
//! MIRIFLAGS="-Zmiri-tree-borrows -Zmiri-disable-isolation" cargo +nightly miri test -p perfmon-core --lib record::tests
//! ```
//!
//! `loom_tests.rs` goes through all orders of smaller programs.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use super::{
    arena::Claim,
    fixture::{Bench, Taken},
    sample::Pace,
    storage::{Heap, Word},
    words::{OWN, record as r, slot as s},
    writer::Outcome::{Cancelled, Error, Ok, Panic},
};
use crate::{clock::Scale, site::Sample};

const SERIES: u32 = 1;
const CALLS: u64 = if cfg!(miri) { 8 } else { 200_000 };

fn bench() -> Bench<Heap> {
    Bench::new(Heap::new(8 * 1024))
}

/// Reads again and again until `write` has ended, checking each reading against the one before.
fn read_while(bench: &Bench<Heap>, sampled: bool, write: impl FnOnce() + Send) -> Taken {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut before = bench.take(SERIES, sampled);
                    while !done.load(Relaxed) {
                        let now = bench.take(SERIES, sampled);
                        now.not_below(&before);
                        before = now;
                    }
                })
            })
            .collect();
        write();
        done.store(true, Relaxed);
        readers.into_iter().for_each(|reader| reader.join().expect("a reader found fault"));
    });
    bench.take(SERIES, sampled)
}

#[test]
fn one_writer() {
    let bench = bench();
    let slot = bench.slot();
    let record = bench.own(slot, SERIES);
    let last = read_while(&bench, false, || {
        for call in 0..CALLS {
            let outcome = [Ok, Error, Panic, Cancelled][(call % 4) as usize];
            bench.call(slot, record, call % 1_000, outcome);
        }
    });
    assert_eq!(last.totals.outcomes, [CALLS / 4; 4]);
    assert_eq!((last.totals.started, last.totals.timed), (CALLS, CALLS));
    assert_eq!(last.totals.sum, (0..CALLS).map(|call| call % 1_000).sum::<u64>());
}

/// Two records in one slot, one of them of plain values, which do not wait for the next call.
#[test]
fn calls_and_values_in_one_slot() {
    let bench = bench();
    let slot = bench.slot();
    let (record, other) = (bench.own(slot, SERIES), bench.own(slot, SERIES + 1));
    let last = read_while(&bench, false, || {
        for call in 0..CALLS {
            bench.call(slot, record, 5, Ok);
            (0..call % 3).for_each(|value| bench.value(slot, other, value));
        }
    });
    assert_eq!((last.calls(), last.at(5)), (CALLS, CALLS));
    assert_eq!(bench.take(SERIES + 1, false).calls(), CALLS / 3 * 3 + (CALLS % 3).saturating_sub(1));
}

#[test]
fn a_plain_value_leaves_no_call_behind() {
    let bench = bench();
    let slot = bench.slot();
    let (record, other) = (bench.own(slot, SERIES), bench.own(slot, SERIES + 1));
    bench.call(slot, record, 5, Ok);
    bench.value(slot, other, 1);
    assert_eq!(bench.arena.word(slot + s::PENDING).get(), 0, "a reader takes SEQ for the sign that nothing is pending");
    bench.call(slot, record, 5, Ok);
    bench.sampled(slot, other, Some(1), Ok);
    assert_eq!(bench.arena.word(slot + s::PENDING).get(), 0);
    assert_eq!(bench.take(SERIES, false).at(5), 2);
}

#[test]
fn sampled() {
    let bench = bench();
    let slot = bench.slot();
    let record = bench.own(slot, SERIES);
    bench.limit(record, 99);
    let last = read_while(&bench, true, || {
        for call in 0..CALLS {
            let timed = (call % 7 == 0).then_some(if call % 2 == 0 { 10 } else { 100 });
            bench.sampled(slot, record, timed, if call % 5 == 0 { Error } else { Ok });
        }
    });
    let timings = CALLS.div_ceil(7);
    let breaches = (0..CALLS).filter(|call| (call / 7 * 7) % 2 == 1).count() as u64;
    assert_eq!((last.calls(), last.totals.timed), (CALLS, timings));
    assert_eq!((last.at(100), last.totals.breaches[0]), (breaches, breaches));
    assert_eq!(last.totals.sum, breaches * 100 + (CALLS - breaches) * 10);
}

#[test]
fn several_writers_of_a_shared_record() {
    let bench = bench();
    let record = bench.shared(SERIES);
    let last = read_while(&bench, false, || {
        thread::scope(|scope| {
            for writer in 0..4 {
                let bench = &bench;
                scope.spawn(move || (0..CALLS / 4).for_each(|call| bench.shared_call(record, call % 50 + writer, Ok)));
            }
        });
    });
    assert_eq!((last.calls(), last.totals.started), (CALLS, CALLS));
}

/// Without memory for chunks an octave is counted as a whole; nothing but the resolution is lost.
#[test]
fn coarse_when_the_arena_is_full() {
    let bench = bench();
    let slot = bench.slot();
    let record = bench.own(slot, SERIES);
    bench.call(slot, record, 5, Ok);
    bench.call(slot, record, 5, Ok);
    while bench.arena.take(16, Claim::OwnChunk).is_some() {}
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut before = 0;
            while !done.load(Relaxed) {
                let calls = bench.take(SERIES, false).calls();
                assert!(calls >= before);
                before = calls;
            }
        });
        (0..CALLS).for_each(|call| bench.call(slot, record, 1 << (call % 30), Ok));
        done.store(true, Relaxed);
        reader.join().expect("the reader found fault");
    });
    let last = bench.take(SERIES, false);
    assert_eq!(last.calls(), CALLS + 2);
    let fine = (0..CALLS).filter(|call| call % 30 < 4).count() as u64;
    assert!(
        last.totals.coarse + 1 >= CALLS - fine,
        "all but the values of the first octave (and the pending call): {last:?}"
    );
    let shared = bench.shared(SERIES + 1);
    while bench.arena.take(16, Claim::SharedChunk).is_some() {}
    (0..10).for_each(|_| bench.shared_call(shared, 7, Ok));
    let last = bench.take(SERIES + 1, false);
    assert_eq!((last.calls(), last.totals.coarse), (10, 10));
}

#[test]
fn slots_change_hands() {
    let bench = bench();
    let slot = bench.slot();
    let record = bench.own(slot, SERIES);
    let free = Mutex::new(());
    let threads = if cfg!(miri) { 6 } else { 200 };
    let last = read_while(&bench, false, || {
        for _ in 0..threads {
            thread::scope(|scope| {
                scope.spawn(|| {
                    let _free = free.lock();
                    (0..5).for_each(|ticks| bench.call(slot, record, ticks, Ok));
                });
            });
        }
    });
    assert_eq!((last.calls(), last.at(4)), (5 * threads, threads));
}

/// A thread held between two words of a call's end: its readers do not wait for ever, and what they say agrees with itself.
#[test]
fn writer_held_in_the_middle() {
    let bench = bench();
    let slot = bench.slot();
    let record = bench.own(slot, SERIES);
    bench.call(slot, record, 5, Ok);
    bench.call(slot, record, 9, Ok);
    let before = bench.take(SERIES, false);
    bench.arena.begin_own(record);
    bench.arena.word(slot + s::SEQ).bump(1);
    let held = bench.take(SERIES, false);
    held.not_below(&before);
    assert_eq!(held.calls(), 2);
    bench.arena.word(record + r::OUTCOMES + 1).bump(1);
    let held = bench.take(SERIES, false);
    held.not_below(&before);
    assert_eq!(held.totals.outcomes, [2, 1, 0, 0]);
}

/// Calls that start here and finish there: never more finished than started, though the slot of the start is newer than the reader.
#[test]
fn starts_in_slots_made_later() {
    let bench = bench();
    let finish = bench.slot();
    let there = bench.own(finish, SERIES);
    let mut reader = bench.reader();
    let start = bench.slot();
    let here = bench.own(start, SERIES);
    bench.arena.word(here + r::STARTED).bump(1);
    bench.arena.end_own(Scale::NANOS, finish, there, 3, Ok, true);
    let taken = Taken::from(&mut reader, SERIES, false);
    assert_eq!((taken.totals.started, taken.calls()), (1, 1));
}

/// Calls that begin in one series and end in others, while both are read.
#[test]
fn calls_move_between_series() {
    let bench = bench();
    let (slot, other) = (bench.slot(), bench.slot());
    let here = bench.own(slot, SERIES);
    let (from, to) = (bench.own(other, SERIES), bench.own(other, SERIES + 1));
    let both = [SERIES, SERIES + 1];
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut before = Taken::from_all(&mut bench.reader(), both, false);
            while !done.load(Relaxed) {
                let now = Taken::from_all(&mut bench.reader(), both, false);
                now.iter().zip(&before).for_each(|(now, before)| now.not_below(before));
                let sum = |of: fn(&Taken) -> u64| now.iter().map(of).sum::<u64>();
                assert!(sum(|one| one.totals.started) >= sum(Taken::calls), "{now:?}");
                before = now;
            }
        });
        for call in 0..CALLS {
            bench.arena.word(here + r::STARTED).bump(1);
            bench.hand_over((from, OWN), (to, OWN));
            bench.arena.end_own(Scale::NANOS, other, to, call % 9, Ok, true);
        }
        done.store(true, Relaxed);
        reader.join().expect("the reader found fault");
    });
    let [first, second] = Taken::from_all(&mut bench.reader(), both, false);
    assert_eq!((first.totals.started, first.totals.moved, first.calls()), (CALLS, CALLS, 0));
    assert_eq!((second.totals.started, second.totals.arrived, second.calls()), (0, CALLS, CALLS));
}

/// What a sampled record has not put into buckets yet, its breaches and sum, is reported all the same.
#[test]
fn open_calls_of_a_sampled_record_are_reported() {
    let bench = bench();
    let slot = bench.slot();
    let record = bench.own(slot, SERIES);
    bench.limit(record, 20);
    bench.sampled(slot, record, Some(30), Ok);
    bench.sampled(slot, record, None, Error);
    bench.sampled(slot, record, None, Ok);
    let taken = bench.take(SERIES, true);
    assert_eq!((taken.calls(), taken.at(30), taken.totals.sum, taken.totals.breaches[0]), (3, 3, 90, 3));
}

/// `sample = "auto"`: the faster the calls come, the fewer are timed; what timing costs stays near 1 % of one core, and slow
/// sites time every call.
#[test]
#[cfg_attr(miri, ignore = "arithmetic on one thread, and slow there")]
fn auto_follows_the_rate() {
    const COST: u64 = 50;
    let bench = bench();
    let slot = bench.slot();
    let record = bench.own(slot, SERIES);
    let mut now = 1;
    let mut timed_of = |gap: u64, calls: u64| {
        let mut timed = 0;
        for _ in 0..calls {
            now += gap;
            let due = bench.arena.begin_sampled(record);
            if due {
                let pace = || Pace { tick: now, cost: COST, threads: 1 };
                bench.arena.draw_gap(slot, record, Sample::Auto, pace);
                timed += 1;
                bench.arena.end_sampled(Scale::NANOS, slot, record, 5, Ok, true);
            } else {
                bench.arena.end_untimed(record, Ok);
            }
        }
        timed
    };
    let calls = 200_000;
    assert_eq!(timed_of(1_000_000, calls / 10), calls / 10, "a calm site times all");
    timed_of(10, calls);
    let timed = timed_of(10, calls);
    let share = (timed * COST) as f64 / (calls * 10) as f64;
    assert!((0.003..0.02).contains(&share), "{share}");
    timed_of(1_000_000, calls);
    assert!(timed_of(1_000_000, calls / 10) >= calls / 10 * 9 / 10, "and when it calms down again");
}
