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
//! | `/health` | a score from 0 to 100, what took points from it, the collectors; the last five minutes in short: calls by kind with percentiles and the slowest sites, resources |
//! | `/ready` | whether the exporter does its work |
//! | `/api/v1/sites`, `/api/v1/metrics`, `/api/v1/health`, `/api/v1/report`, `/api/v1/dashboard`, `/api/v1/catalogue` | everything as JSON; `/api/v1/openapi.json` describes it, errors are problem details |
//! | `/api/metrics`, `/api/health`, `/api/alerts` | in the shapes, and by the names, that dashboards of the Agent Cellphone system expect |
//! | `/ws` | figures pushed each second over a WebSocket |
//!
//! It works in synchronous and asynchronous programs alike: a thread with a runtime of its own ticks once a second (collectors, snapshot, windows, health) and
//! serves; another runs collectors, so that one that hangs holds up nobody. It cannot starve the program's runtime nor be starved by it. All it keeps is bounded,
//! and it tells its own cost among the metrics (`perfmon_pump_…`).
//!
//! # WebSocket
//!
//! A client sends `{"type":"subscribe","metric_name":"cpu_usage_percent"}` or `{"type":"subscribe","site":"order_execution"}` (with `"kind":"order"` where sites of several kinds share a
//! name), is answered with the same and `"type":"subscribed"`, and from then on gets `{"type":"metrics_update","data":{…}}` each second; `unsubscribe` ends it, `ping` is answered with `pong`, and
//! what is wrong with `{"type":"error","error":"…"}`. A client that is slow gets the newest frame when it is ready, and nobody waits for it. A client may have 100 subscriptions;
//! messages may have 16 KiB. Browsers say by the header `Origin` which page listens; other clients send the exporter's own address there,
//! `http://127.0.0.1:9464` say, or a token.
//!
//! # System
//!
//! [`system`](crate::system)'s collectors are registered with it. To choose among them or their intervals, register them before:
//! `perfmon::system::builder().without("connections").register()`. [`Builder::without`]`("system")` leaves them all out.
//!
//! With the feature `config`, a file in TOML, JSON or YAML and environment variables choose all of this, and the file is read again when it changes:
//! `builder().config(config::Config::load("perfmon.toml")?)?`. `perfmon.example.toml` in the repository has every key.
//!
//! [`Builder::section`] puts what a program or a pack knows into the dashboard. With the feature `trading`, `pnl` has every book (P&L, drawdown, positions, ratios,
//! risk) with its kill switches; with `agents`, `agents` has what agents did and used; with `db`, `database.slow_queries` has the slow statements without their values; with `http`,
//! `http.endpoints` has how each endpoint did in the window. A section is `null` as long as there is nothing to tell.
//!
//! In the process, [`Exporter::window`] has the last minute or hour as a snapshot, [`Exporter::health`] the score, and
//! [`aggregate`](crate::aggregate)`("cpu_usage_percent", …)` the recent past of every figure: a day, unless [`Builder::history`] says otherwise.
//!
//! # Who may ask
//!
//! It listens on this machine only, where everybody may read. [`Builder::access`] lets others in: whoever has a token, or (feature `auth`) a name and a password. Then
//! a public address is allowed; without either it is refused unless [`Builder::allow_public`] says that everybody may read.
//!
//! ```
//! use perfmon::exporter::settings::{Access, Role, Token};
//!
//! let mut access = Access::default();
//! access.tokens = vec![Token { name: "prometheus".into(), secret: "a-long-text-that-nobody-guesses".into(), role: Role::Read }];
//! let _perfmon = perfmon::exporter::builder().listen("127.0.0.1:0").access(access).start()?;
//! # Ok::<(), perfmon::Error>(())
//! ```
//!
//! | | |
//! |---|---|
//! | tokens | `Authorization: Bearer <secret>`, compared in constant time |
//! | users | basic authentication, as browsers ask for it; argon2, verified once and then remembered; wrong guesses run out: ten at once, then one each 3 s |
//! | roles | [`Read`](settings::Role::Read) asks, [`Operate`](settings::Role::Operate) changes. Strangers get `/health` (the status alone) and `/ready` |
//! | TLS | feature `tls`: a certificate and its key in PEM files, read again when they change |
//! | names | on this machine's addresses it answers to `localhost` and its like, and to `hosts`: a page cannot have its own name point here |
//! | pages | changes and live updates only from pages of this server or of `origins`; without `Origin` only with a token or a password. CORS for `origins` |
//! | bounds | changes are JSON of at most 1 MiB; `requests_per_second` for each client, by its IPv4 address or IPv6 /64 network; TLS handshakes of each: 200 at once, then 50 a second |
//!
//! What was refused is counted in `perfmon_requests_refused_total`.
//!
//! # Behind a proxy
//!
//! With nginx or a load balancer in front, which speaks TLS say, the exporter stays at 127.0.0.1 and is told by what name it is reached and who the proxy is:
//!
//! ```toml
//! [server]
//! hosts = ["perfmon.example.com"]
//! trusted_proxies = ["127.0.0.1"]        # addresses and networks, as "10.0.0.0/8"
//! ```
//!
//! Without `trusted_proxies` all clients are one, the proxy: they share its limits, and the log names it. With it the client is the last address in `X-Forwarded-For` that is no trusted proxy's;
//! of anybody else that header is ignored, and so is RFC 7239's `Forwarded` of everybody, which most proxies pass on as the client wrote it. A proxy that does not say for whom it asks, or says
//! `unknown`, stands for whoever that is. So every address in `trusted_proxies` has to be one of a proxy that adds whom it was asked by; clients among them could say to be
//! anybody. TLS handshakes of a trusted proxy have no limit, since they are nobody's yet; its connections are bounded by `max_connections`, like all.
//!
#![doc = concat!("```text\n", include_str!("../docs/nginx.conf"), "```")]
//!
//! `X-Forwarded-Proto: https` of a trusted proxy says that pages of this server have TLS: those that have not, by the same name, may neither change anything nor listen. Whoever comes by a proxy may not change
//! anything without a token, though the proxy is at this machine.

#[cfg(feature = "config")]
pub use perfmon_exporter::config;
#[cfg(feature = "auth")]
pub use perfmon_exporter::hash_password;
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
    let builder = perfmon_exporter::builder().pack("system", || _ = crate::system::register());
    #[cfg(feature = "trading")]
    let builder = builder.section("pnl", crate::trading::section);
    #[cfg(feature = "agents")]
    let builder = builder.section("agents", crate::agents::section);
    #[cfg(feature = "db")]
    let builder = builder.section("database", crate::db::section);
    #[cfg(feature = "http")]
    let builder = builder.section_of_window("http", crate::http::section);
    builder
}
