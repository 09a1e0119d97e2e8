//! The state machine behind every window.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

use super::{
    SHORTEST_TICK, Window,
    frame::Frame,
    pack,
    part::{Since, parts},
    track::{Key, OwnedKey, Track, for_each_state, keep},
};
use crate::snapshot::Snapshot;

/// A snapshot older than the last tick by more than this is not late but of a clock that went back.
const CLOCK_WENT_BACK: Duration = Duration::from_secs(1);

/// Live windows over one process' snapshots: give it one a second, ask for any window at any time.
///
/// Without clock, thread or I/O: time is the snapshots' own [`span`](Snapshot::span). For 100 sites of 100 calls a second each, spread over some
/// 400 buckets, a tick takes 0.3 ms, an interval 0.5, and an hour 6 MB; with 1,200 buckets 0.7 ms, 1.2 ms and 13 MB. A tick after hours of sleep takes no longer.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::analyse::{Window, Windows};
///
/// let mut windows = Windows::default();
/// windows.advance(&perfmon::snapshot()); // once a second
///
/// let now = perfmon::snapshot();
/// let minute = windows.interval(Window::OneMinute, &now);
/// for site in minute.sites() {
///     println!("{}: {:.1} calls/s, p99 {:?}", site.name(), minute.per_second(site.calls()), site.percentile(99.0));
/// }
/// ```
#[derive(Debug)]
pub struct Windows {
    pub(super) limit: usize,
    /// The process the states are of; `None` before the first.
    pub(super) process: Option<u64>,
    /// The last tick, since recording began.
    pub(super) at: Duration,
    /// What the wall clock said beyond a whole minute when recording began. Frames that become one end with its minutes, so that whoever asks for each minute
    /// finds one frame in each.
    phase: Duration,
    /// For each window what leaves it next.
    pub(super) stages: [Stage; Window::ALL.len()],
    /// Which series are followed, in order, and the place of each among the tracks.
    pub(super) keys: Vec<(OwnedKey, u32)>,
    pub(super) tracks: Vec<Option<Track>>,
    pub(super) footprint: usize,
    pub(super) untracked: Untracked,
}

/// The frames between a window's beginning and that of the next shorter one.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// Where the window begins, since recording began.
    pub(super) start: Duration,
    /// Left the window, but not yet added to its base and handed on.
    pub(super) leaving: Vec<Frame>,
    pub(super) inside: VecDeque<Frame>,
}

/// Series that counted and are not followed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Untracked {
    pub(super) totals: u64,
    pub(super) others: u64,
}

impl Untracked {
    /// Whether this series may be one of them. Losses are followed whatever the limit.
    pub(super) fn has(self, key: Key<'_>) -> bool {
        match key {
            Key::Losses => false,
            _ if key.is_total() => self.totals > 0,
            _ => self.others > 0,
        }
    }
}

impl Default for Windows {
    /// With a limit of 16 MiB.
    fn default() -> Self {
        Self::new(16 << 20)
    }
}

