//! What a client says, and what it is answered.

use axum::extract::ws::Utf8Bytes;
use perfmon_core::site::Kind;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::topic::Topic;

/// Bytes of a name.
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
    #[serde(flatten)]
    more: Map<String, Value>,
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
        let topic = match (said.metric_name, said.site) {
            (Some(name), None) => Topic::Metric(name),
            (None, Some(name)) => Topic::Site(said.kind, name),
            _ => return Err(format!("{kind} needs either metric_name or site; {EXAMPLE}")),
        };
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
    (!named.is_empty()).then(|| format!("{} {verb} nothing here: all series come, each second", named.join(", ")))
}

impl<'a> Echo<'a> {
    pub(super) fn of(topic: &'a Topic) -> Self {
        match topic {
            Topic::Metric(name) => Self { metric_name: Some(name), ..Self::default() },
            Topic::Site(kind, name) => Self { site: Some(name), kind: *kind, ..Self::default() },
        }
    }
}

impl Reply<'_> {
    pub(super) fn text(&self) -> Utf8Bytes {
        serde_json::to_string(self).unwrap_or_default().into()
    }
}
