//! The bot: one session after the other.

use std::{error::Error, time::Duration};

use perfmon::{
    monitor_latency, monitor_order,
    trading::{self, Orders},
};
use tokio::{
    sync::watch,
    time::{interval, timeout},
};

use crate::{
    broker::{Broker, BrokerError, Session},
    checks::Checks,
    cli::Options,
    market::{Bar, Feed},
    order::{Execution, Order, Side},
    outcome::Outcome,
    portfolio::Portfolio,
    progress::{Progress, Year},
    risk,
    signal::{History, SESSIONS_A_YEAR, Signal},
    sizing,
    status::Status,
    store::{Memories, Reader, Store},
};

/// How long the bot waits for the broker before it gives up on an answer.
const PATIENCE: Duration = Duration::from_millis(20);

// Figures of the application itself, beside those of perfmon's trading pack. They are declared where they are used, and registered before `main`.
perfmon::counter! {
    /// Times that a limit held an order back, in whole or in part.
    static HELD_BACK: "orders_held_back", unit = "orders", labels(limit)
}
perfmon::histogram! {
    /// How much an order traded.
    static FILLED: "order_filled", unit = "shares", labels(kind)
}

/// Everything the bot needs, and what it remembers from one session to the next.
pub(crate) struct Bot {
    feed: Feed,
    store: Store,
    broker: Broker,
    /// Each order on its way, from the moment when it can be placed to its end.
    orders: Orders,
    sessions: usize,
    options: Options,
    state: State,
    status: watch::Sender<Status>,
}

struct State {
    portfolio: Portfolio,
    checks: Checks,
    history: History,
    /// Decided after the last close, to be executed in the next session.
    pending: Option<Order>,
    /// The signal after the last close, to be compared with what follows.
    signal: Option<Signal>,
    /// The number of the last order.
    number: u64,
    tally: Tally,
}

/// What the result tells besides money.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) filled: u64,
    pub(crate) partial: u64,
    pub(crate) unfilled: u64,
    /// By the broker, or by the bot's own limits.
    pub(crate) refused: u64,
    pub(crate) timed_out: u64,
    pub(crate) defects: u64,
}

impl Bot {
    pub(crate) fn new(options: &Options) -> Result<Self, Box<dyn Error>> {
        let feed = Feed::open()?;
        let portfolio = Portfolio::new()?;
        let sessions = options.days.unwrap_or(feed.len());
        if sessions > feed.len() {
            eprintln!("note: the data ends after {} sessions, all of them are replayed", feed.len());
        }
        Ok(Self {
            store: Store::open()?,
            broker: Broker::new(),
            orders: Orders::new(portfolio.book().name()),
            sessions: sessions.min(feed.len()),
            feed,
            options: options.clone(),
            state: State {
                portfolio,
                checks: Checks::default(),
                history: History::default(),
                pending: None,
                signal: None,
                number: 0,
                tally: Tally::default(),
            },
            status: watch::Sender::default(),
        })
    }

    /// What it tells after each session.
    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Where its orders can be looked up.
    pub(crate) fn orders(&self) -> Reader {
        self.store.reader()
    }

    /// Replays the sessions, and says how it went.
    pub(crate) async fn run(mut self) -> Result<Outcome, Box<dyn Error>> {
        let mut interrupt = tokio::spawn(interrupted());
        let mut pace = self.options.days_per_second.map(|pace| interval(Duration::from_secs_f64(1.0 / pace)));
        let mut progress = Progress::new(self.options.quiet, self.sessions);
        let mut year = Opening::default();
        let mut first = None;
        for index in 0..self.sessions {
            if let Some(pace) = &mut pace {
                // Whoever has seen enough of a slow replay need not wait for its next session.
                tokio::select! {
                    _ = pace.tick() => {}
                    _ = &mut interrupt, if index > 0 => break,
                }
            }
            let bar = self.feed.bar(index).await?;
            if first.is_some() && year.number != bar.date.year {
                progress.year(&self.close_year(&year)?);
            }
            if year.number != bar.date.year {
                let close = self.state.history.last().unwrap_or(bar.open);
                year = Opening { number: bar.date.year, index, close, equity: self.state.portfolio.equity };
            }
            first.get_or_insert(bar.close);
            progress.session(index, bar.date);
            self.session(bar).await?;
            self.status.send_replace(self.account(index, bar));
            if interrupt.is_finished() {
                break;
            }
        }
        progress.year(&self.close_year(&year)?);
        drop(progress);

        let market = [first, self.state.history.last()].map(|close| close.unwrap_or(1.0));
        Ok(Outcome::new(self.sessions, self.state.portfolio.summary(), market, self.state.tally))
    }

