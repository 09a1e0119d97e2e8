//! What is asked for, behind the `?`.

use std::collections::BTreeSet;

use axum::{extract::FromRequestParts, http::request};
use perfmon_core::{analyse::Window, site::Kind};
use serde::de::DeserializeOwned;
use utoipa::openapi::{Object, ObjectBuilder, RefOr, Schema, Type};

use super::{super::problem::Problem, time::time};

/// The parameters of a query, as a type says what they may be. What it does not know is refused.
pub(super) struct Params<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|error| {
            Problem::bad_request(format!(
                "failed to read what is asked for: {error}; /api/v1/openapi.json has what there is"
            ))
        })
    }
}

/// What is told unless another time is asked for, in seconds.
const LAST_HOUR: f64 = 3_600.0;
/// By how much the clock of whoever asks may be ahead of ours.
const AHEAD: f64 = 60.0;

/// A range of time as it was asked for, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    start: Option<f64>,
    end: Option<f64>,
}

impl Range {
    /// From two parameters, each with its name.
    pub(super) fn of(start: (&str, Option<String>), end: (&str, Option<String>)) -> Result<Self, Problem> {
        let seconds = |name, text: Option<String>| text.map(|text| time(name, &text)).transpose();
        let range = Self { start: seconds(start.0, start.1)?, end: seconds(end.0, end.1)? };
        match (range.start, range.end) {
            (Some(from), Some(until)) if from > until => Err(nothing_between(start.0, end.0)),
            _ => Ok(range),
        }
    }

    /// Refuses what begins after now and has no end.
    pub(super) fn check(self, start: &str, now: f64) -> Result<(), Problem> {
        let begins_later = self.end.is_none() && self.start.is_some_and(|start| start > now + AHEAD);
        if begins_later { Err(nothing_between(start, "now")) } else { Ok(()) }
    }

    /// Start and end, by default the hour before now.
    pub(super) fn until(self, now: f64) -> (f64, f64) {
        let end = self.end.unwrap_or(now);
        (self.start.unwrap_or(end - LAST_HOUR), end)
    }
}

fn nothing_between(start: &str, end: &str) -> Problem {
    Problem::meaningless(format!("{start} is after {end}: nothing lies between them"))
}

/// Labels to look for.
#[derive(Debug, Default)]
pub(super) struct Wanted(Vec<(String, String)>);

impl Wanted {
    /// From `key:value` each.
    pub(super) fn of(labels: &[String]) -> Result<Self, Problem> {
        let pair = |label: &String| match label.split_once(':') {
            Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
            _ => {
                Err(Problem::bad_request(format!("labels is {label:?}: write key and value, as in labels=symbol:AAPL")))
            }
        };
        labels.iter().map(pair).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are labels of these keys.
    pub(super) fn check<'a>(&self, of: &str, keys: &(impl Iterator<Item = &'a str> + Clone)) -> Result<(), Problem> {
        let Some((unknown, _)) = self.0.iter().find(|(key, _)| !keys.clone().any(|known| known == key)) else {
            return Ok(());
        };
        let known: Vec<&str> = keys.clone().collect();
        let known =
            if known.is_empty() { String::from("it has none") } else { format!("write one of {}", known.join(", ")) };
        Err(Problem::meaningless(format!("labels has {unknown:?}, which is no label of {of}: {known}")))
    }

    /// Whether all are among these.
    pub(super) fn are_in<'a>(&self, labels: &(impl Iterator<Item = (&'a str, &'a str)> + Clone)) -> bool {
        self.0.iter().all(|(key, value)| labels.clone().any(|known| known == (key.as_str(), value.as_str())))
    }
}

/// Windows to look at, each once.
pub(super) fn windows(names: &[String], default: &[Window]) -> Result<Vec<Window>, Problem> {
    if names.is_empty() {
        return Ok(default.to_vec());
    }
    let parse =
        |name: &String| name.parse().map_err(|error: perfmon_core::Error| Problem::bad_request(error.to_string()));
    let known: BTreeSet<Window> = names.iter().map(parse).collect::<Result<_, _>>()?;
    Ok(known.into_iter().collect())
}

/// A kind by its name.
pub(super) fn kind(name: &str) -> Result<Kind, Problem> {
    Kind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
        let known: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        Problem::bad_request(format!("unknown kind {name:?}: write one of {}", known.join(", ")))
    })
}

/// Text that is one of these.
fn one_of(names: impl IntoIterator<Item = &'static str>, description: &str) -> Object {
    let described = Some(description).filter(|text| !text.is_empty());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).description(described).build()
}

/// For the description of the API.
pub(super) fn kind_schema() -> RefOr<Schema> {
    one_of(Kind::ALL.map(Kind::as_str), "The kind of call site.").into()
}

/// For the description of the API.
pub(super) fn windows_schema() -> RefOr<Schema> {
    utoipa::openapi::ArrayBuilder::new()
        .items(one_of(Window::ALL.map(Window::as_str), ""))
        .description(Some("Live windows to tell; several may be given."))
        .build()
        .into()
}

/// For the description of the API.
pub(super) fn window_schema() -> RefOr<Schema> {
    one_of(Window::ALL.map(Window::as_str), "A live window.").into()
}
