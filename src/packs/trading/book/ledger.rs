//! What updates change: positions, the day under way, and the days that are over.
//!
//! An update costs a look-up and some additions. Everything that needs more is left to who reads: days that are over wait here until one fetches them.

use std::collections::VecDeque;

use jiff::civil;

use super::{
    super::{
        at::{AHEAD, OLDEST, now},
        known::OTHER,
    },
    Day, Fill, PnlKind, Position,
    account::Account,
    days::Session,
    figures::Figures,
    positions::{Closed, Holding, Holdings, Sums},
    refused::{Reason, Refused, named, positive, sound},
    rules::Rules,
    statistics::{
        Growth, Results,
        drawdown::{Moment, Tracker},
    },
};

/// The day under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Today {
    pub(super) session: Session,
    /// How many days came before.
    number: u32,
    /// When its last event was.
    last: i64,
    open: f64,
    /// The P&L until then.
    before: f64,
    flows: f64,
    growth: Growth,
    realized: f64,
    fees: f64,
    fills: u64,
    benchmark: Option<f64>,
    /// The time of that level.
    benchmark_at: i64,
}

impl Today {
    /// The day, if it closes with this P&L.
    pub(super) fn with_close(&self, account: &Account, pnl: f64) -> Day {
        Day {
            date: self.session.date.into(),
            open: self.open,
            close: account.equity(pnl),
            pnl: pnl - self.before,
            flows: self.flows,
            return_ratio: self.growth.at(pnl),
            realized: self.realized,
            fees: self.fees,
            fills: self.fills,
            benchmark: self.benchmark,
        }
    }

    pub(super) fn moment(&self, equity: f64) -> Moment {
        Moment { equity, at: self.last, date: self.session.date, day: self.number }
    }
}

/// Counts of what happened.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) fills: u64,
    pub(super) late: u64,
    pub(super) refused: Refused,
    /// Days that waited here and were too many.
    pub(super) days_dropped: u64,
}

#[derive(Debug)]
pub(super) struct Ledger {
    pub(super) rules: Rules,
    pub(super) account: Account,
    pub(super) holdings: Holdings,
    /// The sums of all holdings, kept as they change and added up anew each day.
    sums: Sums,
    pub(super) today: Option<Today>,
    /// Those that are over and were not fetched.
    pub(super) over: VecDeque<Day>,
    pub(super) curve: Tracker,
    pub(super) results: Results,
    pub(super) figures: Figures,
    pub(super) counts: Counts,
    /// What the machine's clock said when it was last needed.
    clock: i64,
}

/// An update, or why it is refused.
type Taken = Result<(), Reason>;

