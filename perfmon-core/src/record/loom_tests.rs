//! Models of the protocol between writer and reader: loom runs the orders of their loads and stores that the memory model
//! allows, within a bound on preemptions.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p perfmon-core --lib --release loom -- --nocapture
//! ```
//!
//! What every reading must show is checked in [`Taken::from`] and [`Taken::not_below`]: outcomes and buckets agree, nothing
//! finished that did not start, nothing shrinks. Nobody is ever held in the middle of a call's end here, so a reader that gives up
//! waiting, or that guesses a call, fails the model. So does a model that explores fewer than [`LEAST`] orders.
//!
//! # What loom must be told
//!
//! Loom 0.7 finds the orders worth running by races between a store and the *last* access to the same word. The recorder's writers
//! load a word before they store it, and that load hides the reader's before it: most models then ran a single order and showed
//! nothing. The only writer of a word needs no such load, for it knows what it stored; so [`Cell`] answers it behind loom's back
//! (`unsync_load`, which also checks that there is only one writer).
//!
//! A first run finds the words that threads write after the set-up; only those are loom's in the runs that count, all others are
//! constant. This makes a run ten times shorter.
//!
//! # What no model shows
//!
//! An outcome counted in `end_own` after its call became pending: both lie in one section, and a reader waits for its end.

mod moves;

use std::{
    cell::Cell as StdCell,
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU64 as Plain, AtomicUsize,
            Ordering::{self, *},
        },
    },
};

use loom::{sync::atomic::AtomicU64, thread};

use super::{
    arena::UNIT,
    fixture::{Bench, Taken},
    storage::{MARGIN, Storage, Word},
    words::record as r,
    writer::Outcome::{self, Error, Ok, Panic},
};
use crate::clock::Scale;

/// Orders that a model explores at least.
const LEAST: usize = 50;

/// Words of a model's arena.
const WORDS: usize = 5 * 1024;

thread_local! {
    /// The thread that sets up and reads. Loom's threads all run on one thread of the system.
    static READER: StdCell<Option<thread::ThreadId>> = const { StdCell::new(None) };
}

fn is_reader() -> bool {
    READER.get() == Some(thread::current().id())
}

/// Which words some writer has stored to.
type Written = Arc<Vec<AtomicBool>>;

/// A word.
enum Cell {
    /// That the set-up alone stores to.
    Constant { at: usize, value: Plain, written: Written, first_run: bool },
    /// That a writer stores to; `shared` from the first read-modify-write on.
    Live { value: AtomicU64, shared: AtomicBool },
}

impl Cell {
    /// Notes a store to a constant word.
    fn note(&self) {
        if let Self::Constant { at, written, first_run, .. } = self
            && !is_reader()
        {
            assert!(first_run, "the first run did not write word {at}");
            written[*at].store(true, Relaxed);
        }
    }
}

impl Word for Cell {
    #[allow(unsafe_code)]
    fn load(&self, order: Ordering) -> u64 {
        match self {
            Self::Constant { value, .. } => value.load(order),
            Self::Live { value, shared } if order == Relaxed && !shared.load(Relaxed) && !is_reader() => {
                // SAFETY: the thread at hand is the word's only writer, or took over from the one before by a lock; loom checks it.
                unsafe { value.unsync_load() }
            }
            Self::Live { value, .. } => value.load(order),
        }
    }

    fn store(&self, new: u64, order: Ordering) {
        self.note();
        match self {
            Self::Constant { value, .. } => value.store(new, order),
            Self::Live { value, .. } => value.store(new, order),
        }
    }

    fn fetch_add(&self, by: u64, order: Ordering) -> u64 {
        self.note();
        match self {
            Self::Constant { value, .. } => value.fetch_add(by, order),
            Self::Live { value, shared } => {
                shared.store(true, Relaxed);
                value.fetch_add(by, order)
            }
        }
    }

    fn fetch_max(&self, other: u64, order: Ordering) -> u64 {
        self.note();
        match self {
            Self::Constant { value, .. } => value.fetch_max(other, order),
            Self::Live { value, shared } => {
                shared.store(true, Relaxed);
                value.fetch_max(other, order)
            }
        }
    }

    fn replace(&self, current: u64, new: u64) -> Result<u64, u64> {
        self.note();
        match self {
            Self::Constant { value, .. } => value.compare_exchange(current, new, AcqRel, Acquire),
            Self::Live { value, shared } => {
                shared.store(true, Relaxed);
                value.compare_exchange(current, new, AcqRel, Acquire)
            }
        }
    }
}

