//! A service with an exporter, watched by the real programs: Prometheus, promtool, and the strictest parser of OpenMetrics there is.

mod service;
#[path = "../support/mod.rs"]
mod support;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use perfmon::exporter::Exporter;

use self::support::{
    eventually,
    prometheus::{Prometheus, Target},
};

/// The service and its exporter, one for all tests.
static SERVICE: LazyLock<Exporter> = LazyLock::new(|| {
    let exporter = perfmon::exporter::builder().listen("127.0.0.1:0").start().expect("the exporter starts");
    service::work();
    eventually("system resources have been read twice", || perfmon::snapshot().metric("cpu_usage_percent").map(|_| ()));
    exporter
});

/// What a scraper gets that accepts this.
fn scrape(path: &str, accept: &str) -> (String, Vec<u8>) {
    let url = format!("{}{path}", SERVICE.url());
    let mut response = ureq::get(&url).header("accept", accept).call().expect("the exporter answers");
    let kind = response.headers()["content-type"].to_str().expect("text").to_owned();
    (kind, response.body_mut().with_config().limit(1 << 30).read_to_vec().expect("a body"))
}

/// Has a program read something.
fn feed(command: &mut Command, missing: &str, input: &[u8]) -> Output {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("failed to run {command:?}: {error}; {missing}"));
    // It says what is wrong by its output, also when it stops reading.
    let _ = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn promtool_finds_nothing_to_say() {
    let (kind, body) = scrape("/metrics", "text/plain");
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let output =
        feed(Command::new("promtool").args(["check", "metrics"]), "install the Debian package prometheus", &body);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(said(&output), "");
}

#[test]
fn every_byte_is_openmetrics() {
    let (kind, body) = scrape("/metrics", "application/openmetrics-text; version=1.0.0");
    assert!(kind.starts_with("application/openmetrics-text; version=1.0.0"), "{kind}");
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python3");
    let program = "import sys\n\
                   from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
                   families = list(parse(sys.stdin.buffer.read().decode()))\n\
                   print(len(families), sum(len(family.samples) for family in families))\n\
                   print(*[s.labels['customer'] for f in families for s in f.samples if 'customer' in s.labels], sep='\\0')";
    let output = feed(Command::new(&python).args(["-c", program]), "run scripts/test, which installs it", &body);
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (counts, customers) = text.split_once('\n').expect("two parts");
    let counts: Vec<usize> = counts.split(' ').map(|count| count.parse().expect("a number")).collect();
    assert!(counts[0] > 40 && counts[1] > 200, "families and samples: {counts:?}");
    // What went in came out.
    for name in service::customers() {
        // An empty value is as good as none, says OpenMetrics. The last one has print's line end behind it.
        let found = customers.split('\0').any(|found| found == name || found.strip_suffix('\n') == Some(name.as_str()));
        assert!(found || name.is_empty(), "{name:.40}");
    }
}

#[test]
fn prometheus_reads_all_three_formats() {
    let exporter = &*SERVICE;
    let canonical = Target { job: "canonical", address: exporter.address(), names: None };
    let renamed = Target { job: "renamed", names: Some("trading_bot"), ..canonical };
    let native = Prometheus::start("native-histograms,exemplar-storage", &[canonical, renamed]);
    let classic = Prometheus::start("exemplar-storage", &[canonical]);
    for prometheus in [&native, &classic] {
        eventually("three scrapes", || {
            (prometheus.number(r#"sum_over_time(up{job="canonical"}[5m])"#) >= Some(3.0)).then_some(())
        });
        // A machine that has too much to do may not answer within a second. Then, too, the next scrape finds everything.
        let failed = prometheus.ask("count_over_time((up == 0 and scrape_duration_seconds < 0.9)[5m:1s])");
        assert!(failed.is_empty(), "a scrape failed: {failed:?} {}", prometheus.log());
        let scraped = r#"scrape_samples_scraped{job="canonical"} > 100"#;
        eventually(scraped, || prometheus.number(scraped));
    }
    let number = |prometheus: &Prometheus, query: &str| eventually(query, || prometheus.number(query));
    // Each format was asked for, and given.
    for format in ["protobuf", "openmetrics", "text"] {
        let scrapes = format!(r#"perfmon_scrapes_total{{job="canonical",format="{format}"}}"#);
        eventually(&scrapes, || (native.number(&scrapes) > Some(0.0)).then_some(()));
    }

    let ours = perfmon::snapshot().get("checkout").expect("the site").percentile(99.0).as_secs_f64();
    let name = r#"perfmon_call_duration_seconds{job="canonical",name="checkout"}"#;
    let theirs = number(&native, &format!("histogram_quantile(0.99, {name})"));
    assert!((theirs / ours - 1.0).abs() < 0.02, "p99 by native histogram {theirs}, ours {ours}");
    let count = number(&native, &format!("histogram_count({name})"));
    assert!((count - service::CHECKOUTS as f64).abs() < 0.5, "{count}");
    let bucket = name.replace("_seconds{", "_seconds_bucket{");
    let theirs = number(&classic, &format!("histogram_quantile(0.99, {bucket})"));
    assert!(theirs / ours > 0.4 && theirs / ours < 2.5, "p99 between the edges around it: {theirs}, ours {ours}");
    let window = r#"perfmon_call_quantile_seconds{name="checkout",window="5m",quantile="0.99"}"#;
    let told = number(&native, window);
    assert!((told / ours - 1.0).abs() < 0.004, "{told} {ours}");

    for prometheus in [&native, &classic] {
        let exemplars = eventually("an exemplar", || {
            service::pay_slowly();
            let asked = [("query", r#"{name="payment"}"#), ("start", "0"), ("end", "9999999999")];
            let text = prometheus.get("/api/v1/query_exemplars", &asked);
            text["data"][0]["exemplars"].as_array().cloned().filter(|found| !found.is_empty())
        });
        assert!(exemplars.iter().any(|one| one["labels"]["trace_id"] == service::TRACE), "{exemplars:?}");
    }
    // Names of another system, in the units of that system.
    number(&native, r#"sum(rate(orders_total{status="success"}[5m])) / sum(rate(orders_total[5m])) or vector(1)"#);
    assert!(number(&native, r#"memory_usage_bytes{type="process_rss"} / 1024 / 1024"#) > 1.0);
    assert!(
        native.number(r#"count({__name__=~"perfmon_.*",job="renamed"})"#).is_none(),
        "names of two systems in one scrape"
    );
    for prometheus in [native, classic] {
        let log = prometheus.log();
        let bad: Vec<_> =
            log.lines().filter(|line| line.contains("level=warn") || line.contains("level=error")).collect();
        assert!(bad.is_empty(), "{bad:#?}");
    }
}
