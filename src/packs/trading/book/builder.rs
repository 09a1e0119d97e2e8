//! How a book is set up.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use perfmon_core::Error;

use super::{super::known::OTHER, Book, RegimeRule, days::Calendar, rules::Rules};

/// Books at a time.
const MOST: usize = 256;

/// The books there are, by name.
static BOOKS: Mutex<BTreeMap<String, Book>> = Mutex::new(BTreeMap::new());

fn known() -> MutexGuard<'static, BTreeMap<String, Book>> {
    BOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every book there is, by name: those that were built and not [removed](Book::remove).
///
/// ```
/// use perfmon::trading::{Book, books};
///
/// let book = Book::builder("momentum").build()?;
/// assert_eq!(books().iter().map(Book::name).collect::<Vec<_>>(), ["momentum"]);
/// # Ok::<(), perfmon::Error>(())
/// ```
#[must_use]
pub fn books() -> Vec<Book> {
    known().values().cloned().collect()
}

/// Sets a book up. From [`Book::builder`].
#[derive(Debug, Clone)]
#[must_use = "there is no book before `build`"]
pub struct Builder {
    name: String,
    capital: Option<f64>,
    currency: String,
    zone: Option<String>,
    begins: (u8, u8),
    weekends: bool,
    symbols: usize,
    days: usize,
    intraday: bool,
    replay: bool,
    days_a_year: f64,
    risk_free: f64,
    psr_benchmark: f64,
    risk_days: usize,
    regime: RegimeRule,
}

