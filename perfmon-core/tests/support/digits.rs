//! Histograms of so many significant digits, beside `hdrhistogram`'s own. The precision is the process', so each has a test file.

use hdrhistogram::Histogram;
use perfmon_core::{Layout, call::record, setup};

use crate::support::{ns, taken};

site!(SITE, "site");

/// `error` is half a bucket's width, relative.
pub(crate) fn counts_are_those_of_hdrhistogram(digits: u8, error: f64) {
    setup().significant_digits(digits).apply().expect("before the first call");
    let mut own = Histogram::<u64>::new_with_bounds(1, Layout::MAX_VALUE, digits).expect("valid bounds");
    for power in 0..44 {
        for part in 0..9 {
            let value = (1 << power) + (1 << power) / 9 * part;
            record(&SITE, ns(value));
            own.record(value).expect("in range");
        }
    }
    let site = taken("site");
    assert_eq!(site.buckets().layout().digits(), digits);
    assert_eq!(site.calls(), own.len());
    let counts = |histogram: &Histogram<u64>| -> Vec<(u64, u64)> {
        histogram.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value())).collect()
    };
    assert_eq!(counts(site.histogram()), counts(&own));
    for percentile in [1.0, 50.0, 99.0, 99.9] {
        let (exact, got) =
            (own.value_at_quantile(percentile / 100.0) as f64, site.percentile(percentile).as_nanos() as f64);
        assert!((got - exact).abs() <= exact * error, "{percentile}: {got} {exact}");
    }
}