impl Windows {
    /// Nothing yet. What it keeps is bounded to about `limit_bytes`.
    ///
    /// When the limit is near, labelled series and custom metrics that newly appear are not followed, and when it is reached, some
    /// of them are given up; site totals only when those alone are too much. See [`untracked`](Self::untracked).
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit: limit_bytes,
            process: None,
            at: Duration::ZERO,
            phase: Duration::ZERO,
            stages: Default::default(),
            keys: Vec::new(),
            tracks: Vec::new(),
            footprint: 0,
            untracked: Untracked::default(),
        }
    }

    /// Takes note of the state now. To be called about once a second; calls that are late make windows reach further back for a while, never wrong,
    /// and one less than half a second after the last does nothing. After a restart (a snapshot of another process) all begins anew. When the clock went
    /// back (some processors' counters do while the machine sleeps), every window begins then.
    pub fn advance(&mut self, now: &Snapshot) {
        if self.process != Some(now.process) {
            *self = Self { process: Some(now.process), phase: phase(now), ..Self::new(self.limit) };
        }
        if now.span + CLOCK_WENT_BACK < self.at {
            return self.anchor(now);
        }
        if now.span < self.at + SHORTEST_TICK {
            return;
        }
        let settled = self.settle(now.span.saturating_sub(self.at));
        self.at = now.span;
        let frame = self.follow(now);
        self.stages[0].inside.push_back(frame);
        self.leave(settled);
        self.forget();
        self.footprint = self.measure();
        if self.footprint > self.limit {
            self.give_up();
        }
    }

    /// What happened in a window up to `now`, which may be newer than the last [`advance`](Self::advance): exactly `now` minus the
    /// state at the window's beginning. Its [`span`](Snapshot::span) is the time it truly covers: the window's and up to one frame more (1 s up to
    /// a minute, 10 s up to 15 minutes, a minute in an hour), or the time since recording began while that is shorter.
    ///
    /// Gauges keep their last value. A counter that a collector reads counts from when it was first seen. A series that is not followed, or was not when the window began, is left out.
    #[must_use]
    pub fn interval(&self, window: Window, now: &Snapshot) -> Snapshot {
        if self.process != Some(now.process) {
            return now.clone();
        }
        let start = self.stages[window as usize].start;
        parts(now, now.span.saturating_sub(start), now.taken_at, &mut Since::new(self, window))
    }

    /// Bytes in use.
    #[must_use]
    pub fn footprint(&self) -> usize {
        self.footprint
    }

    /// Series that counted and were not followed at the last tick, because of the limit. Intervals leave them out.
    #[must_use]
    pub fn untracked(&self) -> u64 {
        self.untracked.totals + self.untracked.others
    }

    /// The growth of every series since the last tick; new ones are followed from here on.
    fn follow(&mut self, now: &Snapshot) -> Frame {
        let before = std::mem::take(&mut self.untracked);
        let mut rest = self.keys.iter().peekable();
        let mut fresh = Vec::new();
        let mut free =
            (0_u32..).zip(&self.tracks).filter(|(_, track)| track.is_none()).map(|(at, _)| at).collect::<Vec<_>>();
        let mut bytes = Vec::new();
        let mut growths = Vec::new();
        for_each_state(now, |key, collected, state| {
            while rest.next_if(|(known, _)| known.as_key() < key).is_some() {}
            let place = match rest.next_if(|(known, _)| known.as_key() == key) {
                Some(&(_, place)) => place,
                None if state.is_empty() && !collected => return,
                None => {
                    let late = before.has(key);
                    let track = match (late, collected) {
                        (true, _) => Track::from_state(now.span, now.span, state),
                        (false, true) => Track::from_state(Duration::ZERO, now.span, state),
                        (false, false) => Track::from_zero(),
                    };
                    let owned = key.to_owned();
                    let cost = owned.footprint() + track.footprint() + 2 * state.len();
                    // Half for what tracks may grow to and for site totals.
                    let share = if key.is_total() { self.limit / 8 * 7 } else { self.limit / 2 };
                    if self.footprint + cost > share && key != Key::Losses {
                        let count =
                            if key.is_total() { &mut self.untracked.totals } else { &mut self.untracked.others };
                        *count += 1;
                        return;
                    }
                    self.footprint += cost;
                    let place = free.pop().unwrap_or_else(|| {
                        self.tracks.push(None);
                        u32::try_from(self.tracks.len() - 1).unwrap_or(u32::MAX)
                    });
                    self.tracks[place as usize] = Some(track);
                    fresh.push((owned, place));
                    place
                }
            };
            let Some(Some(track)) = self.tracks.get_mut(place as usize) else { return };
            track.seen = now.span;
            let begin = bytes.len();
            pack::growth(&track.last, state, &mut bytes);
            if bytes.len() > begin {
                keep(&mut track.last, state);
                growths.push((place, begin..bytes.len()));
            }
        });
        if !fresh.is_empty() {
            self.keys.append(&mut fresh);
            self.keys.sort_unstable_by(|(a, _), (b, _)| a.as_key().cmp(&b.as_key()));
        }
        growths.sort_unstable_by_key(|(place, _)| *place);
        Frame::new(now.span, growths.into_iter().map(|(place, range)| (place, &bytes[range])))
    }

    /// The clock went back, so what is known of times is worth nothing: every window begins now.
    fn anchor(&mut self, now: &Snapshot) {
        self.at = now.span;
        let _ = self.follow(now);
        self.settle(Duration::MAX);
        self.tracks.iter_mut().flatten().for_each(|track| track.since = track.since.min(now.span));
        self.footprint = self.measure();
    }

    /// Windows shorter than the time since the last tick begin with it, whatever was in them; returns how many those are. So a machine
    /// that slept for hours has nothing to catch up with.
    fn settle(&mut self, gap: Duration) -> usize {
        let settled = Window::ALL.into_iter().take_while(|window| window.span() <= gap).count();
        if settled == 0 {
            return 0;
        }
        let mut scratch = Vec::new();
        self.tracks.iter_mut().flatten().for_each(|track| track.settle(&Window::ALL[..settled], &mut scratch));
        if settled == Window::ALL.len() {
            self.stages = std::array::from_fn(|_| Stage { start: self.at, ..Stage::default() });
        }
        settled
    }

    /// Moves every frame on that has left its window. The bases of the first windows are `settled`.
    fn leave(&mut self, settled: usize) {
        let mut scratch = Vec::new();
        for (at, window) in Window::ALL.into_iter().enumerate() {
            let Some(start) = self.at.checked_sub(window.span()) else { return };
            self.stages[at].leave_until(start);
            while let Some(frames) = self.stages[at].take_stretch(window.stretch(), self.phase) {
                let sum = Frame::sum(&frames);
                for (place, growth) in sum.growths().filter(|_| at >= settled) {
                    if let Some(Some(track)) = self.tracks.get_mut(place as usize) {
                        track.leave(window, growth, &mut scratch);
                    }
                }
                match Window::ALL.get(at + 1) {
                    Some(longer) if longer.grain() < window.stretch() => self.stages[at + 1].inside.extend(frames),
                    Some(_) => self.stages[at + 1].inside.push_back(sum),
                    None => {}
                }
            }
        }
    }
}

