//! Which slot the current thread writes to.
//!
//! The cell the hot path reads is initialised by a constant and has no destructor, so reading it is one load. A second
//! thread-local, touched when a slot is taken, gives the slot back when the thread ends.

use std::{
    cell::Cell,
    sync::{Mutex, PoisonError},
};

use super::arena::EMPTY_SLOT;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No slot yet.
    Fresh,
    /// Has a slot.
    Live,
    /// Could get none: the memory limit is reached.
    Denied,
    /// Its destructors have run; it writes to the shared slot now.
    Ended,
}

thread_local! {
    static SLOT: Cell<usize> = const { Cell::new(EMPTY_SLOT) };
    static STATE: Cell<State> = const { Cell::new(State::Fresh) };
    static IN_SLOW_PATH: Cell<bool> = const { Cell::new(false) };
    static OWNER: Owner = const { Owner };
}

/// Slots whose threads ended. The lock orders their last words before the next owner's first.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());

struct Owner;

impl Drop for Owner {
    fn drop(&mut self) {
        STATE.set(State::Ended);
        let slot = SLOT.replace(EMPTY_SLOT);
        if slot != EMPTY_SLOT {
            FREE.lock().unwrap_or_else(PoisonError::into_inner).push(slot);
        }
    }
}

/// The current thread's slot; [`EMPTY_SLOT`] when it has none (yet, or any more).
#[inline(always)]
pub(crate) fn slot() -> usize {
    SLOT.get()
}

/// The current thread's slot, taking one if need be: that of a thread that ended, or a new one from `make`.
pub(crate) fn acquire(make: impl FnOnce() -> Option<usize>) -> Option<usize> {
    match STATE.get() {
        State::Live => return Some(SLOT.get()),
        State::Denied | State::Ended => return None,
        State::Fresh => {}
    }
    // Registers the destructor. During the thread's end that may be too late.
    if OWNER.try_with(|_| ()).is_err() {
        STATE.set(State::Ended);
        return None;
    }
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let slot = free.or_else(make);
    match slot {
        Some(slot) => {
            SLOT.set(slot);
            STATE.set(State::Live);
        }
        None => STATE.set(State::Denied),
    }
    slot
}

/// How many slots wait for a thread.
pub(crate) fn free_slots() -> u64 {
    FREE.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
}

/// Whether this thread is in the recorder's slow path, where it may hold locks.
pub(crate) fn is_disturbed() -> bool {
    IN_SLOW_PATH.get()
}

/// Runs `work` unless this thread is in it already: an allocator or a lock that is itself monitored must not
/// come back into the recorder's slow path. `None` then.
pub(crate) fn once_at_a_time<T>(work: impl FnOnce() -> T) -> Option<T> {
    (!IN_SLOW_PATH.get()).then(|| undisturbed(work))
}

/// Runs `work`, which holds locks of the recorder while it allocates, and keeps calls made from inside out of the slow path,
/// where they would wait for those locks.
pub(crate) fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    struct Leave(bool);
    impl Drop for Leave {
        fn drop(&mut self) {
            IN_SLOW_PATH.set(self.0);
        }
    }
    let _leave = Leave(IN_SLOW_PATH.replace(true));
    work()
}
