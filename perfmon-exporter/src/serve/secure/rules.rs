//! What `Access` says, ready to be applied.

use std::sync::Arc;

use axum::http::HeaderValue;

use super::{
    caller::{Caller, Known},
    host::Host,
    origin::Origin,
    password::Passwords,
    proxy::{Network, Proxies},
    rate::Rate,
};
use crate::settings::{Access, Secret, Token};

/// What is enforced. Made again when the settings change.
#[derive(Debug)]
pub(crate) struct Rules {
    /// What they were made from.
    pub(crate) access: Arc<Access>,
    tokens: Vec<Arc<Known>>,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) origins: Vec<Origin>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) proxies: Proxies,
    pub(crate) rate: Option<Arc<Rate>>,
}

impl Rules {
    /// The rules, and what in the settings makes no sense and was left out: with it there is less access, never more.
    pub(crate) fn new(access: &Arc<Access>, before: Option<&Self>) -> (Self, Vec<String>) {
        let mut problems = Vec::new();
        let tokens = bearers(&access.tokens, &mut problems);
        let passwords = Passwords::new(&access.users, before.map(|before| &*before.passwords), &mut problems);
        let origin = |text: &str| {
            Origin::parse(text).ok_or_else(|| {
            format!(
                "the origin {text:?} is none: write scheme, host and, if it is not the usual one, port, as in \"https://status.example.com\""
            )
        })
        };
        let host = |text: &str| {
            Host::parse(text).ok_or_else(|| {
            format!(
                "the host {text:?} is none: write a name as in \"perfmon.example.com\", with a port if only that one counts"
            )
        })
        };
        let origins = sensible(&access.origins, origin, &mut problems);
        let hosts = sensible(&access.hosts, host, &mut problems);
        let proxies = Proxies::new(sensible(&access.trusted_proxies, Network::parse, &mut problems));
        if access.requests_per_second == Some(0) {
            problems.push(String::from(
                "0 requests per second would let nobody in: write at least 1, or leave it out for no limit",
            ));
        }
        let kept = before.filter(|before| before.access.requests_per_second == access.requests_per_second);
        let rate = kept.map_or_else(
            || access.requests_per_second.map(|most| Arc::new(Rate::per_second(most))),
            |kept| kept.rate.clone(),
        );
        (Self { access: access.clone(), tokens, passwords, origins, hosts, proxies, rate }, problems)
    }

    /// Whether the settings name anybody, be it in a way that makes no sense: they do not mean everybody then.
    pub(crate) fn names_anybody(&self) -> bool {
        !(self.access.tokens.is_empty() && self.access.users.is_empty())
    }

    /// Whom a token belongs to. Takes the same time wherever in the list it is, and however much of it is right.
    pub(crate) fn bearer(&self, secret: &Secret) -> Option<Caller> {
        let mut found = None;
        for token in &self.tokens {
            if token.proof == *secret {
                found = Some(token);
            }
        }
        found.map(Caller::is)
    }

    /// Whether somebody is known as before: by the same proof, with no lesser role.
    pub(crate) fn knows(&self, before: &Known) -> bool {
        self.tokens
            .iter()
            .chain(self.passwords.users())
            .any(|known| known.name == before.name && known.proof == before.proof && known.role >= before.role)
    }

    /// The ways to identify, for `WWW-Authenticate`.
    pub(crate) fn challenges(&self) -> impl Iterator<Item = HeaderValue> {
        let basic = (!self.passwords.is_empty()).then_some("Basic realm=\"perfmon\", charset=\"UTF-8\"");
        let bearer = (!self.tokens.is_empty() || basic.is_none()).then_some("Bearer realm=\"perfmon\"");
        basic.into_iter().chain(bearer).map(HeaderValue::from_static)
    }
}

/// The tokens that make sense. Of two with the same name or secret nobody knows which is meant: the first counts, and the other is told.
fn bearers(tokens: &[Token], problems: &mut Vec<String>) -> Vec<Arc<Known>> {
    let mut known: Vec<Arc<Known>> = Vec::with_capacity(tokens.len());
    for token in tokens {
        let Some(bearer) = bearer(token, problems) else { continue };
        if known.iter().any(|other| other.name == bearer.name) {
            problems.push(format!("there are two tokens {:?}: rename one", token.name));
        } else if let Some(other) = known.iter().find(|other| other.proof == bearer.proof) {
            problems.push(format!(
                "the tokens {:?} and {:?} have the same secret: give each its own, or remove one",
                other.name, token.name
            ));
        } else {
            known.push(bearer);
        }
    }
    known
}

fn bearer(token: &Token, problems: &mut Vec<String>) -> Option<Arc<Known>> {
    let secret = token.secret.expose();
    if secret.is_empty() || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
        problems.push(format!(
            "the secret of token {:?} cannot be sent: write ASCII letters, digits and signs without spaces, 32 or more that nobody guesses",
            token.name
        ));
        return None;
    }
    Some(Arc::new(Known { name: token.name.clone(), proof: token.secret.clone(), role: token.role }))
}

fn sensible<T>(texts: &[String], parse: impl Fn(&str) -> Result<T, String>, problems: &mut Vec<String>) -> Vec<T> {
    let mut parsed = Vec::with_capacity(texts.len());
    for text in texts {
        match parse(text) {
            Ok(one) => parsed.push(one),
            Err(problem) => problems.push(problem),
        }
    }
    parsed
}
