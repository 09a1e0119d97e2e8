//! Those who listen over a WebSocket: counted, and bounded.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use crate::connections::most_listeners;

/// Listeners at once, however many files the process may open.
const MOST: usize = 10_000;

/// How many listen.
#[derive(Debug)]
pub(crate) struct Audience {
    most: usize,
    open: AtomicUsize,
    refused: AtomicU64,
}

/// A place among the listeners, given back when dropped.
#[derive(Debug)]
pub(crate) struct Seat(Arc<Audience>);

impl Audience {
    /// At most so many, and no more than the process has files for.
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { most: most_listeners(MOST), open: AtomicUsize::new(0), refused: AtomicU64::new(0) })
    }

    /// A place for one more; `None` when all are taken.
    pub(crate) fn enter(self: &Arc<Self>) -> Option<Seat> {
        let seated = |open: usize| (open < self.most).then_some(open + 1);
        if self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, seated).is_ok() {
            return Some(Seat(self.clone()));
        }
        self.refused.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// How many there may be.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Those turned away because all places were taken.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}
