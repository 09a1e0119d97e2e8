//! The gate: lets a request pass, or says why not.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use http_body_util::Limited;
use perfmon_core::Error;

use super::{
    audit::{Audit, Entry},
    caller::{Caller, Line, Peer},
    credential::{Credential, is_websocket},
    guesses::Guesses,
    host::{Host, Named},
    origin::{self, Origin, Source},
    password::{Attempt, Verdict},
    proxy::Client,
    rate::Rate,
    refused::{Refused, later, refuse, unauthorized, unknown_method},
    rules::Rules,
};
use crate::{
    settings::{Access, Role},
    state::{Refusal, Shared},
};

/// Bytes of a request's body.
const MOST_BODY: usize = 1 << 20;
/// What tells whether the process lives, and nothing else, to those who may not read.
pub(crate) const FOR_ANYBODY: [&str; 2] = ["/health", "/ready"];

/// How often each client may ask for that in a second, where requests have a limit: who restarts what does not answer must not be kept from asking by others' requests.
const VITAL_REQUESTS: u32 = 10;
/// So many wrong passwords before a right one are worth a warning.
const MANY_MISSES: u32 = 10;

/// All others mean nothing anywhere here.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// Where the server stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    /// Only this machine reaches it.
    pub(crate) loopback: bool,
    /// The program said that everybody may read.
    pub(crate) open: bool,
}

/// What requests pass.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(super) standing: Standing,
    rules: Mutex<Arc<Rules>>,
    guesses: Guesses,
    vital: Rate,
    audit: Audit,
}

impl Gate {
    /// # Errors
    /// When something in the settings makes no sense.
    pub(crate) fn new(access: &Arc<Access>, standing: Standing) -> Result<Self, Error> {
        let (rules, problems) = Rules::new(access, None);
        if let Some(problems) = told(&problems) {
            return Err(Error::invalid(format!("failed to protect the server: {problems}")));
        }
        let (rules, vital) = (Mutex::new(Arc::new(rules)), Rate::per_second(VITAL_REQUESTS));
        Ok(Self { standing, rules, guesses: Guesses::new(), vital, audit: Audit::default() })
    }

