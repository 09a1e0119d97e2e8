//! How each endpoint performs, in one table.

use std::{collections::BTreeMap, time::Duration};

use perfmon_core::{
    Snapshot,
    site::Kind,
    snapshot::{Distribution, Metric, MetricSeries, Site, Value},
};

/// An endpoint, a route with one of its methods, and how its requests went.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Endpoint {
    /// `"GET"`; `"_OTHER"` for what is no method of the standards.
    pub method: String,
    /// The template, `"/orders/{id}"`; `"unmatched"` for requests that took no route, `"other"` for routes beyond the limit.
    pub route: String,
    /// Requests that ended, however.
    pub count: u64,
    /// Of them, those that failed: an error or a panic.
    pub errors: u64,
    /// Of the errors, those that were panics.
    pub panics: u64,
    /// Of all, those whose client went away before the end of the response.
    pub cancelled: u64,
    /// Requests that go on.
    pub in_flight: u64,
    /// Errors in parts of all that ended, 0 to 1; `None` when none has ended.
    pub error_rate: Option<f64>,
    /// How long they took; `None` when none has ended.
    pub time: Option<Times>,
    /// Bytes of request bodies that were read; `None` if no request that the layer measured had one.
    pub request_bytes: Option<Sizes>,
    /// Bytes of response bodies; `None` without responses that the layer measured.
    pub response_bytes: Option<Sizes>,
    /// How many of all that ended had which status, ascending; those without a response have none. What is no number
    /// is the status of those beyond the limit.
    pub statuses: Vec<(String, u64)>,
}

/// How long requests took. Percentiles are within 0.4 %. Written by serde as `min_ns` and so on, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Times {
    /// The shortest; in an interval the lower edge of its bucket.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "min_ns", with = "crate::packs::nanos"))]
    pub min: Duration,
    /// The mean.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "mean_ns", with = "crate::packs::nanos"))]
    pub mean: Duration,
    /// Half took less.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "p50_ns", with = "crate::packs::nanos"))]
    pub p50: Duration,
    /// 90 % took less.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "p90_ns", with = "crate::packs::nanos"))]
    pub p90: Duration,
    /// 95 % took less.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "p95_ns", with = "crate::packs::nanos"))]
    pub p95: Duration,
    /// 99 % took less.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "p99_ns", with = "crate::packs::nanos"))]
    pub p99: Duration,
    /// The longest; in an interval the upper edge of its bucket.
    #[cfg_attr(any(feature = "serde", feature = "exporter"), serde(rename = "max_ns", with = "crate::packs::nanos"))]
    pub max: Duration,
}

/// How large bodies were, in bytes. Percentiles are within 0.4 %.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(any(feature = "serde", feature = "exporter"), derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Sizes {
    /// All together.
    pub total: u64,
    /// The smallest.
    pub min: u64,
    /// The mean.
    pub mean: f64,
    /// Half were smaller.
    pub p50: u64,
    /// 95 % were smaller.
    pub p95: u64,
    /// The largest.
    pub max: u64,
}

/// Every endpoint that a snapshot knows, sorted by route and method: those that the layer measured, and those annotated with
/// [`monitor_request`](crate::monitor_request). Of the last five minutes, when that is what the snapshot covers:
///
/// ```
/// # #[cfg(feature = "exporter")]
/// # fn run() -> Result<(), perfmon::Error> {
/// use perfmon::{analyse::Window, http::endpoints};
///
/// let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start()?;
/// for endpoint in endpoints(&exporter.window(Window::FiveMinutes)) {
///     println!("{} {}: {:?} failed of {}", endpoint.method, endpoint.route, endpoint.error_rate, endpoint.count);
/// }
/// # Ok(())
/// # }
/// # #[cfg(feature = "exporter")]
/// # run().unwrap();
/// ```
#[must_use]
pub fn endpoints(snapshot: &Snapshot) -> Vec<Endpoint> {
    let metric = |name| snapshot.metric(name);
    let sizes = [metric("http_server_request_body_size"), metric("http_server_response_body_size")];
    let mut found: Vec<_> = snapshot.of_kind(Kind::Request).map(|site| Endpoint::of(site, sizes)).collect();
    found.sort_by(|a, b| (&a.route, &a.method).cmp(&(&b.route, &b.method)));
    found
}

impl Endpoint {
    fn of(site: &Site, [request, response]: [Option<&Metric>; 2]) -> Self {
        // Where no parts were written the name is the function's path: a route without a method.
        let (method, route) = match site.name_parts() {
            [method, route] => (method.clone(), route.clone()),
            _ => (String::new(), site.name().to_owned()),
        };
        let (count, errors) = (site.calls(), site.errors() + site.panics());
        let of_both = |metric: Option<&Metric>| Sizes::of(metric?, &method, &route);
        Self {
            count,
            errors,
            panics: site.panics(),
            cancelled: site.cancelled(),
            in_flight: site.in_flight(),
            error_rate: (count > 0).then(|| errors as f64 / count as f64),
            time: (count > 0).then(|| Times::of(site)),
            request_bytes: of_both(request),
            response_bytes: of_both(response),
            statuses: statuses(site),
            method,
            route,
        }
    }
}

impl Times {
    fn of(site: &Site) -> Self {
        let percentile = |percentile| site.percentile(percentile);
        Self {
            min: site.min(),
            mean: site.mean(),
            p50: percentile(50.0),
            p90: percentile(90.0),
            p95: percentile(95.0),
            p99: percentile(99.0),
            max: site.max(),
        }
    }
}

impl Sizes {
    fn of(metric: &Metric, method: &str, route: &str) -> Option<Self> {
        let [series] = series_of(metric, method, route) else { return None };
        let Value::Histogram(sizes) = series.value() else { return None };
        let percentile = |percentile| Distribution::percentile(sizes, percentile);
        Some(Self {
            total: sizes.sum(),
            min: sizes.min()?,
            mean: sizes.sum() as f64 / sizes.count() as f64,
            p50: percentile(50.0)?,
            p95: percentile(95.0)?,
            max: sizes.max()?,
        })
    }
}

/// By the requests' label. An attribute's own labels stand beside it.
fn statuses(site: &Site) -> Vec<(String, u64)> {
    let label = site.label_keys().iter().position(|key| key == "status");
    let ended = site.series().iter().filter_map(|series| Some((series.values().get(label?)?, series.stats().calls())));
    let mut statuses = BTreeMap::new();
    for (status, count) in ended.filter(|(status, count)| *count > 0 && !status.is_empty()) {
        *statuses.entry(status.clone()).or_default() += count;
    }
    statuses.into_iter().collect()
}

/// The series whose first labels these are. They are sorted by their labels.
fn series_of<'a>(metric: &'a Metric, method: &str, route: &str) -> &'a [MetricSeries] {
    let all = metric.series();
    let compare = |series: &MetricSeries| series.values().iter().take(2).map(String::as_str).cmp([method, route]);
    let start = all.partition_point(|series| compare(series).is_lt());
    let length = all[start..].partition_point(|series| compare(series).is_eq());
    &all[start..start + length]
}
