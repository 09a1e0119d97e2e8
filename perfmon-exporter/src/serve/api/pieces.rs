//! The past in pieces: what the frames of live windows tell of it.

use std::{ops::Range, time::Duration};

use perfmon_core::{Snapshot, analyse::Windows};

use super::values::Values;
use crate::serve::number::unix;

/// Frames are a minute at most while ticks are punctual. A longer first one is all that was before, and told only to who asks for all of it.
const LONG: f64 = 120.0;

/// A range of time, made of pieces that do not overlap.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The oldest first.
    pub(super) pieces: Vec<Piece>,
    /// All of them as one.
    pub(super) whole: Option<Piece>,
}

/// What happened in a piece of the past. Times are seconds since 1970.
#[derive(Debug)]
pub(super) struct Piece {
    /// When the step began that it is of; without steps, when it ended.
    pub(super) at: f64,
    pub(super) start: f64,
    pub(super) end: f64,
    pub(super) interval: Snapshot,
}

impl Pieces {
    /// Those of a range, one for each step or as they are kept. `now` has only what is asked for.
    pub(super) fn within(windows: &Windows, now: &Snapshot, range: (f64, f64), step: Option<f64>) -> Self {
        let edges = windows.edges(now);
        let at = unix(now.taken_at());
        let wall = |edge: &Duration| at - now.span().saturating_sub(*edge).as_secs_f64();
        let walls: Vec<f64> = edges.iter().map(wall).collect();
        let cuts = cut(&walls, range, step);
        let (Some(first), Some(last)) = (cuts.first(), cuts.last()) else {
            return Self { pieces: Vec::new(), whole: None };
        };
        let piece = |cut: &Range<usize>, interval| {
            let (start, end) = (walls[cut.start], walls[cut.end]);
            let at = step.map_or(end, |step| number(&walls, cut.start, step) * step);
            Piece { at, start, end, interval }
        };
        let inner: Vec<Duration> =
            std::iter::once(first.start).chain(cuts.iter().map(|cut| cut.end)).map(|at| edges[at]).collect();
        let outer = first.start..last.end;
        let mut whole = windows.pieces(&[edges[outer.start], edges[outer.end]], now);
        Self {
            pieces: cuts.iter().zip(windows.pieces(&inner, now)).map(|(cut, interval)| piece(cut, interval)).collect(),
            whole: whole.pop().map(|interval| piece(&outer, interval)),
        }
    }

    /// Says which range they are of, rather than which was asked for.
    pub(super) fn covered(&self, values: &mut Values) {
        if let Some(whole) = &self.whole {
            (values.start, values.end) = (whole.start, whole.end);
        }
    }
}

/// The pieces of a range, each as the numbers of the edges where it begins and ends: from one edge to the next, or all of a step. An edge of the range or a step
/// goes to the nearest there is. A range too short for that gets what it lies in.
fn cut(edges: &[f64], (start, end): (f64, f64), step: Option<f64>) -> Vec<Range<usize>> {
    let all = 0..edges.len().saturating_sub(1);
    let is_old = |at: usize| at == 0 && edges[1] - edges[0] > LONG;
    let is_inside = |at: &usize| {
        if is_old(*at) {
            start <= edges[*at] && edges[at + 1] <= end
        } else {
            (start..end).contains(&middle(edges, *at))
        }
    };
    let overlaps = |at: &usize| !is_old(*at) && edges[*at] < end && start < edges[at + 1];
    let mut chosen: Vec<usize> = all.clone().filter(is_inside).collect();
    if chosen.is_empty() {
        chosen = all.filter(overlaps).collect();
    }
    let same = |a: usize, b: usize| {
        step.is_some_and(|step| !is_old(a) && number(edges, a, step).total_cmp(&number(edges, b, step)).is_eq())
    };
    chosen.chunk_by(|a, b| same(*a, *b)).map(|of_step| of_step[0]..of_step[of_step.len() - 1] + 1).collect()
}

/// The number of the step in which most of a piece lies.
fn number(edges: &[f64], at: usize, step: f64) -> f64 {
    (middle(edges, at) / step).floor()
}

fn middle(edges: &[f64], at: usize) -> f64 {
    f64::midpoint(edges[at], edges[at + 1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONG, cut};

    #[test]
    fn pieces_are_of_steps() {
        // Five days, then minutes, the last of them not over.
        let edges = [0.0, 432_000.0, 432_060.3, 432_120.1, 432_179.9, 432_210.0];
        for (range, step, expected) in [
            ((0.0, 432_210.0), None, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5)][..]),
            ((0.0, 432_210.0), Some(120.0), &[(0, 1), (1, 3), (3, 5)]),
            ((432_000.0, 432_210.0), Some(60.0), &[(1, 2), (2, 3), (3, 4), (4, 5)]),
            // What has begun before is told only to who asks for all of it.
            ((1.0, 432_210.0), Some(3_600.0), &[(1, 5)]),
            ((1.0, 400_000.0), None, &[]),
            // The nearest edges, and where there are none the piece that it lies in.
            ((432_059.0, 432_181.0), None, &[(2, 3), (3, 4)]),
            ((432_090.0 + 1.0, 432_090.0 + 2.0), None, &[(2, 3)]),
            ((432_119.0, 432_121.0), Some(1.0), &[(2, 3), (3, 4)]),
            ((432_300.0, 432_400.0), None, &[]),
        ] {
            let cuts: Vec<(usize, usize)> = cut(&edges, range, step).iter().map(|cut| (cut.start, cut.end)).collect();
            assert_eq!(cuts, expected, "{range:?} {step:?}");
        }
        assert_eq!(cut(&[0.0], (0.0, 9.0), None), []);
    }

    proptest! {
        /// Whatever is asked, pieces follow each other, and lie in the range or overlap it.
        #[test]
        fn pieces_follow_each_other(spans in prop::collection::vec(0.5..70.0_f64, 1..100), start in -100.0..4_000.0_f64, length in 0.0..4_000.0_f64, step in prop::option::of(1.0..900.0_f64)) {
            let edges: Vec<f64> = std::iter::once(0.0).chain(spans.iter().scan(0.0, |at, span| { *at += span; Some(*at) })).collect();
            let cuts = cut(&edges, (start, start + length), step);
            prop_assert!(cuts.windows(2).all(|two| two[0].end == two[1].start));
            for one in &cuts {
                prop_assert!(one.start < one.end);
                prop_assert!(edges[one.start] < start + length && start < edges[one.end]);
                if let Some(step) = step {
                    prop_assert!(edges[one.end] - edges[one.start] < step + LONG);
                }
            }
        }
    }
}