    /// The rules of this moment.
    fn rules(&self, shared: &Shared) -> Arc<Rules> {
        let access = shared.access();
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&rules.access, &access) {
            let (new, problems) = Rules::new(&access, Some(&rules));
            for problem in &problems {
                tracing::error!(target: "perfmon", "{problem}");
            }
            shared.trouble("access", told(&problems));
            *rules = Arc::new(new);
        }
        rules.clone()
    }

    /// Whether one has to say who one is. A server that loses its last credential lets nobody in, rather than everybody, wherever it is.
    fn is_closed(&self, shared: &Shared) -> bool {
        shared.is_protected() || !(self.standing.loopback || self.standing.open)
    }

    /// Whether somebody who passed a while ago would still be the one who passed: for conversations that last.
    pub(crate) fn still_admits(&self, caller: &Caller, shared: &Shared) -> bool {
        let rules = self.rules(shared);
        let is_known = caller.known().map_or_else(|| !self.is_closed(shared), |known| rules.knows(known));
        is_known && caller.page.as_ref().is_none_or(|page| page.is_among(&rules.origins))
    }

    /// Tells the log what has been refused; to be called once a second.
    pub(crate) fn tell(&self) {
        self.audit.tell();
    }

    /// For whom a connection's request is.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap, shared: &Shared) -> IpAddr {
        self.rules(shared).proxies.client(peer, headers).address
    }

    /// Whether others ask through this address, so that what is for one client is not for all of them together.
    pub(crate) fn is_proxy(&self, address: IpAddr, shared: &Shared) -> bool {
        self.rules(shared).proxies.has(address)
    }

    fn is_meant(&self, host: &Host, rules: &Rules) -> bool {
        let elsewhere = !self.standing.loopback && (host.is_address() || rules.hosts.is_empty());
        host.is_local() || elsewhere || rules.hosts.iter().any(|allowed| host.is(allowed))
    }

    async fn admit(
        &self,
        rules: &Rules,
        shared: &Shared,
        client: Client,
        mut request: Request,
    ) -> Result<Request, Refused> {
        let line = request.extensions().get::<Line>().cloned().unwrap_or_default();
        if let Some(rate) = &rules.rate {
            let rate = if is_vital(&request) { &self.vital } else { &**rate };
            rate.take(client.address).map_err(|wait| later(wait, "too many requests from this address"))?;
        }
        if !METHODS.contains(request.method()) {
            return Err(unknown_method(request.method()));
        }
        let host = self.host(rules, &request)?;
        let from = Source::of(request.headers(), host.as_ref(), client.by_https || line.by_tls, &rules.origins);
        if origin::is_preflight(request.method(), request.headers()) {
            return Err(preflight(from));
        }
        let mut caller = match self.identify(rules, shared, client, &line, request.headers()).await {
            // Whether the process lives is nobody's secret: who keeps watch with a token of yesterday does not take it for dead.
            Err(_) if is_vital(&request) => Caller::stranger(),
            identified => identified?,
        };
        role_suffices(rules, &caller, &request)?;
        if is_change(request.method()) || is_websocket(request.headers()) {
            page_may(from, &caller)?;
        }
        content(&request)?;
        caller.page = Origin::of(request.headers()).filter(|_| from == Source::Friend);
        request.extensions_mut().insert(caller);
        Ok(request.map(|body| Body::new(Limited::new(body, MOST_BODY))))
    }

    fn host(&self, rules: &Rules, request: &Request) -> Result<Option<Host>, Refused> {
        match Named::of(request.uri(), request.version(), request.headers()) {
            Named::Nothing => Ok(None),
            Named::Host(host) if self.is_meant(&host, rules) => Ok(Some(host)),
            Named::Host(host) => Err(refuse(
                Refusal::Host,
                StatusCode::MISDIRECTED_REQUEST,
                &format!(
                    "this server is not known as {:?}: ask for localhost, or add that name to its `hosts` (in [server] of the configuration, or `Access::hosts`)",
                    host.name()
                ),
            )),
            Named::Nonsense => Err(refuse(
                Refusal::Host,
                StatusCode::BAD_REQUEST,
                "the header Host is missing, there twice or no host",
            )),
        }
    }

    /// Counts a wrong token, or what is none.
    fn guess(&self, client: Client) -> Verdict {
        self.guesses.take_token(client.address).map_or_else(Verdict::Later, |()| Verdict::Wrong)
    }

    async fn identify(
        &self,
        rules: &Rules,
        shared: &Shared,
        client: Client,
        line: &Line,
        headers: &HeaderMap,
    ) -> Result<Caller, Refused> {
        if !self.is_closed(shared) {
            // Whoever may be anywhere may look, not change.
            let role = if client.is_here { Role::Operate } else { Role::Read };
            return Ok(Caller::anybody(role));
        }
        let mut who = String::from("a token");
        let verdict = match Credential::of(headers) {
            Ok(None) => return Ok(Caller::stranger()),
            Ok(Some(Credential::Bearer(secret))) => match rules.bearer(&secret) {
                Some(caller) => Verdict::Right { caller, misses: 0 },
                None => self.guess(client),
            },
            Ok(Some(Credential::Basic { name, password })) => {
                who.clone_from(&name);
                let line = client.is_alone.then_some(line);
                let attempt = Attempt { name, password, from: client.address, line };
                rules.passwords.verify(attempt, &self.guesses).await
            }
            Err(_) => {
                who = String::from("what nobody can read");
                self.guess(client)
            }
        };
        let refused = match verdict {
            Verdict::Right { caller, misses } => {
                welcome(&caller, client, line, misses);
                return Ok(caller);
            }
            Verdict::Wrong => unauthorized(rules, "that token, or that name and password, is not known here"),
            Verdict::Later(wait) => later(wait, "too many wrong tokens and passwords"),
        };
        Err(refused.to(who))
    }
}

/// Tells the log who is let in: by a connection for the first time, and after many have tried.
fn welcome(caller: &Caller, client: Client, line: &Line, misses: u32) {
    let name = caller.known().map_or("", |known| &known.name);
    if misses >= MANY_MISSES {
        tracing::warn!(target: "perfmon", client = %client.address, who = ?name, misses, "a right password after many that were wrong");
    } else if line.is_first() {
        tracing::debug!(target: "perfmon", client = %client.address, who = ?name, "let in");
    }
}

