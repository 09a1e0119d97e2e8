//! `/metrics`: what a monitoring system collects.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::{sync::Semaphore, time::timeout};
use utoipa::IntoParams;

use super::{
    coding::{accepts, gzip, text_of},
    problem::{Document, Problem},
    unread::hold,
};
use crate::state::Shared;

/// Scrapes rendered at once; further ones wait their turn.
const AT_ONCE: usize = 2;
/// How long a scrape may take that does not say: Prometheus' default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST_TIMEOUT: Duration = Duration::from_secs(60);
/// What is left of the scraper's time for the way back.
const WAY_BACK: f64 = 0.9;

static RENDERING: Semaphore = Semaphore::const_new(AT_ONCE);

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The profile of names, the one that is configured by default.
    #[param(example = "canonical")]
    names: Option<String>,
}

/// Answers a scrape. What is rendered is rendered on a thread of its own, so that a big scrape holds up neither the pump nor other requests.
///
/// The format is negotiated by `Accept`: the text format of Prometheus, `OpenMetrics`, or protobuf with native histograms.
#[utoipa::path(get, path = "/metrics", operation_id = "scrape", params(Asked), tag = "metrics", responses(
    (status = 200, content(
        (String = "text/plain"), (String = "application/openmetrics-text"), (String = "application/vnd.google.protobuf")
    )),
    (status = 400, body = Document, content_type = "application/problem+json"),
    (status = 404, body = Document, content_type = "application/problem+json", description = "There is no such profile")
))]
pub(crate) async fn metrics(
    State(shared): State<Arc<Shared>>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(asked) =
        asked.map_err(|error| Problem::bad_request(format!("{error}: write /metrics?names=<profile>")))?;
    let profile = shared.profiles().get(asked.names.as_deref()).map_err(Problem::not_found)?;
    let format = profile.negotiate(text_of(&headers, &header::ACCEPT).as_deref());
    let compressed = accepts(text_of(&headers, &header::ACCEPT_ENCODING).as_deref(), &["gzip", "x-gzip"]);
    let limit = time_limit(&headers);
    let work = async {
        let turn = RENDERING.acquire().await;
        let shared = shared.clone();
        tokio::task::spawn_blocking(move || {
            // Also when nobody waits for it any more: who gives up early must not have others begun beside it.
            let _turn = turn;
            let body = shared.render(&profile, format);
            if compressed { gzip(&body) } else { body }
        })
        .await
    };
    let body = match timeout(limit, work).await {
        Ok(Ok(rendered)) => rendered,
        Ok(Err(panic)) => return Err(Problem::unavailable(format!("failed to render the metrics: {panic}"))),
        Err(_) => {
            return Err(Problem::unavailable(format!(
                "the metrics were not ready within {:.1} s: scrape with a longer timeout, or fewer labels",
                limit.as_secs_f64()
            )));
        }
    };
    let mut response = hold(body)?.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// How long the scraper waits, less what the way back takes.
fn time_limit(headers: &HeaderMap) -> Duration {
    let asked =
        headers.get("x-prometheus-scrape-timeout-seconds").and_then(|value| value.to_str().ok()?.parse::<f64>().ok());
    let asked = asked.filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    asked.map_or(DEFAULT_TIMEOUT, |seconds| {
        Duration::from_secs_f64((seconds * WAY_BACK).min(LONGEST_TIMEOUT.as_secs_f64()))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::{HeaderMap, HeaderValue};

    use super::time_limit;

    #[test]
    fn a_scrape_ends_before_the_scraper_gives_up() {
        let limit = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-prometheus-scrape-timeout-seconds", HeaderValue::from_str(value).expect("a value"));
            time_limit(&headers)
        };
        assert_eq!(limit("10"), Duration::from_secs(9));
        assert_eq!(limit("0.5"), Duration::from_millis(450));
        assert_eq!(limit("1e9"), Duration::from_secs(60));
        for nonsense in ["-1", "0", "NaN", "soon"] {
            assert_eq!(limit(nonsense), Duration::from_secs(10), "{nonsense}");
        }
        assert_eq!(time_limit(&HeaderMap::new()), Duration::from_secs(10));
    }
}
