//! How a feed stands, and its metrics.

use std::time::Duration;

use perfmon_core::collect::Samples;

use super::{
    super::{at::now, known::Told},
    Feed, Inner, State,
    recent::ratio,
    stream::{Counts, Stream},
};

/// How a feed stands. [`Feed`] says what the counts mean.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FeedStatus {
    /// Ticks of every sort.
    pub messages: u64,
    /// Messages a second, over the last 10 s by the machine's clock.
    pub messages_per_second: f64,
    /// Received and missing ticks.
    pub expected: u64,
    /// Ticks that were expected and came.
    pub received: u64,
    /// Ticks that were expected and did not come before the next.
    pub missing: u64,
    /// Runs of missing ticks.
    pub gaps: u64,
    /// Ticks with the time of the one before.
    pub duplicates: u64,
    /// Ticks older than the newest.
    pub out_of_order: u64,
    /// Ticks whose time lay ahead of the clock.
    pub ahead: u64,
    /// Received ticks of those expected, 0 to 1, over [the window](super::FeedBuilder::window). `None` when none were expected.
    pub completeness: Option<f64>,
    /// The same since the feed began.
    pub overall_completeness: Option<f64>,
    /// Age of the newest tick of the symbol that has waited longest, counted from the last [`resume`](Feed::resume) at the most. `None` while
    /// none is expected.
    pub staleness: Option<Duration>,
    /// Whether it is paused.
    pub paused: bool,
    /// Symbols watched.
    pub symbols: usize,
    /// Ticks of symbols that are not watched, because there are too many.
    pub unwatched: u64,
}

/// How a symbol of a feed stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SymbolStatus {
    /// Ticks of every sort.
    pub messages: u64,
    /// Received and missing ticks.
    pub expected: u64,
    /// Ticks that were expected and came.
    pub received: u64,
    /// Ticks that were expected and did not come before the next.
    pub missing: u64,
    /// Runs of missing ticks.
    pub gaps: u64,
    /// Ticks with the time of the one before.
    pub duplicates: u64,
    /// Ticks older than the newest.
    pub out_of_order: u64,
    /// Age of its newest tick; `None` while none is expected.
    pub staleness: Option<Duration>,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.messages = self.messages.saturating_add(other.messages);
        self.received = self.received.saturating_add(other.received);
        self.missing = self.missing.saturating_add(other.missing);
        self.gaps = self.gaps.saturating_add(other.gaps);
        self.duplicates = self.duplicates.saturating_add(other.duplicates);
        self.out_of_order = self.out_of_order.saturating_add(other.out_of_order);
    }
}

impl FeedStatus {
    pub(super) fn new(feed: &Inner, state: &State, time: i64) -> Self {
        let mut counts = state.others;
        state.streams.values().for_each(|stream| counts.add(&stream.counts));
        let expecting = feed.rules.interval.filter(|_| !state.paused);
        let overdue = || {
            let each = |interval| state.streams.values().map(move |stream| stream.overdue(time, interval));
            expecting.into_iter().flat_map(each)
        };
        let missing = overdue().map(|overdue| overdue.ticks).fold(counts.missing, u64::saturating_add);
        Self {
            messages: counts.messages,
            messages_per_second: state.arrivals.over_ten_seconds(now()),
            expected: counts.expected(),
            received: counts.received,
            missing: counts.missing,
            gaps: counts.gaps,
            duplicates: counts.duplicates,
            out_of_order: counts.out_of_order,
            ahead: state.ahead,
            completeness: feed.rules.interval.and_then(|_| state.recent.completeness(time, overdue())),
            overall_completeness: ratio(counts.received, missing),
            staleness: state.streams.values().filter_map(|stream| staleness(stream, state, time)).max(),
            paused: state.paused,
            symbols: state.streams.len(),
            unwatched: state.unwatched,
        }
    }
}

