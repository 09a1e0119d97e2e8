//! Routes: what requests are counted by, made once each and found again without a lock.

use perfmon_core::{
    Bound, Counter, Histogram,
    call::{Guard, LabelSet, announce},
    site::{CallSite, Kind, Table, declared_labels, hash},
};

use super::status::{self, ByStatus, Status};

/// Routes that have figures of their own, each with each of its methods.
const MOST: usize = 1_000;
/// A longer one is no template: somebody's input came through.
const LONGEST: usize = 256;
/// Of what is beyond these.
const OTHER: &str = "other";
/// The route of requests that no route was found for.
const UNMATCHED: &str = "unmatched";
const METHODS: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "PATCH", "TRACE", OTHER_METHOD];
/// As OpenTelemetry calls what is not a method of the standards.
const OTHER_METHOD: &str = "_OTHER";

/// What the layer tells of requests beside their route.
const STATUS: &[&str] = &["status"];
const GRPC_STATUS: &[&str] = &["status", "grpc_status"];

/// `unmatched` and `other`, with each method.
const RESERVED: usize = 2 * METHODS.len();
#[expect(clippy::cast_possible_truncation, reason = "tens of thousands")]
const ALL: u32 = (2 * MOST + RESERVED) as u32 + 8;
/// The statuses of a route, and `other`; two threads that meet their last ones at once may make a few more.
#[expect(clippy::cast_possible_truncation, reason = "some tens")]
const STATUSES: u32 = status::MOST as u32 + 8;

static ROUTES: Table<Route> = Table::new(MOST);
/// Made up by clients, maybe, and so never in the place of a template.
static GRPC_METHODS: Table<Route> = Table::new(MOST);
/// Never full, whatever comes in.
static FALLBACKS: Table<Route> = Table::new(RESERVED + 8);

static REQUEST_SIZES: Histogram<2> = Histogram::new("http_server_request_body_size", module_path!())
    .labels(&["method", "route"])
    .label_limit(ALL)
    .help("Bytes of request bodies that the service read.")
    .unit("bytes");
static RESPONSE_SIZES: Histogram<2> = Histogram::new("http_server_response_body_size", module_path!())
    .labels(&["method", "route"])
    .label_limit(ALL)
    .help("Bytes of response bodies that were handed to the server.")
    .unit("bytes");
static REFUSED: Counter = Counter::new("http_server_routes_refused_total", module_path!())
    .help("Requests of routes, or of gRPC methods, beyond the first 1,000; they count in the route other.");

/// Label values that attributes gave a request, by key.
type Told = [(&'static str, String)];

/// The route of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Named<'a> {
    /// As the program has it.
    Template(&'a str),
    /// As the client has it: a method of gRPC.
    Method(&'a str),
    /// None was found.
    Unmatched,
}

/// A method and a route, with all that is counted of them. An attribute of both declares objectives and a place for the same calls, and then counts none of its own.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) requests: &'static CallSite,
    /// The keys of their labels: those of the route's attributes, if any, and the layer's own.
    keys: &'static [&'static str],
    by_status: ByStatus<LabelSet>,
    request_size: Bound<Histogram>,
    response_size: Bound<Histogram>,
    method: &'static str,
    pub(super) template: Box<str>,
}

impl Route {
    /// The route's figures; those of `unmatched` without a route, of `other` beyond the limit.
    pub(super) fn find(method: &str, named: Named<'_>) -> Option<&'static Self> {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or(OTHER_METHOD);
        let (table, route) = match named {
            Named::Template(template) => (&ROUTES, template),
            Named::Method(called) => (&GRPC_METHODS, called),
            Named::Unmatched => return Self::get(&FALLBACKS, method, UNMATCHED, STATUS),
        };
        let labels = if matches!(named, Named::Method(_)) { GRPC_STATUS } else { STATUS };
        let found = (route.len() <= LONGEST).then(|| Self::get(table, method, route, labels)).flatten();
        found.or_else(|| {
            REFUSED.inc();
            Self::get(&FALLBACKS, method, OTHER, STATUS)
        })
    }

    fn get(
        table: &'static Table<Self>,
        method: &'static str,
        route: &str,
        labels: &'static [&'static str],
    ) -> Option<&'static Self> {
        table.find(
            hash(&[method, route]),
            |known| known.method == method && *known.template == *route,
            || Self::new(method, route, labels),
        )
    }

    fn new(method: &'static str, route: &str, labels: &'static [&'static str]) -> Self {
        let parts = [method, route];
        let mut site = CallSite::made(Kind::Request, &parts, module_path!());
        let mut keys = declared_labels(Kind::Request, &parts);
        site = if keys.is_empty() {
            site.labels(labels).label_limit(STATUSES)
        } else {
            keys.extend(labels.iter().filter(|label| !keys.contains(label)).copied().collect::<Vec<_>>());
            site.labels(keys.leak())
        };
        Self {
            keys: site.label_keys(),
            requests: announce(site),
            by_status: ByStatus::new(),
            request_size: REQUEST_SIZES.with(&parts).bind(),
            response_size: RESPONSE_SIZES.with(&parts).bind(),
            method,
            template: route.into(),
        }
    }

    /// Says how a request of its was answered, and what attributes told of it.
    pub(super) fn label(&self, call: &mut Guard, status: Option<Status>, told: &Told) {
        let is_told = told.iter().any(|(key, _)| self.keys.contains(key));
        match status {
            Some(status) if is_told => status.with_text(|texts| call.relabel(&self.values(texts, told))),
            Some(status) => {
                let bind = |texts: [&str; 2]| LabelSet::of(self.requests, &self.values(texts, told));
                call.relabel_as(self.by_status.of(status, bind));
            }
            None if is_told => call.relabel(&self.values(["", ""], told)),
            None => {}
        }
    }

    /// Label values in the order of its keys. What was told under others has no place here.
    fn values<'a>(&self, [http, grpc]: [&'a str; 2], told: &'a Told) -> Vec<&'a str> {
        let told_of = |key| told.iter().find(|(known, _)| *known == key).map_or("", |(_, value)| value.as_str());
        let value = |key: &&'static str| match *key {
            "status" => http,
            "grpc_status" => grpc,
            key => told_of(key),
        };
        self.keys.iter().map(value).collect()
    }

    /// The request's body is done with.
    pub(super) fn received(&self, bytes: u64) {
        self.request_size.record(bytes);
    }

    /// The response's body is done with.
    pub(super) fn sent(&self, bytes: u64) {
        self.response_size.record(bytes);
    }
}
