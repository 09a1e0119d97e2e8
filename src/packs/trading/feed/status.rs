//! How a feed stands, and its metrics.

use std::{sync::Arc, time::Duration};

use perfmon_core::collect::Samples;

use super::{
    super::{at::now, known::Told},
    Feed, Inner, State,
    recent::ratio,
    stream::{Stream, TickCounts},
};

/// How a feed stands. [`Feed`] says what the counts mean.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct FeedStatus {
    /// Over all its symbols.
    pub counts: TickCounts,
    /// Messages a second, over the last 10 s by the machine's clock.
    pub messages_per_second: f64,
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
    /// What was counted since it is watched.
    pub counts: TickCounts,
    /// Age of its newest tick; `None` while none is expected.
    pub staleness: Option<Duration>,
}

impl FeedStatus {
    pub(super) fn new(feed: &Inner, state: &State, time: i64) -> Self {
        let mut counts = state.others;
        state.streams.values().for_each(|stream| counts.add(&stream.counts));
        let expecting = feed.rules.interval.filter(|_| !state.paused);
        let overdue = || {
            let each = |interval| state.streams.values().map(move |stream| stream.overdue(time, interval, &feed.rules));
            expecting.into_iter().flat_map(each)
        };
        let missing = overdue().map(|overdue| overdue.ticks).fold(counts.missing, u64::saturating_add);
        Self {
            counts,
            messages_per_second: state.arrivals.over_ten_seconds(now()),
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
        Self { counts: stream.counts, staleness: staleness(stream, state, time) }
    }
}

fn staleness(stream: &Stream, state: &State, time: i64) -> Option<Duration> {
    let age = time.saturating_sub(stream.newest).max(0);
    (!state.paused).then(|| Duration::from_nanos(age.unsigned_abs()))
}

impl Told for Feed {
    const COLLECTOR: &'static str = "trading.feeds";

    fn tell(&self, out: &mut Samples) {
        // What is copied here is told below, where no tick waits for it.
        let (status, mut errors, symbols) = {
            let state = self.state();
            let clock = self.clock(&state);
            let symbol = |(symbol, stream): (&Arc<str>, _)| (symbol.clone(), SymbolStatus::new(stream, &state, clock));
            let symbols: Vec<_> = state.streams.iter().map(symbol).collect();
            (FeedStatus::new(&self.0, &state, clock), state.errors.clone(), symbols)
        };
        let with_interval = self.0.rules.interval.is_some();
        status.tell(self.name(), with_interval, out);
        let found = [
            ("duplicate", status.counts.duplicates),
            ("out_of_order", status.counts.out_of_order),
            ("ahead", status.ahead),
        ];
        for (error_type, count) in found {
            *errors.entry(error_type.to_owned()).or_default() += count;
        }
        for (error_type, count) in &errors {
            let labels = [("feed", self.name()), ("error_type", error_type)];
            out.counter_with("trading_data_quality_errors_total", &labels, *count)
                .describe("Errors in market data, by type.", "errors");
        }
        for (symbol, status) in &symbols {
            let labels = [("feed", self.name()), ("symbol", symbol)];
            if let Some(staleness) = status.staleness {
                out.gauge_with("trading_feed_symbol_staleness_seconds", &labels, staleness.as_secs_f64())
                    .describe("Age of the symbol's newest tick.", "seconds");
            }
            if with_interval {
                out.counter_with("trading_feed_symbol_missing_ticks_total", &labels, status.counts.missing)
                    .describe("Ticks of the symbol that were expected and did not come.", "ticks");
            }
        }
    }
}

impl FeedStatus {
    fn tell(&self, feed: &str, with_interval: bool, out: &mut Samples) {
        let labels = [("feed", feed)];
        let mut counter = |name, value, help, unit| _ = out.counter_with(name, &labels, value).describe(help, unit);
        counter("trading_feed_messages_total", self.counts.messages, "Ticks of every sort.", "messages");
        counter(
            "trading_feed_unwatched_ticks_total",
            self.unwatched,
            "Ticks of symbols that are not watched, because there are too many.",
            "ticks",
        );
        if with_interval {
            counter(
                "trading_feed_expected_ticks_total",
                self.counts.expected(),
                "Ticks that came or are missing.",
                "ticks",
            );
            counter(
                "trading_feed_missing_ticks_total",
                self.counts.missing,
                "Ticks that were expected and did not come.",
                "ticks",
            );
            counter("trading_feed_gaps_total", self.counts.gaps, "Runs of missing ticks.", "gaps");
        }
        counter(
            "trading_feed_restarts_total",
            self.counts.restarts,
            "Jumps in the times of ticks over more than the longest gap.",
            "restarts",
        );
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