impl Ledger {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            holdings: Holdings::new(rules.symbols),
            account: Account::new(rules.capital),
            rules,
            sums: Sums::default(),
            today: None,
            over: VecDeque::new(),
            curve: Tracker::default(),
            results: Results::default(),
            figures: Figures::default(),
            counts: Counts::default(),
            clock: i64::MIN,
        }
    }

    /// Makes an update of this time, or of now, or counts why not.
    #[inline]
    pub(super) fn update(&mut self, given: Option<i64>, update: impl FnOnce(&mut Self, i64) -> Taken) {
        let late = self.counts.late;
        if let Err(reason) = self.time(given).and_then(|at| update(self, at)) {
            self.counts.refused.count(reason);
            // What is refused counts into no day.
            self.counts.late = late;
        }
        if self.rules.intraday
            && let Some(today) = &self.today
        {
            self.curve.reach(today.moment(self.account.equity(self.sums.total())));
        }
    }

    /// The time of an update. Now is never before what came before it, though the clock may be set back.
    #[inline]
    fn time(&mut self, given: Option<i64>) -> Result<i64, Reason> {
        let Some(at) = given else {
            return Ok(self.today.map_or(i64::MIN, |today| today.last).max(now()));
        };
        if at <= OLDEST {
            return Err(Reason::Time);
        }
        // A replay of the past reads the clock once.
        if at > self.clock.saturating_add(AHEAD) {
            self.clock = now();
            if at > self.clock.saturating_add(AHEAD) {
                return Err(Reason::Ahead);
            }
        }
        Ok(at)
    }

    pub(super) fn fill(&mut self, fill: &Fill<'_>, at: i64) -> Taken {
        named(fill.symbol)?;
        sound(&[fill.price, fill.fee])?;
        positive(fill.quantity)?;
        positive(fill.multiplier)?;
        self.reach(at)?;
        let Some(holding) = self.holdings.get(fill.symbol) else {
            self.counts.fills += 1;
            self.holdings.pay(OTHER, fill.fee);
            self.book(|today| (today.fills, today.fees) = (today.fills + 1, today.fees + fill.fee));
            self.sums.fees += fill.fee;
            return Err(Reason::SymbolLimit);
        };
        if !holding.fits(fill) {
            return Err(Reason::Multiplier);
        }
        self.counts.fills += 1;
        let before = holding.unrealized();
        let closed = holding.trade(fill, at);
        self.sums.unrealized += holding.unrealized() - before;
        self.sums.fees += fill.fee;
        let pnl = closed.map_or(0.0, |closed| closed.pnl);
        self.sums.realized += pnl;
        if let Some(Closed { pnl, part }) = closed {
            self.results.add(pnl - fill.fee * part);
        }
        self.book(|today| {
            today.fills += 1;
            today.fees += fill.fee;
            today.realized += pnl;
        });
        Ok(())
    }

    #[inline]
    pub(super) fn mark(&mut self, symbol: &str, price: f64, at: i64) -> Taken {
        named(symbol)?;
        sound(&[price])?;
        self.reach(at)?;
        // Without a position there is nothing to value, and no place to take.
        let Some(holding) = self.holdings.known(symbol) else { return Ok(()) };
        let before = holding.unrealized();
        let newest = holding.mark(price, at);
        self.sums.unrealized += holding.unrealized() - before;
        if newest { Ok(()) } else { Err(Reason::Outdated) }
    }

    pub(super) fn position(&mut self, symbol: &str, position: &Position, at: i64) -> Taken {
        named(symbol)?;
        let stated = position.unrealized_pnl.unwrap_or(0.0);
        sound(&[position.quantity, position.entry_price, position.current_price, stated])?;
        position.multiplier.map_or(Ok(()), positive)?;
        self.reach(at)?;
        self.state(symbol, |holding| holding.state(position, at))
    }

    pub(super) fn pnl(&mut self, symbol: &str, amount: f64, kind: PnlKind, at: i64) -> Taken {
        named(symbol)?;
        sound(&[amount])?;
        self.reach(at)?;
        match kind {
            PnlKind::Unrealized => return self.state(symbol, |holding| holding.state_unrealized(amount, at)),
            PnlKind::Realized => {
                self.holdings.earn(symbol, amount);
                self.sums.realized += amount;
                self.results.add(amount);
                self.book(|today| today.realized += amount);
            }
            PnlKind::Fee => {
                self.holdings.pay(symbol, amount);
                self.sums.fees += amount;
                self.book(|today| today.fees += amount);
            }
        }
        Ok(())
    }

    pub(super) fn benchmark(&mut self, level: f64, at: i64) -> Taken {
        positive(level)?;
        self.reach(at)?;
        let Some(today) = self.today.as_mut().filter(|today| at >= today.benchmark_at.max(today.session.begins)) else {
            return Err(Reason::Outdated);
        };
        (today.benchmark, today.benchmark_at) = (Some(level), at);
        Ok(())
    }

    pub(super) fn deposit(&mut self, amount: f64, at: i64) -> Taken {
        positive(amount)?;
        self.flow(amount, at)
    }

    pub(super) fn withdraw(&mut self, amount: f64, at: i64) -> Taken {
        positive(amount)?;
        if !self.account.has(amount, self.sums.total()) {
            return Err(Reason::Overdrawn);
        }
        self.flow(-amount, at)
    }

    fn flow(&mut self, amount: f64, at: i64) -> Taken {
        self.reach(at)?;
        let pnl = self.sums.total();
        let (before, lost) = (self.account.equity(pnl), self.account.is_lost(pnl));
        self.account.flow(amount, pnl);
        let after = self.account.worth(pnl);
        if !lost {
            self.curve.flow(before, after);
        } else if after > 0.0
            && let Some(today) = &self.today
        {
            self.curve.reach(today.moment(before));
            self.curve.begin_anew();
        }
        self.book(|today| {
            today.flows += amount;
            today.growth.flow(pnl, after);
        });
        Ok(())
    }

    fn state(&mut self, symbol: &str, state: impl FnOnce(&mut Holding) -> bool) -> Taken {
        let holding = self.holdings.get(symbol).ok_or(Reason::SymbolLimit)?;
        let before = holding.unrealized();
        let newest = state(holding);
        self.sums.unrealized += holding.unrealized() - before;
        if newest { Ok(()) } else { Err(Reason::Outdated) }
    }

    fn book(&mut self, entry: impl FnOnce(&mut Today)) {
        if let Some(today) = &mut self.today {
            entry(today);
        }
    }

    /// Moves on to the day of an event. One that comes from a day before counts into the day under way.
    #[inline]
    fn reach(&mut self, at: i64) -> Taken {
        match &mut self.today {
            Some(today) if at < today.session.begins => self.counts.late += 1,
            Some(today) if at < today.session.ends => today.last = today.last.max(at),
            _ => self.begin(at)?,
        }
        Ok(())
    }

    #[cold]
    fn begin(&mut self, at: i64) -> Taken {
        let session = self.rules.calendar.session(at).ok_or(Reason::Time)?;
        self.sums = self.holdings.sums();
        let pnl = self.sums.total();
        let equity = self.account.equity(pnl);
        let mut number = 0;
        if let Some(today) = self.today {
            number = today.number + 1;
            self.curve.reach(today.moment(equity));
            if self.over.len() == self.rules.days {
                self.over.pop_front();
                self.counts.days_dropped += 1;
            }
            self.over.push_back(today.with_close(&self.account, pnl));
        } else {
            let date: civil::Date = session.date;
            self.curve.reach(Moment { equity, at, date, day: 0 });
        }
        self.today = Some(Today {
            session,
            number,
            last: at,
            open: equity,
            before: pnl,
            flows: 0.0,
            growth: Growth::from(self.account.worth(pnl), pnl),
            realized: 0.0,
            fees: 0.0,
            fills: 0,
            benchmark: None,
            benchmark_at: i64::MIN,
        });
        Ok(())
    }
}
