//! From recorded calls to a document: nothing made by hand in between.

use std::time::Duration;

use perfmon_core::{
    call::enter_labels,
    collect::observe,
    evidence::{Trace, set_trace_source, slow_calls},
    inventory,
    site::{CallSite, Kind, Name, Objective, Statistic},
    snapshot,
};
use perfmon_exporter::encode::{Exemplar, Format, Profile, Scrape, render};

const BOUND: Objective = Objective::latency(Statistic::P99, 50_000_000);
static ORDERS: CallSite =
    CallSite::new(Kind::Order, Name::One("limit"), module_path!()).labels(&["symbol"]).objectives(&[BOUND]);
inventory::submit! { ORDERS.registration() }

fn order(symbol: &str, clock: &perfmon_core::MockClock, took: Duration) {
    let call = enter_labels(&ORDERS, &[symbol]);
    clock.advance(took);
    call.finish(false);
}

#[test]
fn slow_calls_become_exemplars_of_their_series() {
    let clock = perfmon_core::MockClock::install().expect("before the first call");
    set_trace_source(|| "0af7651916cd43dd8448eb211c80319c".parse::<Trace>().ok());
    observe("observed_value", || 2.0);
    order("AAPL", &clock, Duration::from_millis(3));
    order("MSFT", &clock, Duration::from_millis(70));
    let slow: Vec<Exemplar> = slow_calls().iter().filter_map(Exemplar::of).collect();
    let snapshot = snapshot();
    let scrape = Scrape { snapshot: &snapshot, windows: &[], slow: &slow };
    let document = render(&scrape, Profile::canonical(), Format::OpenMetrics);
    let document = String::from_utf8(document).expect("UTF-8");
    let shown: Vec<&str> = document.lines().filter(|line| line.contains("trace_id")).collect();
    assert_eq!(shown.len(), 1, "{shown:?}");
    let start = "perfmon_order_duration_seconds_bucket{order_type=\"limit\",symbol=\"MSFT\",le=\"0.1\"} 1 # {trace_id=\"0af7651916cd43dd8448eb211c80319c\"} 0.07 ";
    assert!(shown[0].starts_with(start), "{shown:?}");
    for line in [
        "perfmon_order_duration_seconds_bucket{order_type=\"limit\",symbol=\"AAPL\",le=\"0.05\"} 1",
        "perfmon_order_duration_seconds_sum{order_type=\"limit\",symbol=\"AAPL\"} 0.003",
        "perfmon_calls_total{kind=\"order\",name=\"limit\",outcome=\"ok\",symbol=\"MSFT\"} 1",
        "perfmon_objective_breaches_total{kind=\"order\",name=\"limit\",objective=\"p99\",bound=\"0.05\"} 1",
        "observed_value 2",
        "perfmon_calls_in_flight{kind=\"order\",name=\"limit\"} 0",
    ] {
        assert!(document.lines().any(|one| one == line), "{line}\n{document}");
    }
}
