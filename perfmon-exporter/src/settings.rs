//! Who may do what, as plain data: configuration and programs fill it, the server enforces it.

use std::{fmt, path::PathBuf};

use subtle::ConstantTimeEq;
use zeroize::Zeroize;

/// Who may do what, and how the server is protected.
///
/// Without tokens and users everybody who reaches the server may read, so only addresses of this machine are allowed then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// Who identifies by a bearer token: `Authorization: Bearer <secret>`.
    pub tokens: Vec<Token>,
    /// Who identifies by name and password: basic authentication, as browsers ask for it.
    pub users: Vec<User>,
    /// Other sites whose pages may ask, such as `"https://status.example.com"`. The server's own pages always may.
    pub origins: Vec<String>,
    /// Names under which the server is reached, such as `"perfmon.example.com"`, besides those of this machine.
    pub hosts: Vec<String>,
    /// Proxies in front, by address or network: `"127.0.0.1"`, `"10.0.0.0/8"`. What they write into `X-Forwarded-For` is believed, so that limits and the log go by the
    /// clients behind them, and into `X-Forwarded-Proto`. Every address here has to be a proxy that adds whom it was asked by; a client among them could say to be anybody.
    pub trusted_proxies: Vec<String>,
    /// Requests that one client may make in a second; `None` is without limit.
    pub requests_per_second: Option<u32>,
    /// The certificate, if the server is to speak TLS.
    pub tls: Option<TlsFiles>,
}

impl Access {
    /// Who may read, in words: the names and roles of tokens and users.
    #[doc(hidden)]
    #[must_use]
    pub fn readers(&self) -> String {
        if self.tokens.is_empty() && self.users.is_empty() {
            return String::from("everybody who reaches it");
        }
        let role = |role: Role| if role == Role::Operate { "operates" } else { "reads" };
        let tokens = self.tokens.iter().map(|token| format!("token {} ({})", token.name, role(token.role)));
        let users = self.users.iter().map(|user| format!("user {} ({})", user.name, role(user.role)));
        tokens.chain(users).collect::<Vec<_>>().join(", ")
    }
}

/// Somebody who identifies by a bearer token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// For logs; never secret.
    pub name: String,
    /// What is compared, in constant time.
    pub secret: Secret,
    /// What its bearer may do.
    pub role: Role,
}

/// Somebody who identifies by name and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The name to log in with.
    pub name: String,
    /// The password's argon2 hash as a PHC string, `$argon2id$v=19$…`: `perfmon hash-password` makes one.
    pub password_hash: Secret,
    /// What the user may do.
    pub role: Role,
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Look at everything.
    Read,
    /// Change things, too.
    Operate,
}

/// Where the certificate is. Both files are PEM, and are read again when they change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, followed by those between it and the root.
    pub certificate: PathBuf,
    /// Its private key: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// A text that nobody prints by accident, and that is wiped from memory when dropped. Two are compared in a time that depends on their lengths alone.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Takes a text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
