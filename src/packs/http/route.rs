//! Routes: what requests are counted by, made once each and found again without a lock.

use perfmon_core::{
    Bound, Counter, Histogram,
    call::{LabelSet, announce},
    site::{CallSite, Kind, Table, hash, is_declared},
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

static RESPONSES: Counter<3> = Counter::new("http_server_responses_total", module_path!())
    .labels(&["method", "route", "status"])
    .label_limit(ALL * STATUSES)
    .help("Responses begun, by route and status, of routes whose requests an attribute counts.");
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

/// Who counts a route's requests, and what its statuses are counted by.
#[derive(Debug)]
pub(super) enum Counted {
    /// The layer: a request's labels say its status.
    Here(&'static CallSite, ByStatus<LabelSet>),
    /// An attribute or macro of the same name. The layer counts responses.
    Elsewhere(ByStatus<Bound<Counter>>),
}

/// A method and a route, with all that is counted of them.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) requests: Counted,
    request_size: Bound<Histogram>,
    response_size: Bound<Histogram>,
    method: &'static str,
    template: Box<str>,
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
        let requests = if is_declared(Kind::Request, &parts) {
            Counted::Elsewhere(ByStatus::new())
        } else {
            let site = CallSite::made(Kind::Request, &parts, module_path!()).labels(labels).label_limit(STATUSES);
            Counted::Here(announce(site), ByStatus::new())
        };
        Self {
            requests,
            request_size: REQUEST_SIZES.with(&parts).bind(),
            response_size: RESPONSE_SIZES.with(&parts).bind(),
            method,
            template: route.into(),
        }
    }

    /// A response with this status begins.
    pub(super) fn respond(&self, http: u16) {
        if let Counted::Elsewhere(responses) = &self.requests {
            let bind = |[status, _]: [&str; 2]| RESPONSES.with(&[self.method, &self.template, status]).bind();
            responses.of(Status { http, grpc: None }, bind).inc();
        }
    }

    /// The labels of a request that the layer counts.
    pub(super) fn labels(&self, status: Status) -> Option<LabelSet> {
        let Counted::Here(site, sets) = &self.requests else { return None };
        Some(sets.of(status, |labels| LabelSet::of(site, &labels)))
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