    /// One session: what was decided is executed, what happened is learnt from, what comes next is decided.
    ///
    /// `busy`: beside the time from beginning to end the report shows how much of it was work. The rest is waiting.
    #[monitor_latency("session", busy)]
    async fn session(&mut self, bar: Bar) -> Result<(), Box<dyn Error>> {
        if let Some(order) = self.state.pending.take() {
            self.trade(order, bar).await?;
        }
        let fit = self.state.checks.check(&bar);
        let outcome = self.state.history.push(bar.close);
        self.state.portfolio.mark(&bar);
        if let Some(signal) = self.state.signal.take() {
            self.store.insert_experience(bar.date, &signal, outcome)?;
        }
        if risk::kill_switch(&self.state.portfolio, bar.date.close()) {
            self.liquidate(bar).await?;
        }
        if let Err(defect) = fit {
            // Old or incomplete data is no ground for a decision.
            self.feed.quality().error(defect.name());
            self.state.tally.defects += 1;
            return Ok(());
        }
        self.state.signal = self.state.history.signal();
        if let Some(signal) = self.state.signal {
            // Known to the bot by bounds of its own, so the book need not derive it.
            self.state.portfolio.book().set_market_regime(signal.regime);
        }
        if let Some(signal) = self.state.signal
            && !risk::is_halted(&self.state.portfolio)
        {
            let memories = self.store.query_memories(&signal).await?;
            match self.decide(&signal, memories, bar.close) {
                Ok(order) => self.state.pending = order,
                Err(refused) => {
                    self.state.tally.refused += 1;
                    self.store.insert_order(bar.date, &refused, &Execution::default(), "refused")?;
                }
            }
        }
        Ok(())
    }

    /// The order for the next session, if any, cut down to what the limits allow; or the one that the limits leave nothing of.
    fn decide(&mut self, signal: &Signal, memories: Memories, close: f64) -> Result<Option<Order>, Order> {
        let portfolio = &self.state.portfolio;
        let id = self.state.number + 1;
        let Some(mut order) = sizing::size(id, signal, confidence(signal, memories), portfolio, close) else {
            return Ok(None);
        };
        self.state.number = id;
        while let Err(refusal) = risk::check(&order, portfolio, close) {
            HELD_BACK.with(&[refusal.reason()]).inc();
            let smaller = refusal.allowed().map(|quantity| Order { quantity, ..order });
            let Some(smaller) = smaller.filter(|smaller| sizing::worth_trading(smaller, portfolio, close)) else {
                self.orders.intent(order.kind()).refused(refusal.reason());
                return Err(order);
            };
            order = smaller;
        }
        Ok(Some(order))
    }

    /// Has an order executed and books what came of it.
    async fn trade(&mut self, mut order: Order, bar: Bar) -> Result<(), Box<dyn Error>> {
        let last_close = self.state.history.last().unwrap_or(bar.open);
        let Portfolio { equity, shares, .. } = self.state.portfolio;
        let session = Session { bar, last_close, equity, owned: shares as f64 * last_close };
        let answer = self.execute(&mut order, &session).await;

        let tally = &mut self.state.tally;
        let (status, count) = match answer {
            Ok(execution) if execution.filled == order.quantity => ("filled", &mut tally.filled),
            Ok(execution) if execution.filled > 0 => ("partial", &mut tally.partial),
            Ok(_) => ("unfilled", &mut tally.unfilled),
            Err(_) => ("refused", &mut tally.refused),
        };
        *count += 1;
        let execution = answer.unwrap_or_default();
        FILLED.with(&[order.kind()]).record(execution.filled.unsigned_abs());
        self.store.insert_order(bar.date, &order, &execution, status)?;
        self.state.portfolio.apply(&order, &execution, &bar);
        Ok(())
    }