impl SymbolStatus {
    pub(super) fn new(stream: &Stream, state: &State, time: i64) -> Self {
        let counts = stream.counts;
        Self {
            messages: counts.messages,
            expected: counts.expected(),
            received: counts.received,
            missing: counts.missing,
            gaps: counts.gaps,
            duplicates: counts.duplicates,
            out_of_order: counts.out_of_order,
            staleness: staleness(stream, state, time),
        }
    }
}

fn staleness(stream: &Stream, state: &State, time: i64) -> Option<Duration> {
    let age = time.saturating_sub(stream.newest).max(0);
    (!state.paused).then(|| Duration::from_nanos(age.unsigned_abs()))
}

impl Told for Feed {
    const COLLECTOR: &'static str = "trading.feeds";

    fn tell(&self, out: &mut Samples) {
        let state = self.state();
        let clock = self.clock(&state);
        let status = FeedStatus::new(&self.0, &state, clock);
        status.tell(self.name(), self.0.rules.interval.is_some(), out);
        let found = [("duplicate", status.duplicates), ("out_of_order", status.out_of_order), ("ahead", status.ahead)];
        let mut errors = state.errors.clone();
        for (error_type, count) in found {
            *errors.entry(error_type.to_owned()).or_default() += count;
        }
        for (error_type, count) in &errors {
            out.counter_with(
                "trading_data_quality_errors_total",
                &[("feed", self.name()), ("error_type", error_type)],
                *count,
            )
            .describe("Errors in market data, by type.", "errors");
        }
        for (symbol, stream) in &state.streams {
            let labels = [("feed", self.name()), ("symbol", symbol)];
            let status = SymbolStatus::new(stream, &state, clock);
            if let Some(staleness) = status.staleness {
                out.gauge_with("trading_feed_symbol_staleness_seconds", &labels, staleness.as_secs_f64())
                    .describe("Age of the symbol's newest tick.", "seconds");
            }
            if self.0.rules.interval.is_some() {
                out.counter_with("trading_feed_symbol_missing_ticks_total", &labels, status.missing)
                    .describe("Ticks of the symbol that were expected and did not come.", "ticks");
            }
        }
    }
}

impl FeedStatus {
    fn tell(&self, feed: &str, with_interval: bool, out: &mut Samples) {
        let labels = [("feed", feed)];
        let mut counter = |name, value, help, unit| _ = out.counter_with(name, &labels, value).describe(help, unit);
        counter("trading_feed_messages_total", self.messages, "Ticks of every sort.", "messages");
        counter(
            "trading_feed_unwatched_ticks_total",
            self.unwatched,
            "Ticks of symbols that are not watched, because there are too many.",
            "ticks",
        );
        if with_interval {
            counter("trading_feed_expected_ticks_total", self.expected, "Ticks that came or are missing.", "ticks");
            counter(
                "trading_feed_missing_ticks_total",
                self.missing,
                "Ticks that were expected and did not come.",
                "ticks",
            );
            counter("trading_feed_gaps_total", self.gaps, "Runs of missing ticks.", "gaps");
        }
        let mut gauge = |name, value: Option<f64>, help, unit| {
            if let Some(value) = value {
                out.gauge_with(name, &labels, value).describe(help, unit);
            }
        };
        gauge(
            "trading_feed_messages_per_second",
            Some(self.messages_per_second),
            "Ticks a second over the last ten seconds.",
            "messages per second",
        );
        gauge(
            "trading_feed_completeness_ratio",
            self.completeness,
            "Ticks received in parts of those expected, over the feed's window.",
            "ratio",
        );
        gauge(
            "trading_feed_overall_completeness_ratio",
            self.overall_completeness,
            "Ticks received in parts of those expected, since the feed began.",
            "ratio",
        );
        gauge(
            "trading_feed_staleness_seconds",
            self.staleness.map(|staleness| staleness.as_secs_f64()),
            "Age of the newest tick of the symbol that has waited longest.",
            "seconds",
        );
        gauge("trading_feed_symbols", Some(self.symbols as f64), "Symbols that are watched.", "symbols");
        gauge(
            "trading_feed_paused",
            Some(f64::from(u8::from(self.paused))),
            "1 while no ticks are expected, else 0.",
            "",
        );
    }
}