impl Builder {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            capital: None,
            currency: String::new(),
            zone: None,
            begins: (0, 0),
            weekends: true,
            symbols: 256,
            days: 25_000,
            intraday: false,
            replay: false,
            days_a_year: 252.0,
            risk_free: 0.0,
            psr_benchmark: 0.0,
            risk_days: 252,
            regime: RegimeRule::default(),
        }
    }

    /// The money it begins with, which fractions are of. Without it there are no fractions, returns and what follows from them; only money.
    pub fn capital(mut self, capital: f64) -> Self {
        self.capital = Some(capital);
        self
    }

    /// What money is counted in, for people: `"USD"`. Nothing is converted. It is the unit of metrics of money as long as all books have the same one: a metric has one
    /// unit, whatever its labels.
    pub fn currency(mut self, currency: impl Into<String>) -> Self {
        self.currency = currency.into();
        self
    }

    /// The time zone of its days, by IANA's name: `"America/New_York"`. UTC by default.
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.zone = Some(name.into());
        self
    }

    /// The time of day when a day begins; midnight by default. One that begins at noon or later has the date of the next, as exchanges call it: with 17:00, Monday
    /// begins on Sunday evening.
    pub fn day_begins(mut self, hour: u8, minute: u8) -> Self {
        self.begins = (hour, minute);
        self
    }

    /// Has what happens on Saturdays and Sundays count into Friday. For a program that runs through weekends on which its markets are closed: else they are days
    /// with a return of 0.
    pub fn weekdays_only(mut self) -> Self {
        self.weekends = false;
        self
    }

    /// How many symbols have a place at a time; 256 by default. Each takes some 200 bytes and six series.
    pub fn symbols(mut self, limit: usize) -> Self {
        self.symbols = limit;
        self
    }

    /// How many days are kept; 25,000 by default. Each takes some 100 bytes.
    pub fn days(mut self, limit: usize) -> Self {
        self.days = limit;
        self
    }

    /// Has every update count for peaks and drawdowns, rather than the equity each day closes with. Where positions are marked one after the other, equity between
    /// two marks is a mixture of old prices and new.
    pub fn intraday_drawdown(mut self) -> Self {
        self.intraday = true;
        self
    }

    /// The past is replayed: now is when the latest update was, not what the machine's clock says, so that the day under way does not count as over before the next one begins.
    pub fn replay(mut self) -> Self {
        self.replay = true;
        self
    }

    /// How many returns make a year; 252 by default. Markets that never close have 365.
    pub fn days_a_year(mut self, days: f64) -> Self {
        self.days_a_year = days;
        self
    }

    /// What money earns without risk in a year, as a fraction; 0 by default. A day earns (1 + rate)^(1 ÷ days a year) − 1.
    pub fn risk_free_rate(mut self, rate: f64) -> Self {
        self.risk_free = rate;
        self
    }

    /// The annualized Sharpe ratio that the probabilistic one is compared with; 0 by default.
    pub fn benchmark_sharpe_ratio(mut self, ratio: f64) -> Self {
        self.psr_benchmark = ratio;
        self
    }

    /// Over how many of the latest days volatility, beta, VaR and CVaR are; 252 by default, a year.
    pub fn risk_days(mut self, days: usize) -> Self {
        self.risk_days = days;
        self
    }

    /// What tells calm from storm.
    pub fn regime(mut self, rule: RegimeRule) -> Self {
        self.regime = rule;
        self
    }

    /// Makes the book and registers its collector, `trading.` and its name.
    ///
    /// # Errors
    /// When there is a book of this name ([`Book::named`] has it), it is called `other`, there are 256 (take out by [`Book::remove`] what is done), a setting is out of
    /// its range, or there is no time zone of that name.
    pub fn build(self) -> Result<Book, Error> {
        let mut books = known();
        if books.contains_key(&self.name) {
            return Err(Error::invalid(format!(
                "there is a book `{}` already; `Book::named` has it, and `remove` takes it out",
                self.name
            )));
        }
        if books.len() == MOST {
            return Err(Error::invalid(format!(
                "failed to set up the book `{}`: there are {MOST} already; take those out with `remove` that are done",
                self.name
            )));
        }
        let rules = self.rules()?;
        let book = Book::new(rules);
        books.insert(book.name().to_owned(), book.clone());
        Ok(book)
    }

    fn rules(self) -> Result<Rules, Error> {
        let check = |holds: bool, what: &str| {
            if holds {
                Ok(())
            } else {
                Err(Error::invalid(format!("failed to set up the book `{}`: {what}", self.name)))
            }
        };
        let above_zero = |value: f64| value.is_finite() && value > 0.0;
        check(!self.name.is_empty() && self.name.len() <= 128, "it needs a name, of 128 bytes at most")?;
        check(self.name != OTHER, "that name is for the kill switches and orders of books that are one too many")?;
        let capital = self.capital.is_none_or(|capital| (1e-6..=1e24).contains(&capital));
        check(capital, "capital must be a number above zero, up to 10^24")?;
        check(self.symbols > 0 && self.days > 0 && self.risk_days > 0, "limits and windows must be at least 1")?;
        check((1.0..=1e6).contains(&self.days_a_year), "a year has at least one day and at most a million")?;
        check(self.risk_free > -1.0 && self.risk_free <= 1e3, "the risk-free rate must be above -1, which is -100 %")?;
        check(self.psr_benchmark.abs() <= 1e3, "a Sharpe ratio beyond 1000 is none")?;
        let (calm, storm) = self.regime.bounds();
        check(
            above_zero(calm) && above_zero(storm) && calm <= storm,
            "calm must end above zero and before storm begins",
        )?;
        Ok(Rules {
            calendar: Calendar::new(self.zone.as_deref(), self.begins, self.weekends)?,
            capital: self.capital,
            currency: self.currency,
            symbols: self.symbols,
            days: self.days,
            intraday: self.intraday,
            replay: self.replay,
            days_a_year: self.days_a_year,
            risk_free: (1.0 + self.risk_free).powf(1.0 / self.days_a_year) - 1.0,
            psr_benchmark: self.psr_benchmark / self.days_a_year.sqrt(),
            risk_days: self.risk_days,
            regime: self.regime,
            name: self.name,
        })
    }
}

/// The book of this name.
pub(super) fn named(name: &str) -> Option<Book> {
    known().get(name).cloned()
}

/// What all books there are count their money in; empty where they differ.
pub(super) fn currency() -> String {
    let books = known();
    let mut currencies = books.values().map(Book::currency);
    let first = currencies.next().unwrap_or_default();
    if currencies.all(|currency| currency == first) { first.to_owned() } else { String::new() }
}

/// Lets the name be used again.
pub(super) fn free(name: &str) {
    known().remove(name);
}
