//! What is counted and timed of orders.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use perfmon_core::{
    Counter, call,
    site::{CallSite, Kind, Name, Objective},
};

const LABELS: [&str; 2] = ["book", "order_type"];
const WITH_REASON: [&str; 3] = ["book", "order_type", "reason"];
/// Sets of labels of each figure: for each of 256 books its beginning, and fifteen types or pairs of type and reason.
const SETS: u32 = 16 * 256;

macro_rules! counters {
    ($($name:ident: $metric:literal, $labels:expr, $unit:literal, $help:literal;)*) => {
        $(static $name: Counter<{ $labels.len() }> = Counter::new($metric, module_path!()).labels(&$labels).label_limit(SETS).unit($unit).help($help);)*

        /// A count of 0 is there before the first order, so that the first one is seen as an increase.
        fn begin(book: &str) {
            $(
                let mut values = [""; $labels.len()];
                values[0] = book;
                $name.with(&values).add(0);
            )*
        }
    };
}

counters! {
    INTENTS: "trading_order_intents_total", LABELS, "orders", "Orders that were decided on.";
    REFUSED: "trading_order_intents_refused_total", WITH_REASON, "orders", "Orders that the program's own limits refused before they were submitted.";
    SUBMITTED: "trading_orders_submitted_total", LABELS, "orders", "Orders handed to the broker.";
    ACKNOWLEDGED: "trading_orders_acknowledged_total", LABELS, "orders", "Orders that the broker acknowledged.";
    PARTIAL_FILLS: "trading_order_partial_fills_total", LABELS, "fills", "Fills that left something of their order open.";
    FILLED: "trading_orders_filled_total", LABELS, "orders", "Orders filled in whole.";
    CANCELLED: "trading_orders_cancelled_total", LABELS, "orders", "Orders cancelled.";
    REJECTED: "trading_orders_rejected_total", WITH_REASON, "orders", "Orders that the broker rejected.";
    DROPPED: "trading_orders_dropped_total", ["book", "order_type", "stage"], "orders", "Orders whose end was never told, by how far they had come: intent, submitted, acknowledged.";
    REVERSED: "trading_order_times_reversed_total", ["book"], "latencies", "Latencies left out because the event times of an order went backwards.";
}

/// Makes the figures of a book known before its first order. A program without orders has none of them.
pub(super) fn announce(book: &str) {
    SITES.get_or_init(make_sites);
    begin(book);
}

/// What happens to orders, for [`Orders::count`](super::Orders::count).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderEvent<'a> {
    /// Decided on.
    Intended,
    /// Refused by the program's own limits, and why: a name out of few.
    Refused(&'a str),
    /// Handed to the broker.
    Submitted,
    /// Acknowledged by the broker.
    Acknowledged,
    /// Filled in part.
    PartlyFilled,
    /// Filled in whole.
    Filled,
    /// Cancelled.
    Cancelled,
    /// Rejected by the broker, and why: a name out of few.
    Rejected(&'a str),
}

impl OrderEvent<'_> {
    pub(super) fn count(self, book: &str, order_type: &str, orders: u64) {
        let counter = match self {
            Self::Intended => &INTENTS,
            Self::Submitted => &SUBMITTED,
            Self::Acknowledged => &ACKNOWLEDGED,
            Self::PartlyFilled => &PARTIAL_FILLS,
            Self::Filled => &FILLED,
            Self::Cancelled => &CANCELLED,
            Self::Refused(reason) => return REFUSED.with(&[book, order_type, reason]).add(orders),
            Self::Rejected(reason) => return REJECTED.with(&[book, order_type, reason]).add(orders),
        };
        counter.with(&[book, order_type]).add(orders);
    }
}

/// Counts an order whose end was not told.
pub(super) fn dropped(book: &str, order_type: &str, stage: &str) {
    DROPPED.with(&[book, order_type, stage]).inc();
}

/// Counts a latency that cannot be.
pub(super) fn reversed(book: &str) {
    REVERSED.with(&[book]).inc();
}

/// A step of an order's way, for [`Orders::record`](super::Orders::record).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OrderLatency {
    /// From the intent to the broker's acknowledgement: the site `intent_to_ack`.
    IntentToAck,
    /// From submitting to the broker's acknowledgement: the site `order_placement`.
    Placement,
    /// From submitting to the fill that completes the order: the site `order_fill`.
    Fill,
}

/// By [`OrderLatency`].
static SITES: OnceLock<[&'static CallSite; 3]> = OnceLock::new();
/// What the sites will promise, until they are made.
static PROMISES: Mutex<Option<[Vec<Objective>; 3]>> = Mutex::new(Some([const { Vec::new() }; 3]));

fn make_sites() -> [&'static CallSite; 3] {
    let promises = PROMISES.lock().unwrap_or_else(PoisonError::into_inner).take();
    let [ack, placement, fill] = promises.unwrap_or_default();
    [site("intent_to_ack", ack), site("order_placement", placement), site("order_fill", fill)]
}

fn site(name: &'static str, objectives: Vec<Objective>) -> &'static CallSite {
    let site = CallSite::new(Kind::Latency, Name::One(name), module_path!()).labels(&LABELS).label_limit(SETS);
    call::announce(site.objectives(objectives.leak()))
}

impl OrderLatency {
    /// Promises something of this latency, as an attribute's `p95 = "200ms"` does. To be called before the first [`Orders`](super::Orders) is made: tells whether it
    /// was in time.
    ///
    /// ```
    /// use perfmon::{Objective, Statistic, trading::OrderLatency};
    ///
    /// assert!(OrderLatency::Fill.promise([Objective::latency(Statistic::P95, 200_000_000)]));
    /// ```
    #[allow(clippy::must_use_candidate)]
    pub fn promise(self, objectives: impl IntoIterator<Item = Objective>) -> bool {
        // An iterator may be the program's own code, which runs without the lock.
        let objectives: Vec<Objective> = objectives.into_iter().collect();
        let mut promises = PROMISES.lock().unwrap_or_else(PoisonError::into_inner);
        let in_time = promises.as_mut().map(|promises| promises[self as usize].extend(objectives));
        in_time.is_some()
    }

    pub(super) fn record(self, book: &str, order_type: &str, duration: Duration) {
        let site = SITES.get_or_init(make_sites)[self as usize];
        call::record_labels(site, &[book, order_type], duration);
    }
}
