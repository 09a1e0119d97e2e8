//! A simulated broker. Prices, volumes and ranges are those of the real session; the delays are really waited for.
//!
//! Orders trade at the close of the session after the one they were decided on, so nothing is known too early. (Not at
//! the open: until 2007 the data repeats the last close there.) What an order trades depends on the data alone, never on
//! how fast this machine is, so every run ends with the same money.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use perfmon::{
    monitor_latency, monitor_order,
    trading::{self, Order as Ticket},
};
use tokio::{task::JoinSet, time::sleep};

use crate::{
    market::Bar,
    order::{Execution, Order, Side},
    sizing::whole_shares,
};

/// Where orders are routed to, and each venue's part of the market.
const VENUES: [&str; 3] = ["ARCA", "BATS", "NSDQ"];
/// A limit further from the last close than this fraction is taken for a typing error.
const PRICE_BAND: f64 = 0.02;
/// Shares bought may be worth this multiple of the equity.
const MARGIN: f64 = 1.5;
/// One slice may be as large as this fraction of the session's volume; so many slices fit into a session.
const SLICE: f64 = 5e-7;
const MOST_SLICES: i64 = 5;
/// Half the spread, and what an order of one slice moves the price by, as fractions of it.
const HALF_SPREAD: f64 = 0.0001;
const IMPACT: f64 = 0.000_05;
/// Dollars a share.
const COMMISSION: f64 = 0.005;

/// One session, as far as the broker sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Session {
    pub(crate) bar: Bar,
    pub(crate) last_close: f64,
    /// Of the account that orders, at the last close.
    pub(crate) equity: f64,
    /// Worth of its shares then.
    pub(crate) owned: f64,
}

/// Why the broker refused an order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum BrokerError {
    PriceBand { low: f64, high: f64 },
    BuyingPower { needed: f64, affordable: i64 },
}

/// The broker: what it knows about every order it accepted.
pub(crate) struct Broker {
    books: Mutex<HashMap<u64, Execution>>,
    /// How the connection holds, and how much of it is used.
    link: trading::Broker,
}

impl Broker {
    /// Connects.
    pub(crate) fn new() -> Self {
        let link = trading::Broker::new("simulated");
        link.set_connected(true);
        link.set_clients(1);
        Self { books: Mutex::default(), link }
    }

    /// Sells or buys at the market's price. Its `Err`s are refusals; when the bot stops waiting and drops the future, the call
    /// counts as cancelled.
    #[monitor_order("market_order", labels(side = %order.side), p95 = "10ms")]
    pub(crate) async fn market_order(
        &self,
        order: &Order,
        session: &Session,
        ticket: &mut Ticket,
    ) -> Result<Execution, BrokerError> {
        self.place(order, session, ticket).await
    }

    /// Sells or buys at the limit or better. Nothing filled is no `Err`, but not what was wanted either, so `ok` says what is.
    #[monitor_order(
        "limit_order",
        labels(side = %order.side),
        p95 = "10ms",
        ok = |answer| answer.is_ok_and(|execution| execution.filled > 0)
    )]
    pub(crate) async fn limit_order(
        &self,
        order: &Order,
        session: &Session,
        ticket: &mut Ticket,
    ) -> Result<Execution, BrokerError> {
        self.place(order, session, ticket).await
    }

    /// What came of an order whose answer was lost. The connection that lost it is given up for a new one.
    pub(crate) async fn status(&self, id: u64) -> Option<Execution> {
        self.link.connection_error();
        self.link.set_connected(false);
        sleep(Duration::from_micros(300)).await;
        self.link.reconnected();
        self.link.request();
        self.books().get(&id).copied()
    }

    /// What happens to the order on its way is noted on the ticket when it happens; how it ended is for the bot to say, who may not wait for it.
    async fn place(&self, order: &Order, session: &Session, ticket: &mut Ticket) -> Result<Execution, BrokerError> {
        self.link.request();
        session.admit(order)?;
        let slices = session.slices(order);
        let execution = session.execute(order, &slices);
        // From here on the order is a fact, whether or not the answer arrives.
        self.books().insert(order.id, execution);

        sleep(session.response_time()).await;
        if answer_is_lost(order) {
            std::future::pending::<()>().await;
        }
        ticket.acknowledged();
        // Every venue works through its slices by itself. If the bot stops waiting, the set is dropped and the venues' futures with it.
        let mut venues = JoinSet::new();
        for index in 0..slices.len().min(VENUES.len()) {
            let share = slices.iter().skip(index).step_by(VENUES.len()).copied().collect();
            venues.spawn(fill(venue(order.id, index), share));
        }
        while venues.join_next().await.is_some() {
            if !venues.is_empty() || execution.filled < order.quantity {
                ticket.partly_filled();
            }
        }
        Ok(execution)
    }

    fn books(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Execution>> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Orders begin at the venues in turn.
fn venue(order: u64, slice: usize) -> &'static str {
    let turn = usize::try_from(order % VENUES.len() as u64).unwrap_or(0);
    VENUES[(turn + slice) % VENUES.len()]
}