/// So many problems are told, the others counted.
const TOLD: usize = 20;

fn told(problems: &[String]) -> Option<String> {
    let more = problems.len().saturating_sub(TOLD);
    let more = (more > 0).then(|| format!("and {more} more"));
    let all: Vec<String> = problems.iter().take(TOLD).cloned().chain(more).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The middleware.
pub(crate) async fn pass(
    State((gate, shared)): State<(Arc<Gate>, Arc<Shared>)>,
    request: Request,
    next: Next,
) -> Response {
    let rules = gate.rules(&shared);
    let peer = request.extensions().get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    let client = rules.proxies.client(peer, request.headers());
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let origin = request.headers().get(header::ORIGIN).cloned();
    let friend = origin.filter(|_| Source::of(request.headers(), None, false, &rules.origins) == Source::Friend);
    let mut response = match gate.admit(&rules, &shared, client, request).await {
        Ok(request) => next.run(request).await,
        Err(Refused { why, who, response }) => {
            if let Some(reason) = why {
                shared.refusals.count(reason);
                let (method, path) = (method.to_string(), uri.path().to_owned());
                gate.audit.refused(Entry { reason, client: client.address, who, method, path });
            }
            *response
        }
    };
    origin::allow(&mut response, friend);
    if !rules.origins.is_empty() {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

fn is_change(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_vital(request: &Request) -> bool {
    !is_change(request.method()) && FOR_ANYBODY.contains(&request.uri().path())
}

/// Whether the caller's role suffices.
fn role_suffices(rules: &Rules, caller: &Caller, request: &Request) -> Result<(), Refused> {
    let change = is_change(request.method());
    let needed = if change { Role::Operate } else { Role::Read };
    if caller.may(needed) || is_vital(request) {
        return Ok(());
    }
    if caller.is_stranger() {
        return Err(unauthorized(rules, "say who you are: send a token, or a name and a password"));
    }
    let remedy = if caller.known().is_some() {
        "this needs the role operate, and yours is read"
    } else {
        "changes from other machines need a token or a user with the role operate: configure one"
    };
    let refused = refuse(Refusal::Role, StatusCode::FORBIDDEN, remedy);
    Err(match caller.known() {
        Some(known) => refused.to(&known.name),
        None => refused,
    })
}

/// Whether the page that asks may change things or listen. A browser always says which page it is.
fn page_may(from: Source, caller: &Caller) -> Result<(), Refused> {
    let detail = match from {
        Source::Here | Source::Friend => return Ok(()),
        Source::Nowhere if caller.known().is_some() => return Ok(()),
        Source::Nowhere => {
            "without a token the header Origin has to say where this comes from: send this server's address, or a token"
        }
        Source::Elsewhere => "pages of that origin may not ask: add it to the server's `origins` if they should",
    };
    Err(refuse(Refusal::Origin, StatusCode::FORBIDDEN, detail))
}

fn preflight(from: Source) -> Refused {
    match from {
        Source::Here | Source::Friend => Refused { why: None, who: None, response: Box::new(origin::preflight()) },
        Source::Nowhere | Source::Elsewhere => refuse(
            Refusal::Origin,
            StatusCode::FORBIDDEN,
            "pages of that origin may not ask: add it to the server's `origins` if they should",
        ),
    }
}

/// Whether a change's body is JSON, which a page of another site cannot send without asking first, and whether it is small.
fn content(request: &Request) -> Result<(), Refused> {
    let headers = request.headers();
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MOST_BODY as u64) {
        return Err(refuse(Refusal::Body, StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 1 MiB"));
    }
    let has_body = length.is_some_and(|length| length > 0) || headers.contains_key(header::TRANSFER_ENCODING);
    let required = is_change(request.method()) && (has_body || *request.method() != Method::DELETE);
    if required && !is_json(headers) {
        return Err(refuse(
            Refusal::Body,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "changes are JSON: send the header Content-Type: application/json",
        ));
    }
    Ok(())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}
