//! Asking one that runs.

use std::{
    env, fs, io,
    net::{IpAddr, SocketAddr},
    path::Path,
    time::Duration,
};

use perfmon::exporter::{
    config::Config,
    settings::{Access, Secret},
};
use serde::de::DeserializeOwned;
use ureq::{
    Agent, Body, Timeout,
    http::{Response, StatusCode, Uri},
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

use crate::{
    args::Target,
    failure::{Failure, tell},
};

/// The longest answer that is read, in bytes.
const LONGEST: u64 = 256 << 20;
/// The longest explanation of a refusal, in bytes.
const LONGEST_PROBLEM: u64 = 64 << 10;

/// A program that serves, and how to ask it.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    /// Without a slash at its end.
    pub(crate) url: String,
    token: Option<Secret>,
}

impl Client {
    pub(crate) fn new(target: &Target) -> Result<Self, Failure> {
        let url = url(target)?;
        let uri = parse(&url)?;
        let token = token(target)?;
        if token.is_some() && uri.scheme_str() == Some("http") && !is_here(&uri) {
            tell(&format!("warning: the token travels in the clear to {url}; ask by https instead"));
        }
        let mut tls = TlsConfig::builder();
        if let Some(path) = &target.ca {
            tls = tls.root_certs(certificates(path)?);
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            // Nobody sends a token elsewhere.
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The environment's is for the world outside; it must not see tokens for this machine.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(target.timeout)))
            .tls_config(tls.build())
            .user_agent(concat!("perfmon/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self { agent, url, token })
    }

    /// What it answers to a GET of a path.
    pub(crate) fn get(&self, path: &str) -> Result<String, Failure> {
        let url = format!("{}{path}", self.url);
        tracing::debug!(%url, token = self.token.is_some(), "asking");
        let mut request = self.agent.get(&url);
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {}", token.expose()));
        }
        let answer = request.call().map_err(|error| self.unreachable(&error))?;
        tracing::debug!(status = answer.status().as_u16(), "answered");
        if answer.status() != StatusCode::OK {
            return Err(self.refused(answer));
        }
        let text = answer.into_body().with_config().limit(LONGEST).read_to_string();
        let text = text.map_err(|error| self.unreachable(&error))?;
        tracing::debug!(bytes = text.len(), "read");
        Ok(text)
    }

    /// The same as a type.
    pub(crate) fn json<T: DeserializeOwned>(&self, text: &str) -> Result<T, Failure> {
        serde_json::from_str(text).map_err(|error| {
            let url = &self.url;
            Failure::failed(format!("failed to understand what {url} answers: {error}; is this perfmon, and as new?"))
        })
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let cause = match error {
            ureq::Error::Timeout(Timeout::Global) => String::from("no answer in time"),
            error => error.to_string(),
        };
        let remedy = match error {
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                "nobody listens there: is the program running, and is this its address?"
            }
            ureq::Error::HostNotFound => "check the name in --url",
            ureq::Error::Timeout(_) => "see whether the program runs, or wait longer with --timeout",
            // What `openssl req -x509` makes unless told otherwise.
            _ if cause.contains("CaUsedAsEndEntity") => {
                "the server shows an authority's certificate, which must not be a server's own: make it with \
                 `-addext basicConstraints=critical,CA:FALSE`"
            }
            _ if cause.contains("certificate") => {
                "give the certificate to trust with --ca, and a name that it is made out to with --url"
            }
            _ if self.url.starts_with("https:") => "does it speak TLS there, or is it http:// ?",
            _ => "is this its address?",
        };
        Failure::unreachable(format!("failed to reach {}: {cause}; {remedy}", self.url))
    }

    /// What it says about a request that it does not answer.
    fn refused(&self, answer: Response<Body>) -> Failure {
        let status = answer.status();
        let body = answer.into_body().with_config().limit(LONGEST_PROBLEM).read_to_string().unwrap_or_default();
        let problem: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
        let detail = problem.get("detail").and_then(serde_json::Value::as_str).unwrap_or("it does not say why");
        let remedy = match status {
            StatusCode::UNAUTHORIZED if self.token.is_some() => {
                "; it does not know this token: check PERFMON_TOKEN or --token-file"
            }
            StatusCode::UNAUTHORIZED => "; set PERFMON_TOKEN or write --token-file",
            status if status.is_redirection() => "; it sends elsewhere: write that address in --url",
            StatusCode::NOT_FOUND => "; is this perfmon's address?",
            _ => "",
        };
        Failure::failed(format!("{} refused: {status}, {detail}{remedy}", self.url))
    }
}

/// Whom to ask: what is written on the command line goes before the environment.
fn url(target: &Target) -> Result<String, Failure> {
    let of_environment = || env::var("PERFMON_URL").ok().filter(|url| !url.trim().is_empty());
    let url = match (&target.url, &target.config) {
        (Some(url), _) => url.clone(),
        (None, Some(path)) => url_of_config(path)?,
        (None, None) => of_environment().unwrap_or_else(|| format!("http://{}", perfmon::exporter::DEFAULT_ADDRESS)),
    };
    Ok(url.trim().trim_end_matches('/').to_owned())
}

/// Where a program with this configuration serves.
fn url_of_config(path: &Path) -> Result<String, Failure> {
    let config = Config::load(path).map_err(|error| Failure::configuration(&error))?;
    let scheme = if config.access(&Access::default()).tls.is_some() { "https" } else { "http" };
    let listen = config.server.listen.unwrap_or_else(|| perfmon::exporter::DEFAULT_ADDRESS.to_owned());
    // Every address of the machine is none that can be asked.
    let address = match listen.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => {
            let here = if address.is_ipv4() { "127.0.0.1" } else { "[::1]" };
            format!("{here}:{}", address.port())
        }
        _ => listen,
    };
    if address.ends_with(":0") {
        let path = path.display();
        return Err(Failure::wrong(format!("{path} leaves the port open: write the one that it took with --url")));
    }
    Ok(format!("{scheme}://{address}"))
}

fn parse(url: &str) -> Result<Uri, Failure> {
    let wrong = |why: &str| Failure::wrong(format!("{why}; write the address as in http://127.0.0.1:9464"));
    let uri: Uri = url.parse().map_err(|error| wrong(&format!("{url:?} is no address: {error}")))?;
    match (uri.scheme_str(), uri.authority()) {
        // It is not told: this may be a password.
        (_, Some(authority)) if authority.as_str().contains('@') => {
            Err(wrong("the address has a name or a password in it, which others could see; set PERFMON_TOKEN instead"))
        }
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

fn token(target: &Target) -> Result<Option<Secret>, Failure> {
    let text = match &target.token_file {
        Some(path) => fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            Failure::wrong(format!("failed to read the token from {path}: {error}; check its path and permissions"))
        })?,
        None => env::var("PERFMON_TOKEN").unwrap_or_default(),
    };
    let token = text.trim();
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(Failure::wrong("the token has blanks or other characters that no token has; write it alone"));
    }
    if token.is_empty() && target.token_file.is_some() {
        return Err(Failure::wrong("the file of the token is empty; write the token into it"));
    }
    Ok(Some(token).filter(|token| !token.is_empty()).map(Secret::from))
}

fn certificates(path: &Path) -> Result<RootCerts, Failure> {
    let wrong = |why: &str| {
        let path = path.display();
        Failure::wrong(format!("failed to read certificates from {path}: {why}; write a PEM file with --ca"))
    };
    let pem = fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(&error.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(wrong("there is none in it"));
    }
    Ok(RootCerts::new_with_certs(&found))
}
