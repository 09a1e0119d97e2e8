//! What is asked for, behind the `?`.

use std::collections::BTreeSet;

use axum::{extract::FromRequestParts, http::request};
use perfmon_core::{analyse::Window, site::Kind};
use serde::{Deserialize, de::DeserializeOwned};

use super::time::{Time, time};
use crate::serve::problem::Problem;

/// The parameters of a query, as a type says what they may be. What it does not know is refused.
pub(super) struct Params<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        serde_html_form::from_str(query).map(Self).map_err(|error| {
            let error = error.to_string();
            // What is written twice is a list to the reader, and no value of anything else.
            let twice = twice(query).filter(|_| error == "unsupported value");
            let error = twice.map_or(error, |name| format!("{name} is given twice: write it once"));
            Problem::bad_request(format!(
                "failed to read what is asked for: {error}; /api/v1/openapi.json has what there is"
            ))
        })
    }
}

/// The first name that comes again.
fn twice(query: &str) -> Option<&str> {
    let names = || query.split('&').map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name));
    names().enumerate().find(|(at, name)| names().take(*at).any(|before| before == *name)).map(|(_, name)| name)
}

/// For those who take no parameters, and refuse any.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// What is told unless another time is asked for, in seconds.
const LAST_HOUR: f64 = 3_600.0;
/// By how much the clock of whoever asks may be ahead of ours.
const AHEAD: f64 = 60.0;

/// A range of time as it was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    start: Option<Time>,
    end: Option<Time>,
    /// The names of the two parameters.
    names: [&'static str; 2],
}

impl Range {
    /// From two parameters, each with its name.
    pub(super) fn of(
        start: (&'static str, Option<String>),
        end: (&'static str, Option<String>),
    ) -> Result<Self, Problem> {
        let parse = |name, text: Option<String>| text.map(|text| time(name, &text)).transpose();
        Ok(Self { start: parse(start.0, start.1)?, end: parse(end.0, end.1)?, names: [start.0, end.0] })
    }

    /// Start and end in seconds since 1970, by default the hour before now. Refuses an end before the start, also where that end is now.
    pub(super) fn until(self, now: f64) -> Result<(f64, f64), Problem> {
        let [start, end] = [self.start, self.end].map(|time| time.map(|time| time.resolve(now)));
        let [start_name, end_name] = self.names;
        match (start, end) {
            (Some(from), Some(until)) if from > until => Err(nothing_between(start_name, end_name)),
            (Some(from), None) if from > now + AHEAD => Err(nothing_between(start_name, "now")),
            _ => {
                let end = end.unwrap_or(now);
                Ok((start.unwrap_or(end - LAST_HOUR), end))
            }
        }
    }
}

fn nothing_between(start: &str, end: &str) -> Problem {
    Problem::meaningless(format!("{start} is after {end}: nothing lies between them"))
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
