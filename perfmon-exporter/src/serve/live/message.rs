//! What a client says, and what it is answered.

use std::collections::BTreeMap;

use axum::extract::ws::Utf8Bytes;
use perfmon_core::site::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::topic::{Of, Topic};
use crate::serve::api::Wanted;

/// Bytes of a name, and of all labels together.
const LONGEST_NAME: usize = 512;

/// What a client wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// With what was left alone.
    Subscribe(Topic, Option<String>),
    Unsubscribe(Topic),
    Ping,
}

/// As it is written. What is not known is left alone, and a subscriber told so: clients of other systems send more.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Said {
    r#type: String,
    metric_name: Option<String>,
    site: Option<String>,
    kind: Option<Kind>,
    #[serde(default)]
    labels: Labels,
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// Labels as the API has them, one or several, or as an object.
#[derive(Deserialize)]
#[serde(untagged, expecting = r#"labels as "side:buy", ["side:buy"] or {"side": "buy"}"#)]
enum Labels {
    One(String),
    Several(Vec<String>),
    Pairs(BTreeMap<String, String>),
}

impl Default for Labels {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Labels {
    fn wanted(self) -> Result<Wanted, String> {
        let pairs = match self {
            Self::One(pair) => vec![pair],
            Self::Several(pairs) => pairs,
            Self::Pairs(pairs) => pairs.into_iter().map(|(key, value)| format!("{key}:{value}")).collect(),
        };
        let length = pairs.iter().map(String::len).sum::<usize>();
        if length > LONGEST_NAME {
            return Err(format!("labels may have {LONGEST_NAME} bytes; these have {length}"));
        }
        Wanted::of(&pairs).map_err(|problem| problem.to_string())
    }
}

/// What is answered at once.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Reply<'a> {
    Subscribed {
        #[serde(flatten)]
        topic: Echo<'a>,
        /// What a person should know.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    Unsubscribed(Echo<'a>),
    Pong,
    Error {
        error: String,
    },
}

/// The topic as the client named it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Echo<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    metric_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
}

impl Wish {
    /// Reads a message.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        const EXAMPLE: &str = r#"write {"type":"subscribe","metric_name":"cpu_usage_percent"}"#;
        let said: Said =
            serde_json::from_str(text).map_err(|error| format!("failed to read the message: {error}; {EXAMPLE}"))?;
        let kind = said.r#type.as_str();
        if kind == "ping" {
            return Ok(Self::Ping);
        }
        if kind != "subscribe" && kind != "unsubscribe" {
            return Err(format!("unknown type {kind:?}: write subscribe, unsubscribe or ping"));
        }
        let of = match (said.metric_name, said.site) {
            (Some(name), None) => Of::Metric(name),
            (None, Some(name)) => Of::Site(said.kind, name),
            _ => return Err(format!("{kind} needs either metric_name or site; {EXAMPLE}")),
        };
        let topic = Topic { of, labels: said.labels.wanted()? };
        if topic.name().len() > LONGEST_NAME {
            return Err(format!("a name may have {LONGEST_NAME} bytes; this one has {}", topic.name().len()));
        }
        Ok(if kind == "subscribe" { Self::Subscribe(topic, left_alone(&said.more)) } else { Self::Unsubscribe(topic) })
    }
}

/// Members that are named when they mean nothing; of more, nobody reads the names.
const NAMED: usize = 3;

fn left_alone(members: &Map<String, Value>) -> Option<String> {
    let named: Vec<String> = members.keys().take(NAMED).map(|name| format!("{name:?}")).collect();
    let verb = if members.len() == 1 { "means" } else { "mean" };
    (!named.is_empty()).then(|| format!("{} {verb} nothing here: what there is comes each second", named.join(", ")))
}

impl<'a> Echo<'a> {
    pub(super) fn of(topic: &'a Topic) -> Self {
        let labels = topic.labels.pairs().map(|(key, value)| format!("{key}:{value}")).collect();
        match &topic.of {
            Of::Metric(name) => Self { metric_name: Some(name), labels, ..Self::default() },
            Of::Site(kind, name) => Self { site: Some(name), kind: *kind, labels, ..Self::default() },
        }
    }
}

impl Reply<'_> {
    pub(super) fn text(&self) -> Utf8Bytes {
        serde_json::to_string(self).unwrap_or_default().into()
    }
}
