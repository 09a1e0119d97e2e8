//! Models of the protocol between writer and reader: loom runs every order of their loads and stores that the memory model
//! allows, within a bound on preemptions.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p perfmon-core --lib --release loom
//! ```
//!
//! What every reading must show is checked in [`Taken::from`] and [`Taken::not_below`].

use std::sync::{
    Arc, OnceLock,
    atomic::Ordering::{self, *},
};

use loom::{sync::atomic::AtomicU64, thread};

use super::{
    fixture::{Bench, Taken},
    storage::{MARGIN, Storage, Word},
    writer::Outcome::{Error, Ok, Panic},
};

/// A word that exists for loom from its first use on (see [`Bench::touch_next`]), so that a model pays only for those it uses.
struct Lazy(OnceLock<AtomicU64>);

impl Lazy {
    fn word(&self) -> &AtomicU64 {
        self.0.get_or_init(|| AtomicU64::new(0))
    }
}

impl Word for Lazy {
    fn load(&self, order: Ordering) -> u64 {
        self.word().load(order)
    }

    fn store(&self, value: u64, order: Ordering) {
        self.word().store(value, order);
    }

    fn fetch_add(&self, value: u64, order: Ordering) -> u64 {
        self.word().fetch_add(value, order)
    }

    fn fetch_max(&self, value: u64, order: Ordering) -> u64 {
        self.word().fetch_max(value, order)
    }

    fn replace(&self, current: u64, new: u64) -> Result<u64, u64> {
        self.word().compare_exchange(current, new, AcqRel, Acquire)
    }
}

struct Cells(Box<[Lazy]>);

impl Storage for Cells {
    type Word = Lazy;

    fn len(&self) -> usize {
        self.0.len() - MARGIN
    }

    fn block<const N: usize>(&self, at: usize) -> &[Lazy; N] {
        self.0[at..].first_chunk().expect("words outside the arena")
    }

    fn fence(order: Ordering) {
        loom::sync::atomic::fence(order);
    }

    fn wait(attempt: u32) -> bool {
        thread::yield_now();
        attempt < 64
    }
}

type Model = Arc<Bench<Cells>>;

const SERIES: u32 = 1;

fn model(preemptions: usize, run: impl Fn(Model) + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 20_000;
    builder.check(move || {
        let words = (0..5 * 1024 + MARGIN).map(|_| Lazy(OnceLock::new())).collect();
        run(Arc::new(Bench::new(Cells(words))));
    });
}

/// Two readings, one after the other, while `write` runs; then one at rest.
fn read_twice(bench: &Model, sampled: bool, write: impl FnOnce(&Bench<Cells>) + Send + 'static) -> Taken {
    bench.touch_next(128);
    let theirs = bench.clone();
    let writer = thread::spawn(move || write(&theirs));
    let first = bench.take(SERIES, sampled);
    let second = bench.take(SERIES, sampled);
    second.not_below(&first);
    writer.join().expect("the writer ends well");
    let last = bench.take(SERIES, sampled);
    last.not_below(&second);
    last
}

#[test]
fn loom_pending_call_is_counted_once() {
    model(1, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let last = read_twice(&bench, false, move |bench| {
            bench.call(slot, record, 3, Ok);
            bench.call(slot, record, 3, Error);
            bench.call(slot, record, 9, Ok);
        });
        assert_eq!((last.totals.outcomes, last.at(3), last.at(9)), ([2, 1, 0, 0], 2, 1));
        assert_eq!((last.totals.started, last.totals.sum), (3, 15));
    });
}

/// The same bucket again and again: the count of the watched bucket moves for more than one reason.
#[test]
fn loom_same_bucket() {
    model(1, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let last = read_twice(&bench, false, move |bench| {
            bench.call(slot, record, 5, Ok);
            bench.call(slot, record, 5, Ok);
            bench.call(slot, record, 5, Ok);
        });
        assert_eq!((last.calls(), last.at(5)), (3, 3));
    });
}

/// Another record of the slot moves SEQ.
#[test]
fn loom_other_record_of_the_slot() {
    model(1, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let other = bench.own(slot, SERIES + 1);
        let last = read_twice(&bench, false, move |bench| {
            bench.call(slot, record, 5, Ok);
            bench.call(slot, other, 7, Error);
            bench.call(slot, record, 5, Panic);
        });
        assert_eq!((last.totals.outcomes, last.at(5)), ([1, 0, 1, 0], 2));
        assert_eq!(bench.take(SERIES + 1, false).at(7), 1);
    });
}

/// A plain value and a sampled call move SEQ too.
#[test]
fn loom_pending_beside_values_and_sampled_calls() {
    for sampled in [false, true] {
        model(3, move |bench| {
            let slot = bench.slot();
            let record = bench.own(slot, SERIES);
            let other = bench.own(slot, SERIES + 1);
            let last = read_twice(&bench, false, move |bench| {
                bench.call(slot, record, 5, Ok);
                match sampled {
                    true => bench.sampled(slot, other, Some(6), Ok),
                    false => bench.value(slot, other, 6),
                }
            });
            assert_eq!((last.calls(), last.at(5)), (1, 1));
            assert_eq!(bench.take(SERIES + 1, sampled).at(6), 1);
        });
    }
}

