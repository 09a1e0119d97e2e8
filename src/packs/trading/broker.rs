//! The connection to a broker: how it holds, and how much of it is used.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use perfmon_core::collect::Samples;

use super::{
    at::{AtTime, nanos, now},
    known::{Known, Told},
    ring::Meter,
};

static BROKERS: Known<Broker> = Known::new();

/// A broker as this program sees it.
///
/// ```
/// use perfmon::trading::Broker;
///
/// let broker = Broker::new("ibkr").with_limit(50.0);
/// broker.set_connected(true);
/// for _ in 0..3 {
///     broker.request();
/// }
/// let status = broker.status();
/// assert_eq!((status.requests, status.connected, status.limit), (3, Some(true), Some(50.0)));
/// ```
#[derive(Clone)]
pub struct Broker(Arc<Link>);

struct Link {
    name: String,
    connection_errors: AtomicU64,
    reconnections: AtomicU64,
    pacing_violations: AtomicU64,
    state: Mutex<State>,
}

struct State {
    requests: u64,
    meter: Meter,
    limit: Option<f64>,
    connected: Option<bool>,
    clients: Option<u32>,
}

/// How a broker stands.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct BrokerStatus {
    /// Times that connecting failed or a connection broke.
    pub connection_errors: u64,
    /// Times that a lost connection came back.
    pub reconnections: u64,
    /// Times that the broker complained of too many requests.
    pub pacing_violations: u64,
    /// Requests made.
    pub requests: u64,
    /// Requests in the last second, to a tenth of a second.
    pub requests_per_second: f64,
    /// Requests in the busiest of the seconds in the last ten. A burst between two scrapes is seen here.
    pub peak_requests_per_second: f64,
    /// What the broker allows.
    pub limit: Option<f64>,
    /// Whether the connection is up, once it was said.
    pub connected: Option<bool>,
    /// How many clients are connected, once it was said.
    pub clients: Option<u32>,
}

impl Broker {
    /// The broker of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        BROKERS.get(name, |name| {
            let state = State { requests: 0, meter: Meter::new(), limit: None, connected: None, clients: None };
            Self(Arc::new(Link {
                name: name.to_owned(),
                connection_errors: AtomicU64::new(0),
                reconnections: AtomicU64::new(0),
                pacing_violations: AtomicU64::new(0),
                state: Mutex::new(state),
            }))
        })
    }

    /// Says how many requests a second the broker allows, so that it stands beside those made. A number that is not above 0 takes it back.
    #[must_use]
    pub fn with_limit(self, requests_per_second: f64) -> Self {
        self.state().limit = Some(requests_per_second).filter(|limit| limit.is_finite() && *limit > 0.0);
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// A request is made.
    pub fn request(&self) {
        self.at(SystemTime::now()).request();
    }

    /// Connecting failed, or a connection broke. Whether there still is one is said by [`set_connected`](Self::set_connected).
    pub fn connection_error(&self) {
        self.0.connection_errors.fetch_add(1, Ordering::Relaxed);
    }

    /// A connection that was lost is up again.
    pub fn reconnected(&self) {
        self.0.reconnections.fetch_add(1, Ordering::Relaxed);
        self.set_connected(true);
    }

    /// The broker complained of too many requests.
    pub fn pacing_violation(&self) {
        self.0.pacing_violations.fetch_add(1, Ordering::Relaxed);
    }

    /// The connection is up, or is not.
    pub fn set_connected(&self, connected: bool) {
        self.state().connected = Some(connected);
    }

    /// So many clients are connected: sessions of this program at the broker, or whoever trades through it.
    pub fn set_clients(&self, clients: u32) {
        self.state().clients = Some(clients);
    }

    /// How it stands now.
    #[must_use]
    pub fn status(&self) -> BrokerStatus {
        self.at(SystemTime::now()).status()
    }

    /// Takes its metrics out, and lets its name be used again. The handles there are go on working.
    pub fn remove(&self) {
        BROKERS.remove(|known| Arc::ptr_eq(&known.0, &self.0));
    }

    /// What happens at this time. The rates in metrics are those of now, so the times of requests should not lie far from it.
    pub fn at(&self, time: SystemTime) -> AtTime<'_, Self> {
        AtTime { told: self, time }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn status_at(&self, now: i64) -> BrokerStatus {
        let state = self.state();
        BrokerStatus {
            connection_errors: self.0.connection_errors.load(Ordering::Relaxed),
            reconnections: self.0.reconnections.load(Ordering::Relaxed),
            pacing_violations: self.0.pacing_violations.load(Ordering::Relaxed),
            requests: state.requests,
            requests_per_second: state.meter.last_second(now) as f64,
            peak_requests_per_second: state.meter.peak(now) as f64,
            limit: state.limit,
            connected: state.connected,
            clients: state.clients,
        }
    }
}

impl AtTime<'_, Broker> {
    /// A request is made at this time.
    pub fn request(&self) {
        let mut state = self.told.state();
        state.requests += 1;
        state.meter.count(nanos(self.time));
    }

    /// How it stands at this time.
    #[must_use]
    pub fn status(&self) -> BrokerStatus {
        self.told.status_at(nanos(self.time))
    }
}

impl Told for Broker {
    const COLLECTOR: &'static str = "trading.brokers";

    fn tell(&self, out: &mut Samples) {
        let status = self.status_at(now());
        let labels = [("broker", self.name())];
        let mut counter = |name, value, help, unit| _ = out.counter_with(name, &labels, value).describe(help, unit);
        counter(
            "trading_broker_connection_errors_total",
            status.connection_errors,
            "Connections to the broker that failed or broke.",
            "errors",
        );
        counter(
            "trading_broker_reconnections_total",
            status.reconnections,
            "Lost connections to the broker that came back.",
            "reconnections",
        );
        counter(
            "trading_broker_pacing_violations_total",
            status.pacing_violations,
            "Complaints of the broker about too many requests.",
            "violations",
        );
        counter("trading_broker_requests_total", status.requests, "Requests to the broker.", "requests");
        let mut gauge = |name, value: Option<f64>, help, unit| {
            if let Some(value) = value {
                out.gauge_with(name, &labels, value).describe(help, unit);
            }
        };
        let rate = "requests per second";
        gauge(
            "trading_broker_requests_per_second",
            Some(status.requests_per_second),
            "Requests to the broker in the last second.",
            rate,
        );
        gauge(
            "trading_broker_peak_requests_per_second",
            Some(status.peak_requests_per_second),
            "Requests to the broker in the busiest second of the last ten.",
            rate,
        );
        gauge("trading_broker_limit_requests_per_second", status.limit, "Requests that the broker allows.", rate);
        let connected = status.connected.map(|connected| f64::from(u8::from(connected)));
        gauge("trading_broker_connected", connected, "1 while the connection to the broker is up, else 0.", "");
        gauge("trading_broker_clients", status.clients.map(f64::from), "Clients connected to the broker.", "clients");
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").field("name", &self.name()).field("status", &self.status()).finish()
    }
}
