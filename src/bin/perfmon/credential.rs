//! How one says who one is.

use std::{env, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use perfmon::exporter::settings::Secret;

use crate::{args::Target, failure::Failure, password};

/// What goes with every request.
#[derive(Debug)]
pub(crate) enum Credential {
    Token(Secret),
    User { name: String, password: Secret },
}

impl Credential {
    /// What is written on the command line goes before the environment, and there the token before the user.
    pub(crate) fn of(target: &Target) -> Result<Option<Self>, Failure> {
        if let Some(path) = &target.token_file {
            let token = token(read(path, "token")?.expose())?;
            let none = || Failure::wrong("the file of the token is empty; write the token into it");
            return token.ok_or_else(none).map(Self::Token).map(Some);
        }
        if let Some(name) = &target.user {
            return user(name, target).map(Some);
        }
        if let Some(token) = token(&variable("PERFMON_TOKEN").unwrap_or_default())? {
            return Ok(Some(Self::Token(token)));
        }
        variable("PERFMON_USER").map(|name| user(&name, target)).transpose()
    }

    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Token(_) => "the token",
            Self::User { .. } => "the password",
        }
    }

    /// The value of `Authorization`.
    pub(crate) fn header(&self) -> Secret {
        match self {
            Self::Token(token) => Secret::new(format!("Bearer {}", token.expose())),
            Self::User { name, password } => {
                let both = Secret::new(format!("{name}:{}", password.expose()));
                Secret::new(format!("Basic {}", STANDARD.encode(both.expose())))
            }
        }
    }

    /// What to do when it was not enough, of what the server takes.
    pub(crate) fn remedy(sent: Option<&Self>, offered: &str) -> &'static str {
        match (sent, offered.contains("basic"), offered.contains("bearer")) {
            (Some(Self::Token(_)), true, false) => "; it knows users alone: write --user instead of a token",
            (Some(Self::User { .. }), false, true) => {
                "; it knows tokens alone: set PERFMON_TOKEN or write --token-file"
            }
            (Some(Self::Token(_)), ..) => "; it does not know this token: check PERFMON_TOKEN or --token-file",
            (Some(Self::User { .. }), ..) => "; it does not know this name with this password: check both",
            (None, true, false) => "; write --user",
            (None, true, true) => "; set PERFMON_TOKEN or write --token-file, or --user",
            (None, ..) => "; set PERFMON_TOKEN or write --token-file",
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn read(path: &Path, what: &str) -> Result<Secret, Failure> {
    fs::read_to_string(path).map(Secret::new).map_err(|error| {
        let path = path.display();
        Failure::wrong(format!("failed to read the {what} from {path}: {error}; check its path and permissions"))
    })
}

fn token(text: &str) -> Result<Option<Secret>, Failure> {
    let token = text.trim();
    if !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err(Failure::wrong("the token has blanks or other characters that no token has; write it alone"));
    }
    Ok(Some(token).filter(|token| !token.is_empty()).map(Secret::from))
}

fn user(name: &str, target: &Target) -> Result<Credential, Failure> {
    if name.is_empty() || name.contains(|c: char| c == ':' || c.is_control()) {
        return Err(Failure::wrong("the user's name is empty, or has a colon or a character that nobody sees in it"));
    }
    let password = match &target.password_file {
        // Without the line's end: blanks may belong to it.
        Some(path) => Secret::from(read(path, "password")?.expose().trim_end_matches(['\r', '\n'])),
        None => variable("PERFMON_PASSWORD").map_or_else(|| password::known(name), |text| Ok(Secret::new(text)))?,
    };
    if password.expose().is_empty() || password.expose().contains(char::is_control) {
        return Err(Failure::wrong("the password is empty, or has more than one line; write it alone"));
    }
    Ok(Credential::User { name: name.to_owned(), password })
}
