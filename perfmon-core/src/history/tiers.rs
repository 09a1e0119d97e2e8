//! The values of one series: each for a while, then as cells of ten seconds, then of a minute.
//!
//! The tiers do not overlap: what leaves one enters the next, so a range over several counts nothing twice. Times are milliseconds of a
//! clock that never goes back.

use std::collections::VecDeque;

use super::Kind;

/// Single values are this far apart; one that comes sooner is shown as the newest until the next replaces it. A little less than a second, so
/// that one a second is kept though ticks are not even.
const SPACING: u64 = 900;
/// How long single values stay, and the cells of the next tier; those of the last stay for as long as anything does.
const SINGLE_FOR: u64 = 10 * MINUTE;
const TENS_FOR: u64 = 60 * MINUTE;
const TEN: u64 = 10_000;
const MINUTE: u64 = 60_000;
/// Resets remembered of a counter; a program that restarts its counters more often has no increase over longer ranges.
const RESETS: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Single {
    at: u64,
    value: f64,
}

/// The values of ten seconds, or of a minute.
#[derive(Debug, Clone, Copy)]
struct Cell {
    /// Its start, in widths of its tier.
    index: u32,
    /// At most 67 values are this close.
    count: u16,
    /// When its last value is from, in milliseconds since its start.
    last_after: u16,
    sum: f64,
    min: f64,
    max: f64,
    last: f64,
}

/// A counter that began anew.
#[derive(Debug, Clone, Copy)]
struct Reset {
    /// When that was seen.
    at: u64,
    /// What it had counted until then.
    lost: f64,
}

/// One value, or several that are close in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Item {
    /// When it is from; of several, when their cell begins.
    pub(crate) at: u64,
    /// When the last of them is from.
    pub(crate) last_at: u64,
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) last: f64,
}

/// The values of a series over a range.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Range {
    /// Oldest first.
    pub(crate) items: Vec<Item>,
    /// Time and value just before the first of them.
    before: Option<(u64, f64)>,
    /// What a counter lost by beginning anew.
    lost: f64,
}

/// The values of a series.
#[derive(Debug, Default)]
pub(super) struct Tiers {
    singles: VecDeque<Single>,
    tens: VecDeque<Cell>,
    minutes: VecDeque<Cell>,
    resets: VecDeque<Reset>,
    /// When the counter was known not to have counted anything, while all its values since are here.
    zero_at: Option<u64>,
}

impl Cell {
    fn of(single: Single) -> Self {
        let (value, index) = (single.value, index(single.at, TEN));
        Self {
            index,
            count: 1,
            last_after: since(single.at, index, TEN),
            sum: value,
            min: value,
            max: value,
            last: value,
        }
    }

    /// Takes in the values of a later cell.
    fn add(&mut self, later: &Self) {
        self.count = self.count.saturating_add(later.count);
        self.sum += later.sum;
        (self.min, self.max) = (self.min.min(later.min), self.max.max(later.max));
        (self.last, self.last_after) = (later.last, later.last_after);
    }

    fn start(&self, width: u64) -> u64 {
        u64::from(self.index) * width
    }

    fn last_at(&self, width: u64) -> u64 {
        self.start(width) + u64::from(self.last_after)
    }

    fn item(&self, width: u64) -> Item {
        let Self { sum, min, max, last, .. } = *self;
        Item { at: self.start(width), last_at: self.last_at(width), count: u64::from(self.count), sum, min, max, last }
    }
}

/// Milliseconds since a cell's start.
fn since(at: u64, index: u32, width: u64) -> u16 {
    u16::try_from(at.saturating_sub(u64::from(index) * width)).unwrap_or(u16::MAX)
}

fn index(at: u64, width: u64) -> u32 {
    u32::try_from(at / width).unwrap_or(u32::MAX)
}

impl Item {
    pub(crate) fn single(at: u64, value: f64) -> Self {
        Self { at, last_at: at, count: 1, sum: value, min: value, max: value, last: value }
    }
}

impl Tiers {
    /// A counter that had counted nothing at that time.
    pub(super) fn from_zero(at: u64) -> Self {
        Self { zero_at: Some(at), ..Self::default() }
    }

    /// Takes a value. One from before the newest (two threads raced) counts as of the same time.
    pub(super) fn add(&mut self, at: u64, value: f64, kind: Kind) {
        let mut single = Single { at, value };
        if let Some(newest) = self.singles.back().copied() {
            single.at = at.max(newest.at);
            let before = self.singles.len().checked_sub(2).and_then(|at| self.singles.get(at)).map(|before| before.at);
            if before.is_some_and(|before| newest.at < before + SPACING) {
                self.singles.pop_back();
                self.resets.iter_mut().rev().take_while(|reset| reset.at == newest.at).for_each(|it| it.at = single.at);
            }
        }
        if kind == Kind::Counter
            && let Some(lost) = self.last().filter(|last| value < *last)
        {
            push(&mut self.resets, Reset { at: single.at, lost });
            if self.resets.len() > RESETS {
                self.resets.pop_front();
            }
        }
        push(&mut self.singles, single);
    }

    fn last(&self) -> Option<f64> {
        let cells = || self.tens.back().or(self.minutes.back()).map(|cell| cell.last);
        self.singles.back().map(|single| single.value).or_else(cells)
    }

    /// When the newest value is from.
    pub(super) fn newest(&self) -> u64 {
        let minute = || self.minutes.back().map(|cell| cell.last_at(MINUTE));
        let cells = || self.tens.back().map(|cell| cell.last_at(TEN)).or_else(minute);
        self.singles.back().map(|single| single.at).or_else(cells).unwrap_or(0)
    }