struct Cells(Box<[Cell]>);

impl Cells {
    /// Zeros. `spare` is for models whose threads take memory in more than one order.
    fn new(written: &Written, first_run: bool, spare: bool) -> Self {
        let is_written = |at: usize| written[at].load(Relaxed);
        let cell = |at| {
            let live = is_written(at) || spare && at >= UNIT && is_written(at - UNIT);
            if live && !first_run {
                Cell::Live { value: AtomicU64::new(0), shared: AtomicBool::new(false) }
            } else {
                Cell::Constant { at, value: Plain::new(0), written: written.clone(), first_run }
            }
        };
        Self((0..written.len()).map(cell).collect())
    }
}

impl Storage for Cells {
    type Word = Cell;

    fn len(&self) -> usize {
        self.0.len() - MARGIN
    }

    fn block<const N: usize>(&self, at: usize) -> &[Cell; N] {
        self.0[at..].first_chunk().expect("words outside the arena")
    }

    fn fence(order: Ordering) {
        loom::sync::atomic::fence(order);
    }

    fn wait(attempt: u32) -> bool {
        assert!(attempt < 64, "nobody is held in a model");
        thread::yield_now();
        true
    }
}

type Model = Arc<Bench<Cells>>;

const SERIES: u32 = 1;

/// Explores a program within a bound on preemptions (`LOOM_MAX_PREEMPTIONS` is another one).
fn model(preemptions: usize, run: impl Fn(Model) + Sync + Send + 'static) {
    explore(preemptions, false, run);
}

fn explore(preemptions: usize, spare: bool, run: impl Fn(Model) + Sync + Send + 'static) {
    let run = Arc::new(run);
    let written: Written = Arc::new((0..WORDS + MARGIN).map(|_| AtomicBool::new(false)).collect());
    let orders = Arc::new(AtomicUsize::new(0));
    let began = std::time::Instant::now();
    for first_run in [true, false] {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
        builder.max_branches = 20_000;
        if first_run {
            // Loom looks at the limit before a run, and counts from one.
            (builder.max_permutations, builder.checkpoint_interval) = (Some(2), 1);
        }
        orders.store(0, Relaxed);
        let (run, written, orders) = (run.clone(), written.clone(), orders.clone());
        builder.check(move || {
            READER.set(Some(thread::current().id()));
            orders.fetch_add(1, Relaxed);
            run(Arc::new(Bench::new(Cells::new(&written, first_run, spare))));
        });
    }
    let orders = orders.load(Relaxed);
    let name = std::thread::current().name().map(str::to_owned).unwrap_or_default();
    eprintln!("{name}: {orders} orders in {:.1} s", began.elapsed().as_secs_f64());
    assert!(orders >= LEAST, "{orders} orders show nothing");
}

/// So many readings, one after the other, while `write` runs; then one at rest.
fn read(bench: &Model, readings: usize, sampled: bool, write: impl FnOnce(&Bench<Cells>) + Send + 'static) -> Taken {
    let mut before = bench.take(SERIES, sampled);
    let theirs = bench.clone();
    let writer = thread::spawn(move || write(&theirs));
    for _ in 0..readings {
        let now = bench.take(SERIES, sampled);
        now.not_below(&before);
        before = now;
    }
    writer.join().expect("the writer ends well");
    let last = bench.take(SERIES, sampled);
    last.not_below(&before);
    last
}

/// The end of a call that started elsewhere.
fn end(bench: &Bench<Cells>, slot: usize, record: usize, ticks: u64, outcome: Outcome) {
    bench.arena.end_own(Scale::NANOS, slot, record, ticks, outcome, true);
}

fn start(bench: &Bench<Cells>, record: usize) {
    bench.arena.word(record + r::STARTED).bump(1);
}

/// The first call of a record becomes pending, and is never put into a bucket.
#[test]
fn loom_first_call() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let last = read(&bench, 2, false, move |bench| bench.call(slot, record, 3, Ok));
        assert_eq!((last.totals.outcomes, last.at(3), last.totals.sum), ([1, 0, 0, 0], 1, 3));
    });
}