    /// Execution from the order to its last fill, with a second try where that makes sense. It promises something: 99 of 100 take less than
    /// 10 ms. The report says whether that was kept (it was not: lost answers and the spring of 2000 saw to that).
    #[monitor_latency("order_execution", p99 = "10ms", severity = "error", labels(side = %order.side))]
    async fn execute(&mut self, order: &mut Order, session: &Session) -> Result<Execution, BrokerError> {
        match self.attempt(order, session).await {
            // In rough weather the limit lies too far out: once more, at the edge of what is admitted.
            Err(BrokerError::PriceBand { high, .. }) if order.limit.is_some() => {
                order.limit = Some(high);
                self.attempt(order, session).await
            }
            // At the limit, a little above the last close, it is more than the account is good for: once more, for less.
            Err(BrokerError::BuyingPower { affordable, .. }) if affordable > 0 => {
                order.quantity = affordable;
                self.attempt(order, session).await
            }
            answer => answer,
        }
    }

    /// Each attempt is an order of its own to the broker. It begins here: that it was decided on the evening before does not count as time.
    async fn attempt(&mut self, order: &Order, session: &Session) -> Result<Execution, BrokerError> {
        let mut ticket = self.orders.intent(order.kind()).submitted();
        let answer = match order.limit {
            Some(_) => timeout(PATIENCE, self.broker.limit_order(order, session, &mut ticket)).await,
            None => timeout(PATIENCE, self.broker.market_order(order, session, &mut ticket)).await,
        };
        let execution = match answer {
            Ok(Ok(execution)) => execution,
            Ok(Err(refused)) => {
                trading::error(refused.reason());
                ticket.rejected(refused.reason());
                return Err(refused);
            }
            // The future was dropped while it waited. The order may have been executed all the same, so ask.
            Err(_elapsed) => {
                trading::error("timeout");
                self.state.tally.timed_out += 1;
                self.broker.status(order.id).await.unwrap_or_default()
            }
        };
        // What is not filled when the session ends is cancelled.
        if execution.filled == order.quantity {
            ticket.filled();
        } else {
            ticket.cancelled();
        }
        Ok(execution)
    }

    /// Sells everything. Only the kill switch comes here, and it never did in these twenty years: the report lists this site as never
    /// called, which is to say that nobody has seen it work.
    #[monitor_order("liquidation")]
    async fn liquidate(&mut self, bar: Bar) -> Result<(), Box<dyn Error>> {
        self.state.number += 1;
        let order =
            Order { id: self.state.number, side: Side::Sell, quantity: self.state.portfolio.shares, limit: None };
        self.state.pending = None;
        self.trade(order, bar).await?;
        self.state.portfolio.mark(&bar);
        Ok(())
    }

    fn account(&self, session: usize, bar: Bar) -> Status {
        let portfolio = &self.state.portfolio;
        let Portfolio { equity, shares, .. } = *portfolio;
        Status { session, date: Some(bar.date), equity, shares, halted: risk::is_halted(portfolio) }
    }

    fn close_year(&self, opening: &Opening) -> Result<Year, Box<dyn Error>> {
        let close = self.state.history.last().unwrap_or(opening.close);
        let equity = self.state.portfolio.equity;
        Ok(Year {
            number: opening.number,
            sessions: self.state.history.sessions() - opening.index,
            equity,
            gain: equity / opening.equity - 1.0,
            market: close / opening.close - 1.0,
            orders: self.store.count_orders(opening.number)?,
        })
    }
}

/// Where a year began.
#[derive(Default)]
struct Opening {
    number: i32,
    index: usize,
    close: f64,
    equity: f64,
}

/// Ends with Ctrl-C. The bot then stops in good order, so that the result and the report are printed all the same.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// How far to trust the trend: more when similar situations went well before, by the mean's distance from zero in standard errors.
fn confidence(signal: &Signal, memories: Memories) -> f64 {
    let error = signal.volatility / (SESSIONS_A_YEAR * f64::from(memories.count.max(1))).sqrt();
    (1.0 + 0.25 * memories.mean / error).clamp(0.5, 1.5)
}
