//! What only its user can judge, looked at while its place is still known: addresses, hosts, origins, and who may ask.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, SeqAccess, Visitor},
};

use super::mistake::Repeats;
use crate::{
    listen::{DEFAULT_ADDRESS, look},
    serve::Door,
    settings::{Access, Token, User},
};

/// Host and port. Whether there is such a host is seen when it is taken.
pub(super) fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    match look(&text) {
        Ok(()) => Ok(Some(text)),
        Err(why) => {
            let rest = format!("is no address: {why}; write host and port, as in {DEFAULT_ADDRESS:?}");
            let (with, without) = (format_args!("{text:?} {rest}"), format_args!("it {rest}"));
            Err(D::Error::custom(Repeats { with, without }))
        }
    }
}

pub(super) fn hosts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let without = "it is no host: write a name as in \"perfmon.example.com\", with a port if only that one counts";
    each(deserializer, without, |host: &String, _: &[String]| {
        written_out("host", host)?;
        makes_sense(Access { hosts: vec![host.clone()], ..Access::default() })
    })
}

pub(super) fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let without = "it is no origin: write scheme, host and, if it is not the usual one, port, as in \"https://status.example.com\"";
    each(deserializer, without, |origin: &String, _: &[String]| {
        written_out("origin", origin)?;
        makes_sense(Access { origins: vec![origin.clone()], ..Access::default() })
    })
}

pub(super) fn trusted_proxies<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let without = "it is no proxy's address or network: write it as in \"127.0.0.1\" or \"10.0.0.0/8\"";
    each(deserializer, without, |proxy: &String, _: &[String]| {
        makes_sense(Access { trusted_proxies: vec![proxy.clone()], ..Access::default() })
    })
}

/// A name in the place of somebody's: what is below tokens and users is not repeated.
const NAME: &str = "…";

pub(super) fn tokens<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Token>, D::Error> {
    each(deserializer, "", |token: &Token, before: &[Token]| {
        for (number, other) in before.iter().enumerate() {
            let same = [("name", other.name == token.name), ("secret", other.secret.expose() == token.secret.expose())];
            if let Some((what, _)) = same.iter().find(|(_, same)| *same) {
                return Err(format!("it has the {what} of tokens[{number}]; give each its own"));
            }
        }
        let token = Token { name: NAME.to_owned(), ..token.clone() };
        makes_sense(Access { tokens: vec![token], ..Access::default() })
    })
}

pub(super) fn users<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<User>, D::Error> {
    each(deserializer, "", |user: &User, before: &[User]| {
        if let Some(number) = before.iter().position(|other| other.name == user.name) {
            return Err(format!("it has the name of users[{number}]; remove one"));
        }
        if user.name.is_empty() || user.name.contains(':') {
            return Err(String::from("the name cannot be logged in with: it needs letters, and no colon"));
        }
        // Without the feature nobody can log in, which is told at the start.
        if cfg!(feature = "auth") {
            let user = User { name: NAME.to_owned(), ..user.clone() };
            makes_sense(Access { users: vec![user], ..Access::default() })
        } else {
            Ok(())
        }
    })
}

/// A list of which each is looked at; of what may be a secret it says `without`, if anything.
fn each<'de, D, T, F>(deserializer: D, without: &'static str, look: F) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
    F: Fn(&T, &[T]) -> Result<(), String>,
{
    deserializer.deserialize_seq(Each { look, without, item: PhantomData })
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
struct Each<T, F> {
    look: F,
    without: &'static str,
    item: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, F: Fn(&T, &[T]) -> Result<(), String>> Visitor<'de> for Each<T, F> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut read = Vec::new();
        while let Some(one) = list.next_element_seed(Next { all: &self, before: &read })? {
            read.push(one);
        }
        Ok(read)
    }
}

struct Next<'a, T, F> {
    all: &'a Each<T, F>,
    before: &'a [T],
}

impl<'de, T: Deserialize<'de>, F: Fn(&T, &[T]) -> Result<(), String>> DeserializeSeed<'de> for Next<'_, T, F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let one = T::deserialize(deserializer)?;
        let Each { look, without, .. } = self.all;
        look(&one, self.before).map_err(|with| {
            let without = if without.is_empty() { with.as_str() } else { *without };
            D::Error::custom(Repeats { with: with.as_str(), without })
        })?;
        Ok(one)
    }
}
