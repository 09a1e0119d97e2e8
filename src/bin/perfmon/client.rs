//! Asking one that runs.

use std::{
    borrow::Cow,
    env, io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use perfmon::exporter::{
    config::{Config, Source},
    settings::TlsFiles,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::{
    Agent, Body, Timeout,
    http::{HeaderMap, Response, StatusCode, Uri, header},
    unversioned::{
        resolver::DefaultResolver,
        transport::{Connector as _, TcpConnector},
    },
};

use crate::{
    args::{Target, Written},
    credential::Credential,
    failure::Failure,
    output::tell,
    trust::Tls,
};

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 256 << 20;
/// The longest explanation of a refusal, in bytes.
const LONGEST_PROBLEM: u64 = 64 << 10;
/// What to do about a host that nobody knows.
const NO_SUCH_HOST: &str = "check the name of the host";

/// A program that serves, and how to ask it.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    /// Without a slash at its end.
    pub(crate) url: String,
    credential: Option<Credential>,
}

/// Whom to ask.
struct Whom {
    url: String,
    /// Its certificate, where a configuration says which.
    certificate: Option<PathBuf>,
}

impl Client {
    pub(crate) fn new(target: &Target) -> Result<Self, Failure> {
        let Whom { url, certificate } = whom(target)?;
        let uri = parse(&url)?;
        let credential = Credential::of(target)?;
        if let Some(credential) = credential.as_ref().filter(|_| uri.scheme_str() == Some("http") && !is_here(&uri)) {
            tell(&format!("warning: {} travels in the clear to {url}; ask by https instead", credential.what()));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Nobody sends a token elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The environment's is for the world outside; it must not see tokens for this machine.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(target.timeout)))
            .user_agent(concat!("perfmon/", env!("CARGO_PKG_VERSION")))
            .build();
        let agent = match target.ca.as_ref().or(certificate.as_ref()) {
            Some(path) => {
                let connector = ().chain(TcpConnector::default()).chain(Tls::trusting(path)?);
                Agent::with_parts(config, connector, DefaultResolver::default())
            }
            None => config.new_agent(),
        };
        Ok(Self { agent, url, credential })
    }

    /// What it answers to a GET of a path, if it is written as it has to be: others answer with pages of theirs.
    pub(crate) fn get(&self, path: &str, written: Written) -> Result<String, Failure> {
        let url = format!("{}{path}", self.url);
        tracing::debug!(%url, credential = self.credential.as_ref().map(Credential::what), "asking");
        let mut request = self.agent.get(&url);
        if let Some(credential) = &self.credential {
            request = request.header(header::AUTHORIZATION, credential.header().expose());
        }
        let answer = request.call().map_err(|error| self.unreachable(&error))?;
        tracing::debug!(status = answer.status().as_u16(), "answered");
        if answer.status() != StatusCode::OK {
            return Err(self.refused(answer));
        }
        let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if essence != written.media_type() {
            let expected = written.media_type();
            let found = if essence.is_empty() { "something without a type" } else { essence };
            return Err(self.stranger(&format!("{found} instead of {expected}")));
        }
        let text = answer.into_body().with_config().limit(LONGEST).read_to_string();
        let text = text.map_err(|error| self.unreachable(&error))?;
        tracing::debug!(bytes = text.len(), "read");
        Ok(text)
    }

    /// A JSON document that perfmon wrote, which is known by its members.
    pub(crate) fn document(&self, path: &str, is_perfmon: impl Fn(&Value) -> bool) -> Result<String, Failure> {
        let text = self.get(path, Written::Json)?;
        if is_perfmon(&self.json(&text)?) { Ok(text) } else { Err(self.stranger("another document")) }
    }

    /// What it answers as a type.
    pub(crate) fn json<T: DeserializeOwned>(&self, text: &str) -> Result<T, Failure> {
        serde_json::from_str(text).map_err(|error| self.stranger(&error.to_string()))
    }

    fn stranger(&self, what: &str) -> Failure {
        Failure::failed(format!("failed to understand what {} answers: {what}; is this perfmon, and as new?", self.url))
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let cause = match error {
            ureq::Error::Timeout(Timeout::Global) => String::from("no answer in time"),
            ureq::Error::Io(error) => error.to_string(),
            error => error.to_string(),
        };
        let remedy = match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                "nobody listens there: is the program running, and is this its address?"
            }
            ureq::Error::HostNotFound => NO_SUCH_HOST,
            // The standard library has no kind for it.
            _ if cause.contains("failed to lookup address") => NO_SUCH_HOST,
            ureq::Error::Timeout(_) => "see whether the program runs, or wait longer with --timeout",
            _ if cause.contains("certificate expired") => {
                "the server's certificate is no longer valid: it has to be renewed there"
            }
            // What `openssl req -x509` makes unless told otherwise.
            _ if cause.contains("CaUsedAsEndEntity") => {
                "the server shows an authority's certificate, which must not be a server's own: make it with \
                 `-addext basicConstraints=critical,CA:FALSE`"
            }
            _ if cause.contains("certificate") => {
                "give the certificate to trust with --ca, its authority's or its own; with an authority's, a name that it is made out to with --url"
            }
            _ if self.url.starts_with("https:") => "does it speak TLS there, or is it http:// ?",
            _ => "is this its address?",
        };
        Failure::unreachable(format!("failed to reach {}: {cause}; {remedy}", self.url))
    }

    /// What it says about a request that it does not answer.
    fn refused(&self, answer: Response<Body>) -> Failure {
        let status = answer.status();
        let login = Credential::remedy(self.credential.as_ref(), &challenges(answer.headers()));
        let body = answer.into_body().with_config().limit(LONGEST_PROBLEM).read_to_string().unwrap_or_default();
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let detail = problem.get("detail").and_then(serde_json::Value::as_str).unwrap_or("it does not say why");
        let remedy = match status {
            StatusCode::UNAUTHORIZED => login,
            status if status.is_redirection() => "; it sends elsewhere: write that address in --url",
            StatusCode::NOT_FOUND => "; is this perfmon's address?",
            _ => "",
        };
        Failure::failed(format!("{} refused: {status}, {detail}{remedy}", self.url))
    }
}

