//! The sections of a configuration. What stands here about each key is what the example file and the schema say.

use std::{collections::BTreeMap, num::NonZeroU32, path::PathBuf, time::Duration};

use perfmon_core::series::Bounds;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{access, checked, quantity};
use crate::settings::{TlsFiles, Token, User};

/// Where the server listens, and who may ask it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Server {
    /// Host and port. Port 0 is any that is free. Taking another needs a restart.
    #[serde(deserialize_with = "checked::address")]
    #[schemars(with = "String", extend("default" = "127.0.0.1:9464"))]
    pub listen: Option<String>,
    /// Allows an address that other machines can reach though there are neither tokens nor users: whoever reaches it then reads everything.
    #[schemars(with = "bool", extend("default" = false))]
    pub allow_public: Option<bool>,
    /// Pages of other sites that may ask, by origin. In an environment variable, commas are between them.
    #[serde(deserialize_with = "checked::origins")]
    #[schemars(with = "Vec<String>", example = ["https://status.example.com"])]
    pub origins: Vec<String>,
    /// Names under which the server is reached, besides those of this machine.
    #[serde(deserialize_with = "checked::hosts")]
    #[schemars(with = "Vec<String>", example = ["perfmon.example.com"])]
    pub hosts: Vec<String>,
    /// Proxies in front, by address or network. What they write into X-Forwarded-For is believed, so that limits and the log go by the clients behind them. Each has to
    /// add the address that asked it, as nginx does with `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for`.
    #[serde(deserialize_with = "checked::trusted_proxies")]
    #[schemars(with = "Vec<String>", example = ["127.0.0.1", "10.0.0.0/8"])]
    pub trusted_proxies: Vec<String>,
    /// Requests that one client may make in a second; without, there is no limit.
    #[schemars(with = "NonZeroU32", extend("examples" = [50]))]
    pub requests_per_second: Option<NonZeroU32>,
    /// Connections at once; without, 512, or a quarter of the files that the process may open if that is less. More than half of
    /// those files are never taken. A new one beyond takes the place of an idle one. Needs a restart.
    #[schemars(with = "NonZeroU32", extend("examples" = [512]))]
    pub max_connections: Option<NonZeroU32>,
    /// The certificate, for HTTPS. The files are read again when they change; switching TLS on or off needs a restart.
    #[schemars(with = "access::TlsKeys")]
    pub tls: Option<TlsFiles>,
    /// Who identifies by a bearer token.
    #[serde(deserialize_with = "checked::tokens")]
    #[schemars(with = "Vec<access::TokenKeys>")]
    pub tokens: Vec<Token>,
    /// Who identifies by name and password, as browsers ask for them.
    #[serde(deserialize_with = "checked::users")]
    #[schemars(with = "Vec<access::UserKeys>")]
    pub users: Vec<User>,
}

/// A collector's switch and interval, whatever the program says. `GET /health` lists the names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Collector {
    /// Whether it runs.
    #[schemars(with = "bool", extend("default" = true))]
    pub enabled: Option<bool>,
    /// The time from the start of one run to that of the next: a second at least, for once a second the exporter's clock ticks.
    #[serde(deserialize_with = "quantity::ticks")]
    #[schemars(with = "String", extend("examples" = ["5s", "1m 30s"]))]
    pub interval: Option<Duration>,
}

/// Live windows: the last ten seconds, minute, … hour.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Windows {
    /// Memory they may take, about: 1MiB at least. Needs a restart.
    #[serde(deserialize_with = "quantity::memory")]
    #[schemars(with = "String", extend("default" = "16MiB"))]
    pub memory_limit: Option<usize>,
}

/// The recent past of gauges and counters, in memory: single values for ten minutes, by ten seconds for an hour, by minutes before. What narrower bounds leave no
/// room for is dropped at once, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct History {
    /// For how long values are kept: a minute at least. For less when memory is short.
    #[serde(deserialize_with = "quantity::retention")]
    #[schemars(with = "String", extend("default" = "24h"))]
    pub retention: Option<Duration>,
    /// Series that have a history; at most one for each KiB of the memory.
    #[schemars(with = "NonZeroU32", extend("default" = 4096))]
    pub max_series: Option<NonZeroU32>,
    /// Memory that all values may take, 1MiB at least. A single one takes 16 bytes, ten seconds or a minute of them 40: of a value every five seconds, 72 KiB a day.
    #[serde(deserialize_with = "quantity::memory")]
    #[schemars(with = "String", extend("default" = "32MiB"))]
    pub memory_limit: Option<usize>,
}

impl History {
    /// The bounds with what is written here in the place of what they say.
    #[must_use]
    pub fn bounds(&self, base: Bounds) -> Bounds {
        let mut bounds = base;
        bounds.retention = self.retention.unwrap_or(base.retention);
        bounds.max_series = self.max_series.map_or(base.max_series, |most| most.get() as usize);
        bounds.memory_limit = self.memory_limit.unwrap_or(base.memory_limit);
        bounds
    }
}

/// Names under which metrics are scraped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Profiles {
    /// The profile for scrapes that name none.
    #[schemars(with = "String", extend("default" = "canonical"))]
    pub default: Option<String>,
    /// Profiles of your own, each named as its file: `/metrics?names=shop`. Paths are relative to this file.
    #[schemars(example = ["shop.toml"])]
    pub files: Vec<PathBuf>,
}

/// The dashboard in the browser.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Dashboard {
    /// Its colours; `auto` follows the browser.
    #[schemars(with = "Theme", extend("default" = "auto"))]
    pub theme: Option<Theme>,
    /// How often it shows new values: once a second at most, for so often there are some.
    #[serde(deserialize_with = "quantity::ticks")]
    #[schemars(with = "String", extend("default" = "1s"))]
    pub refresh: Option<Duration>,
}

/// The dashboard's colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Theme {
    /// As the browser likes it.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// The log of the process, if the program keeps none: with either key, events go to standard error or a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Log {
    /// The file to append to, readable by its owner alone; without, standard error. Relative to this file. Taking another needs a restart.
    #[schemars(with = "PathBuf", extend("examples" = ["perfmon.log"]))]
    pub file: Option<PathBuf>,
    /// The least important events to log.
    #[schemars(with = "Level", extend("default" = "info"))]
    pub level: Option<Level>,
}

/// How important an event is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
#[allow(missing_docs, reason = "their names say it all")]
pub enum Level {
    Off,
    Error,
    Warn,
    #[default]
    Info,
    Debug,
    Trace,
}

/// Reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Report {
    /// Where to write a last one when the exporter stops; the ending (.txt, .json, .md, .csv) chooses the format. Relative to this file. Needs a restart.
    #[serde(rename = "final")]
    #[schemars(with = "PathBuf", extend("examples" = ["last-report.md"]))]
    pub last: Option<PathBuf>,
}

/// Collectors by name.
pub type Collectors = BTreeMap<String, Collector>;
