//! `/`: what there is, for a person who came by.

use std::sync::Arc;

use axum::{extract::State, response::Html};

use crate::state::Shared;

/// A page that names the other ones.
pub(crate) async fn index(State(shared): State<Arc<Shared>>) -> Html<String> {
    let profiles: Vec<String> = shared
        .profiles()
        .names()
        .map(|name| format!("<li><a href=\"/metrics?names={name}\">/metrics?names={name}</a></li>"))
        .collect();
    let (score, status) = shared
        .latest()
        .map_or((String::from("–"), "starting"), |tick| (tick.health.score.to_string(), tick.health.status.as_str()));
    Html(format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>perfmon</title>\
         <style>body{{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark}}\
         li{{margin:.25rem 0}}</style>\
         <h1>perfmon</h1><p>Health: <strong>{score}</strong> of 100, {status}.</p>\
         <ul><li><a href=/health>/health</a> the score, and what took points from it</li>\
         <li><a href=/ready>/ready</a> whether the exporter does its work</li>\
         <li><a href=/metrics>/metrics</a> for Prometheus and whatever reads its formats</li>\
         <li><a href=/api/v1/dashboard>/api/v1/dashboard</a> everything as JSON; <a href=/api/v1/openapi.json>/api/v1/openapi.json</a> describes the API</li>\
         <li>/ws figures pushed each second over a WebSocket</li></ul>\
         <p>Metrics by profile of names:</p><ul>{}</ul></html>",
        profiles.join("")
    ))
}
