//! One order, on its way.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use super::{
    Desk, OrderEvent, OrderLatency, Orders,
    figures::{dropped, reversed},
};

/// An order that was decided on. Neither submitted nor refused, it counts as dropped.
#[derive(Debug)]
#[must_use = "an intent that is not submitted counts as dropped"]
pub struct Intent {
    paper: Paper,
    intended: Moment,
}

/// An order that the broker has. It can be sent to another thread, kept in a map until the broker answers, and so on. Dropped without an end, it counts as dropped.
#[derive(Debug)]
#[must_use = "an order that is dropped before its end counts as such"]
pub struct Order {
    paper: Paper,
    intended: Moment,
    submitted: Moment,
}

/// Whose and what sort of order it is, and whether its end is yet to be told.
struct Paper {
    desk: Arc<Desk>,
    order_type: Cow<'static, str>,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Intent,
    Submitted,
    Acknowledged,
    Ended,
}

/// When something happened: by a clock that is never set back, or as somebody said.
#[derive(Debug, Clone, Copy)]
pub(super) enum Moment {
    Clock(Instant),
    Given(SystemTime),
}

impl Moment {
    #[allow(clippy::disallowed_methods, reason = "a test gives times")]
    pub(super) fn now() -> Self {
        Self::Clock(Instant::now())
    }

    /// From the earlier moment to this one; `None` when it is not earlier.
    fn since(self, earlier: Self) -> Option<Duration> {
        match (self, earlier) {
            (Self::Clock(now), Self::Clock(then)) => now.checked_duration_since(then),
            _ => self.wall().duration_since(earlier.wall()).ok(),
        }
    }

    #[allow(clippy::disallowed_methods, reason = "a test gives times")]
    fn wall(self) -> SystemTime {
        match self {
            Self::Given(time) => time,
            Self::Clock(then) => SystemTime::now() - then.elapsed(),
        }
    }
}

impl Intent {
    pub(super) fn new(orders: &Orders, order_type: Cow<'static, str>, intended: Moment) -> Self {
        let paper = Paper { desk: orders.0.clone(), order_type, stage: Stage::Intent };
        paper.count(OrderEvent::Intended);
        Self { paper, intended }
    }

    /// The order is handed to the broker.
    pub fn submitted(self) -> Order {
        self.submitted_at(Moment::now())
    }

    /// The program's own limits refuse it, for a reason that is a name out of few: `"position_limit"`.
    pub fn refused(mut self, reason: &str) {
        self.paper.end(OrderEvent::Refused(reason));
    }

    pub(super) fn submitted_at(mut self, submitted: Moment) -> Order {
        self.paper.count(OrderEvent::Submitted);
        self.paper.desk.open.fetch_add(1, Ordering::Relaxed);
        self.paper.stage = Stage::Submitted;
        Order { paper: self.paper, intended: self.intended, submitted }
    }
}

impl Order {
    /// The broker has acknowledged it. Said again, nothing changes.
    pub fn acknowledged(&mut self) {
        self.acknowledged_at(Moment::now());
    }

    /// A part of it is filled.
    pub fn partly_filled(&mut self) {
        self.partly_filled_at(Moment::now());
    }

    /// All of it is filled.
    pub fn filled(self) {
        self.filled_at(Moment::now());
    }

    /// It is cancelled, by whomever; parts of it may have been filled.
    pub fn cancelled(mut self) {
        self.paper.end(OrderEvent::Cancelled);
    }

    /// The broker rejects it, for a reason that is a name out of few: `"insufficient_funds"`.
    pub fn rejected(mut self, reason: &str) {
        self.paper.end(OrderEvent::Rejected(reason));
    }

    pub(super) fn acknowledged_at(&mut self, moment: Moment) {
        if self.paper.stage == Stage::Submitted {
            self.paper.stage = Stage::Acknowledged;
            self.paper.count(OrderEvent::Acknowledged);
            self.paper.record(OrderLatency::IntentToAck, self.intended, moment);
            self.paper.record(OrderLatency::Placement, self.submitted, moment);
        }
    }

    pub(super) fn partly_filled_at(&mut self, moment: Moment) {
        self.acknowledged_at(moment);
        self.paper.count(OrderEvent::PartlyFilled);
    }

    pub(super) fn filled_at(mut self, moment: Moment) {
        self.acknowledged_at(moment);
        self.paper.record(OrderLatency::Fill, self.submitted, moment);
        self.paper.end(OrderEvent::Filled);
    }
}

impl Paper {
    fn count(&self, event: OrderEvent<'_>) {
        event.count(&self.desk.book, &self.order_type, 1);
    }

    fn record(&self, latency: OrderLatency, from: Moment, to: Moment) {
        match to.since(from) {
            Some(duration) => latency.record(&self.desk.book, &self.order_type, duration),
            None => reversed(&self.desk.book),
        }
    }

    fn end(&mut self, event: OrderEvent<'_>) {
        self.count(event);
        self.close();
    }

    fn close(&mut self) {
        if matches!(self.stage, Stage::Submitted | Stage::Acknowledged) {
            self.desk.open.fetch_sub(1, Ordering::Relaxed);
        }
        self.stage = Stage::Ended;
    }
}

impl Drop for Paper {
    fn drop(&mut self) {
        let stage = match self.stage {
            Stage::Intent => "intent",
            Stage::Submitted => "submitted",
            Stage::Acknowledged => "acknowledged",
            Stage::Ended => return,
        };
        dropped(&self.desk.book, &self.order_type, stage);
        self.close();
    }
}

impl fmt::Debug for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { desk, order_type, stage } = self;
        f.debug_struct("Paper").field("book", &desk.book).field("order_type", order_type).field("stage", stage).finish()
    }
}
