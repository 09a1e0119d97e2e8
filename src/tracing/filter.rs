//! What the layer reads: a filter, so that nothing else is made for it.

use tracing::{Level, Metadata, Subscriber, subscriber::Interest};
use tracing_subscriber::{
    filter::LevelFilter,
    layer::{Context, Filter},
};

/// Lets through what the layer reads; from [`Layer::up_to`](super::Layer::up_to).
#[derive(Debug, Clone, Copy)]
pub struct Read {
    pub(super) spans: LevelFilter,
}

impl Read {
    fn reads(self, metadata: &Metadata<'_>) -> bool {
        if metadata.is_span() { *metadata.level() <= self.spans } else { reads_event(metadata) }
    }
}

/// Whether events of this place say something: that their span failed, or of a statement.
fn reads_event(metadata: &Metadata<'_>) -> bool {
    *metadata.level() == Level::ERROR || tells_statement(metadata)
}

#[cfg(feature = "db")]
fn tells_statement(metadata: &Metadata<'_>) -> bool {
    super::statements::tells(metadata)
}

#[cfg(not(feature = "db"))]
fn tells_statement(_: &Metadata<'_>) -> bool {
    false
}

impl<S: Subscriber> Filter<S> for Read {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.reads(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.reads(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // sqlx tells of statements at `DEBUG`.
        let events = if cfg!(feature = "db") { LevelFilter::DEBUG } else { LevelFilter::ERROR };
        Some(self.spans.max(events))
    }
}
