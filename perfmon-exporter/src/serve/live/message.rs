//! What a client says, and what it is answered.

use axum::extract::ws::Utf8Bytes;
use perfmon_core::site::Kind;
use serde::{Deserialize, Serialize};

use super::topic::Topic;

/// Bytes of a name.
const LONGEST_NAME: usize = 512;

/// What a client wants.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Subscribe(Topic),
    Unsubscribe(Topic),
    Ping,
}

/// As it is written. What is not known is left alone: clients of other systems send more.
#[derive(Deserialize)]
struct Said {
    r#type: String,
    metric_name: Option<String>,
    site: Option<String>,
    kind: Option<Kind>,
}

/// What is answered at once.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Reply<'a> {
    Subscribed(Echo<'a>),
    Unsubscribed(Echo<'a>),
    Pong,
    Error { error: String },
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
        Ok(if kind == "subscribe" { Self::Subscribe(topic) } else { Self::Unsubscribe(topic) })
    }
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