    /// Moves on what has become old, drops what is older than anything is kept, and says how much that was.
    pub(super) fn age(&mut self, now: u64, retention: u64) -> usize {
        while let Some(single) = pop_if(&mut self.singles, |single| single.at + SINGLE_FOR <= now) {
            put(&mut self.tens, Cell::of(single));
        }
        while let Some(cell) = pop_if(&mut self.tens, |cell| cell.start(TEN) + TEN + TENS_FOR <= now) {
            let index = index(cell.start(TEN), MINUTE);
            put(&mut self.minutes, Cell { index, last_after: since(cell.last_at(TEN), index, MINUTE), ..cell });
        }
        let Some(old) = now.checked_sub(retention) else { return 0 };
        let before = self.len();
        while pop_if(&mut self.minutes, |cell| cell.start(MINUTE) + MINUTE <= old).is_some() {}
        while pop_if(&mut self.tens, |cell| cell.start(TEN) + TEN <= old).is_some() {}
        while pop_if(&mut self.singles, |single| single.at <= old).is_some() {}
        while pop_if(&mut self.resets, |reset| reset.at + MINUTE <= old).is_some() {}
        let dropped = before - self.len();
        if dropped > 0 {
            self.zero_at = None;
        }
        dropped
    }

    /// Values and cells.
    pub(super) fn len(&self) -> usize {
        self.singles.len() + self.tens.len() + self.minutes.len()
    }

    /// Drops the oldest cells or values, but never the last one, and says how many.
    pub(super) fn shorten(&mut self) -> usize {
        self.zero_at = None;
        let spare = self.singles.len().saturating_sub(1);
        let dropped = match (self.minutes.len(), self.tens.len()) {
            (0, 0) => self.singles.drain(..spare.min(ROOM)).len(),
            (0, tens) => self.tens.drain(..tens.min(ROOM)).len(),
            (minutes, _) => self.minutes.drain(..minutes.min(ROOM)).len(),
        };
        self.shrink();
        dropped
    }

    /// Gives back memory that dropping has freed.
    pub(super) fn shrink(&mut self) {
        self.minutes.shrink_to(self.minutes.len() + room(self.minutes.len()));
        self.tens.shrink_to(self.tens.len() + room(self.tens.len()));
        self.singles.shrink_to(self.singles.len() + room(self.singles.len()));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The memory it has reserved, in bytes.
    pub(super) fn bytes(&self) -> usize {
        (self.tens.capacity() + self.minutes.capacity()) * size_of::<Cell>()
            + self.singles.capacity() * size_of::<Single>()
            + self.resets.capacity() * size_of::<Reset>()
    }

    /// The values since a time; of a cell that has some before it too, all. So a range that begins ten minutes ago or less is exact, one within the
    /// hour at most ten seconds longer than asked for, an older one a minute.
    pub(super) fn since(&self, from: u64) -> Range {
        let minutes = self.minutes.iter().map(|cell| cell.item(MINUTE));
        let tens = self.tens.iter().map(|cell| cell.item(TEN));
        let singles = self.singles.iter().map(|single| Item::single(single.at, single.value));
        let mut before = self.zero_at.map(|at| (at, 0.0));
        let mut range = Range::default();
        for item in minutes.chain(tens).chain(singles) {
            if item.last_at >= from {
                range.items.push(item);
            } else {
                before = Some((item.last_at, item.last));
            }
        }
        range.before = before;
        if let Some(first) = range.items.first().map(|item| item.at) {
            range.lost = self.resets.iter().filter(|reset| reset.at >= first).map(|reset| reset.lost).sum();
        }
        range
    }
}

impl Range {
    /// By how much a counter grew and in how many seconds, from the value before the range (else the first in it) to the last one. `None` without
    /// two values.
    pub(crate) fn growth(&self) -> Option<(f64, f64)> {
        let (first, last) = (self.items.first()?, self.items.last()?);
        let alone = self.items.len() == 1 && first.count == 1;
        let (since, from) = match self.before {
            Some(before) => before,
            None if alone => return None,
            None => (first.at, first.min),
        };
        let seconds = last.last_at.saturating_sub(since).max(1) as f64 / 1000.0;
        Some(((last.last - from + self.lost).max(0.0), seconds))
    }

    /// Puts in the value now, in the place of one that is hardly older.
    pub(crate) fn put_present(&mut self, at: u64, value: f64) {
        self.items.pop_if(|newest| newest.count == 1 && at < newest.at + SPACING);
        self.items.push(Item::single(at, value));
    }
}

/// Spare places at most, and dropped at once for want of bytes.
const ROOM: usize = 64;

/// Spare places: an eighth of what is in use, within bounds.
fn room(len: usize) -> usize {
    (len / 8).clamp(4, ROOM)
}

/// Doubling, as collections do by themselves, would cost up to as much again as is in use.
fn push<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == queue.capacity() {
        queue.reserve_exact(room(queue.len()));
    }
    queue.push_back(item);
}

fn pop_if<T>(queue: &mut VecDeque<T>, is_old: impl Fn(&T) -> bool) -> Option<T> {
    if queue.front().is_some_and(is_old) { queue.pop_front() } else { None }
}

fn put(tier: &mut VecDeque<Cell>, cell: Cell) {
    match tier.back_mut() {
        Some(same) if same.index == cell.index => same.add(&cell),
        _ => push(tier, cell),
    }
}