/// A pending call goes to its bucket, in a chunk taken for it or one that was there; another one becomes pending.
#[test]
fn loom_pending_call_is_counted_once() {
    for before in [1, 2] {
        model(2, move |bench| {
            let slot = bench.slot();
            let record = bench.own(slot, SERIES);
            (0..before).for_each(|_| bench.call(slot, record, 3, Ok));
            let last = read(&bench, 2, false, move |bench| bench.call(slot, record, 9, Error));
            assert_eq!((last.totals.outcomes, last.at(3), last.at(9)), ([before, 1, 0, 0], before, 1));
            assert_eq!((last.totals.started, last.totals.sum), (before + 1, 3 * before + 9));
        });
    }
}

/// The same bucket again and again: the count of the watched bucket moves for more than one reason.
#[test]
fn loom_same_bucket() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        bench.call(slot, record, 5, Ok);
        let last = read(&bench, 1, false, move |bench| {
            bench.call(slot, record, 5, Ok);
            bench.call(slot, record, 5, Ok);
        });
        assert_eq!((last.calls(), last.at(5)), (3, 3));
    });
}

/// Another record of the slot moves SEQ.
#[test]
fn loom_other_record_of_the_slot() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let other = bench.own(slot, SERIES + 1);
        bench.call(slot, record, 5, Ok);
        let last = read(&bench, 1, false, move |bench| {
            bench.call(slot, other, 7, Error);
            bench.call(slot, record, 5, Panic);
        });
        assert_eq!((last.totals.outcomes, last.at(5)), ([1, 0, 1, 0], 2));
        assert_eq!(bench.take(SERIES + 1, false).at(7), 1);
    });
}

/// A plain value moves SEQ too, and so does a sampled call.
#[test]
fn loom_pending_beside_values_and_sampled_calls() {
    for sampled in [false, true] {
        model(3, move |bench| {
            let slot = bench.slot();
            let record = bench.own(slot, SERIES);
            let other = bench.own(slot, SERIES + 1);
            bench.call(slot, record, 5, Ok);
            let last = read(&bench, 2, false, move |bench| match sampled {
                true => bench.sampled(slot, other, Some(6), Ok),
                false => bench.value(slot, other, 6),
            });
            assert_eq!((last.calls(), last.at(5)), (1, 1));
            assert_eq!(bench.take(SERIES + 1, sampled).at(6), 1);
        });
    }
}

/// A value goes straight to its bucket, in a record that has a pending call.
#[test]
fn loom_values_among_calls() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        bench.call(slot, record, 5, Ok);
        let last = read(&bench, 2, false, move |bench| bench.value(slot, record, 5));
        assert_eq!((last.calls(), last.at(5)), (2, 2));
    });
}

/// And in one that has none. The outcome and the bucket lie behind the same release fence, so nothing orders them for a reader that does
/// not look at SEQ again.
#[test]
fn loom_values() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        bench.value(slot, record, 6);
        let last = read(&bench, 2, false, move |bench| bench.value(slot, record, 6));
        assert_eq!((last.calls(), last.at(6)), (2, 2));
    });
}

/// A future starts in one slot and finishes in another: whoever sees the finish sees the start.
#[test]
fn loom_migration() {
    model(3, |bench| {
        let (a, b) = (bench.slot(), bench.slot());
        let (here, there) = (bench.own(a, SERIES), bench.own(b, SERIES));
        let last = read(&bench, 1, false, move |bench| {
            start(bench, here);
            end(bench, b, there, 4, Ok);
        });
        assert_eq!((last.totals.started, last.calls(), last.at(4)), (1, 1, 1));
    });
}

/// The same, where the end is not timed.
#[test]
fn loom_migration_of_a_call_not_timed() {
    model(3, |bench| {
        let (a, b) = (bench.slot(), bench.slot());
        let (here, there) = (bench.own(a, SERIES), bench.own(b, SERIES));
        bench.sampled(b, there, Some(4), Ok);
        let last = read(&bench, 2, true, move |bench| {
            start(bench, here);
            bench.arena.end_untimed(there, Error);
        });
        assert_eq!((last.totals.started, last.totals.outcomes, last.at(4)), (2, [1, 1, 0, 0], 2));
    });
}

/// The same, where the end is timed and of a sampled site.
#[test]
fn loom_migration_of_a_sampled_call() {
    model(2, |bench| {
        let (a, b) = (bench.slot(), bench.slot());
        let (here, there) = (bench.own(a, SERIES), bench.own(b, SERIES));
        let last = read(&bench, 1, true, move |bench| {
            start(bench, here);
            bench.arena.end_sampled(Scale::NANOS, b, there, 4, Ok, true);
        });
        assert_eq!((last.totals.started, last.calls(), last.at(4)), (1, 1, 1));
    });
}

