//! What only its user can judge, looked at while its place is still known: addresses, hosts, origins, and who may ask.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, SeqAccess, Visitor},
};

use crate::{
    listen::DEFAULT_ADDRESS,
    serve::Door,
    settings::{Access, Token, User},
};

/// Host and port. Whether there is such a host is seen when it is taken.
pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let strange = |c: char| c == '/' || c == '@' || c.is_whitespace() || c.is_control();
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !host.contains(strange) && port.parse::<u16>().is_ok() => {
            Ok(Some(text))
        }
        _ => Err(D::Error::custom(format_args!(
            "{text:?} is no address; write host and port, as in {DEFAULT_ADDRESS:?}"
        ))),
    }
}

pub(super) fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_seq(Each(
        |host: &String, _: &[String]| {
            written_out("host", host)?;
            makes_sense(Access { hosts: vec![host.clone()], ..Access::default() })
        },
        PhantomData,
    ))
}

pub(super) fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_seq(Each(
        |origin: &String, _: &[String]| {
            written_out("origin", origin)?;
            makes_sense(Access { origins: vec![origin.clone()], ..Access::default() })
        },
        PhantomData,
    ))
}

pub(super) fn trusted_proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    deserializer.deserialize_seq(Each(
        |proxy: &String, _: &[String]| {
            makes_sense(Access { trusted_proxies: vec![proxy.clone()], ..Access::default() })
        },
        PhantomData,
    ))
}

pub(super) fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Token>, D::Error> {
    deserializer.deserialize_seq(Each(
        |token: &Token, before: &[Token]| {
            for other in before {
                let same =
                    [("name", other.name == token.name), ("secret", other.secret.expose() == token.secret.expose())];
                if let Some((what, _)) = same.iter().find(|(_, same)| *same) {
                    return Err(format!(
                        "it has the {what} of the token {:?} before it; give each its own",
                        other.name
                    ));
                }
            }
            makes_sense(Access { tokens: vec![token.clone()], ..Access::default() })
        },
        PhantomData,
    ))
}

pub(super) fn users<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<User>, D::Error> {
    deserializer.deserialize_seq(Each(
        |user: &User, before: &[User]| {
            if before.iter().any(|other| other.name == user.name) {
                return Err(format!("there is a user {:?} before it; remove one", user.name));
            }
            // Without the feature nobody can log in, which is told at the start.
            if cfg!(feature = "auth") {
                makes_sense(Access { users: vec![user.clone()], ..Access::default() })
            } else {
                Ok(())
            }
        },
        PhantomData,
    ))
}

/// Asks who enforces it, so that both are always of one mind.
fn makes_sense(access: Access) -> Result<(), String> {
    Door::check(&Arc::new(access)).map_err(|error| {
        let text = error.to_string();
        text.strip_prefix("failed to protect the server: ").unwrap_or(&text).to_owned()
    })
}

fn written_out(what: &str, name: &str) -> Result<(), String> {
    if name.contains('*') {
        return Err(format!("the {what} {name:?} has a *, which stands for nothing here; write each by its full name"));
    }
    Ok(())
}

/// A list of which each is looked at when it is read, with those before it.
struct Each<T, F>(F, PhantomData<T>);

impl<'de, T: Deserialize<'de>, F: Fn(&T, &[T]) -> Result<(), String>> Visitor<'de> for Each<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut read = Vec::new();
        while let Some(one) = list.next_element_seed(Next { look: &self.0, before: &read })? {
            read.push(one);
        }
        Ok(read)
    }
}

struct Next<'a, T, F> {
    look: &'a F,
    before: &'a [T],
}

impl<'de, T: Deserialize<'de>, F: Fn(&T, &[T]) -> Result<(), String>> DeserializeSeed<'de> for Next<'_, T, F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let one = T::deserialize(deserializer)?;
        (self.look)(&one, self.before).map_err(D::Error::custom)?;
        Ok(one)
    }
}