/// The ways to identify that it offers.
fn challenges(headers: &HeaderMap) -> String {
    let offered = headers.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    offered.collect::<Vec<_>>().join(", ").to_ascii_lowercase()
}

/// What is written on the command line goes before the environment.
fn whom(target: &Target) -> Result<Whom, Failure> {
    let of_environment = || env::var("PERFMON_URL").ok().filter(|url| !url.trim().is_empty());
    let url = match (&target.url, &target.config) {
        (Some(url), _) => url.clone(),
        (None, Some(path)) => return configured(Some(&target.syntax.source(path))),
        (None, None) => match of_environment() {
            Some(url) => url,
            // Where `perfmon start` would serve.
            None => return configured(None),
        },
    };
    Ok(Whom { url: with_scheme(url.trim()).trim_end_matches('/').to_owned(), certificate: None })
}

/// A URL, or what `listen` is in a configuration, host and port, as one.
fn with_scheme(url: &str) -> Cow<'_, str> {
    let (authority, _) = url.split_once('/').unwrap_or((url, ""));
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {
            format!("http://{}{}", reachable(authority), &url[authority.len()..]).into()
        }
        _ => url.into(),
    }
}

/// Every address of the machine is none that can be asked.
fn reachable(listen: &str) -> Cow<'_, str> {
    match listen.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => {
            let here = if address.is_ipv4() { "127.0.0.1" } else { "[::1]" };
            format!("{here}:{}", address.port()).into()
        }
        _ => listen.into(),
    }
}

/// A program with this configuration, or without a file.
fn configured(source: Option<&Source>) -> Result<Whom, Failure> {
    let server = Config::address(source).map_err(|error| Failure::configuration(&error))?.server;
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    let listen = server.listen.unwrap_or_else(|| perfmon::exporter::DEFAULT_ADDRESS.to_owned());
    let address = reachable(&listen);
    if address.ends_with(":0") {
        let who = source.map_or_else(|| String::from("PERFMON_SERVER__LISTEN"), Source::name);
        return Err(Failure::wrong(format!("{who} leaves the port open: write the one that it took with --url")));
    }
    let certificate = server.tls.map(|TlsFiles { certificate, .. }| certificate);
    Ok(Whom { url: format!("{scheme}://{address}"), certificate })
}

fn parse(url: &str) -> Result<Uri, Failure> {
    let wrong =
        |why: &str| Failure::wrong(format!("{why}; write the address as in http://127.0.0.1:9464 or 127.0.0.1:9464"));
    // What is behind it never leaves a browser, so it is no part of where something is.
    if url.contains('#') {
        return Err(wrong("the address has a # in it"));
    }
    let uri: Uri = url.parse().map_err(|error| wrong(&format!("{url:?} is no address: {error}")))?;
    match (uri.scheme_str(), uri.authority()) {
        // It is not told: this may be a password.
        (_, Some(authority)) if authority.as_str().contains('@') => Err(wrong(
            "the address has a name or a password in it, which others could see; set PERFMON_TOKEN, or write --user, instead",
        )),
        (Some("http" | "https"), Some(_)) if uri.query().is_none() => Ok(uri),
        (Some("http" | "https"), Some(_)) => Err(wrong(&format!("{url:?} has a question mark"))),
        _ => Err(wrong(&format!("{url:?} does not begin with http:// or https:// and a host"))),
    }
}

/// Whether what is sent stays on this machine.
fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