/// The slot of the start is made while the reader is at work, and the call ends on another thread.
#[test]
fn loom_migration_from_a_new_slot() {
    model(2, |bench| {
        let b = bench.slot();
        let there = bench.own(b, SERIES);
        let mut reader = bench.reader();
        let theirs = bench.clone();
        let writer = thread::spawn(move || {
            let a = theirs.slot();
            let here = theirs.own(a, SERIES);
            start(&theirs, here);
            thread::spawn(move || end(&theirs, b, there, 4, Ok)).join().expect("the other thread ends well");
        });
        let first = Taken::from(&mut reader, SERIES, false);
        writer.join().expect("the writer ends well");
        let last = bench.take(SERIES, false);
        last.not_below(&first);
        assert_eq!((last.totals.started, last.calls()), (1, 1));
    });
}

/// A thread ends with a pending call; the next one goes on in its slot.
#[test]
fn loom_slot_changes_hands() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let theirs = bench.clone();
        let last = read(&bench, 1, false, move |bench| {
            let free = Arc::new(loom::sync::Mutex::new(()));
            let lock = free.clone();
            let next = thread::spawn(move || {
                let _free = lock.lock();
                theirs.call(slot, record, 5, Error);
            });
            {
                let _free = free.lock();
                bench.call(slot, record, 5, Ok);
            }
            next.join().expect("the next owner ends well");
        });
        assert_eq!((last.totals.outcomes, last.at(5)), ([1, 1, 0, 0], 2));
    });
}

/// A call that is not timed joins those that the last timing stands for; the next timing puts them into their bucket.
#[test]
fn loom_sampled() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        bench.limit(record, 8);
        bench.sampled(slot, record, Some(9), Ok);
        let last = read(&bench, 1, true, move |bench| {
            bench.sampled(slot, record, None, Ok);
            bench.sampled(slot, record, Some(3), Error);
        });
        assert_eq!((last.totals.outcomes, last.at(9), last.at(3)), ([2, 1, 0, 0], 2, 1));
        assert_eq!((last.totals.sum, last.totals.timed, last.totals.breaches[0]), (21, 2, 2));
    });
}

/// The figures of the bucketed calls agree with those of the open ones.
#[test]
fn loom_sampled_timings_in_a_row() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        bench.sampled(slot, record, Some(5), Ok);
        let last = read(&bench, 2, true, move |bench| bench.sampled(slot, record, Some(5), Ok));
        assert_eq!((last.calls(), last.at(5), last.totals.sum), (2, 2, 10));
    });
}

/// SEQ moves by another record, while calls of the sampled one are open.
#[test]
fn loom_sampled_beside_a_pending_call() {
    model(2, |bench| {
        let slot = bench.slot();
        let record = bench.own(slot, SERIES);
        let other = bench.own(slot, SERIES + 1);
        bench.sampled(slot, record, Some(5), Ok);
        let last = read(&bench, 1, true, move |bench| {
            bench.call(slot, other, 7, Ok);
            bench.sampled(slot, record, Some(5), Ok);
        });
        assert_eq!((last.calls(), last.at(5), last.totals.sum), (2, 2, 10));
    });
}

/// Two threads share a record that has its chunk.
#[test]
fn loom_shared() {
    shared(false, true);
}

/// Two threads that share a record both take its first chunk.
#[test]
fn loom_shared_takes_a_chunk() {
    shared(true, false);
}

fn shared(spare: bool, chunk: bool) {
    explore(1, spare, move |bench| {
        let record = bench.shared(SERIES);
        if chunk {
            bench.shared_call(record, 3, Ok);
        }
        let before = u64::from(chunk);
        let theirs = bench.clone();
        let other = thread::spawn(move || theirs.shared_call(record, 3, Error));
        read(&bench, 1, false, move |bench| bench.shared_call(record, 3, Ok));
        other.join().expect("the other writer ends well");
        let last = bench.take(SERIES, false);
        assert_eq!((last.totals.outcomes, last.at(3)), ([1 + before, 1, 0, 0], 2 + before));
        assert_eq!((last.totals.started, last.totals.sum), (2 + before, 6 + 3 * before));
    });
}
