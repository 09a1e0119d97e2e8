//! The report as CSV: RFC 4180, a header line, figures without units.

use super::calls;
use crate::snapshot::{Site, Snapshot, Stats, Value};

const CALLS: [&str; 25] = [
    "scope",
    "kind",
    "name",
    "labels",
    "calls",
    "ok",
    "errors",
    "panics",
    "cancelled",
    "in_flight",
    "timed",
    "rate_per_s",
    "error_rate",
    "total_ns",
    "outermost_ns",
    "busy_ns",
    "mean_ns",
    "min_ns",
    "p50_ns",
    "p95_ns",
    "p99_ns",
    "p999_ns",
    "max_ns",
    "objectives_missed",
    "place",
];

const METRICS: [&str; 12] =
    ["name", "type", "unit", "labels", "value", "rate_per_s", "sum", "p50", "p95", "p99", "p999", "max"];

/// A line for each site, and one for each of its labelled series.
pub(super) fn calls(snapshot: &Snapshot) -> String {
    let mut text = line(CALLS.map(str::to_owned));
    for site in snapshot.sites() {
        text.push_str(&line(row("site", site, "", site, snapshot)));
        for series in site.series() {
            let labels = labels(site.label_keys(), series.values());
            text.push_str(&line(row("series", site, &labels, series.stats(), snapshot)));
        }
    }
    text
}

/// A line for each series of a custom metric.
pub(super) fn metrics(snapshot: &Snapshot) -> String {
    let mut text = line(METRICS.map(str::to_owned));
    for metric in snapshot.metrics() {
        for series in metric.series() {
            let rate = |count| calls::metric_rate(count, series.standing, snapshot.span());
            let rate = |count| rate(count).map(|rate| rate.to_string()).unwrap_or_default();
            let mut figures: [String; 8] = Default::default();
            match series.value() {
                Value::Counter(value) => [figures[0], figures[1]] = [value.to_string(), rate(*value)],
                Value::Gauge(value) => figures[0] = value.to_string(),
                Value::Histogram(values) => {
                    let known = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
                    let [p50, p95, p99, p999] = [50.0, 95.0, 99.0, 99.9].map(|at| known(values.percentile(at)));
                    let (count, max) = (values.count(), known(values.max()));
                    figures = [count.to_string(), rate(count), values.sum().to_string(), p50, p95, p99, p999, max];
                }
            }
            let sort = metric.kind().as_str();
            let labels = labels(metric.label_keys(), series.values());
            let head = [metric.name(), sort, metric.unit(), &labels].map(str::to_owned);
            text.push_str(&line(head.into_iter().chain(figures)));
        }
    }
    text
}

fn row(scope: &str, site: &Site, labels: &str, stats: &Stats, snapshot: &Snapshot) -> [String; CALLS.len()] {
    let known =
        |duration: std::time::Duration| if stats.calls() > 0 { duration.as_nanos().to_string() } else { String::new() };
    let missed = site.objectives().filter(|status| status.met == Some(false)).count();
    let places: Vec<String> = site.places().iter().map(|place| format!("{}:{}", place.file, place.line)).collect();
    [
        scope.to_owned(),
        site.kind().to_string(),
        site.name().to_owned(),
        labels.to_owned(),
        stats.calls().to_string(),
        stats.ok().to_string(),
        stats.errors().to_string(),
        stats.panics().to_string(),
        stats.cancelled().to_string(),
        stats.in_flight().to_string(),
        stats.timed().to_string(),
        calls::rate(stats, snapshot.span()).to_string(),
        stats.error_rate().to_string(),
        stats.total().as_nanos().to_string(),
        stats.outermost().as_nanos().to_string(),
        stats.busy().as_nanos().to_string(),
        known(stats.mean()),
        known(stats.min()),
        known(stats.percentile(50.0)),
        known(stats.percentile(95.0)),
        known(stats.percentile(99.0)),
        known(stats.percentile(99.9)),
        known(stats.max()),
        // Objectives are the whole site's.
        if scope == "site" { missed.to_string() } else { String::new() },
        places.join(" "),
    ]
}

/// `symbol=AAPL;venue=XNAS`, with `\`, `;` and `=` in keys and values behind a `\`.
fn labels(keys: &[String], values: &[String]) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace(';', "\\;").replace('=', "\\=");
    let pairs: Vec<String> =
        keys.iter().zip(values).map(|(key, value)| format!("{}={}", escape(key), escape(value))).collect();
    pairs.join(";")
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| quoted(&cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\r', '\n']) || cell.starts_with(' ') || cell.ends_with(' ') {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_labels_keep_their_parts_apart() {
        assert_eq!(
            line(["a,b", "say \"hi\"", "two\nlines", "plain"].map(str::to_owned)),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",plain\r\n"
        );
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(labels(&texts(&["symbol", "note"]), &texts(&["A;B", "x=\\"])), "symbol=A\\;B;note=x\\=\\\\");
    }
}
