//! Making an answer where it holds up nobody.

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{
    serve::{coding::Coding, problem::Problem, unread::hold},
    state::Shared,
};

/// Answers made at once; further ones wait their turn.
const AT_ONCE: usize = 2;
const LONGEST: Duration = Duration::from_secs(30);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// What a handler gives.
pub(super) type Answer = Result<Response, Problem>;

/// Answers with a document as JSON.
pub(super) async fn json<T: Serialize>(
    shared: Arc<Shared>,
    coding: Coding,
    make: impl FnOnce(&Shared) -> Result<T, Problem> + Send + 'static,
) -> Answer {
    text(shared, coding, "application/json", move |shared| {
        let document = make(shared)?;
        serde_json::to_vec(&document).map_err(|error| Problem::unavailable(format!("failed to write JSON: {error}")))
    })
    .await
}

/// Answers with a text. It is made and compressed on a thread of its own, so that a long one holds up neither the pump nor other requests.
pub(super) async fn text(
    shared: Arc<Shared>,
    coding: Coding,
    kind: &'static str,
    make: impl FnOnce(&Shared) -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Answer {
    let work = async {
        let turn = TURNS.acquire().await;
        spawn_blocking(move || {
            // Also when nobody waits for it any more: who gives up early must not have others begun beside it.
            let _turn = turn;
            make(&shared).map(|body| coding.encode(body))
        })
        .await
    };
    let (coding, body) = match timeout(LONGEST, work).await {
        Ok(Ok(body)) => body?,
        Ok(Err(panic)) => return Err(Problem::unavailable(format!("failed to make the answer: {panic}"))),
        Err(_) => {
            return Err(Problem::unavailable(
                "the answer was not ready within 30 s: ask for less, or when fewer others do",
            ));
        }
    };
    let mut response = hold(body)?.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    coding.announce(&mut response);
    Ok(response)
}
