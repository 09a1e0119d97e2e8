//! Market data: whether it comes, in order and in whole.

mod builder;
mod recent;
mod status;
mod stream;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

pub use self::{
    builder::FeedBuilder,
    status::{FeedStatus, SymbolStatus},
    stream::TickCounts,
};
use self::{
    recent::Recent,
    stream::{Rules, Stream},
};
use super::{
    at::{AHEAD, AtTime, nanos, now},
    known::{Known, bounded, cut},
    ring::Meter,
};

static FEEDS: Known<Feed> = Known::new();

/// Types of errors of a feed.
const MOST_ERRORS: usize = 64;

/// A feed of market data: ticks, bars or quotes of any number of symbols.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// use perfmon::trading::Feed;
///
/// let feed = Feed::builder("minute bars").interval(Duration::from_secs(60)).gap(3).replay().build();
/// let minute = |number: u64| UNIX_EPOCH + Duration::from_secs(60 * number);
/// for number in [0, 1, 2, 6, 7, 7] {
///     feed.at(minute(number)).tick("SPX");
/// }
/// let status = feed.at(minute(8)).status();
/// let counts = status.counts;
/// assert_eq!((counts.received, counts.missing, counts.gaps, counts.duplicates), (5, 3, 1, 1));
/// assert_eq!(status.staleness, Some(Duration::from_secs(60)));
/// assert_eq!(status.overall_completeness, Some(0.625));
/// ```
///
/// # What is expected
///
/// One tick of each symbol each [interval](FeedBuilder::interval) after the one before, from its first on. A tick is missing when it is half an interval late. That is counted when the next one comes, so a
/// late one that comes after all is not taken back: it counts as out of order. Until then, a feed that is silent shows in its staleness, and in
/// completeness, which takes what is overdue for missing. Ticks that come more often than each half interval are messages, and neither expected nor wrong. So
///
/// - expected ticks = received + missing, always;
/// - messages = received + duplicates + out of order + what nobody asked for (more often than expected, in a pause, of unwatched symbols, ahead).
///
/// A tick is a *duplicate* when it has the time of the newest one of its symbol (unless [they may](FeedBuilder::repeated_times)), *out of order* when it is
/// older, and *ahead* when its time lies more than a minute ahead of the clock of a live feed, where it would make all that follows old.
///
/// # Pauses
///
/// Nights, weekends and holidays are no gaps when the program says so: [`pause`](Self::pause) at the close, [`resume`](Self::resume) at the open, with their
/// times. What is missing until the close counts. Between the two, ticks are messages and nothing else. The first tick of the day may come within one and a half intervals after the open. A symbol that is halted alone, or
/// no longer subscribed, is [forgotten](Self::forget) until its next tick.
///
/// # Wrong times
///
/// One wrong time must not count as millions of missing ticks, or make all that follows old. So a symbol *restarts*, and that is counted, when its
/// next tick comes
///
/// - more than the [longest gap](FeedBuilder::longest_gap) later, of a feed with an interval: only the last ticks of it are missing, as many as the longest gap has; and none at all if the tick before was
///   its first, or the first after a restart, as a price from last week is that some feeds begin with;
/// - in a replay, more than the longest gap before the newest: as after a time from the future. A tick that is old by less is out of order;
/// - in a live feed, when the newest lies more than a minute ahead of the clock, because that was set back.
///
/// # Its clock
///
/// Ages are measured against the machine's clock; in a [replay](FeedBuilder::replay), against the newest time that the feed was told, until its symbol restarts or is
/// forgotten.
#[derive(Clone)]
pub struct Feed(Arc<Inner>);

struct Inner {
    name: String,
    rules: Rules,
    /// Ages are measured against the machine's clock.
    live: bool,
    most_symbols: usize,
    state: Mutex<State>,
}

struct State {
    streams: HashMap<Arc<str>, Stream>,
    /// Counts of symbols that were forgotten, and of ticks that belong to none.
    others: TickCounts,
    unwatched: u64,
    ahead: u64,
    errors: BTreeMap<String, u64>,
    paused: bool,
    /// The newest time that was told.
    newest: Option<i64>,
    recent: Recent,
    arrivals: Meter,
}

