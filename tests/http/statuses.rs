//! Requests by the status of their response.

use axum::{Router, body::Body, extract::Path, http::StatusCode, routing::get};
use futures::stream;
use perfmon::{http::MonitorLayer, snapshot};
use tokio::sync::mpsc;

use crate::support::{ask, connect, get as fetch, outcomes, serve, until};

async fn answer(Path(status): Path<u16>) -> StatusCode {
    StatusCode::from_u16(status).expect("a status")
}

#[tokio::test(flavor = "multi_thread")]
async fn durations_are_known_by_status() {
    let address = serve(Router::new().route("/statuses/{status}", get(answer)).layer(MonitorLayer::new())).await;
    for status in [200, 404, 200, 503, 200] {
        assert_eq!(fetch(address, "GET", &format!("/statuses/{status}")).await.0, status);
    }
    assert_eq!(outcomes("GET /statuses/{status}", 5), [4, 1, 0, 0]);
    let now = snapshot();
    let site = now.get("GET /statuses/{status}").expect("it was asked");
    assert_eq!(site.label_keys(), ["status"]);
    let of = |status| site.with_labels(&[status]).map_or((0, 0), |stats| (stats.ok(), stats.errors()));
    assert_eq!((of("200"), of("404"), of("503")), ((3, 0), (1, 0), (0, 1)));
    let times = site.series().iter().map(|series| series.stats().total());
    assert_eq!((site.series().len(), times.sum::<std::time::Duration>()), (3, site.total()), "each in one of them");
    assert_eq!((site.started(), site.in_flight()), (5, 0));
}

/// Until it ends, a request is in flight, and no more than that.
#[tokio::test(flavor = "multi_thread")]
async fn a_response_that_goes_on_has_no_status_yet() {
    let (more, pieces) = mpsc::unbounded_channel::<Result<&'static str, std::io::Error>>();
    let pieces = std::sync::Arc::new(std::sync::Mutex::new(Some(pieces)));
    let stream = move || {
        let pieces = pieces.lock().expect("one at a time").take().expect("asked once");
        let pieces = stream::unfold(pieces, |mut pieces| async { pieces.recv().await.map(|piece| (piece, pieces)) });
        async { Body::from_stream(pieces) }
    };
    let address = serve(Router::new().route("/statuses/long", get(stream)).layer(MonitorLayer::new())).await;
    let response = connect(address).await.send_request(ask("GET", "/statuses/long", Body::empty())).await;
    let response = response.expect("its head");
    let now =
        until("GET /statuses/long", |now| now.get("GET /statuses/long").is_some_and(|site| site.in_flight() == 1));
    assert_eq!(now.get("GET /statuses/long").expect("a site").series().len(), 0);
    more.send(Ok("the end")).expect("it is read");
    drop(more);
    http_body_util::BodyExt::collect(response.into_body()).await.expect("the body");
    assert_eq!(outcomes("GET /statuses/long", 1), [1, 0, 0, 0]);
    let now = snapshot();
    let site = now.get("GET /statuses/long").expect("a site");
    assert_eq!(site.with_labels(&["200"]).map(|stats| (stats.calls(), stats.in_flight())), Some((1, 0)));
}

/// What dashboards ask for.
#[cfg(feature = "exporter")]
#[tokio::test(flavor = "multi_thread")]
async fn documents_have_them_under_the_names_of_opentelemetry() {
    let app = Router::new().route("/statuses/shown/{status}", get(answer)).layer(MonitorLayer::new());
    let address = serve(app).await;
    for status in [200, 200, 500] {
        fetch(address, "GET", &format!("/statuses/shown/{status}")).await;
    }
    outcomes("GET /statuses/shown/{status}", 3);
    let lines = tokio::task::spawn_blocking(|| {
        let mut exporter = perfmon::exporter::builder().by_hand().expect("the only one here");
        exporter.tick();
        let document = exporter.scrape(None, None).expect("perfmon's own names");
        let document = String::from_utf8(document).expect("text");
        let of_route = |line: &&str| line.contains("http_route=\"/statuses/shown/{status}\"");
        document.lines().filter(of_route).map(str::to_owned).collect::<Vec<_>>()
    });
    let lines = lines.await.expect("a document");
    let with = |start: &str| lines.iter().filter(|line| line.starts_with(start)).cloned().collect::<Vec<_>>();
    let route = "http_request_method=\"GET\",http_route=\"/statuses/shown/{status}\"";
    let count = |status, calls| {
        format!("http_server_request_duration_seconds_count{{{route},http_response_status_code=\"{status}\"}} {calls}")
    };
    assert_eq!(with("http_server_request_duration_seconds_count"), [count(200, 2), count(500, 1)]);
    assert_eq!(with("http_server_active_requests"), [format!("http_server_active_requests{{{route}}} 0")]);
}
