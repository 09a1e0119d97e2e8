//! Orders: from the intent to the end, and how long each step takes.

mod figures;
mod life;

use std::{
    borrow::Cow,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use perfmon_core::collect::Samples;

pub use self::{
    figures::{OrderEvent, OrderLatency},
    life::{Intent, Order},
};
use super::{
    at::AtTime,
    known::{Known, Told},
};
use life::Moment;

static BOOKS: Known<Orders> = Known::new();

/// The orders of a book.
///
/// An order begins as an [`Intent`]; [submitted](Intent::submitted) it becomes an [`Order`], which is acknowledged, filled in parts, and ends filled, cancelled or
/// rejected. An end takes the order, so nothing can end twice:
///
/// ```
/// use perfmon::trading::Orders;
///
/// let orders = Orders::new("momentum");
/// let mut order = orders.intent("limit").submitted();
/// order.acknowledged();
/// order.partly_filled();
/// order.filled();
/// ```
///
/// ```compile_fail,E0382
/// # let orders = perfmon::trading::Orders::new("momentum");
/// let order = orders.intent("limit").submitted();
/// order.filled();
/// order.cancelled(); // use of moved value
/// ```
///
/// ```compile_fail,E0599
/// # let orders = perfmon::trading::Orders::new("momentum");
/// orders.intent("limit").filled(); // nothing is filled that was not submitted
/// ```
///
/// An order that is [dropped](Order) without an end counts as dropped, with how far it had come.
///
/// # Latencies
///
/// They are call sites: percentiles, live windows, reports and `/metrics` have them under these names, labelled `book` and `order_type`.
///
/// | site | from | to |
/// |---|---|---|
/// | `intent_to_ack` | the intent | the broker's acknowledgement |
/// | `order_placement` | submitting | the broker's acknowledgement |
/// | `order_fill` | submitting | the fill that completes the order |
///
/// What does not come to its end (a rejected order is never filled) has no latency. A fill of an order that was never acknowledged is its acknowledgement too. Time is
/// taken from a clock that is never set back, or between event times where they are given: `orders.at(time).filled(order)`. If an intent came with an event time, so should
/// all that follows; what comes without counts as happening now.
///
/// What they promise, as an attribute's `p95 = "200ms"` does, is said by [`OrderLatency::promise`].
///
/// # Beside `#[monitor_order]`
///
/// [`#[monitor_order("limit")]`](crate::monitor_order) measures a *function* that places an order: how long it ran, whether it returned an error. An order outlives
/// that function, and its answers come elsewhere. Use both: they are different sites and count nothing twice.
#[derive(Clone)]
pub struct Orders(Arc<Desk>);

struct Desk {
    book: String,
    open: AtomicI64,
}

impl Orders {
    /// The orders of this book.
    #[must_use]
    pub fn new(book: &str) -> Self {
        BOOKS.get(book, |book| {
            figures::announce(book);
            Self(Arc::new(Desk { book: book.to_owned(), open: AtomicI64::new(0) }))
        })
    }

    /// Whose orders they are.
    #[must_use]
    pub fn book(&self) -> &str {
        &self.0.book
    }

    /// Orders submitted and not yet at their end; those that the program [counts itself](Self::count) are not among them.
    #[must_use]
    pub fn open(&self) -> u64 {
        u64::try_from(self.0.open.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// Takes its open orders out of the metrics, and lets the book's name be used again. What was counted stays. The handles there are go on working.
    pub fn remove(&self) {
        BOOKS.remove(|known| Arc::ptr_eq(&known.0, &self.0));
    }

    /// An order is decided on: `"limit"`, `"market"`, a name out of few.
    pub fn intent(&self, order_type: impl Into<Cow<'static, str>>) -> Intent {
        Intent::new(self, order_type.into(), Moment::now())
    }

    /// What happens at this time.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use perfmon::trading::Orders;
    ///
    /// let (orders, open) = (Orders::new("replay"), SystemTime::UNIX_EPOCH);
    /// let intent = orders.at(open).intent("market");
    /// let mut order = orders.at(open + Duration::from_millis(1)).submitted(intent);
    /// orders.at(open + Duration::from_millis(21)).acknowledged(&mut order);
    /// orders.at(open + Duration::from_millis(51)).filled(order);
    ///
    /// let fill = perfmon::snapshot().get("order_fill").unwrap().max();
    /// assert_eq!(fill, Duration::from_millis(50));
    /// ```
    pub fn at(&self, time: SystemTime) -> AtTime<'_, Self> {
        AtTime { told: self, time }
    }

    /// Counts what the program counts itself: so many orders of a type to which this happened. Beside [`intent`](Self::intent), an order would count twice.
    pub fn count(&self, event: OrderEvent<'_>, order_type: &str, orders: u64) {
        event.count(self.book(), order_type, orders);
    }

    /// A latency that the program measured itself.
    pub fn record(&self, latency: OrderLatency, order_type: &str, duration: Duration) {
        latency.record(self.book(), order_type, duration);
    }
}

/// The same with a time: whose orders they are is known from the order, so any [`Orders`] will do.
impl AtTime<'_, Orders> {
    /// [`Orders::intent`] at this time.
    pub fn intent(&self, order_type: impl Into<Cow<'static, str>>) -> Intent {
        Intent::new(self.told, order_type.into(), Moment::Given(self.time))
    }

    /// [`Intent::submitted`] at this time.
    pub fn submitted(&self, intent: Intent) -> Order {
        intent.submitted_at(Moment::Given(self.time))
    }

    /// [`Order::acknowledged`] at this time.
    pub fn acknowledged(&self, order: &mut Order) {
        order.acknowledged_at(Moment::Given(self.time));
    }

    /// [`Order::partly_filled`] at this time.
    pub fn partly_filled(&self, order: &mut Order) {
        order.partly_filled_at(Moment::Given(self.time));
    }

    /// [`Order::filled`] at this time.
    pub fn filled(&self, order: Order) {
        order.filled_at(Moment::Given(self.time));
    }
}

impl Told for Orders {
    const COLLECTOR: &'static str = "trading.orders";

    fn tell(&self, out: &mut Samples) {
        out.gauge_with("trading_orders_open", &[("book", self.book())], self.open() as f64)
            .describe("Orders submitted and not yet at their end.", "orders");
    }
}

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Orders").field("book", &self.book()).field("open", &self.open()).finish()
    }
}
