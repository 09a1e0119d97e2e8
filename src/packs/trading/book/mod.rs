//! The handle: what a program tells a book, and what it asks.

mod account;
mod builder;
mod collector;
mod days;
mod figures;
mod ledger;
mod positions;
mod refused;
mod rules;
mod statement;
mod statistics;
mod summary;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use perfmon_core::collect::{Source, register_collector};

pub use self::{
    builder::{Builder, books},
    days::{Date, Day},
    figures::{Figure, PortfolioRisk, SharpeWindow},
    positions::{Fill, PnlKind, Position, Side},
    refused::Refused,
    statistics::{Drawdown, Performance, Regime, RegimeRule, Risk},
    summary::{Pnl, Summary, SymbolSummary},
};
use self::{ledger::Ledger, refused::Reason, rules::Rules, summary::Copied};
use super::{
    KillSwitch, KillSwitches,
    at::{AtTime, nanos, now},
};

#[doc = include_str!("book.md")]
#[derive(Clone)]
pub struct Book(Arc<Inner>);

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").field("name", &self.name()).finish_non_exhaustive()
    }
}

struct Inner {
    rules: Rules,
    /// Those who read. Locked before the ledger.
    days: Mutex<Archive>,
    ledger: Mutex<Ledger>,
    source: Mutex<Option<Source>>,
}

/// The days that are over.
#[derive(Debug, Default)]
struct Archive {
    days: Vec<Day>,
    dropped: u64,
}

impl Archive {
    fn take(&mut self, over: VecDeque<Day>, limit: usize) {
        self.days.extend(over);
        let surplus = self.days.len().saturating_sub(limit);
        self.days.drain(..surplus);
        self.dropped += surplus as u64;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is set has no time of its own: it holds until it is set again, or [`derive`](Self::derive)d.
impl Book {
    /// Sets a book up. The name is the label `book` of its metrics.
    pub fn builder(name: impl Into<String>) -> Builder {
        Builder::new(name.into())
    }

    /// The book of this name, if there is one: it stays until it is [removed](Self::remove), whether or not anybody has a handle.
    ///
    /// ```
    /// use perfmon::trading::Book;
    ///
    /// Book::builder("kept").build()?;
    /// assert!(Book::named("kept").is_some() && Book::named("lost").is_none());
    /// # Ok::<(), perfmon::Error>(())
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        builder::named(name)
    }

    fn new(rules: Rules) -> Self {
        let ledger = Mutex::new(Ledger::new(rules.clone()));
        let inner = Inner { rules, days: Mutex::default(), ledger, source: Mutex::default() };
        let book = Self(Arc::new(inner));
        let source = register_collector(collector::Figures::new(book.clone()));
        *lock(&book.0.source) = Some(source);
        book
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.rules.name
    }

    pub(super) fn currency(&self) -> &str {
        &self.0.rules.currency
    }

    /// Takes its metrics out, and lets its name be used again. The handles go on working. Its kill switches stay as they are, active or not: the next book of the name has
    /// them, unless they are [removed](KillSwitches::remove) too.
    pub fn remove(&self) {
        if let Some(source) = lock(&self.0.source).take() {
            source.remove();
            builder::free(self.name());
        }
    }

    /// Its kill switches.
    #[must_use]
    pub fn kill_switches(&self) -> KillSwitches {
        KillSwitches::new(self.name())
    }

    /// Its kill switch of this name: `pnl`, `psr`, `drawdown`, or one of the program's own.
    #[must_use]
    pub fn kill_switch(&self, name: &str) -> KillSwitch {
        self.kill_switches().switch(name)
    }

    /// Updates of this event time, which decides on the day they count into: for a replay, or where the event has a better time than now. Those that lie more than a minute
    /// ahead of the machine's clock are refused: they would make all that follows old.
    pub fn at(&self, time: SystemTime) -> AtTime<'_, Self> {
        AtTime { told: self, time }
    }

    /// A trade that was made now.
    pub fn fill(&self, fill: Fill<'_>) {
        self.update(None, |ledger, at| ledger.fill(&fill, at));
    }

    /// What one of this symbol is worth now.
    pub fn mark(&self, symbol: &str, price: f64) {
        self.update(None, |ledger, at| ledger.mark(symbol, price, at));
    }

    /// The position as it is now, for programs that keep positions themselves.
    pub fn update_position(&self, symbol: &str, position: Position) {
        self.update(None, |ledger, at| ledger.position(symbol, &position, at));
    }

    /// P&L as the program reckons it.
    pub fn record_pnl(&self, symbol: &str, amount: f64, kind: PnlKind) {
        self.update(None, |ledger, at| ledger.pnl(symbol, amount, kind, at));
    }

    /// Money is put in now, more than nothing: equity grows by it, and neither P&L nor any return does.
    pub fn deposit(&self, amount: f64) {
        self.update(None, |ledger, at| ledger.deposit(amount, at));
    }

    /// Money is taken out now, more than nothing and no more than the equity, where that is known; what is not there is refused and counted. It is no loss and no drawdown.
    pub fn withdraw(&self, amount: f64) {
        self.update(None, |ledger, at| ledger.withdraw(amount, at));
    }

    /// The level of the benchmark now, which beta compares with.
    pub fn benchmark(&self, level: f64) {
        self.update(None, |ledger, at| ledger.benchmark(level, at));
    }

    #[inline]
    fn update(&self, given: Option<i64>, update: impl FnOnce(&mut Ledger, i64) -> Result<(), Reason>) {
        lock(&self.0.ledger).update(given, update);
    }

    /// Sets a figure that the program computes itself, in place of the derived one. A value out of [its range](Figure) is refused and counted, and what was there stays.
    pub fn record(&self, figure: impl Into<Figure>, value: f64) {
        self.record_all([(figure.into(), Some(value))]);
    }

