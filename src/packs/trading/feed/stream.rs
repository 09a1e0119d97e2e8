//! The ticks of one symbol: which were expected, which came.

/// What was counted of a symbol, or of a feed. [`Feed`](super::Feed) says what is what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TickCounts {
    /// Ticks of every sort.
    pub messages: u64,
    /// Ticks that were expected and came.
    pub received: u64,
    /// Ticks that were expected and did not come before the next.
    pub missing: u64,
    /// Runs of missing ticks.
    pub gaps: u64,
    /// Ticks with the time of the one before.
    pub duplicates: u64,
    /// Ticks older than the newest.
    pub out_of_order: u64,
    /// Jumps in the times of ticks over more than [the longest gap](super::FeedBuilder::longest_gap).
    pub restarts: u64,
}

impl TickCounts {
    /// Received and missing ticks.
    #[must_use]
    pub fn expected(&self) -> u64 {
        self.received.saturating_add(self.missing)
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.received = self.received.saturating_add(other.received);
        self.missing = self.missing.saturating_add(other.missing);
        self.gaps = self.gaps.saturating_add(other.gaps);
        self.duplicates = self.duplicates.saturating_add(other.duplicates);
        self.out_of_order = self.out_of_order.saturating_add(other.out_of_order);
        self.restarts = self.restarts.saturating_add(other.restarts);
    }
}

/// What the ticks of a feed are measured by. Times are nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    /// How far ticks lie apart; `None`: nobody knows.
    pub(super) interval: Option<i64>,
    /// So many missing ticks in a row are a gap.
    pub(super) gap: u64,
    /// What lies farther apart is no gap.
    pub(super) longest: i64,
    /// Ticks of a symbol may have the same time.
    pub(super) repeated_times: bool,
}

#[derive(Debug)]
pub(super) struct Stream {
    /// The time of the newest tick, or since when ticks are expected.
    pub(super) newest: i64,
    /// The next tick is expected one interval after this.
    anchor: i64,
    /// None has come since ticks are expected.
    waiting: bool,
    /// The newest tick is the first, or the first after a restart: nobody knows whether its time was right.
    lone: bool,
    pub(super) counts: TickCounts,
}

/// Ticks in a row that did not come: those expected one interval after `anchor`, two intervals, and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) anchor: i64,
    pub(super) interval: i64,
    pub(super) ticks: u64,
}

impl Missing {
    /// How many of them were expected before a time.
    pub(super) fn before(&self, time: i64) -> u64 {
        let past = time.saturating_sub(self.anchor).saturating_sub(1).max(0) / self.interval;
        past.unsigned_abs().min(self.ticks)
    }

    /// When the last of them was expected.
    pub(super) fn last(&self) -> i64 {
        let ticks = i64::try_from(self.ticks).unwrap_or(i64::MAX);
        self.anchor.saturating_add(self.interval.saturating_mul(ticks))
    }
}

impl Stream {
    /// Ticks are expected from this time on.
    pub(super) fn begin(time: i64) -> Self {
        Self { newest: time, anchor: time, waiting: true, lone: true, counts: TickCounts::default() }
    }

    /// A tick. Says which ones are known to be missing now, if it is one of those expected.
    pub(super) fn tick(&mut self, time: i64, rules: &Rules) -> Option<Missing> {
        self.counts.messages += 1;
        if time < self.newest {
            self.counts.out_of_order += 1;
            return None;
        }
        if time == self.newest && !self.waiting && !rules.repeated_times {
            self.counts.duplicates += 1;
            return None;
        }
        self.newest = time;
        let Some(interval) = rules.interval else {
            self.waiting = false;
            return None;
        };
        if !self.waiting && time.saturating_sub(self.anchor) < interval - interval / 2 {
            // More often than expected: neither asked for nor wrong.
            return None;
        }
        let (missing, restarts) = self.settle(time, interval, rules);
        self.counts.received += 1;
        self.lone = restarts || (self.lone && self.waiting);
        (self.anchor, self.waiting) = (time, false);
        Some(missing)
    }

    /// A tick while none are expected.
    pub(super) fn unasked(&mut self, time: i64) {
        self.counts.messages += 1;
        self.newest = self.newest.max(time);
    }

    /// No more ticks are expected after this time.
    pub(super) fn pause(&mut self, time: i64, rules: &Rules) -> Option<Missing> {
        Some(self.settle(time, rules.interval?, rules).0)
    }

    /// The newest time was wrong, or the clock was set back: what was known of times means nothing any more.
    pub(super) fn restart(&mut self, time: i64) {
        *self = Self { counts: self.counts, ..Self::begin(time) };
        self.counts.restarts += 1;
    }

    /// Ticks are expected again from this time on.
    pub(super) fn resume(&mut self, time: i64) {
        let begin = time.max(self.newest);
        (self.newest, self.anchor, self.waiting, self.lone) = (begin, begin, true, false);
    }

    /// The ticks that should have come by this time and have not: the latest ones, if they are more than the longest gap has.
    pub(super) fn overdue(&self, time: i64, interval: i64, rules: &Rules) -> Missing {
        // One is missing when it is half an interval late: then it is nearer to where the next belongs.
        let late = time.saturating_sub(self.anchor).saturating_sub(interval / 2).max(0);
        // Nearly always none is, and a division costs as much as all else.
        if late < interval {
            return Missing { anchor: self.anchor, interval, ticks: 0 };
        }
        let (all, most) = (late / interval, rules.longest / interval);
        let left_out = (all - most).max(0);
        let anchor = self.anchor.saturating_add(interval.saturating_mul(left_out));
        Missing { anchor, interval, ticks: (all - left_out).unsigned_abs() }
    }

    /// Counts them, and says whether there were more.
    fn settle(&mut self, time: i64, interval: i64, rules: &Rules) -> (Missing, bool) {
        let mut missing = self.overdue(time, interval, rules);
        let restarts = missing.anchor != self.anchor;
        self.counts.restarts += u64::from(restarts);
        if restarts && self.lone {
            missing.ticks = 0;
        }
        self.counts.missing = self.counts.missing.saturating_add(missing.ticks);
        self.counts.gaps += u64::from(missing.ticks >= rules.gap);
        (missing, restarts)
    }
}
