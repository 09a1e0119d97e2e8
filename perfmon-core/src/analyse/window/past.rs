//! The last hour in pieces: what is in the frames between the windows' beginnings.

use std::time::Duration;

use super::{
    Window, Windows,
    frame::{Frame, by_series},
    pack,
    part::{Part, Places, parts},
    sum::Sum,
    track::{Key, for_each_state},
    windows::Stage,
};
use crate::snapshot::{Slots, Snapshot};

/// The window whose beginning is the beginning of the frames.
const LONGEST: Window = Window::OneHour;

impl Windows {
    /// The moments between which is known what happened, since recording began, ascending: from zero to `now`. The last minute is cut by ticks, the last quarter
    /// of an hour at each ten seconds of the wall clock, the last hour at its minutes; all that was before is one piece. Ticks that were late leave longer ones.
    #[must_use]
    pub fn edges(&self, now: &Snapshot) -> Vec<Duration> {
        let mut edges = vec![Duration::ZERO];
        if self.process == Some(now.process) {
            let inner = std::iter::once(self.begin()).chain(self.past().map(|frame| frame.end));
            edges.extend(inner.filter(|edge| *edge > Duration::ZERO && *edge < now.span));
        }
        edges.push(now.span);
        edges
    }

    /// What happened between each two of these [`edges`](Self::edges), some or all of them, ascending; each piece a snapshot that was taken at its end and
    /// [spans](Snapshot::span) it. Pieces after each other add up to the piece between their outer edges.
    ///
    /// Only of what `now` has, which may have been made to have [little](Snapshot::only). A series that is not followed, or was not when a piece began, is left
    /// out of it. Counters that collectors read may have begun anew, and have histories: see [`series`](mod@crate::series).
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// let mut windows = perfmon::analyse::Windows::default();
    /// windows.advance(&perfmon::snapshot()); // once a second
    ///
    /// let now = perfmon::snapshot().only(|site| site.name() == "order_execution", |_| false);
    /// for piece in windows.pieces(&windows.edges(&now), &now) {
    ///     println!("{:?}: p99 {:?}", piece.taken_at(), piece.get("order_execution").map(|site| site.percentile(99.0)));
    /// }
    /// ```
    #[must_use]
    pub fn pieces(&self, edges: &[Duration], now: &Snapshot) -> Vec<Snapshot> {
        if self.process != Some(now.process) {
            return vec![now.clone()];
        }
        let mut wanted = vec![false; self.tracks.len()];
        let mut places = Places::new(self);
        for_each_state(now, |key, _, _| {
            if let Some(wanted) = places.find(key).and_then(|place| wanted.get_mut(place as usize)) {
                *wanted = true;
            }
        });
        let pieces = edges.windows(2).map(|ends| {
            let span = ends[1].saturating_sub(ends[0]);
            let taken_at = now.taken_at.checked_sub(now.span.saturating_sub(ends[1])).unwrap_or(now.taken_at);
            parts(now, span, taken_at, &mut Piece::new(self, ends[0], ends[1], now, &wanted))
        });
        pieces.collect()
    }

    /// Where the frames begin.
    fn begin(&self) -> Duration {
        self.stages[LONGEST as usize].start
    }

    /// The frames of the last hour, the oldest first.
    fn past(&self) -> impl Iterator<Item = &Frame> {
        let (longest, shorter) = self.stages.split_last().map_or((None, &[][..]), |(last, rest)| (Some(last), rest));
        longest.into_iter().flat_map(|stage| &stage.inside).chain(shorter.iter().rev().flat_map(Stage::frames))
    }
}

/// What was counted in a piece.
struct Piece<'a> {
    windows: &'a Windows,
    from: Duration,
    growths: Vec<(u32, &'a [u8])>,
    /// It begins with recording, and all that was before the frames is a part of it.
    has_base: bool,
    /// It ends now, and what has not been followed by a tick yet is a part of it.
    is_last: bool,
    places: Places<'a>,
    sum: Sum,
    slots: Vec<(u32, u64)>,
    bytes: Vec<u8>,
}

impl<'a> Piece<'a> {
    fn new(windows: &'a Windows, from: Duration, to: Duration, now: &Snapshot, wanted: &[bool]) -> Self {
        let begin = windows.begin();
        let has_base = from < begin;
        let is_last = to >= now.span;
        let leaving = windows.stages[LONGEST as usize].leaving.iter().filter(|_| has_base);
        // If the last tick is newer than now, what is taken away from it below is also in the frames.
        let inside = windows.past().filter(|frame| frame.end > from && (is_last || frame.end <= to));
        let growths = by_series(leaving.chain(inside), |place| wanted.get(place as usize) == Some(&true));
        let (places, sum, slots, bytes) = (Places::new(windows), Sum::default(), Vec::new(), Vec::new());
        Self { windows, from, growths, has_base, is_last, places, sum, slots, bytes }
    }
}

impl Part for Piece<'_> {
    fn of<T: Slots + Clone>(&mut self, key: Key<'_>, collected: bool, now: &T) -> Option<T> {
        let Some(place) = self.places.find(key) else {
            let all = !self.windows.untracked.has(key);
            let known = (all && !collected) || now.slots().next().is_none();
            // It has begun to count since the last tick.
            return known.then(|| if self.is_last { now.clone() } else { now.of(std::iter::empty()) });
        };
        let track = self.windows.tracks.get(place as usize)?.as_ref()?;
        if track.since > self.from {
            return None;
        }
        self.sum.add_of(place, &self.growths);
        if self.has_base {
            self.sum.add(track.base(LONGEST));
        }
        if self.is_last {
            self.slots.clear();
            self.slots.extend(now.slots());
            self.bytes.clear();
            pack::growth(&track.last, &self.slots, &mut self.bytes);
            self.sum.add(&self.bytes);
        }
        self.sum.take(&mut self.slots);
        Some(now.of(self.slots.iter().copied()))
    }
}
