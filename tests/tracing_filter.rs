//! What the layer asks for when it is told up to which level, in a process of its own: one subscriber that wants everything makes everything.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tracing::{Event, Level, Subscriber, event_enabled, span_enabled};
use tracing_subscriber::{Layer, filter::LevelFilter, layer::Context, prelude::*, registry::LookupSpan};

/// Counts the events that it is given.
#[derive(Clone, Default)]
struct Everything(Arc<AtomicU64>);

impl<S: Subscriber> Layer<S> for Everything {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn layer<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    perfmon::tracing::layer().up_to(LevelFilter::INFO)
}

#[test]
fn up_to_a_level_it_asks_for_what_it_reads() {
    let alone = tracing_subscriber::registry().with(layer());
    assert!(Subscriber::max_level_hint(&alone).is_some_and(|level| level < LevelFilter::TRACE));
    tracing::subscriber::with_default(alone, || {
        assert!(!event_enabled!(Level::TRACE) && !event_enabled!(Level::DEBUG) && !event_enabled!(Level::WARN));
        assert!(event_enabled!(Level::ERROR));
        assert_eq!(event_enabled!(target: "sqlx::query", Level::DEBUG), cfg!(feature = "db"));
        assert!(span_enabled!(Level::INFO) && !span_enabled!(Level::DEBUG));
        let _around = tracing::info_span!("up_to").entered();
        tracing::error!("on purpose");
        drop(tracing::debug_span!("beyond").entered());
    });
    let snapshot = perfmon::snapshot();
    assert_eq!(snapshot.get("up_to").map(|site| (site.calls(), site.errors())), Some((1, 1)));
    assert!(snapshot.get("beyond").is_none());

    // It is in nobody's way, on either side.
    let (before, after) = (Everything::default(), Everything::default());
    tracing::subscriber::with_default(
        tracing_subscriber::registry().with(before.clone()).with(layer()).with(after.clone()),
        || tracing::trace!("a detail"),
    );
    assert_eq!([before, after].map(|given| given.0.load(Ordering::Relaxed)), [1, 1]);
}
