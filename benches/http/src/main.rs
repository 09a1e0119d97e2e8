//! What the HTTP layer adds to a request, beside its peers: an axum router called in this process, so that no socket hides the difference.
//!
//! `cargo run --release --manifest-path benches/Cargo.toml -p perfmon-benches-http`

#[path = "../../../perfmon-core/tests/support/counting.rs"]
mod counting;

use std::{env, hint::black_box};

use axum::{Router, body::Body, http::Request, routing::get};
use axum_prometheus::PrometheusMetricLayer;
use counting::ALLOCATIONS;
use http_body_util::BodyExt;
use perfmon::http::MonitorLayer;
use perfmon_benches_harness::thread_cpu;
use tokio::runtime::{Builder, Runtime};
use tower::{Service, layer::util::Identity};
use tower_http::trace::TraceLayer;

/// Requests of a row in a round.
const BATCH: u64 = 2_000;

struct Row {
    name: &'static str,
    router: Router,
    nanos: Vec<f64>,
    allocations: f64,
}

fn router() -> Router {
    Router::new().route("/orders", get(|| async { "all" })).route("/orders/{id}", get(|| async { "4 shares of AAPL" }))
}

fn main() {
    let rounds = env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(301);
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    // A peer spawns its upkeep, which runs every few seconds.
    let _inside = runtime.enter();
    let silent = MonitorLayer::new().server_timing(false).response_time(false);
    let (prometheus, _metrics) = PrometheusMetricLayer::pair();
    let mut rows = [
        ("axum alone", router()),
        ("a layer that does nothing", router().layer(Identity::new())),
        ("perfmon, without headers", router().layer(silent)),
        ("perfmon", router().layer(MonitorLayer::new())),
        ("tower-http, TraceLayer without subscriber", router().layer(TraceLayer::new_for_http())),
        ("axum-prometheus", router().layer(prometheus)),
    ]
    .into_iter()
    .filter(|(name, _)| env::args().nth(2).is_none_or(|only| name.contains(&only)))
    .map(|(name, router)| Row { name, router, nanos: Vec::new(), allocations: 0.0 })
    .collect::<Vec<_>>();
    for row in &mut rows {
        batch(&runtime, &mut row.router);
    }
    for _ in 0..rounds {
        for row in &mut rows {
            let (start, before) = (thread_cpu(), ALLOCATIONS.get());
            batch(&runtime, &mut row.router);
            row.nanos.push((thread_cpu() - start) as f64 / BATCH as f64);
            row.allocations = (ALLOCATIONS.get() - before) as f64 / BATCH as f64;
        }
    }
    // What is added is told of pairs of one round, so that a machine that changes its pace changes both.
    let alone = rows[0].nanos.clone();
    println!(
        "{:<44} {:>8} {:>8} {:>6} {:>7} {:>12}",
        "CPU time a request, median", "ns", "added", "±", "×", "allocations"
    );
    for row in &mut rows {
        let mut added: Vec<_> = row.nanos.iter().zip(&alone).map(|(with, without)| with - without).collect();
        let spread = (quantile(&mut added, 0.75) - quantile(&mut added, 0.25)) / 2.0;
        let (nanos, added) = (quantile(&mut row.nanos, 0.5), quantile(&mut added, 0.5));
        let times = nanos / quantile(&mut alone.clone(), 0.5);
        println!("{:<44} {nanos:>8.0} {added:>8.0} {spread:>6.0} {times:>7.2} {:>12.1}", row.name, row.allocations);
    }
}

fn batch(runtime: &Runtime, router: &mut Router) {
    runtime.block_on(async {
        for _ in 0..BATCH {
            let request = Request::builder().uri("/orders/17").header("host", "localhost").body(Body::empty());
            let response = router.call(request.expect("a request")).await.unwrap_or_else(|never| match never {});
            let mut body = response.into_body();
            while let Some(frame) = body.frame().await {
                let _ = black_box(frame);
            }
        }
    });
}

fn quantile(values: &mut [f64], at: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * at) as usize]
}