/// How much of a minute the wall clock had when recording began.
fn phase(now: &Snapshot) -> Duration {
    const MINUTE: u128 = Duration::from_secs(60).as_nanos();
    let since = now.taken_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().saturating_sub(now.span);
    u64::try_from(since.as_nanos() % MINUTE).map_or(Duration::ZERO, Duration::from_nanos)
}

impl Stage {
    /// All frames, the oldest first.
    pub(super) fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.leaving.iter().chain(&self.inside)
    }

    pub(super) fn frames_mut(&mut self) -> impl Iterator<Item = &mut Frame> {
        self.leaving.iter_mut().chain(&mut self.inside)
    }

    /// The window begins then, or with the first frame that ends later.
    fn leave_until(&mut self, start: Duration) {
        let left = self.inside.partition_point(|frame| frame.end <= start);
        self.leaving.extend(self.inside.drain(..left));
        self.start = self.leaving.last().filter(|_| left > 0).map_or(self.start, |frame| frame.end);
    }

    /// The oldest frames that have left, if all have that end in the same stretch of time.
    fn take_stretch(&mut self, stretch: Duration, phase: Duration) -> Option<Vec<Frame>> {
        // One that ends with a stretch belongs to it, not to the next; ticks are not punctual.
        let number = |frame: &Frame| (frame.end + phase).saturating_sub(SHORTEST_TICK).as_nanos() / stretch.as_nanos();
        let first = number(self.leaving.first()?);
        let length = self.leaving.iter().take_while(|frame| number(frame) == first).count();
        let whole = length < self.leaving.len() || self.inside.front().is_none_or(|next| number(next) != first);
        whole.then(|| self.leaving.drain(..length).collect())
    }
}