#[test]
fn loom_values_among_calls() {
    model(1, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let last = read_twice(&bench, false, move |bench| {
            bench.call(slot, record, 5, Ok);
            bench.value(slot, record, 6);
            bench.call(slot, record, 5, Ok);
        });
        assert_eq!((last.calls(), last.at(5), last.at(6)), (3, 2, 1));
    });
}

/// A future starts in one slot and finishes in another: whoever sees the finish sees the start.
#[test]
fn loom_migration() {
    for sampled in [false, true] {
        model(3, move |bench| {
            let (a, b) = (bench.slot(), bench.slot());
            let (start, finish) = (bench.own(a, SERIES), bench.own(b, SERIES));
            if sampled {
                bench.sampled(b, finish, Some(4), Ok);
            }
            let before = u64::from(sampled);
            let last = read_twice(&bench, sampled, move |bench| {
                use super::words::record as r;
                bench.arena.word(start + r::STARTED).bump(1);
                match sampled {
                    true => bench.arena.end_untimed(finish, Ok),
                    false => bench.arena.end_own(crate::clock::Scale::NANOS, b, finish, 4, Ok, true),
                }
            });
            assert_eq!((last.totals.started, last.calls(), last.at(4)), (1 + before, 1 + before, 1 + before));
        });
    }
}

/// The same, and the slot of the start is made while the reader is at work.
#[test]
fn loom_migration_from_a_new_slot() {
    model(3, |bench| {
        let b = bench.slot();
        let finish = bench.own(b, SERIES);
        let theirs = bench.clone();
        let mut reader = bench.reader();
        bench.touch_next(1024);
        let writer = thread::spawn(move || {
            let a = theirs.slot();
            let start = theirs.own(a, SERIES);
            theirs.arena.word(start + super::words::record::STARTED).bump(1);
            let same = theirs.clone();
            let end = move || same.arena.end_own(crate::clock::Scale::NANOS, b, finish, 4, Ok, true);
            thread::spawn(end).join().expect("the other thread ends well");
        });
        Taken::from(&mut reader, SERIES, false);
        writer.join().expect("the writer ends well");
        let last = bench.take(SERIES, false);
        assert_eq!((last.totals.started, last.calls()), (1, 1));
    });
}

/// A thread ends with a pending call; the next one goes on in its slot.
#[test]
fn loom_slot_changes_hands() {
    model(1, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let free = Arc::new(loom::sync::Mutex::new(()));
        let last = read_twice(&bench, false, {
            let bench = bench.clone();
            move |_| {
                let (theirs, lock) = (bench.clone(), free.clone());
                {
                    let _free = free.lock();
                    bench.call(slot, record, 3, Ok);
                }
                let next = thread::spawn(move || {
                    let _free = lock.lock();
                    theirs.call(slot, record, 8, Error);
                });
                next.join().expect("the next owner ends well");
            }
        });
        assert_eq!((last.totals.outcomes, last.at(3), last.at(8)), ([1, 1, 0, 0], 1, 1));
    });
}

/// A timing stands for the calls until the next one.
#[test]
fn loom_sampled() {
    model(1, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        bench.limit(record, 8);
        let last = read_twice(&bench, true, move |bench| {
            bench.sampled(slot, record, Some(9), Ok);
            bench.sampled(slot, record, None, Ok);
            bench.sampled(slot, record, Some(3), Error);
            bench.sampled(slot, record, None, Ok);
        });
        assert_eq!((last.totals.outcomes, last.at(9), last.at(3)), ([3, 1, 0, 0], 2, 2));
        assert_eq!((last.totals.sum, last.totals.timed, last.totals.breaches[0]), (24, 2, 2));
    });
}

/// Two flushes, and SEQ moved by another record as well.
#[test]
fn loom_sampled_again() {
    model(1, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let other = bench.own(slot, SERIES + 1);
        let last = read_twice(&bench, true, move |bench| {
            bench.sampled(slot, record, Some(5), Ok);
            bench.call(slot, other, 7, Ok);
            bench.sampled(slot, record, Some(5), Ok);
            bench.sampled(slot, record, Some(5), Ok);
        });
        assert_eq!((last.calls(), last.at(5), last.totals.sum), (3, 3, 15));
    });
}

#[test]
fn loom_shared() {
    model(1, |bench| {
        let record = bench.shared(SERIES);
        bench.touch_next(128);
        let theirs = bench.clone();
        let other = thread::spawn(move || theirs.shared_call(record, 3, Error));
        let last = read_twice(&bench, false, move |bench| bench.shared_call(record, 3, Ok));
        other.join().expect("the other writer ends well");
        drop(last);
        let last = bench.take(SERIES, false);
        assert_eq!((last.totals.outcomes, last.at(3), last.totals.sum), ([1, 1, 0, 0], 2, 6));
    });
}
