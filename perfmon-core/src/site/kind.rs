//! What sort of thing a call site is.

use std::fmt;

/// What sort of call a site makes; each has an attribute of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    any(feature = "serde", feature = "report"),
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
#[non_exhaustive]
pub enum Kind {
    /// `monitor_latency("name")`: any function.
    Latency,
    /// `monitor_order("order_type")`: placing an order.
    Order,
    /// `monitor_db("operation", "table")`: a database statement.
    Db,
    /// `monitor_request("METHOD", "/route")`: an HTTP request served.
    Request,
    /// `monitor_agent("name")`: an AI agent's run.
    Agent,
    /// `monitor_tool("name")`: a tool an agent calls.
    Tool,
}

impl Kind {
    /// Every kind, in the order reports show them.
    pub const ALL: [Self; 6] = [Self::Latency, Self::Order, Self::Db, Self::Request, Self::Agent, Self::Tool];

    /// The name used in output: `"latency"`, `"db"` and so on.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Order => "order",
            Self::Db => "db",
            Self::Request => "request",
            Self::Agent => "agent",
            Self::Tool => "tool",
        }
    }

    /// What the parts of a name of this kind mean, as label keys:
    /// `["operation", "table"]` for [`Kind::Db`].
    #[must_use]
    pub const fn name_labels(self) -> &'static [&'static str] {
        match self {
            Self::Latency => &["name"],
            Self::Order => &["order_type"],
            Self::Db => &["operation", "table"],
            Self::Request => &["method", "route"],
            Self::Agent => &["agent"],
            Self::Tool => &["tool"],
        }
    }

    /// Whether a label with the key of a name's part takes the place of that part, call by call: of agents and tools, whose names may be known at run
    /// time only. `monitor_agent("worker", labels(agent = task.agent))`.
    #[must_use]
    pub const fn is_named_by_call(self) -> bool {
        matches!(self, Self::Agent | Self::Tool)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
