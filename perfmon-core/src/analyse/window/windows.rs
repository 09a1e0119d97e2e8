//! The state machine behind every window.

use std::{cmp::Ordering, collections::VecDeque, time::Duration};

use super::{
    SHORTEST_TICK, Window,
    frame::Frame,
    pack,
    track::{Key, OwnedKey, Track, for_each_state, keep},
};
use crate::snapshot::{Slots, Snapshot};

/// Live windows over one process' snapshots: give it one a second, ask for any window at any time.
///
/// Without clock, thread or I/O: time is the snapshots' own [`span`](Snapshot::span). For 100 sites of 100 calls a second each, spread over some
/// 400 buckets, a tick takes about a millisecond, an interval a third of one, and an hour 6 MB; all three grow with the buckets in use.
///
/// ```
/// use perfmon_core::analyse::{Window, Windows};
///
/// let mut windows = Windows::default();
/// windows.advance(&perfmon_core::snapshot()); // once a second
///
/// let now = perfmon_core::snapshot();
/// let minute = windows.interval(Window::OneMinute, &now);
/// for site in minute.sites() {
///     println!("{}: {:.1} calls/s, p99 {:?}", site.name(), minute.per_second(site.calls()), site.percentile(99.0));
/// }
/// ```
#[derive(Debug)]
pub struct Windows {
    pub(super) limit: usize,
    /// The process the states are of; `None` before the first.
    process: Option<u64>,
    /// The last tick, since recording began.
    pub(super) at: Duration,
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
    start: Duration,
    pub(super) frames: VecDeque<Frame>,
}

/// Series that counted and are not followed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Untracked {
    pub(super) totals: u64,
    pub(super) others: u64,
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
            stages: Default::default(),
            keys: Vec::new(),
            tracks: Vec::new(),
            footprint: 0,
            untracked: Untracked::default(),
        }
    }

    /// Takes note of the state now. To be called about once a second; calls that are late make windows reach further back for a while, never wrong,
    /// and one less than half a second after the last does nothing. After a restart (a snapshot of another process) all begins anew.
    pub fn advance(&mut self, now: &Snapshot) {
        if self.process != Some(now.process) {
            *self = Self { process: Some(now.process), ..Self::new(self.limit) };
        }
        if now.span < self.at + SHORTEST_TICK {
            return;
        }
        self.at = now.span;
        let frame = self.follow(now);
        self.stages[0].frames.push_back(frame);
        self.leave();
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
        let mut interval = now.clone();
        if self.process != Some(now.process) {
            return interval;
        }
        let start = self.stages[window as usize].start;
        interval.span = now.span.saturating_sub(start);
        let mut states = States { windows: self, window, start, rest: &self.keys };
        states.take_from(Key::Losses, false, &mut interval.losses);
        interval.sites.retain_mut(|site| {
            let (kind, name) = (site.key.0, site.key.1.as_str());
            let kept = states.take_from(Key::Site(kind, name, None), false, &mut site.total);
            site.series.retain_mut(|series| {
                states.take_from(Key::Site(kind, name, Some(&series.values)), false, &mut series.stats)
            });
            kept
        });
        for metric in &mut interval.metrics {
            let (name, kind, collected) = (metric.key.0.as_str(), metric.key.1, metric.collected);
            metric.series.retain_mut(|series| {
                states.take_from(Key::Metric(name, kind, &series.values), collected, &mut series.value)
            });
        }
        interval
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
                    let late = if key.is_total() { before.totals > 0 } else { before.others > 0 };
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
            pack::subtract(state, &track.last, &mut bytes);
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

    /// Moves every frame on that has left its window.
    fn leave(&mut self) {
        let mut scratch = Vec::new();
        for (at, window) in Window::ALL.into_iter().enumerate() {
            let Some(start) = self.at.checked_sub(window.span()) else { return };
            while let Some(frame) = self.stages[at].pop_until(start) {
                for (place, growth) in frame.growths() {
                    if let Some(Some(track)) = self.tracks.get_mut(place as usize) {
                        track.leave(window, growth, &mut scratch);
                    }
                }
                self.stages[at].start = frame.end;
                if let Some(&longer) = Window::ALL.get(at + 1) {
                    self.stages[at + 1].take(frame, longer.grain());
                }
            }
        }
    }
}

impl Stage {
    /// The oldest frame, if it ends by then.
    fn pop_until(&mut self, start: Duration) -> Option<Frame> {
        self.frames.front().filter(|frame| frame.end <= start)?;
        self.frames.pop_front()
    }

    /// Takes over what left the window before, joined with the newest frame while both end in the same grain of time.
    fn take(&mut self, frame: Frame, grain: Duration) {
        let grains = |end: Duration| end.as_nanos() / grain.as_nanos();
        match self.frames.back_mut() {
            Some(newest) if grains(newest.end) == grains(frame.end) => newest.append(&frame),
            _ => self.frames.push_back(frame),
        }
    }
}

/// The states at a window's beginning, asked for in a snapshot's order.
struct States<'a> {
    windows: &'a Windows,
    window: Window,
    start: Duration,
    rest: &'a [(OwnedKey, u32)],
}

impl States<'_> {
    /// Takes a series' state at the window's beginning away from its state now. Whether that is known.
    fn take_from(&mut self, key: Key<'_>, collected: bool, now: &mut impl Slots) -> bool {
        while let Some(((known, place), rest)) = self.rest.split_first() {
            match known.as_key().cmp(&key) {
                Ordering::Greater => break,
                Ordering::Less => self.rest = rest,
                Ordering::Equal => {
                    self.rest = rest;
                    let Some(Some(track)) = self.windows.tracks.get(*place as usize) else { return false };
                    now.subtract_slots(pack::unpack(track.base(self.window)));
                    return track.since <= self.start;
                }
            }
        }
        // If all are followed, this one has begun to count since the last tick; one that was collected, nobody knows when.
        let Untracked { totals, others } = self.windows.untracked;
        let all = if key.is_total() { totals == 0 } else { others == 0 };
        (all && !collected) || now.slots().next().is_none()
    }
}
