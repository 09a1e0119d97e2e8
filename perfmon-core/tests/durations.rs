//! Durations from 1 ns to more than an hour, and objectives exact at their bounds.

#[macro_use]
mod support;

use std::time::Duration;

use perfmon_core::{
    Layout,
    call::{enter, record},
    site::{Objective, Statistic},
    snapshot,
};
use support::{mock, ns, taken};

site!(TIMED, "timed");
site!(CLAMPED, "clamped");
site!(
    BOUND,
    "bound",
    objectives(&[
        Objective::error_rate(0.25),
        Objective::latency(Statistic::P99, 250_000_000),
        Objective::latency(Statistic::P50, 1_000),
    ])
);
site!(GIVEN, "given", objectives(&[Objective::latency(Statistic::P95, 12_345)]));

#[test]
fn from_a_nanosecond_to_hours() {
    let (clock, _alone) = mock();
    let mut sum = 0;
    let mut calls = 0;
    for power in 0..45 {
        for nanos in [1_u64 << power, (1 << power) + (1 << power) / 3] {
            let before = snapshot();
            let call = enter(&TIMED);
            clock.advance(ns(nanos));
            call.finish(false);
            (sum, calls) = (sum + nanos, calls + 1);
            let now = snapshot();
            let interval = &now - &before;
            let site = interval.get("timed").expect("registered");
            assert_eq!((site.calls(), site.total()), (1, ns(nanos)));
            let error = site.percentile(50.0).abs_diff(ns(nanos)).as_nanos() as f64;
            assert!(error <= 0.004 * nanos as f64, "{nanos}: {:?}", site.percentile(50.0));
            assert!(site.min() <= ns(nanos) && site.max() >= ns(nanos), "{nanos}");
        }
    }
    let site = taken("timed");
    assert_eq!((site.calls(), site.total(), site.clamped()), (calls, ns(sum), 0));
    assert_eq!((site.min(), site.max()), (ns(1), ns((1 << 44) + (1 << 44) / 3)));
}

#[test]
fn beyond_the_last_bucket() {
    let (clock, _alone) = mock();
    for over in [0, 1, 1 << 46] {
        let call = enter(&CLAMPED);
        clock.advance(ns(Layout::MAX_VALUE + over));
        call.finish(false);
    }
    record(&CLAMPED, Duration::from_secs(86_400 * 365));
    let site = taken("clamped");
    assert_eq!((site.calls(), site.clamped()), (4, 3));
    assert_eq!(site.max(), Duration::from_secs(86_400 * 365));
    assert_eq!(site.histogram().len(), 4);
}

#[test]
fn the_bound_itself_is_met() {
    let (clock, _alone) = mock();
    for nanos in [1, 999, 1_000, 1_001, 249_999_999, 250_000_000, 250_000_001, 3_600_000_000_000] {
        let call = enter(&BOUND);
        clock.advance(ns(nanos));
        call.finish(nanos == 1);
    }
    let site = taken("bound");
    let breaches = |statistic| {
        let status = site.objectives().find(|status| status.objective.statistic() == statistic).expect("declared");
        (status.breaches, status.met)
    };
    assert_eq!(breaches(Statistic::P50), (5, Some(false)));
    assert_eq!(breaches(Statistic::P99), (2, Some(false)));
    assert_eq!(breaches(Statistic::ErrorRate), (1, Some(true)));
    for nanos in [12_344, 12_345, 12_346] {
        record(&GIVEN, ns(nanos));
    }
    assert_eq!(taken("given").objectives().next().map(|status| status.breaches), Some(1));
}
