//! Calls in destructors of thread-locals, before and after the recorder's own.

#[macro_use]
mod support;

use std::{cell::RefCell, thread};

use perfmon_core::{
    call::{Guard, enter, enter_labels, enter_sampled, guard},
    site::Sample,
};
use support::{block_on, call_async, outcomes, taken};

site!(BODY, "body");
site!(LATE, "late");
site!(LABELLED, "labelled", labels(&["when"]));
site!(SAMPLED, "sampled", sample(Sample::OneIn(4)));
site!(ASYNC, "async");
site!(KEPT, "kept");
site!(KEPT_UNTIL_THE_END, "kept until the end");

struct Late(Option<Guard>);

impl Drop for Late {
    fn drop(&mut self) {
        for _ in 0..3 {
            enter(&LATE).finish(false);
            enter_labels(&LABELLED, &["late"]).finish(true);
            enter_sampled(&SAMPLED).finish(false);
            block_on(call_async(&ASYNC, async {}));
        }
        drop(self.0.take());
    }
}

thread_local! {
    static BEFORE: RefCell<Late> = const { RefCell::new(Late(None)) };
    static AFTER: RefCell<Late> = const { RefCell::new(Late(None)) };
}

const THREADS: u64 = 40;

/// Touches one before the recorder registers its destructor and one after, so whatever the order, one drops later than it.
fn life() {
    BEFORE.with(|late| drop(late.borrow()));
    enter(&BODY).finish(false);
    AFTER.with(|late| drop(late.borrow()));
    AFTER.with(|late| late.borrow_mut().0 = Some(guard(&KEPT)));
    BEFORE.with(|late| late.borrow_mut().0 = Some(guard(&KEPT_UNTIL_THE_END)));
}

/// A thread that first calls while it ends.
fn silent_life() {
    AFTER.with(|late| drop(late.borrow()));
}

#[test]
fn calls_of_dying_threads_count() {
    for _ in 0..THREADS {
        thread::spawn(life).join().expect("a thread ends well");
        thread::spawn(silent_life).join().expect("a thread ends well");
    }
    let calls = THREADS * 9;
    assert_eq!(outcomes("body"), [THREADS, 0, 0, 0, 0]);
    assert_eq!(outcomes("late"), [calls, 0, 0, 0, 0]);
    assert_eq!(outcomes("labelled"), [0, calls, 0, 0, 0]);
    assert_eq!(outcomes("sampled"), [calls, 0, 0, 0, 0]);
    assert_eq!(outcomes("async"), [calls, 0, 0, 0, 0]);
    assert_eq!(outcomes("kept"), [THREADS, 0, 0, 0, 0]);
    assert_eq!(outcomes("kept until the end"), [THREADS, 0, 0, 0, 0]);
    assert_eq!(taken("sampled").buckets().total(), calls);
    support::check(&perfmon_core::snapshot());
}
