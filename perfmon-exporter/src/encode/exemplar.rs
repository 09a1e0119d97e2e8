//! Single calls that stand for a histogram's bucket, with the trace they belong to.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use perfmon_core::{evidence::SlowCall, site::Kind, snapshot::Site};

use super::edges::Edge;

/// The most characters that the keys and values of an exemplar's labels may have together: OpenMetrics 1.0, "Exemplars".
const LIMIT: usize = 128;

/// A call that was kept as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemplar {
    /// The site's kind.
    pub kind: Kind,
    /// The site's name.
    pub name: String,
    /// Keys and values of the call's labels; empty without labels.
    pub labels: Vec<(String, String)>,
    /// How long the call took.
    pub value: Duration,
    /// When it ended.
    pub at: SystemTime,
    /// The trace it is part of, as hexadecimal digits. Calls with an empty one are not shown.
    pub trace_id: String,
    /// The span it ran in.
    pub span_id: Option<String>,
}

impl Exemplar {
    /// From a slow call; `None` if it was made in no trace.
    #[must_use]
    pub fn of(call: &SlowCall) -> Option<Self> {
        let trace = call.trace?;
        Some(Self {
            kind: call.kind,
            name: call.name.clone(),
            labels: call.labels.clone(),
            value: call.duration,
            at: call.at,
            trace_id: trace.to_string(),
            span_id: trace.span_hex(),
        })
    }

    /// Its labels: the trace, and the span where both fit.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let trace = ("trace_id", self.trace_id.as_str());
        let left = LIMIT.saturating_sub(length(trace));
        let span = self.span_id.as_deref().map(|id| ("span_id", id)).filter(|&span| length(span) <= left);
        std::iter::once(trace).chain(span)
    }

    pub(super) fn is_shown(&self) -> bool {
        !self.trace_id.is_empty() && length(("trace_id", &self.trace_id)) <= LIMIT
    }

    pub(super) fn seconds(&self) -> f64 {
        self.value.as_secs_f64()
    }

    /// Since 1970; zero before.
    pub(super) fn since_epoch(&self) -> Duration {
        self.at.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

fn length((key, value): (&str, &str)) -> usize {
    key.chars().count() + value.chars().count()
}

/// The newest exemplar of each bucket; the last bucket is the one above all edges.
pub(super) fn by_bucket<'a>(edges: &[Edge], exemplars: &[&'a Exemplar]) -> Vec<Option<&'a Exemplar>> {
    let mut newest: Vec<Option<&Exemplar>> = vec![None; edges.len() + 1];
    for &exemplar in exemplars {
        let bucket = edges.partition_point(|edge| edge.value < exemplar.seconds());
        if newest[bucket].is_none_or(|known| known.at <= exemplar.at) {
            newest[bucket] = Some(exemplar);
        }
    }
    newest
}

/// Exemplars by the site they are of.
#[derive(Debug, Default)]
pub(super) struct Exemplars<'a>(HashMap<(Kind, &'a str), Vec<&'a Exemplar>>);

impl<'a> Exemplars<'a> {
    pub(super) fn new(all: &'a [Exemplar]) -> Self {
        let mut by_site: HashMap<_, Vec<_>> = HashMap::new();
        for exemplar in all.iter().filter(|exemplar| exemplar.is_shown()) {
            by_site.entry((exemplar.kind, exemplar.name.as_str())).or_default().push(exemplar);
        }
        Self(by_site)
    }

    /// Those of one series of a site; of all of them, where `values` is `None`.
    pub(super) fn of<'s>(
        &'s self,
        site: &'s Site,
        values: Option<&'s [String]>,
    ) -> impl Iterator<Item = &'a Exemplar> + 's {
        let of_site = self.0.get(&(site.kind(), site.name())).map(Vec::as_slice).unwrap_or_default();
        of_site.iter().copied().filter(move |exemplar| {
            let value_of =
                |key: &String| exemplar.labels.iter().find(|(known, _)| known == key).map_or("", |(_, value)| value);
            values.is_none_or(|values| {
                let shown = |at: usize| values.get(at).map_or("", String::as_str);
                site.label_keys().iter().enumerate().all(|(at, key)| value_of(key) == shown(at))
            })
        })
    }
}
