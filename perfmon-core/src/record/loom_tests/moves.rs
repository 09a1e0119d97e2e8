//! Calls that move from one series of their site to another while they run.

use loom::thread;

use super::{
    super::{
        fixture::{Bench, Taken},
        words::{OWN, SHARED},
        writer::Outcome::{Error, Ok},
    },
    Cells, Model, SERIES, end, model, start,
};

/// The series that calls move to.
const OTHER: u32 = SERIES + 1;

fn take(bench: &Bench<Cells>) -> [Taken; 2] {
    let taken = Taken::from_all(&mut bench.reader(), [SERIES, OTHER], false);
    let sum = |of: fn(&Taken) -> u64| taken.iter().map(of).sum::<u64>();
    assert!(sum(|one| one.totals.started) >= sum(Taken::calls), "of a site never more ended than began: {taken:?}");
    taken
}

/// One reading of both series while `write` runs, and one at rest.
fn read(bench: &Model, write: impl FnOnce(&Bench<Cells>) + Send + 'static) -> [Taken; 2] {
    let theirs = bench.clone();
    let writer = thread::spawn(move || write(&theirs));
    let amid = take(bench);
    writer.join().expect("the writer ends well");
    let last = take(bench);
    last.iter().zip(&amid).for_each(|(last, amid)| last.not_below(amid));
    last
}

/// Begun, moved and ended.
fn figures(taken: &Taken) -> [u64; 4] {
    let totals = &taken.totals;
    [totals.started, totals.arrived, totals.moved, taken.calls()]
}

/// Begun in one slot; moved and ended in another.
#[test]
fn loom_move() {
    model(3, |bench| {
        let (a, b) = (bench.slot(), bench.slot());
        let (here, from, to) = (bench.own(a, SERIES), bench.own(b, SERIES), bench.own(b, OTHER));
        let [first, second] = read(&bench, move |bench| {
            start(bench, here);
            bench.hand_over((from, OWN), (to, OWN));
            end(bench, b, to, 4, Error);
        });
        assert_eq!((figures(&first), figures(&second), second.at(4)), ([1, 0, 1, 0], [0, 1, 0, 1], 1));
    });
}

/// The same on three threads: begun on one, moved on a second, ended on a third.
#[test]
fn loom_move_between_threads() {
    model(2, |bench| {
        let [a, b, c] = [(); 3].map(|()| bench.slot());
        let (here, from, to, there) =
            (bench.own(a, SERIES), bench.own(b, SERIES), bench.own(b, OTHER), bench.own(c, OTHER));
        let theirs = bench.clone();
        let [first, second] = read(&bench, move |bench| {
            start(bench, here);
            let ender = theirs.clone();
            let mover = thread::spawn(move || {
                theirs.hand_over((from, OWN), (to, OWN));
                let ender = thread::spawn(move || end(&ender, c, there, 4, Ok));
                ender.join().expect("the third thread ends well");
            });
            mover.join().expect("the second thread ends well");
        });
        assert_eq!((figures(&first), figures(&second)), ([1, 0, 1, 0], [0, 1, 0, 1]));
    });
}

/// To another series and back, each time in another slot.
#[test]
fn loom_move_there_and_back() {
    model(2, |bench| {
        let (a, b) = (bench.slot(), bench.slot());
        let (here, to) = (bench.own(a, SERIES), bench.own(a, OTHER));
        let (back, from) = (bench.own(b, SERIES), bench.own(b, OTHER));
        let [first, second] = read(&bench, move |bench| {
            start(bench, here);
            bench.hand_over((here, OWN), (to, OWN));
            bench.hand_over((from, OWN), (back, OWN));
            end(bench, b, back, 4, Ok);
        });
        assert_eq!((figures(&first), figures(&second)), ([1, 1, 1, 1], [0, 1, 1, 0]));
    });
}

/// Two threads move calls between records that they share.
#[test]
fn loom_move_shared() {
    model(1, |bench| {
        let (from, to) = (bench.shared(SERIES), bench.shared(OTHER));
        bench.shared_call(to, 3, Ok);
        let theirs = bench.clone();
        let work = move |bench: &Bench<Cells>| {
            bench.arena.begin_shared(from);
            bench.hand_over((from, SHARED), (to, SHARED));
            bench.arena.end_shared(to, 3, 3, Error, true);
        };
        let other = thread::spawn(move || work(&theirs));
        read(&bench, work);
        other.join().expect("the other writer ends well");
        let [first, second] = take(&bench);
        assert_eq!((figures(&first), figures(&second), second.at(3)), ([2, 0, 2, 0], [1, 2, 0, 3], 3));
    });
}
