//! `/api/v1/openapi.json`: the description of all this for programs.

use std::{
    array,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, LazyLock},
};

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::IntoResponse,
};
use utoipa::OpenApi;

use super::{
    alike,
    answer::{Answer, text},
    catalogue, dashboard,
    guarded::{Asked, Guarded},
    health, metrics,
    params::{Nothing, Params},
    report, sites,
};
use crate::{
    serve::{
        coding::{Coding, text_of},
        problem::Document,
        scrape, vitals,
    },
    state::Shared,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "perfmon",
        description = "How a process performs: its call sites, metrics, health. Errors are problem details (RFC 9457). \
                       Parameters that are not described here are refused, except where other systems' programs ask.",
    ),
    modifiers(&Guarded),
    paths(
        sites::sites, sites::site, metrics::metrics, catalogue::catalogue, health::health, report::report,
        dashboard::dashboard, alike::metrics, alike::health, alike::alerts, openapi,
        scrape::metrics, vitals::health, vitals::ready,
    ),
    tags(
        (name = "sites", description = "Call sites"),
        (name = "metrics", description = "Values over time"),
        (name = "live", description = LIVE),
        (name = "compatible", description = "In the shapes of the Agent Cellphone system's dashboard"),
    )
)]
struct Api;

/// No route of plain HTTP, and so none here.
const LIVE: &str = "`/ws` speaks WebSocket (RFC 6455): figures pushed each second, as JSON in text messages.

A client says `{\"type\": \"subscribe\", \"metric_name\": \"cpu_usage_percent\"}`, or `\"site\"` with a call site's name and perhaps its `\"kind\"`; either with `\"labels\": [\"side:buy\"]`, as in /api/v1/sites, or `{\"side\": \"buy\"}`. `unsubscribe` takes it back, and `{\"type\": \"ping\"}` is answered by `pong`. It is told `subscribed` (with a `note` when there is nothing of that name yet), `unsubscribed`, or `error` with what is wrong. What it subscribed to comes at once and then each second: `{\"type\": \"metrics_update\", \"data\": {\"metric_name\": …, \"timestamp\": …, \"data_points\": [{\"value\": …, \"timestamp\": …, \"tags\": {…}, \"unit\": …}]}}`; of a call site `data` is as in /api/v1/sites, with its name in `site`.

Programs identify by `Authorization`. A page, which has to be the server's own or of one of `origins`, cannot send that: it offers the protocols `perfmon` and `bearer.` with the token, percent-encoded. Who may no longer listen is told to leave with 1008; a message that is no UTF-8 ends with 1007, one beyond 16 KiB with 1009, what is no WebSocket with 1002.";

/// The description as a server tells it.
struct Written {
    json: Vec<u8>,
    /// What tells it from that of another version.
    tag: String,
}

impl Written {
    fn of(api: &utoipa::openapi::OpenApi) -> Self {
        let json = serde_json::to_vec(api).unwrap_or_default();
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        Self { tag: format!("W/\"{:016x}\"", hasher.finish()), json }
    }
}

/// One for each way in which a server asks who somebody is.
static WRITTEN: LazyLock<[Written; Asked::ALL.len()]> = LazyLock::new(|| {
    let mut api = Api::openapi();
    array::from_fn(|number| {
        Asked::ALL[number].describe(&mut api);
        Written::of(&api)
    })
});

/// This description. It says how this server asks who somebody is, and stays the same as long as that does: whoever has it (`If-None-Match`) need
/// not get it again.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "dashboard", responses(
    (status = 200, body = Object), (status = 304, description = "It is the one that the client has"),
    (status = 400, body = Document, content_type = "application/problem+json")
))]
pub(super) async fn openapi(
    State(shared): State<Arc<Shared>>,
    coding: Coding,
    headers: HeaderMap,
    _: Params<Nothing>,
) -> Answer {
    let asked = Asked::of(&shared.access(), shared.is_protected());
    let Written { json, tag } = &WRITTEN[Asked::ALL.iter().position(|known| *known == asked).unwrap_or_default()];
    let known = text_of(&headers, &header::IF_NONE_MATCH).unwrap_or_default();
    let mut response = if known.split(',').any(|known| known.trim() == tag || known.trim() == "*") {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        text(shared, coding, "application/json", |_| Ok(json.clone())).await?
    };
    let says = response.headers_mut();
    says.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    says.extend(HeaderValue::from_str(tag).map(|tag| (header::ETAG, tag)));
    Ok(response)
}
