//! A real tonic server, asked by tonic's client.

use std::time::Duration;

use perfmon::http::MonitorLayer;
use tokio::net::TcpListener;
use tonic::{
    Code,
    transport::{Channel, Server, server::TcpIncoming},
};
use tonic_health::{
    ServingStatus,
    pb::{HealthCheckRequest, health_client::HealthClient},
};

use crate::support::{outcomes, sizes, statuses};

async fn client(layer: MonitorLayer) -> HealthClient<Channel> {
    let (reporter, service) = tonic_health::server::health_reporter();
    reporter.set_service_status("trading", ServingStatus::Serving).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = Server::builder().layer(layer).add_service(service);
    tokio::spawn(async move {
        // Its health changes as long as the reporter is there.
        let _reporter = reporter;
        server.serve_with_incoming(TcpIncoming::from(listener)).await
    });
    let channel = Channel::from_shared(format!("http://{address}")).expect("a URL");
    HealthClient::new(channel.connect().await.expect("it listens"))
}

fn ask(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

const CHECK: &str = "POST /grpc.health.v1.Health/Check";
const WATCH: &str = "POST /grpc.health.v1.Health/Watch";

#[tokio::test(flavor = "multi_thread")]
async fn methods_are_routes_and_the_grpc_status_decides() {
    let mut client = client(MonitorLayer::new()).await;
    for _ in 0..5 {
        client.check(ask("trading")).await.expect("it serves");
    }
    let unknown = client.check(ask("weather")).await.expect_err("there is none");
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(outcomes(CHECK, 6), [5, 1, 0, 0]);
    assert_eq!(statuses("POST", "/grpc.health.v1.Health/Check"), [("200".to_owned(), 6)]);
    let now = perfmon::snapshot();
    let site = now.get(CHECK).expect("it was asked");
    assert_eq!(site.label_keys(), ["status", "grpc_status"]);
    let told = |grpc| site.with_labels(&["200", grpc]).map_or((0, 0), |stats| (stats.ok(), stats.errors()));
    assert_eq!((told("0"), told("5"), told("")), ((5, 0), (0, 1), (0, 0)));
    // A message is preceded by five bytes; "trading" is a field of nine, and the answer one of two.
    assert_eq!(sizes("POST", "/grpc.health.v1.Health/Check"), [(6, 6 * 14), (6, 5 * 7)]);

    // A stream goes on until its client goes away.
    let mut changes = client.watch(ask("trading")).await.expect("it serves").into_inner();
    assert!(changes.message().await.expect("a message").is_some());
    let now = perfmon::snapshot();
    assert_eq!(now.get(WATCH).map(|site| (site.calls(), site.in_flight())), Some((0, 1)));
    drop((changes, client));
    assert_eq!(outcomes(WATCH, 1), [0, 0, 0, 1]);
    let now = perfmon::snapshot();
    let untold = now.get(WATCH).and_then(|site| site.with_labels(&["200", ""]));
    assert_eq!(untold.map(perfmon::snapshot::Stats::cancelled), Some(1), "it never came to its trailers");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_fault_of_the_server_can_be_none() {
    // Of its own name, so that its counts are its own.
    let layer = MonitorLayer::new().route_with(|_| Some("/grpc/lenient"));
    let mut client = client(layer.grpc_error_when(|status| matches!(status, 2 | 4 | 12..=15))).await;
    assert_eq!(client.check(ask("weather")).await.expect_err("there is none").code(), Code::NotFound);
    let mut late = tonic::Request::new(ask("trading"));
    late.set_timeout(Duration::from_secs(60));
    client.check(late).await.expect("it serves");
    assert_eq!(outcomes("POST /grpc/lenient", 2), [2, 0, 0, 0]);
}
