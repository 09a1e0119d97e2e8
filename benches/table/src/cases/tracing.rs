//! tracing: `#[instrument]` with the usual registry and a small layer that keeps each span's duration in a histogram.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use perfmon_benches_harness::{Group, Settle, case, twice};
use tracing::{
    Subscriber,
    span::{Attributes, Id},
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};

use super::ready;

/// Powers of two of nanoseconds: the least that a layer could keep.
static BUCKETS: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];

struct Durations;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Durations {
    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Instant::now());
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if let Some(start) = context.span(&id).and_then(|span| span.extensions().get::<Instant>().copied()) {
            let nanos = start.elapsed().as_nanos() as u64;
            BUCKETS[nanos.checked_ilog2().unwrap_or(0) as usize].fetch_add(1, Ordering::Relaxed);
        }
    }
}

twice! {
    #[tracing::instrument(skip_all)]
    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[tracing::instrument(skip_all)]
    async fn future(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn polled(x: u64) -> Option<u64> {
        ready(future(x))
    }

    #[tracing::instrument(skip_all, fields(symbol = symbol))]
    #[inline(never)]
    pub(crate) fn one_field(x: u64, symbol: &str) -> u64 {
        black_box(x) + 1
    }
}

pub(crate) fn group() -> Group {
    tracing_subscriber::registry().with(Durations).init();
    let cases = vec![
        case!("`#[instrument]`", function),
        case!("`#[instrument]`, async", polled),
        case!("`#[instrument]`, 1 field", |i| one_field(i, super::symbol(i))),
    ];
    Group { name: "tracing", cases, settle: Settle::AtOnce, remark: || None }
}
