//! Percentiles beside exact sorted samples.

#[macro_use]
mod support;

use perfmon_core::{call::record, snapshot};
use proptest::prelude::*;
use support::ns;

site!(SITE, "site");

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn within_four_per_mille(
        mut values in proptest::collection::vec((0..45_u32, any::<u64>()).prop_map(|(bits, value)| 1 + (value & ((1 << bits) - 1))), 1..400),
        asked in proptest::collection::vec(0.0..=100.0, 8),
    ) {
        let before = snapshot();
        values.iter().for_each(|&value| record(&SITE, ns(value)));
        let interval = &snapshot() - &before;
        let site = interval.get("site").expect("registered");
        prop_assert_eq!(site.calls(), values.len() as u64);
        // Durations are kept in ticks of the counter: each may be one too long.
        prop_assert!(site.total().abs_diff(ns(values.iter().sum())) <= ns(values.len() as u64));
        values.sort_unstable();
        let mut percentiles = asked;
        percentiles.extend([0.0, 50.0, 95.0, 99.0, 99.9, 100.0]);
        percentiles.sort_by(f64::total_cmp);
        let mut last = ns(0);
        for percentile in percentiles {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 1 ..= the number of values")]
            let rank = ((percentile / 100.0 * values.len() as f64 - 1e-9).ceil().max(1.0)) as usize;
            let (exact, got) = (values[rank - 1], site.percentile(percentile));
            let error = got.abs_diff(ns(exact)).as_nanos() as f64;
            prop_assert!(error <= 0.004 * exact as f64, "p{}: {} for {}", percentile, got.as_nanos(), exact);
            prop_assert!(got >= last, "monotone in p");
            last = got;
        }
    }
}
