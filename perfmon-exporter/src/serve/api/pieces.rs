//! The past in pieces: what live windows tell of it.

use perfmon_core::{Snapshot, analyse::Window};

use super::{answer::unix, metrics::Values};
use crate::state::Shared;

/// A range of time, made of pieces that do not overlap: each is the difference of two windows, one beginning earlier than the other.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The oldest first.
    pub(super) pieces: Vec<Piece>,
    /// All of them as one.
    pub(super) whole: Option<Piece>,
}

/// What happened in a piece of the past.
#[derive(Debug)]
pub(super) struct Piece {
    /// Seconds since 1970.
    pub(super) end: f64,
    pub(super) interval: Snapshot,
}

impl Pieces {
    /// Those that have to do with a range, in seconds since 1970. What reaches over its edges stays whole.
    pub(super) fn within(shared: &Shared, now: Snapshot, start: f64, end: f64) -> Self {
        let at = unix(now.taken_at());
        let mut since: Vec<Snapshot> =
            Window::ALL.into_iter().rev().map(|window| shared.window(window, &now)).collect();
        since.insert(0, now);
        // A window longer than the process is old is the whole.
        since.dedup_by(|shorter, longer| longer.span() <= shorter.span());
        Self::cut(&since, at, start, end)
    }

    /// Says which range they are of, rather than which was asked for.
    pub(super) fn covered(&self, values: &mut Values) {
        if let Some(whole) = &self.whole {
            (values.start, values.end) = (whole.end - whole.interval.span().as_secs_f64(), whole.end);
        }
    }

    /// From what happened since each of several beginnings, the earliest first, until `now`.
    fn cut(since: &[Snapshot], now: f64, start: f64, end: f64) -> Self {
        let begin = |at: usize| since.get(at).map_or(now, |since| now - since.span().as_secs_f64());
        if since.is_empty() || end <= start || end <= begin(0) || start >= now {
            return Self { pieces: Vec::new(), whole: None };
        }
        let first = (0..since.len()).rfind(|&at| begin(at) <= start).unwrap_or(0);
        let last = (first + 1..since.len()).find(|&at| begin(at) >= end).unwrap_or(since.len());
        let between = |from: usize, to: usize| Piece {
            end: begin(to),
            interval: since.get(to).map_or_else(|| since[from].clone(), |rest| &since[from] - rest),
        };
        Self { pieces: (first..last).map(|at| between(at, at + 1)).collect(), whole: Some(between(first, last)) }
    }
}
