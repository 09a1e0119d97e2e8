//! What is known of a feed beforehand.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{
    super::{at::length, ring::Meter},
    FEEDS, Feed, Inner, Recent, Rules, State, TickCounts,
};

const FIVE_MINUTES: i64 = 300_000_000_000;
const DAY: i64 = 86_400_000_000_000;

/// Says what is known of a feed. From [`Feed::builder`].
#[derive(Debug, Clone)]
#[must_use = "there is no feed before `build`"]
pub struct FeedBuilder {
    name: String,
    interval: Option<Duration>,
    gap: u64,
    longest: Option<Duration>,
    window: Option<Duration>,
    symbols: usize,
    replay: bool,
    repeated_times: bool,
}

impl FeedBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            interval: None,
            gap: 3,
            longest: None,
            window: None,
            symbols: 256,
            replay: false,
            repeated_times: false,
        }
    }

    /// How far the ticks of a symbol lie apart. Without it, or when it is zero, nobody knows what is missing: such a feed has no completeness and no gaps.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval).filter(|interval| !interval.is_zero());
        self
    }

    /// So many missing ticks in a row are a gap, at least one. Three unless said otherwise.
    pub fn gap(mut self, missing: u32) -> Self {
        self.gap = u64::from(missing.max(1));
        self
    }

    /// The longest time without ticks that is a gap: what lies farther apart [restarts](Feed#wrong-times) a symbol. Unless said otherwise a day, or a hundred intervals if that is
    /// longer; an interval at least.
    pub fn longest_gap(mut self, gap: Duration) -> Self {
        self.longest = Some(gap);
        self
    }

    /// What recent completeness is measured over, to a sixtieth. Unless said otherwise five minutes, or a hundred intervals if that is longer.
    pub fn window(mut self, window: Duration) -> Self {
        self.window = Some(window);
        self
    }

    /// How many symbols are watched; 256 unless said otherwise. Each costs 150 bytes and its name, and two series in `/metrics`. Ticks of further ones are counted as unwatched.
    pub fn symbols(mut self, symbols: usize) -> Self {
        self.symbols = symbols;
        self
    }

    /// The past is replayed: ages are measured against the newest time that the feed was told, not against the machine's clock.
    pub fn replay(mut self) -> Self {
        self.replay = true;
        self
    }

    /// Ticks of a symbol may have the same time, as trades have: they are no duplicates.
    pub fn repeated_times(mut self) -> Self {
        self.repeated_times = true;
        self
    }

    /// The feed. When there is one of this name already, that one, as it was built first.
    #[must_use]
    pub fn build(self) -> Feed {
        let Self { name, interval, gap, longest, window, symbols, replay, repeated_times } = self;
        let interval = interval.map(length);
        let hundred = interval.unwrap_or(0).saturating_mul(100);
        let longest = longest.map_or(hundred.max(DAY), length).max(interval.unwrap_or(0));
        FEEDS.get(&name, |name| {
            let state = State {
                streams: HashMap::new(),
                others: TickCounts::default(),
                unwatched: 0,
                ahead: 0,
                errors: BTreeMap::new(),
                paused: false,
                newest: None,
                recent: Recent::new(window.map_or(hundred.max(FIVE_MINUTES), length)),
                arrivals: Meter::new(),
            };
            Feed(Arc::new(Inner {
                name: name.to_owned(),
                rules: Rules { interval, gap, longest, repeated_times },
                live: !replay,
                most_symbols: symbols,
                state: Mutex::new(state),
            }))
        })
    }
}
