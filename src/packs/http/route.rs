//! Routes: what requests are counted by, made once each and found again without a lock.

use perfmon_core::{
    Bound, Counter, Histogram,
    call::announce,
    site::{CallSite, Kind, Table, hash, is_declared},
};

/// Routes that have figures of their own, each with each of its methods.
const MOST: usize = 1_000;
/// A longer one is no template: somebody's input came through.
const LONGEST: usize = 256;
/// Statuses of a route that have a count of their own.
const STATUSES: usize = 24;
/// Route and status of what is beyond these.
const OTHER: &str = "other";
/// The route of requests that no route was found for.
const UNMATCHED: &str = "unmatched";
const METHODS: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "CONNECT", "PATCH", "TRACE", OTHER_METHOD];
/// As OpenTelemetry calls what is not a method of the standards.
const OTHER_METHOD: &str = "_OTHER";

/// `unmatched` and `other`, with each method.
const RESERVED: usize = 2 * METHODS.len();
#[expect(clippy::cast_possible_truncation, reason = "tens of thousands")]
const ALL: u32 = (2 * MOST + RESERVED) as u32 + 8;
#[expect(clippy::cast_possible_truncation, reason = "some tens")]
const ALL_STATUSES: u32 = ALL * (STATUSES as u32 + 2);

static ROUTES: Table<Route> = Table::new(MOST);
/// Made up by clients, maybe, and so never in the place of a template.
static GRPC_METHODS: Table<Route> = Table::new(MOST);
/// Never full, whatever comes in.
static FALLBACKS: Table<Route> = Table::new(RESERVED + 8);

static RESPONSES: Counter<3> = Counter::new("http_server_responses_total", module_path!())
    .labels(&["method", "route", "status"])
    .label_limit(ALL_STATUSES)
    .help("Responses begun, by route and status.");
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

/// A method and a route, with all that is counted of them.
#[derive(Debug)]
pub(super) struct Route {
    /// `None` where an attribute or macro of the same name counts the calls.
    pub(super) site: Option<&'static CallSite>,
    request_size: Bound<Histogram>,
    response_size: Bound<Histogram>,
    /// Made at the first response with each status.
    responses: Table<(u16, Bound<Counter>)>,
    /// Of statuses beyond those.
    responses_beyond: Bound<Counter>,
    method: &'static str,
    template: Box<str>,
}

impl Route {
    /// The route's figures; those of `unmatched` without a route, of `other` beyond the limit.
    pub(super) fn find(method: &str, route: Named<'_>) -> Option<&'static Self> {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or(OTHER_METHOD);
        let (table, route) = match route {
            Named::Template(template) => (&ROUTES, template),
            Named::Method(called) => (&GRPC_METHODS, called),
            Named::Unmatched => return Self::get(&FALLBACKS, method, UNMATCHED),
        };
        let found = (route.len() <= LONGEST).then(|| Self::get(table, method, route)).flatten();
        found.or_else(|| {
            REFUSED.inc();
            Self::get(&FALLBACKS, method, OTHER)
        })
    }

    fn get(table: &'static Table<Self>, method: &'static str, route: &str) -> Option<&'static Self> {
        table.find(
            hash(&[method, route]),
            |known| known.method == method && *known.template == *route,
            || Self::new(method, route),
        )
    }

    fn new(method: &'static str, route: &str) -> Self {
        let parts = [method, route];
        Self {
            site: (!is_declared(Kind::Request, &parts))
                .then(|| announce(CallSite::made(Kind::Request, &parts, module_path!()))),
            request_size: REQUEST_SIZES.with(&parts).bind(),
            response_size: RESPONSE_SIZES.with(&parts).bind(),
            responses: Table::new(STATUSES),
            responses_beyond: RESPONSES.with(&[method, route, OTHER]).bind(),
            method,
            template: route.into(),
        }
    }

    /// A response with this status begins.
    pub(super) fn respond(&'static self, status: u16) {
        let bind = || {
            let text = [b'0' + (status / 100 % 10) as u8, b'0' + (status / 10 % 10) as u8, b'0' + (status % 10) as u8];
            let text = std::str::from_utf8(&text).unwrap_or(OTHER);
            (status, RESPONSES.with(&[self.method, &self.template, text]).bind())
        };
        let known = self.responses.find(status.into(), |(known, _)| *known == status, bind);
        known.map_or(&self.responses_beyond, |(_, responses)| responses).inc();
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
