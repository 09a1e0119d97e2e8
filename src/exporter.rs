//! `perfmon::exporter`: watch the process from outside, with nothing else installed.
//!
//! ```
//! # fn run() -> Result<(), perfmon::Error> { Ok(()) }
//! fn main() -> Result<(), perfmon::Error> {
//! #   let _perfmon = perfmon::exporter::builder().listen("127.0.0.1:0").start()?;
//! #   #[cfg(any())]
//!     let _perfmon = perfmon::exporter::start()?; // http://127.0.0.1:9464
//!     run()
//! }
//! ```
//!
//! | | |
//! |---|---|
//! | `/metrics` | Prometheus text, OpenMetrics with exemplars, protobuf with native histograms, as the scraper asks; `?names=` a profile of names |
//! | `/health` | a score from 0 to 100, what took points from it, the collectors |
//! | `/ready` | whether the exporter does its work |
//!
//! It works in synchronous and asynchronous programs alike: a thread with a runtime of its own ticks once a second (collectors, snapshot, windows, health) and
//! serves; another runs collectors, so that one that hangs holds up nobody. It cannot starve the program's runtime nor be starved by it. All it keeps is bounded,
//! and it tells its own cost among the metrics (`perfmon_pump_…`).
//!
//! [`system`](crate::system)'s collectors are registered with it. To choose among them or their intervals, register them before:
//! `perfmon::system::builder().without("connections").register()`. [`Builder::without`]`("system")` leaves them all out.
//!
//! With the feature `config`, a file in TOML, JSON or YAML and environment variables choose all of this, and the file is read again when it changes:
//! `builder().config(config::Config::load("perfmon.toml")?)?`. `perfmon.example.toml` in the repository has every key.
//!
//! In the process, [`Exporter::window`] has the last minute or hour as a snapshot, [`Exporter::health`] the score, and
//! [`aggregate`](crate::aggregate)`("cpu_usage_percent", …)` the recent past of every figure.

#[cfg(feature = "config")]
pub use perfmon_exporter::config;
pub use perfmon_exporter::{Builder, DEFAULT_ADDRESS, Exporter, Tick, settings};

use crate::Error;

/// Starts the exporter with every default. Keep what it returns: dropped, the exporter stops.
///
/// # Errors
/// When port 9464 is in use, or an exporter runs in this process already. The message says what to do.
pub fn start() -> Result<Exporter, Error> {
    builder().start()
}

/// Begins to choose how the exporter runs.
pub fn builder() -> Builder {
    perfmon_exporter::builder().pack("system", || _ = crate::system::register())
}
