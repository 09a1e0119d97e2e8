//! fastrace: a span for each call, under a root span for each 100 calls (a task, say), to a reporter that drops them.

use std::{
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
};

use fastrace::{
    Span,
    collector::{Config, Reporter, SpanContext, SpanRecord},
};
use perfmon_benches_harness::{Case, Group, Settle, twice};

use super::ready;

/// Calls under one root span.
const TASK: u64 = 100;

static MADE: AtomicU64 = AtomicU64::new(0);
static REPORTED: AtomicU64 = AtomicU64::new(0);

struct Drops;

impl Reporter for Drops {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        REPORTED.fetch_add(spans.len() as u64, Ordering::Relaxed);
    }
}

twice! {
    #[fastrace::trace]
    #[inline(never)]
    pub(crate) fn function(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[fastrace::trace]
    async fn future(x: u64) -> u64 {
        black_box(x) + 1
    }

    #[inline(never)]
    pub(crate) fn polled(x: u64) -> Option<u64> {
        ready(future(x))
    }
}

fn tasks(calls: u64, call: impl Fn(u64)) {
    let mut made = 0;
    for first in (0..calls).step_by(TASK as usize) {
        let root = Span::root("task", SpanContext::random());
        let _parent = root.set_local_parent();
        (first..calls.min(first + TASK)).for_each(&call);
        made += 1;
    }
    MADE.fetch_add(calls + made, Ordering::Relaxed);
}

macro_rules! case {
    ($name:expr, $function:ident) => {
        Case::new(
            $name,
            [
                |calls| tasks(calls, |i| _ = black_box(a::$function(i))),
                |calls| tasks(calls, |i| _ = black_box(b::$function(i))),
            ],
        )
    };
}

pub(crate) fn group() -> Group {
    fastrace::set_reporter(Drops, Config::default());
    let cases = vec![case!("`#[trace]`", function), case!("`#[trace]`, async", polled)];
    Group { name: "fastrace", cases, settle: Settle::By(fastrace::flush), remark }
}

fn remark() -> Option<String> {
    let (made, reported) = (MADE.load(Ordering::Relaxed), REPORTED.load(Ordering::Relaxed));
    let lost = 100.0 - 100.0 * reported as f64 / made.max(1) as f64;
    Some(format!("fastrace: {lost:.1} % of the spans never reached the reporter (its channels are bounded)"))
}
