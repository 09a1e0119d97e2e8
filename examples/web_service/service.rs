//! The service: its routes, and the one layer that monitors them all.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use futures::stream;
use http_body_util::BodyExt;
use perfmon::{http::MonitorLayer, monitor_latency};
use serde_json::{Value, json};

use crate::store::Store;

/// Pieces of a download, and the bytes of each.
const PIECES: usize = 16;
const PIECE: usize = 16 * 1024;

type Answer<T> = Result<T, StatusCode>;

pub(crate) fn service(store: Store) -> Router {
    Router::new()
        .route("/orders", get(list).post(create))
        .route("/orders/{id}", get(order))
        .route("/reports/totals", get(totals))
        .route("/positions", get(positions))
        .route("/export", get(export))
        .route("/quotes", get(quotes))
        .route("/documents/{name}", post(upload))
        // All there is to do: templates, statuses, sizes, clients that hang up.
        .layer(MonitorLayer::new())
        .with_state(Arc::new(store))
}

/// Statements run where they block nobody; what goes wrong with them is the server's fault.
async fn ask<T: Send + 'static>(
    store: Arc<Store>,
    question: impl FnOnce(&Store) -> rusqlite::Result<T> + Send + 'static,
) -> Answer<T> {
    let asked = tokio::task::spawn_blocking(move || question(&store)).await;
    asked.ok().and_then(Result::ok).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn list(State(store): State<Arc<Store>>) -> Answer<Json<Vec<Value>>> {
    ask(store, |store| store.newest(20)).await.map(Json)
}

async fn order(State(store): State<Arc<Store>>, Path(id): Path<i64>) -> Answer<Json<Value>> {
    ask(store, move |store| store.order(id)).await?.map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn create(State(store): State<Arc<Store>>, Json(order): Json<Value>) -> Answer<(StatusCode, Json<Value>)> {
    let price = order["price"].as_f64().unwrap_or(0.0);
    let (Some(symbol), Some(quantity)) = (order["symbol"].as_str(), order["quantity"].as_i64().filter(|n| *n > 0))
    else {
        return Err(StatusCode::UNPROCESSABLE_ENTITY);
    };
    let symbol = symbol.to_owned();
    let id = ask(store, move |store| store.insert_order(&symbol, quantity, price)).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
}

async fn totals(State(store): State<Arc<Store>>) -> Answer<Json<Vec<Value>>> {
    ask(store, Store::totals).await.map(Json)
}

async fn positions(State(store): State<Arc<Store>>) -> Answer<Json<i64>> {
    ask(store, Store::positions).await.map(Json)
}

/// A download that is made while it is sent.
async fn export() -> Body {
    let pieces = stream::unfold(0, |at| async move {
        if at == PIECES {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        Some((Ok::<_, Infallible>(Bytes::from(vec![b'.'; PIECE])), at + 1))
    });
    Body::from_stream(pieces)
}

/// Events for as long as somebody listens.
async fn quotes() -> ([(&'static str, &'static str); 1], Body) {
    let events = stream::unfold(Duration::ZERO, |wait| async move {
        tokio::time::sleep(wait).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b"data: {\"AAPL\":187.5}\n\n")), Duration::from_secs(1)))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(events))
}

/// An upload that is read while it arrives.
#[monitor_latency]
async fn upload(mut body: Body) -> Answer<Json<Value>> {
    let (mut bytes, mut sum) = (0, 0_u64);
    while let Some(frame) = body.frame().await {
        let piece = frame.ok().and_then(|frame| frame.into_data().ok()).ok_or(StatusCode::BAD_REQUEST)?;
        bytes += piece.len();
        sum = piece.iter().fold(sum, |sum, byte| sum.rotate_left(5) ^ u64::from(*byte));
    }
    Ok(Json(json!({ "bytes": bytes, "checksum": format!("{sum:016x}") })))
}
