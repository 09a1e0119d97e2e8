//! Who may do what, as it is written.

use std::{borrow::Cow, path::PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

use crate::settings::{Role, Secret, TlsFiles, Token, User};

/// A certificate.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TlsKeys {
    /// PEM: the certificate, followed by those between it and the root. Relative to this file.
    #[schemars(example = &"certificate.pem")]
    certificate: PathBuf,
    /// PEM: its private key.
    #[schemars(example = &"key.pem")]
    key: PathBuf,
}

/// Somebody with a bearer token.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenKeys {
    /// For logs.
    #[schemars(example = &"prometheus")]
    name: String,
    /// What goes behind `Authorization: Bearer`; 16 characters at least. Keep it out of this file: in a variable, or with `token_file` in the place of this key in a file that has
    /// nothing else, as Kubernetes and Docker mount secrets, which is read again when it changes.
    #[schemars(with = "TokenSecret", example = &"${PERFMON_TOKEN}")]
    #[serde(default)]
    secret: Option<TokenSecret>,
    /// In the place of `secret`: a file that has it, relative to this one.
    #[serde(default)]
    #[schemars(with = "PathBuf")]
    token_file: Option<PathBuf>,
    /// `read` looks at everything, `operate` changes things too.
    #[serde(default)]
    role: RoleName,
}

/// Somebody with a password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserKeys {
    /// The name to log in with.
    #[schemars(example = &"alice")]
    name: String,
    /// The password's argon2 hash, `$argon2id$v=19$…`: `perfmon hash-password` makes one. With `password_hash_file` in the place of this key it is in a file of its own, which is
    /// read again when it changes.
    #[schemars(with = "PasswordHash", example = &"${PERFMON_PASSWORD_HASH}")]
    #[serde(default)]
    password_hash: Option<PasswordHash>,
    /// In the place of `password_hash`: a file that has it, relative to this one.
    #[serde(default)]
    #[schemars(with = "PathBuf")]
    password_hash_file: Option<PathBuf>,
    /// `read` looks at everything, `operate` changes things too.
    #[serde(default)]
    role: RoleName,
}

#[derive(Clone, Copy, Default, Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum RoleName {
    #[default]
    Read,
    Operate,
}

struct TokenSecret(Secret);

struct PasswordHash(Secret);

/// Shorter ones can be guessed.
const SHORTEST_SECRET: usize = 16;

// Neither says what it found.
impl<'de> Deserialize<'de> for TokenSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let secret = Secret::from(String::deserialize(deserializer)?);
        if secret.expose().len() < SHORTEST_SECRET {
            return Err(D::Error::custom(format_args!(
                "it is too easy to guess; take {SHORTEST_SECRET} characters at least"
            )));
        }
        if !secret.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(D::Error::custom(
                "it cannot be sent; take letters, digits and signs of ASCII, without blanks between or around them",
            ));
        }
        Ok(Self(secret))
    }
}

impl<'de> Deserialize<'de> for PasswordHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hash = Secret::from(String::deserialize(deserializer)?);
        if !hash.expose().starts_with("$argon2") {
            return Err(D::Error::custom(
                "this is no argon2 hash; write the one that `perfmon hash-password` makes, as in \"$argon2id$v=19$…\", never the password itself",
            ));
        }
        Ok(Self(hash))
    }
}

macro_rules! written_only {
    ($($type:ident),*) => {$(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "writeOnly": true })
            }
        }
    )*};
}
written_only!(TokenSecret, PasswordHash);

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Read => Self::Read,
            RoleName::Operate => Self::Operate,
        }
    }
}

/// What is in files has been put in their names' place, where those can be seen.
fn missing<E: Error>(key: &'static str, has_file: bool) -> E {
    if has_file {
        return E::custom(
            "a file for it cannot be named here: name it in the file, or in a variable for that key alone",
        );
    }
    E::missing_field(key)
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let TokenKeys { name, secret, token_file, role } = TokenKeys::deserialize(deserializer)?;
        let Some(TokenSecret(secret)) = secret else { return Err(missing("secret", token_file.is_some())) };
        Ok(Self { name, secret, role: role.into() })
    }
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let UserKeys { name, password_hash, password_hash_file, role } = UserKeys::deserialize(deserializer)?;
        let Some(PasswordHash(password_hash)) = password_hash else {
            return Err(missing("password_hash", password_hash_file.is_some()));
        };
        Ok(Self { name, password_hash, role: role.into() })
    }
}

impl<'de> Deserialize<'de> for TlsFiles {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        TlsKeys::deserialize(deserializer).map(|TlsKeys { certificate, key }| Self { certificate, key })
    }
}
