//! How a request is refused.

use std::time::Duration;

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::rules::Rules;
use crate::{serve::problem::Problem, state::Refusal};

/// Why a request does not pass.
pub(super) struct Refused {
    /// `None` is no refusal: it has been answered here.
    pub(super) why: Option<Refusal>,
    /// Who it said it was.
    pub(super) who: Option<String>,
    pub(super) response: Box<Response>,
}

impl Refused {
    /// Says to whom.
    pub(super) fn to(self, who: impl Into<String>) -> Self {
        Self { who: Some(who.into()), ..self }
    }
}

pub(super) fn unknown_method(method: &Method) -> Refused {
    let detail = format!("{method} is not allowed here: use GET");
    let mut response = Problem::method_not_allowed(detail).into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    Refused { why: None, who: None, response: Box::new(response) }
}

pub(super) fn refuse(why: Refusal, status: StatusCode, detail: &str) -> Refused {
    Refused { why: Some(why), who: None, response: Box::new(Problem::new(status, detail).into_response()) }
}

pub(super) fn unauthorized(rules: &Rules, detail: &str) -> Refused {
    let mut refused = refuse(Refusal::Credential, StatusCode::UNAUTHORIZED, detail);
    for challenge in rules.challenges() {
        refused.response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
    }
    refused
}

pub(super) fn later(wait: Duration, what: &str) -> Refused {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    let detail = format!("{what}: ask again in {seconds} s");
    let mut refused = refuse(Refusal::Rate, StatusCode::TOO_MANY_REQUESTS, &detail);
    if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
        refused.response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    refused
}