/// A venue fills its part of an order, slice by slice.
#[monitor_latency("venue_fill", labels(venue))]
async fn fill(venue: &'static str, slices: Vec<i64>) {
    for _slice in slices {
        sleep(Duration::from_micros(200)).await;
    }
}

/// Halves an order until each part is small enough for the market. A recursion that perfmon counts call by call, without counting its
/// time twice.
#[monitor_latency("split_order")]
fn split(quantity: i64, largest: i64, parts: &mut Vec<i64>) {
    if quantity <= largest {
        parts.push(quantity);
        return;
    }
    split(quantity - quantity / 2, largest, parts);
    split(quantity / 2, largest, parts);
}

impl Session {
    /// The rules of the exchange, then those of the broker.
    fn admit(&self, order: &Order) -> Result<(), BrokerError> {
        let (low, high) = (self.last_close * (1.0 - PRICE_BAND), self.last_close * (1.0 + PRICE_BAND));
        let price = order.limit.unwrap_or(self.last_close);
        if !(low..=high).contains(&price) {
            return Err(BrokerError::PriceBand { low, high });
        }
        let needed = order.quantity as f64 * price;
        let available = MARGIN * self.equity - self.owned;
        if order.side == Side::Buy && needed > available {
            return Err(BrokerError::BuyingPower { needed, affordable: whole_shares(available / price).max(0) });
        }
        Ok(())
    }

    /// The parts of the order that find a buyer or seller in this session; what is left over is not traded.
    fn slices(&self, order: &Order) -> Vec<i64> {
        // The market closed above what the order would pay. (Below what it would take: the bot sets no limit to sell.)
        if order.limit.is_some_and(|limit| limit < self.bar.close) {
            return Vec::new();
        }
        let largest = whole_shares(self.bar.volume * SLICE).max(1);
        let mut parts = Vec::new();
        split(order.quantity.min(largest * MOST_SLICES), largest, &mut parts);
        parts
    }

    fn execute(&self, order: &Order, slices: &[i64]) -> Execution {
        let filled = slices.iter().sum();
        if filled == 0 {
            return Execution::default();
        }
        let cost = HALF_SPREAD + IMPACT * slices.len() as f64;
        let price = match order.side {
            Side::Buy => self.bar.close * (1.0 + cost),
            Side::Sell => self.bar.close * (1.0 - cost),
        };
        Execution { filled, price, commission: COMMISSION * filled as f64 }
    }

    /// The session's range, as a fraction of the close before.
    fn range(&self) -> f64 {
        (self.bar.high - self.bar.low) / self.last_close
    }

    /// On a quiet day a good millisecond. When prices fly everybody orders at once, and the answer takes its time: ten
    /// milliseconds when they range over 5 %, and from 7 % on longer than the bot waits.
    fn response_time(&self) -> Duration {
        let stress = self.range() / 0.016;
        Duration::from_secs_f64(0.000_5 + 0.001 * stress * stress)
    }
}

/// About one answer in 120 is lost on the way, always the same ones.
fn answer_is_lost(order: &Order) -> bool {
    (order.id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) % 120 == 3
}

impl BrokerError {
    /// For the label of a metric: few values, known beforehand.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::PriceBand { .. } => "price_band",
            Self::BuyingPower { .. } => "buying_power",
        }
    }
}

impl fmt::Display for BrokerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PriceBand { low, high } => write!(f, "the price is outside {low:.2} to {high:.2}"),
            Self::BuyingPower { needed, affordable } => {
                write!(f, "{needed:.0} dollars needed, affordable are {affordable} shares")
            }
        }
    }
}
