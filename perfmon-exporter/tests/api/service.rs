//! A service with known calls, and an exporter; one for all tests.

use std::{sync::LazyLock, time::Duration};

use perfmon_core::{
    Histogram,
    call::{enter_labels, record},
    collect::{Collector, Samples, register_collector},
    inventory,
    site::{CallSite, Kind, Name, Objective, Statistic},
};
use perfmon_exporter::Exporter;
use serde_json::{Value, json};

use crate::support::{eventually, get, started};

const BOUND: Objective = Objective::latency(Statistic::P99, 50_000_000);

pub(crate) static EXECUTION: CallSite =
    CallSite::new(Kind::Latency, Name::One("order_execution"), module_path!()).objectives(&[BOUND]);
pub(crate) static ORDERS: CallSite =
    CallSite::new(Kind::Order, Name::One("limit"), module_path!()).labels(&["symbol", "side"]);
pub(crate) static ROUTE: CallSite =
    CallSite::new(Kind::Request, Name::Parts(&["GET", "/orders/{id}?a=b"]), module_path!());
static SILENT: CallSite = CallSite::new(Kind::Db, Name::Parts(&["select", "orders"]), module_path!());
/// As finely as the system pack has it.
static USAGE: Histogram<1> =
    Histogram::new("cpu_usage_distribution", module_path!()).labels(&["core"]).unit("millipercent");
inventory::submit! { USAGE.registration() }
inventory::submit! { EXECUTION.registration() }
inventory::submit! { ORDERS.registration() }
inventory::submit! { ROUTE.registration() }
inventory::submit! { SILENT.registration() }

struct Cores;

impl Collector for Cores {
    fn name(&self) -> &'static str {
        "cores"
    }
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }
    fn collect(&self, out: &mut Samples) -> Result<(), perfmon_core::collect::BoxError> {
        out.gauge("cpu_usage_percent", 12.5).describe("How busy the processor is", "percent");
        for (core, value) in [("0", 10.0), ("1", 30.0)] {
            out.gauge_with("core_usage_percent", &[("core", core)], value).describe("", "percent");
        }
        out.counter("packets", 1_000).describe("", "packets");
        out.gauge("broken", f64::NAN);
        Ok(())
    }
}

static SERVICE: LazyLock<Exporter> = LazyLock::new(|| {
    for number in 1..=100 {
        record(&EXECUTION, Duration::from_millis(number));
    }
    for (symbol, side, failed) in [("AAPL", "buy", false), ("AAPL", "sell", true), ("MS:FT", "buy", false)] {
        enter_labels(&ORDERS, &[symbol, side]).finish(failed);
    }
    record(&ROUTE, Duration::from_millis(3));
    (99_900..=100_000).for_each(|usage| USAGE.with(&["0"]).record(usage));
    USAGE.with(&["1"]).record(50_000);
    register_collector(Cores);
    let exporter = started(perfmon_exporter::builder().section("queue", || Some(json!({"waiting": 3}))));
    eventually("values have been collected", || {
        (get(&exporter, "/api/metrics?metric_name=packets").0 == 200).then_some(())
    });
    exporter
});

pub(crate) fn service() -> &'static Exporter {
    &SERVICE
}

/// What a path is answered with, which is well.
pub(crate) fn ask(path: &str) -> Value {
    let (status, body) = get(service(), path);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{path}: {error}: {body}"))
}

/// The members of an object.
pub(crate) fn members(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