    /// Has a figure derived again that was set.
    pub fn derive(&self, figure: impl Into<Figure>) {
        // A conversion may be the program's own code, which runs without the lock.
        let figure = figure.into();
        lock(&self.0.ledger).figures.set(figure, None);
    }

    /// Sets P&L since the beginning as a fraction of capital, and of the day as a fraction of the equity it began with.
    pub fn record_pnl_ratio(&self, cumulative: f64, daily: f64) {
        self.record_all([(Figure::PnlRatio, Some(cumulative)), (Figure::DailyPnlRatio, Some(daily))]);
    }

    /// Sets a Sharpe ratio, annualized.
    pub fn record_sharpe_ratio(&self, window: SharpeWindow, value: f64) {
        self.record(window, value);
    }

    /// Sets the probabilistic Sharpe ratio, 0 to 1.
    pub fn record_psr(&self, value: f64) {
        self.record(Figure::ProbabilisticSharpeRatio, value);
    }

    /// Sets the win rate, 0 to 1, and the profit factor, 0 or more.
    pub fn record_results(&self, win_rate: f64, profit_factor: f64) {
        self.record_all([(Figure::WinRate, Some(win_rate)), (Figure::ProfitFactor, Some(profit_factor))]);
    }

    /// Sets the drawdown and the largest one, as fractions of the peak: 0.1 is 10 % below it; 0 or more.
    pub fn record_drawdown(&self, current: f64, max: f64) {
        self.record_all([(Figure::DrawdownRatio, Some(current)), (Figure::MaxDrawdownRatio, Some(max))]);
    }

    /// Sets gross and net exposure, as fractions of equity; gross is 0 or more.
    pub fn record_exposure(&self, gross: f64, net: f64) {
        self.record_all([(Figure::GrossExposureRatio, Some(gross)), (Figure::NetExposureRatio, Some(net))]);
    }

    /// Sets those that are given.
    pub fn record_portfolio_risk(&self, risk: PortfolioRisk) {
        self.record_all(risk.figures());
    }

    /// Sets the market's regime; `None` has it derived again.
    pub fn set_market_regime(&self, regime: impl Into<Option<Regime>>) {
        let regime = regime.into();
        lock(&self.0.ledger).figures.regime = regime;
    }

    fn record_all<const N: usize>(&self, figures: [(Figure, Option<f64>); N]) {
        let mut ledger = lock(&self.0.ledger);
        for (figure, value) in figures {
            let Some(value) = value else { continue };
            match figure.check(value) {
                Ok(()) => ledger.figures.set(figure, Some(value)),
                Err(reason) => ledger.counts.refused.count(reason),
            }
        }
    }

    /// The book as it is. Costs some 130 µs with twenty years of days; updates wait for a few of them at most, while positions are copied.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.view(true, None)
    }

    /// The book with its days or without, at this time or now. The day under way counts as over if it has ended by then.
    pub(super) fn view(&self, with_days: bool, at: Option<i64>) -> Summary {
        let inner = &*self.0;
        let clock = at.or_else(|| (!inner.rules.replay).then(now));
        let mut archive = lock(&inner.days);
        let rows = Vec::with_capacity(inner.rules.symbols.min(1024));
        let (over, copied) = {
            let mut ledger = lock(&inner.ledger);
            (std::mem::take(&mut ledger.over), Copied::of(&ledger, rows))
        };
        archive.take(over, inner.rules.days);
        let Archive { days, dropped } = &mut *archive;
        let mut summary = copied.summary(&inner.rules, days, *dropped, clock);
        if with_days {
            summary.days.clone_from(days);
        }
        summary
    }
}

/// Trades, P&L and fees add up whenever they come; one of an earlier day counts into the day under way, and is counted as late. Of prices, positions and levels the
/// latest by event time holds, in whatever order they come.
impl AtTime<'_, Book> {
    /// A trade.
    pub fn fill(&self, fill: Fill<'_>) {
        self.update(|ledger, at| ledger.fill(&fill, at));
    }

    /// What one of this symbol is worth. Of a symbol that the book does not know there is nothing to value, so nothing happens but that its day begins.
    pub fn mark(&self, symbol: &str, price: f64) {
        self.update(|ledger, at| ledger.mark(symbol, price, at));
    }

    /// The position as the program keeps it. What was realized stays as it is: a program that closes a position so tells what it made by [`record_pnl`](Self::record_pnl).
    pub fn update_position(&self, symbol: &str, position: Position) {
        self.update(|ledger, at| ledger.position(symbol, &position, at));
    }

    /// P&L as the program reckons it.
    pub fn record_pnl(&self, symbol: &str, amount: f64, kind: PnlKind) {
        self.update(|ledger, at| ledger.pnl(symbol, amount, kind, at));
    }

    /// Money is put in.
    pub fn deposit(&self, amount: f64) {
        self.update(|ledger, at| ledger.deposit(amount, at));
    }

    /// Money is taken out.
    pub fn withdraw(&self, amount: f64) {
        self.update(|ledger, at| ledger.withdraw(amount, at));
    }

    /// The level of the benchmark, above zero.
    pub fn benchmark(&self, level: f64) {
        self.update(|ledger, at| ledger.benchmark(level, at));
    }

    /// The book as it is, with this time as now: the day under way counts for averages and ratios once it has ended.
    #[must_use]
    pub fn summary(&self) -> Summary {
        self.told.view(true, Some(nanos(self.time)))
    }

    #[inline]
    fn update(&self, update: impl FnOnce(&mut Ledger, i64) -> Result<(), Reason>) {
        self.told.update(Some(nanos(self.time)), update);
    }
}