impl Feed {
    /// A feed of this name. Everything about it has a default.
    pub fn builder(name: &str) -> FeedBuilder {
        FeedBuilder::new(name)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// A tick of a symbol came, and its time is now.
    pub fn tick(&self, symbol: &str) {
        self.take(symbol, None);
    }

    /// The program found an error of this type in the data: `error("crossed_book")`. A type is a name out of few; the 64th and all after it count as `other`.
    pub fn error(&self, error_type: &str) {
        let mut state = self.state();
        let error_type = bounded(&state.errors, cut(error_type), MOST_ERRORS);
        match state.errors.get_mut(error_type) {
            Some(count) => *count += 1,
            None => _ = state.errors.insert(error_type.to_owned(), 1),
        }
    }

    /// From now on no ticks are expected. Said again, nothing changes.
    pub fn pause(&self) {
        self.at(SystemTime::now()).pause();
    }

    /// From now on ticks are expected, of all symbols that had any. Said again, nothing changes.
    pub fn resume(&self) {
        self.at(SystemTime::now()).resume();
    }

    /// No ticks of this symbol are expected before its next one; the symbol is no longer watched, its counts stay with the feed. For symbols that are halted or unsubscribed.
    pub fn forget(&self, symbol: &str) {
        let mut state = self.state();
        if let Some(stream) = state.streams.remove(cut(symbol)) {
            state.others.add(&stream.counts);
            state.look_again();
        }
    }

    /// How it stands, by [its clock](Self#its-clock).
    #[must_use]
    pub fn status(&self) -> FeedStatus {
        let state = self.state();
        FeedStatus::new(&self.0, &state, self.clock(&state))
    }

    /// How a symbol stands; `None` when it is not watched.
    #[must_use]
    pub fn symbol(&self, symbol: &str) -> Option<SymbolStatus> {
        let state = self.state();
        Some(SymbolStatus::new(state.streams.get(cut(symbol))?, &state, self.clock(&state)))
    }

    /// Takes its metrics out, and lets its name be used again. The handles there are go on working.
    pub fn remove(&self) {
        FEEDS.remove(|known| Arc::ptr_eq(&known.0, &self.0));
    }

    /// What happens at this time.
    pub fn at(&self, time: SystemTime) -> AtTime<'_, Self> {
        AtTime { told: self, time }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clock(&self, state: &State) -> i64 {
        if self.0.live { now() } else { state.newest.unwrap_or(0) }
    }

    fn take(&self, symbol: &str, given: Option<i64>) {
        let now = now();
        let time = given.unwrap_or(now);
        let latest = now.saturating_add(AHEAD);
        let (symbol, rules) = (cut(symbol), &self.0.rules);
        let mut state = self.state();
        let state = &mut *state;
        state.arrivals.count(now);
        if self.0.live && time > latest {
            state.ahead += 1;
            state.others.messages += 1;
            return;
        }
        state.see(time);
        if !state.streams.contains_key(symbol) {
            if state.streams.len() >= self.0.most_symbols {
                state.unwatched += 1;
                state.others.messages += 1;
                return;
            }
            state.streams.insert(symbol.into(), Stream::begin(time));
        }
        let Some(stream) = state.streams.get_mut(symbol) else { return };
        if state.paused {
            return stream.unasked(time);
        }
        let back = stream.newest > if self.0.live { latest } else { time.saturating_add(rules.longest) };
        if back {
            stream.restart(time);
        }
        if let Some(missing) = stream.tick(time, rules) {
            state.recent.miss(missing);
            state.recent.receive(time);
        }
        if back {
            state.look_again();
        }
    }
}

impl AtTime<'_, Feed> {
    /// A tick of a symbol came, of this time.
    pub fn tick(&self, symbol: &str) {
        self.told.take(symbol, Some(nanos(self.time)));
    }

    /// [`Feed::pause`] at this time.
    pub fn pause(&self) {
        let mut state = self.told.state();
        let time = nanos(self.time);
        state.see(time);
        if !std::mem::replace(&mut state.paused, true) {
            let State { streams, recent, .. } = &mut *state;
            let missing = streams.values_mut().filter_map(|stream| stream.pause(time, &self.told.0.rules));
            missing.for_each(|missing| recent.miss(missing));
        }
    }

    /// [`Feed::resume`] at this time.
    pub fn resume(&self) {
        let mut state = self.told.state();
        let time = nanos(self.time);
        state.see(time);
        if std::mem::replace(&mut state.paused, false) {
            state.streams.values_mut().for_each(|stream| stream.resume(time));
        }
    }

    /// How it stands at this time.
    #[must_use]
    pub fn status(&self) -> FeedStatus {
        FeedStatus::new(&self.told.0, &self.told.state(), nanos(self.time))
    }
}

impl State {
    fn see(&mut self, time: i64) {
        self.newest = self.newest.max(Some(time));
    }

    /// The newest time may have been a symbol's that has it no more.
    fn look_again(&mut self) {
        self.newest = self.streams.values().map(|stream| stream.newest).max().or(self.newest);
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("name", &self.name()).field("status", &self.status()).finish()
    }
}
